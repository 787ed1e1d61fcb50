// Scene 1: Figure 1, live.

async function vector_field_scene(settings) {
  const NAME = "vector_field";
  const { source, window: frame, trajectories } = settings;
  const METHODS = ["GD", "NGD", "EFGD", "iEF", "OneSample"];
  const scales = { iEF: settings.scales.NGD, OneSample: settings.scales.NGD, ...settings.scales };
  const [low, high] = [frame.low, frame.high];
  const kept = thinned(trajectories.points - 1, trajectories.kept);
  const MOST_STARTS = 8;
  const defaults = {
    methods: words(Object.keys(settings.scales)),
    starts: rows_of(2, trajectories.starts.map((start) => [...start])),
    noise: source.noise,
    damping: Math.log10(settings.damping),
    prior: Math.log10(settings.prior_variance),
    edits: rows_of(3), // number of a datum, x, y; numbers from the size on are added ones
    draw: 1,
    at: rows_of(2, [[round(low + 0.75 * (high - low)), round(low + 0.75 * (high - low))]]),
  };

  function round(value) {
    return Number(value.toFixed(3));
  }

  function is_valid(key, value) {
    if (key === "methods") return value.length > 0 && value.every((name) => METHODS.includes(name));
    if (key === "starts") return value.length <= MOST_STARTS;
    if (key === "edits") return value.length <= 100 && value.every(([n]) => n >= 0 && n < 2 * source.size);
    if (key === "at") return value.length === 1;
    if (key === "draw") return Number.isInteger(value) && value > 0 && value < 1e6;
    return { noise: value >= 0 && value <= 4, damping: value <= 2, prior: Math.abs(value) <= 4 }[key];
  }

  // The configuration's own value to the last bit, where a slider was not moved.
  const damping = (state) =>
    state.damping === defaults.damping ? settings.damping : 10 ** state.damping;
  const prior_variance = (state) =>
    state.prior === defaults.prior ? settings.prior_variance : 10 ** state.prior;

  // ---- what is shown

  let data = null; // {x, target, colours}
  let matrices = null;
  const touch = matchMedia("(pointer: coarse)").matches;
  const points = plot(`${NAME}-data`, {
    x: [0, 1], y: [0, 1], x_label: "x", y_label: "y", height: 300,
  });
  const datum = points.scatter(
    { field: "x" }, { field: "y" },
    { source: new Bokeh.ColumnDataSource({ data: { x: [], y: [], size: [], color: [] } }),
      size: { field: "size" }, color: { field: "color" }, line_color: null },
  );
  const fitted = points.line([0, 1], [0, 1], { color: "black", line_width: 2.5 });
  movable(points, datum, true, (x, y) => {
    const edits = [];
    x.forEach((value, n) => {
      const original = n < source.size ? [drawn.x[n], drawn.target[n]] : [NaN, NaN];
      if (value !== original[0] || y[n] !== original[1]) edits.push([n, round(value), round(y[n])]);
    });
    scene.set({ edits: rows_of(3, edits) });
  });
  let drawn = null;

  const panels = {};
  for (const method of METHODS) {
    const holder = by_id(`${NAME}-panels`).appendChild(document.createElement("figure"));
    holder.className = "plot";
    holder.innerHTML = `<figcaption></figcaption><div class="canvas" id="${NAME}-${method}"></div>`;
    holder.firstChild.textContent = PAGE.labels[method];
    panels[method] = make_panel(method, holder);
  }

  function make_panel(method, holder) {
    const id = `${NAME}-${method}`;
    const figure = plot(id, {
      x: [low, high], y: [low, high], x_label: "b", y_label: "θ", height: 260,
    });
    const look = PAGE.looks[method];
    const contour = figure.multi_line([], [], { line_width: 1 });
    const arrows = figure.segment([], [], [], [], { line_width: 1 });
    const heads = figure.scatter([], [], { marker: "triangle", size: 4, angle: [], line_color: null });
    const paths = figure.multi_line([], [], { line_width: 2.5, line_dash: look.dash });
    const ellipses = figure.multi_line([], [], { line_width: 2 });
    const star = figure.scatter([], [], { marker: "star", size: 15, line_color: null });
    const starts = figure.scatter([], [], { size: touch ? 20 : 13, line_width: 2 });
    movable(figure, starts, false, (b, theta) =>
      scene.set({ starts: rows_of(2, b.map((value, k) => [round(value), round(theta[k])])) }),
    );
    figure.on_event("mousemove", ({ x, y }) => draw_ellipses(scene.state, [x, y]));
    figure.on_event("mouseleave", () => draw_ellipses(scene.state));
    return { holder, id, contour, arrows, heads, paths, ellipses, star, starts };
  }

  // A point that is dragged, or added by a tap, changes the state; the state draws it.
  function movable(figure, renderer, add, moved) {
    const tool = new Bokeh.PointDrawTool({ renderers: [renderer], add, drag: true });
    figure.add_tools(tool);
    figure.toolbar.active_multi = tool;
    renderer.selection_glyph = null;
    renderer.nonselection_glyph = null;
    const look = () => {
      const { x, y } = renderer.data_source.data;
      if (!is_drawing) moved([...x], [...y]);
    };
    renderer.data_source.connect(renderer.data_source.change, look);
    figure.on_event("tap", () => renderer.data_source.selection_manager.clear());
  }
  let is_drawing = false;

  // ---- controls

  const shown = {
    noise: slider(`${NAME}-noise`, (value) => scene.set({ noise: value })),
    damping: slider(`${NAME}-damping`, (value) => scene.set({ damping: value }), ten_to),
    prior: slider(`${NAME}-prior`, (value) => scene.set({ prior: value }), ten_to),
  };
  function ten_to(exponent) {
    return readable(10 ** exponent, 2);
  }
  for (const method of METHODS) {
    const label = by_id(`${NAME}-methods`).appendChild(document.createElement("label"));
    label.innerHTML = `<input type="checkbox" id="${NAME}-method-${method}"> `;
    label.append(PAGE.labels[method]);
    label.firstChild.addEventListener("change", () => {
      const chosen = METHODS.filter((name) => by_id(`${NAME}-method-${name}`).checked);
      if (chosen.length === 0) label.firstChild.checked = true;
      else scene.set({ methods: words(chosen) });
    });
  }
  by_id(`${NAME}-redraw`).addEventListener("click", () => {
    const methods = scene.state.methods;
    scene.set({
      draw: scene.state.draw + 1,
      methods: methods.includes("OneSample") ? methods : words([...methods, "OneSample"]),
    });
  });
  const added = (x, y) => {
    const number = data.x.length;
    scene.set({ edits: rows_of(3, [...scene.state.edits, [number, round(x), round(y)]]) });
  };
  by_id(`${NAME}-add`).addEventListener("click", () =>
    added(Number(by_id(`${NAME}-x`).value), Number(by_id(`${NAME}-y`).value)),
  );
  by_id(`${NAME}-outlier`).addEventListener("click", () => {
    const [left, right] = extent(drawn.x);
    const [bottom, top] = extent(drawn.target);
    const outliers = scene.state.edits.filter(([n]) => n >= source.size).length;
    added(left + (0.9 - 0.05 * outliers) * (right - left), bottom - 2 * (top - bottom));
  });
  by_id(`${NAME}-x`).value = 1;
  by_id(`${NAME}-y`).value = 4;
  for (const [place, coordinate] of ["b", "theta"].entries()) {
    by_id(`${NAME}-${coordinate}`).addEventListener("input", (event) => {
      const at = [...scene.state.at[0]];
      at[place] = Number(event.target.value);
      scene.set({ at: rows_of(2, [at]) });
    });
  }

  function show_starts(starts) {
    const row = by_id(`${NAME}-starts`);
    if (row.childElementCount !== starts.length) {
      row.replaceChildren(
        ...starts.map((_, k) => {
          const pair = document.createElement("span");
          pair.innerHTML = ["b", "θ"]
            .map((name, i) => `<input type="number" step="0.1" aria-label="Start ${k + 1}, ${name}" id="${NAME}-start-${k}-${i}">`)
            .join(" ");
          pair.addEventListener("input", () => {
            const values = [0, 1].map((i) => by_id(`${NAME}-start-${k}-${i}`).value);
            if (values.some((value) => value === "")) return;
            const next = scene.state.starts.map((start) => [...start]);
            next[k] = values.map(Number);
            scene.set({ starts: rows_of(2, next) });
          });
          return pair;
        }),
      );
    }
    starts.forEach((start, k) => start.forEach((value, i) => keep_value(`${NAME}-start-${k}-${i}`, value)));
  }

  // A field that someone is typing into is left alone.
  function keep_value(id, value) {
    const input = by_id(id);
    if (document.activeElement !== input) input.value = value;
  }

  const extent = (values) => values.reduce(([a, b], v) => [Math.min(a, v), Math.max(b, v)], [Infinity, -Infinity]);

  // ---- drawing

  function compute(state) {
    drawn = lognormal_line({ ...source, noise: state.noise });
    const [x, y] = [Array.from(drawn.x), Array.from(drawn.target)];
    for (const [n, new_x, new_y] of state.edits) {
      const place = n < source.size ? n : Math.min(n, x.length);
      [x[place], y[place]] = [new_x, new_y];
    }
    data = { x: Float64Array.from(x), target: Float64Array.from(y) };
    const random = RandomState(state.draw);
    const labels = data.x.map(() => random.standard_normal());
    const problem = line_problem(data.x, data.target, prior_variance(state));
    matrices = line_matrices(problem, data.x, data.target, labels);
    matrices.problem = problem;
  }

  function draw_data(state) {
    const edited = new Set(state.edits.map(([n]) => n));
    const colours = [shade("#777777"), shade("#BB5566")];
    const marks = Array.from(data.x, (_, n) => edited.has(n) || n >= source.size);
    show(datum.data_source, {
      x: Array.from(data.x),
      y: Array.from(data.target),
      size: marks.map((mark) => (mark ? 11 : touch ? 7 : 5)),
      color: marks.map((mark) => colours[Number(mark)]),
    });
    const [left, right] = extent(data.x);
    const [bottom, top] = extent(data.target);
    const [wide, tall] = [0.05 * (right - left), 0.05 * (top - bottom)];
    if (!is_dragging()) {
      set_range(points.x_range, left - wide, right + wide);
      set_range(points.y_range, bottom - tall, top + tall);
    }
    const [b, theta] = matrices.minimum;
    fitted.glyph.line_color = css("--ink");
    show(fitted.data_source, { x: [left, right], y: [b + theta * left, b + theta * right] });
    describe(`${NAME}-data`, `${data.x.length} data and the line y = ${readable(b, 3)} + ${readable(theta, 3)} x`);
  }

  let pressed = false;
  addEventListener("pointerdown", () => (pressed = true), true);
  addEventListener("pointerup", () => (pressed = false), true);
  addEventListener("pointercancel", () => (pressed = false), true);
  const is_dragging = () => pressed;

  function draw_field(method, state) {
    const panel = panels[method];
    const velocity = flow(matrices, method, scales[method], damping(state));
    const spacing = (high - low) / (settings.arrows - 1);
    const places = [];
    let longest_arrow = 0;
    for (let i = 0; i < settings.arrows; i++) {
      for (let j = 0; j < settings.arrows; j++) {
        const [b, theta] = [low + i * spacing, low + j * spacing];
        const [u, v] = velocity(b, theta);
        longest_arrow = Math.max(longest_arrow, Math.hypot(u, v));
        places.push([b, theta, u, v]);
      }
    }
    // As in Figure 1 lengths compare within a panel; the longest arrow spans two places.
    const scale = (2 * spacing) / (longest_arrow || 1);
    const tips = places.map(([b, theta, u, v]) => [b + scale * u, theta + scale * v]);
    panel.arrows.glyph.line_color = css("--soft");
    show(panel.arrows.data_source, {
      x0: places.map((place) => place[0]), y0: places.map((place) => place[1]),
      x1: tips.map((tip) => tip[0]), y1: tips.map((tip) => tip[1]),
    });
    panel.heads.glyph.fill_color = css("--soft");
    show(panel.heads.data_source, {
      x: tips.map((tip) => tip[0]), y: tips.map((tip) => tip[1]),
      angle: places.map(([, , u, v]) => Math.atan2(v, u) - Math.PI / 2),
    });
    const [h1, h2, h3] = matrices.hessian;
    const corner = [low, high].flatMap((b) => [low, high].map((t) => [b - matrices.minimum[0], t - matrices.minimum[1]]));
    const highest = Math.max(...corner.map(([u, v]) => (h1 * u * u + 2 * h2 * u * v + h3 * v * v) / 2));
    const levels = Array.from({ length: 12 }, (_, k) => highest * ((k + 1) / 13) ** 2);
    const rings = levels.map((level) => ellipse(matrices.minimum, [h1, h2, h2, h3], Math.sqrt(2 * level), 91));
    panel.contour.glyph.line_color = css("--contour");
    show(panel.contour.data_source, { xs: rings.map((ring) => ring.map((p) => p[0])), ys: rings.map((ring) => ring.map((p) => p[1])) });
    panel.star.glyph.fill_color = css("--ink");
    show(panel.star.data_source, { x: [matrices.minimum[0]], y: [matrices.minimum[1]] });
  }

  const cache = new Map(); // of paths, by method and start, as long as the field stays
  function draw_paths(method, state) {
    const panel = panels[method];
    const velocity = flow(matrices, method, scales[method], damping(state));
    const lines = state.starts.map((start) => {
      const key = `${method} ${start}`;
      if (!cache.has(key)) {
        cache.set(key, trajectory(velocity, start, trajectories.step, trajectories.points, kept));
      }
      return cache.get(key).filter(([b, theta]) => Math.abs(b) < 1e6 && Math.abs(theta) < 1e6);
    });
    const colour = shade(PAGE.looks[method].color);
    panel.paths.glyph.line_color = colour;
    show(panel.paths.data_source, { xs: lines.map((line) => line.map((p) => p[0])), ys: lines.map((line) => line.map((p) => p[1])) });
    panel.starts.glyph.fill_color = colour;
    panel.starts.glyph.line_color = css("--paper");
    show(panel.starts.data_source, { x: state.starts.map((p) => p[0]), y: state.starts.map((p) => p[1]) });
    const excess = lines.map((line) => length_excess(line));
    describe(panel.id, `${PAGE.labels[method]}: ${lines.length} paths, longer than the straight ways by ${excess.map((e) => `${Math.round(100 * e)} %`).join(", ")}`);
  }

  function length_excess(line) {
    let length = 0;
    for (let k = 1; k < line.length; k++) length += Math.hypot(line[k][0] - line[k - 1][0], line[k][1] - line[k - 1][1]);
    const [first, last] = [line[0], line.at(-1)];
    return length / Math.hypot(last[0] - first[0], last[1] - first[1]) - 1;
  }

  function draw_ellipses(state, at = state.at[0]) {
    const full = ([a, b, d]) => [a, b, b, d];
    const curves = [matrices.fisher, matrices.empirical_fisher(...at)].map((matrix) => ellipse(at, full(matrix), 0.4, 73));
    for (const method of state.methods) {
      panels[method].ellipses.glyph.line_color = { field: "color" };
      show(panels[method].ellipses.data_source, {
        xs: curves.map((curve) => curve.map((p) => p[0])),
        ys: curves.map((curve) => curve.map((p) => p[1])),
        color: [shade(PAGE.looks.NGD.color), shade(PAGE.looks.EFGD.color)],
      });
    }
    keep_value(`${NAME}-b`, round(at[0]));
    keep_value(`${NAME}-theta`, round(at[1]));
  }

  const FIELD = ["noise", "damping", "prior", "edits", "draw"];
  function draw(state, keys) {
    is_drawing = true;
    const field = FIELD.some((key) => keys.has(key)) || matrices === null;
    if (field) {
      compute(state);
      cache.clear();
      draw_data(state);
    }
    if (field || keys.has("methods")) {
      for (const method of METHODS) {
        const visible = state.methods.includes(method);
        by_id(`${NAME}-method-${method}`).checked = visible;
        panels[method].holder.hidden = !visible;
        if (visible) draw_field(method, state);
      }
    }
    if (field || keys.has("methods") || keys.has("starts")) {
      state.methods.forEach((method) => draw_paths(method, state));
      show_starts(state.starts);
    }
    draw_ellipses(state);
    is_drawing = false;
    Object.entries(shown).forEach(([key, set]) => set(state[key]));
    const [b, theta] = matrices.minimum;
    const edited = state.edits.length ? ` ${state.edits.length} data moved or added.` : "";
    by_id(`${NAME}-said`).textContent =
      `The minimum is at b = ${readable(b, 4)}, θ = ${readable(theta, 4)}.${edited}`;
  }

  function overlay(state) {
    const pairs = state.starts.map((start) => `[${start.map(yaml_number).join(", ")}]`).join(", ");
    const lines = [
      "datasets:",
      `  ${settings.dataset}:`,
      "    source:",
      "      lognormal_line:",
      `        noise: ${yaml_number(state.noise)}`,
      "vector_field:",
      `  damping: ${yaml_number(damping(state))}`,
      `  prior_variance: ${yaml_number(prior_variance(state))}`,
      "  trajectories:",
      `    starts: [${pairs}]`,
    ];
    if (state.edits.length) {
      lines.unshift(`# Without the ${state.edits.length} data that were moved or added by hand: the pipeline draws this data set.`);
    }
    return `${lines.join("\n")}\n`;
  }

  const scene = make_scene(NAME, defaults, { is_valid, draw, overlay });
}
