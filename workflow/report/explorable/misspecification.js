// Scene 2: Figure 2, live.

async function misspecification_scene(settings) {
  const NAME = "misspecification";
  const { problems, ellipse_radius } = settings;
  const prior_variance = settings.prior_variance ?? Infinity;
  const KEYS = ["mean", "scale_0", "scale_1", "size", "seed"];
  const preset = ({ name, source: { seed, size, mean, scale_0, scale_1 } }) => ({
    problem: name,
    mean: rows_of(2, [mean]),
    scale_0: rows_of(2, scale_0),
    scale_1: rows_of(2, scale_1),
    size,
    seed,
  });
  const MOST = 10000;
  const defaults = preset(problems[0]);
  const named = (name) => problems.find((problem) => problem.name === name);

  function is_valid(key, value) {
    if (key === "problem") return named(value) !== undefined;
    if (key === "size") return Number.isInteger(value) && value >= 10 && value <= MOST && value % 2 === 0;
    if (key === "seed") return Number.isInteger(value) && value >= 0 && value < 2 ** 32;
    return value.length === (key === "mean" ? 1 : 2) && value.flat().every((entry) => Math.abs(entry) <= 10);
  }

  // Sliders show a scale C by its diagonal s and its slant c: C = s [[1, c], [c, 1]].
  const scale_of = ([[a], [, d]]) => (a + d) / 2;
  const slant_of = (matrix) => (matrix[0][1] + matrix[1][0]) / 2 / scale_of(matrix);
  function scaled(scale, slant) {
    const [a, c] = [scale, scale * slant].map((value) => Number(value.toFixed(6)));
    return rows_of(2, [[a, c], [c, a]]);
  }
  const correlation = (slant) => readable((2 * slant) / (1 + slant * slant), 2);

  const CLASSES = [["#555555", "circle"], ["#33AA99", "triangle"]];
  const data = plot(`${NAME}-data`, { x: [-1, 1], y: [-1, 1], x_label: "x₁", y_label: "x₂", height: 380 });
  const classes = CLASSES.map(([, marker]) =>
    data.scatter([], [], { marker, size: 5, fill_alpha: 0.6, line_color: null }),
  );
  const border = data.line([], [], { line_width: 2 });
  const minimum = plot(`${NAME}-minimum`, { x: [-1, 1], y: [-1, 1], x_label: "θ₁", y_label: "θ₂", height: 380 });
  const contour = minimum.multi_line([], [], { line_width: 1 });
  const curves = { NGD: minimum.line([], [], { line_width: 3 }), EFGD: minimum.line([], [], { line_width: 3, line_dash: "dashdot" }) };
  const star = minimum.scatter([], [], { marker: "star", size: 15, line_color: null });

  for (const problem of problems) {
    const button = by_id(`${NAME}-presets`).appendChild(document.createElement("button"));
    button.type = "button";
    button.id = `${NAME}-preset-${problem.name}`;
    button.textContent = problem.title;
    button.addEventListener("click", () => scene.set(preset(problem)));
  }
  const rounded = (exponent) => 2 * Math.round(10 ** exponent / 2);
  const shown = [0, 1].map((k) =>
    slider(`${NAME}-mean_${k + 1}`, (value) => {
      const mean = [...scene.state.mean[0]];
      mean[k] = value;
      scene.set({ mean: rows_of(2, [mean]) });
    }),
  );
  const show_size = slider(`${NAME}-size`, (value) => scene.set({ size: rounded(value) }), (value) => rounded(value));
  const show_class = ["scale_0", "scale_1"].map((key) => {
    const slant = key.replace("scale", "slant");
    return [
      slider(`${NAME}-${key}`, (value) => scene.set({ [key]: scaled(value, slant_of(scene.state[key])) })),
      slider(`${NAME}-${slant}`, (value) => scene.set({ [key]: scaled(scale_of(scene.state[key]), value) }), correlation),
    ];
  });
  by_id(`${NAME}-right`).addEventListener("click", () =>
    scene.set({ scale_1: rows_of(2, scene.state.scale_0.map((row) => [...row])) }),
  );
  by_id(`${NAME}-redraw`).addEventListener("click", () => scene.set({ seed: (scene.state.seed + 1) % 2 ** 32 }));

  let point = null; // at the minimum, null where there is none
  let half = 1; // the window is θ* ± this
  let contours_later;

  function draw(state) {
    const { inputs, targets } = gaussian_classes({ ...state, mean: state.mean[0] });
    const problem = linear_problem(inputs, targets, "binary", prior_variance);
    const found = minimizer(problem);
    point = found && problem.at(found);
    draw_data(inputs, targets);
    draw_minimum(state);
    shown.forEach((set, k) => set(state.mean[0][k]));
    show_size(Math.log10(state.size));
    show_class.forEach(([scale, slant], label) => {
      scale(scale_of(state[`scale_${label}`]));
      slant(slant_of(state[`scale_${label}`]));
    });
  }

  function draw_data({ size, values }, targets) {
    const reach = 1.05 * values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    classes.forEach((renderer, label) => {
      const [x, y] = [[], []];
      for (let n = 0; n < size; n++) {
        if (targets[n] !== label) continue;
        x.push(values[2 * n]);
        y.push(values[2 * n + 1]);
      }
      renderer.glyph.fill_color = shade(CLASSES[label][0]);
      show(renderer.data_source, { x, y });
    });
    set_range(data.x_range, -reach, reach);
    set_range(data.y_range, -reach, reach);
    const far = 3 * reach;
    const along = point ? [-point.theta[1], point.theta[0]].map((value) => (far * value) / norm(point.theta)) : [0, 0];
    border.glyph.line_color = css("--ink");
    show(border.data_source, { x: [-along[0], along[0]], y: [-along[1], along[1]] });
  }

  function draw_minimum(state) {
    const said = by_id(`${NAME}-said`);
    clearTimeout(contours_later);
    if (!point) {
      [...Object.values(curves), star].forEach((renderer) => show(renderer.data_source, { x: [], y: [] }));
      show(contour.data_source, { xs: [], ys: [] });
      said.textContent = "A line separates these classes, so that the likelihood has no maximum: move them nearer to each other.";
      return;
    }
    const [a, b] = point.theta;
    let reach = 0;
    for (const [method, matrix] of [["NGD", point.fisher], ["EFGD", point.empirical_fisher]]) {
      const curve = ellipse(point.theta, matrix.map((value) => value * state.size), ellipse_radius);
      curve.forEach(([x, y]) => (reach = Math.max(reach, Math.abs(x - a), Math.abs(y - b))));
      curves[method].glyph.line_color = shade(PAGE.looks[method].color);
      show(curves[method].data_source, { x: curve.map((p) => p[0]), y: curve.map((p) => p[1]) });
    }
    half = 2 ** (Math.ceil(2 * Math.log2(1.1 * reach)) / 2); // so that it rests while one slides
    set_range(minimum.x_range, a - half, a + half);
    set_range(minimum.y_range, b - half, b + half);
    star.glyph.fill_color = css("--ink");
    show(star.data_source, { x: [a], y: [b] });
    contours_later = setTimeout(draw_contours, 120);
    const distance = relative_distance(point.empirical_fisher, point.fisher);
    const right = state.scale_0.flat().every((value, k) => value === state.scale_1.flat()[k]);
    said.textContent =
      `${right ? "The model is right" : "The model is wrong"}. At θ* = (${readable(a)}, ${readable(b)}) the loss is ${readable(point.loss)}, ` +
      `${readable(100 * accuracy(point), 3)} % are classified rightly, and ‖EF − F‖ / ‖F‖ is ${readable(distance, 3)}.`;
    describe(`${NAME}-minimum`, `Ellipses of Fisher and empirical Fisher at the minimum; their relative distance is ${readable(distance, 3)}`);
    describe(`${NAME}-data`, `${state.size} examples of two classes`);
    const line = (method, label) => `<li><span class="line" style="color:${shade(PAGE.looks[method].color)}"></span>${label}</li>`;
    const mark = (label, sign) => `<li><b style="color:${shade(CLASSES[label][0])}">${sign}</b> y = ${label}</li>`;
    by_id(`${NAME}-legend`).innerHTML = mark(0, "●") + mark(1, "▲") + line("NGD", "Fisher") + line("EFGD", "empirical Fisher");
  }

  // They take longer than all else, and wait until nothing moves.
  function draw_contours() {
    const softest = eigh(point.hessian).values[1];
    const highest = (softest * half * half) / 2;
    const rings = [0.2, 0.4, 0.6, 0.8, 1, 1.2, 1.4].map((share) =>
      level_curve(point.problem, point.theta, point.hessian, point.loss + highest * share ** 2, 49),
    );
    contour.glyph.line_color = css("--contour");
    show(contour.data_source, { xs: rings.map((ring) => ring.map((p) => p[0])), ys: rings.map((ring) => ring.map((p) => p[1])) });
  }

  function overlay(state) {
    const list = (values) => `[${values.map(yaml_number).join(", ")}]`;
    const matrix = (values) => `[${values.map(list).join(", ")}]`;
    const problem = named(state.problem);
    const lines = [
      "datasets:",
      `  ${problem.dataset}:`,
      "    source:",
      "      gaussian_classes:",
      `        seed: ${state.seed}`,
      `        size: ${state.size}`,
      `        mean: ${list(state.mean[0])}`,
      `        scale_0: ${matrix(state.scale_0)}`,
      `        scale_1: ${matrix(state.scale_1)}`,
    ];
    if (point) {
      lines.push("misspecification:", "  logistic:", "    problems:", `      ${problem.name}:`, "        window:");
      [...point.theta].forEach((value, k) => {
        const ends = [value - half, value + half].map((end) => Number(end.toPrecision(6)));
        lines.push(`          theta_${k + 1}: ${list(ends)}`);
      });
    }
    return `${lines.join("\n")}\n`;
  }

  const scene = make_scene(NAME, defaults, { is_valid, draw, overlay });
}
