// Scene 3: Figure 3, every cell.

// The problem of a data set, the same with its rows in the reverse order, and its grids.
async function unpacked(entry, settings) {
  const dataset = { problem: null, grids: {} };
  if (entry.is_runnable) {
    const { size, features, task } = entry;
    const [values, targets] = [await unpack(entry.inputs), await unpack(entry.targets)];
    const make = (values, targets) =>
      linear_problem(
        { size, features, values }, targets, task,
        settings.prior_variance ?? Infinity, settings.probability_clip,
      );
    dataset.problem = make(values, targets);
    dataset.reversed = once(() => {
      const rows = targets.map((_, n) => size - 1 - n);
      const moved = values.map((_, k) => values[rows[Math.floor(k / features)] * features + (k % features)]);
      return make(moved, targets.map((_, n) => targets[rows[n]]));
    });
    const { hessian } = dataset.problem.at(new Float64Array(features));
    dataset.directions = leading_directions(hessian, 2);
  }
  for (const [method, grid] of Object.entries(entry.grids)) {
    const [status, value] = [await unpack(grid.status), await unpack(grid.value)];
    dataset.grids[method] = { ...grid, status, value };
  }
  return dataset;
}

function once(make) {
  let made;
  return () => (made ??= make());
}

// `known` has the method by which mathematics.js knows a method of the configuration.
function cell_run(problem, settings, method, step_size, damping, with_cosine) {
  const { iterations, divergence_factor, known } = settings;
  return descend(problem, known[method], step_size, damping ?? 0, iterations, divergence_factor, with_cosine);
}

// How much a run's final loss depends on rounding, relatively: the same with the rows in the reverse
// order, which changes nothing but the rounding of sums.
function rounding_spread(dataset, settings, method, step_size, damping, run) {
  const other = cell_run(dataset.reversed(), settings, method, step_size, damping, false);
  if (other.status !== run.status) return Infinity;
  return Math.abs(other.loss.at(-1) - run.loss.at(-1)) / Math.abs(run.loss.at(-1));
}

const SETTLED = 1e-11; // a spread below which a run is not called chaotic

async function optimization_scene(settings) {
  const NAME = "optimization";
  const names = settings.datasets.map((dataset) => dataset.name);
  const VIRIDIS = Bokeh.Palettes.viridis(256).map((rgba) => [24, 16, 8].map((bits) => (rgba >>> bits) & 255));
  const STATUSES = ["finished", "pruned", "diverged", "failed"];
  const loaded = new Map(); // data set → its problem and grids
  const runs = new Map(); // a cell → its run
  const defaults = { dataset: names[0], method: "", step_size: -1, damping: -1 };

  const entry = (name) => settings.datasets.find((dataset) => dataset.name === name);

  function is_valid(key, value) {
    if (key === "dataset") return names.includes(value);
    if (key === "method") return settings.methods.includes(value);
    return Number.isInteger(value) && value >= -1;
  }

  // ---- runs

  async function load(name) {
    if (!loaded.has(name)) loaded.set(name, await unpacked(entry(name), settings));
    return loaded.get(name);
  }

  // The run of a cell, once; with the path in the plane of most curvature.
  function run_of(dataset, name, method, step_size, damping) {
    const key = [name, method, step_size, damping].join(" ");
    if (!runs.has(key)) {
      const began = performance.now();
      const run = cell_run(dataset.problem, settings, method, step_size, damping, true);
      run.milliseconds = performance.now() - began;
      const finite = run.path.filter((theta) => theta.every(Number.isFinite));
      run.plane = finite.map((theta) => dataset.directions.map((axis) => dot(axis, theta)));
      runs.set(key, run);
    }
    return runs.get(key);
  }

  // ---- plots

  const map = plot(`${NAME}-map`, { x: [0, 1], y: [0, 1], x_label: "step size γ", y_label: "damping λ", height: 300 });
  const image = map.image_rgba({ image: [], x: [], y: [], dw: [], dh: [] });
  const box = map.rect([], [], [], [], { fill_color: null, line_width: 2 });
  const star = map.scatter([], [], { marker: "star", size: 17, line_width: 1.5 });
  const over = (event) => cell_at(event.x, event.y);
  map.on_event("mousemove", (event) => by_id(`${NAME}-hover`).textContent = told(over(event)));
  map.on_event("tap", (event) => {
    const cell = over(event);
    if (cell) scene.set({ step_size: cell.column, damping: cell.row });
  });

  const iterations = [0, settings.iterations];
  const loss = plot(`${NAME}-loss`, { x: iterations, y: [1, 10], x_label: "iteration", y_label: "loss", y_log: true });
  const turn = plot(`${NAME}-cosine`, { x: iterations, y: [-1.05, 1.05], x_label: "iteration", y_label: "cosine" });
  const plane = plot(`${NAME}-path`, { x: [-1, 1], y: [-1, 1], x_label: "first direction", y_label: "second direction" });
  const lines = Object.fromEntries(
    [["loss", loss], ["cosine", turn], ["path", plane]].map(([name, figure]) => [
      name,
      { figure, bests: figure.multi_line([], [], { line_width: 2.5 }), own: figure.line([], [], { line_width: 2 }) },
    ]),
  );
  turn.line([0, settings.iterations], [0, 0], { line_width: 0.7, color: "#888888" });
  const begin = plane.scatter([0], [0], { size: 8 });
  const end = plane.scatter([], [], { size: 9, marker: "square" });

  // ---- controls

  const shown = {
    dataset: choice(`${NAME}-dataset`, settings.datasets.map(({ name, title }) => [name, title]), (value) =>
      scene.set({ dataset: value, step_size: -1, damping: -1 }),
    ),
    step_size: slider(`${NAME}-step_size`, (value) => scene.set({ step_size: value }), (at) => readable(grid_of().step_sizes[at], 3)),
    damping: slider(`${NAME}-damping`, (value) => scene.set({ damping: value }), (at) => grid_of().dampings ? readable(grid_of().dampings[at], 3) : "none"),
  };
  by_id(`${NAME}-method`).addEventListener("change", (event) =>
    scene.set({ method: event.target.value, step_size: -1, damping: -1 }),
  );
  by_id(`${NAME}-best`).addEventListener("click", () => scene.set({ step_size: -1, damping: -1 }));

  // ---- the present grid and cell

  let present = null; // {name, method, dataset, grid, cell}
  const grid_of = () => present.grid;

  function cell_at(x, y) {
    const { step_sizes, dampings } = grid_of();
    const [column, row] = [place(step_sizes, x), dampings ? place(dampings, y) : 0];
    return column === null || row === null ? null : { column, row };
  }

  // The place on an axis, evenly spaced in its logarithm, that a value's logarithm is nearest to.
  function place(axis, exponent) {
    if (axis.length === 1) return 0;
    const [first, last] = [Math.log10(axis[0]), Math.log10(axis.at(-1))];
    const at = Math.round(((exponent - first) / (last - first)) * (axis.length - 1));
    return at >= 0 && at < axis.length ? at : null;
  }

  function facts({ column, row }) {
    const { step_sizes, dampings, status, value } = grid_of();
    const index = column * (dampings?.length ?? 1) + row;
    return { step_size: step_sizes[column], damping: dampings ? dampings[row] : null, status: STATUSES[status[index]], value: value[index] };
  }

  function named({ step_size, damping }) {
    return `γ = ${readable(step_size, 3)}${damping === null ? "" : `, λ = ${readable(damping, 3)}`}`;
  }

  function told(cell) {
    if (!cell) return "Point at a cell.";
    const { status, value, ...rest } = facts(cell);
    const what = {
      finished: `final loss ${readable(value, 6)}`,
      pruned: `dropped: its final loss is at least ${readable(value, 4)}, as was proven`,
      diverged: "diverged",
      failed: "failed: a step was not a number, or not one of the method's",
    }[status];
    return `${named(rest)}: ${what}.`;
  }

  // ---- drawing

  function colours(grid, lowest, highest) {
    const [grey, white, red] = dark.matches
      ? [[48, 54, 61], [13, 17, 23], [120, 60, 70]]
      : [[225, 228, 232], [255, 255, 255], [240, 190, 195]];
    const { step_sizes, dampings, status, value } = grid;
    const [wide, tall] = [step_sizes.length, dampings?.length ?? 1];
    const bytes = new Uint8Array(4 * wide * tall);
    for (let column = 0; column < wide; column++) {
      for (let row = 0; row < tall; row++) {
        const index = column * tall + row;
        let colour = [null, grey, white, red][status[index]];
        if (status[index] === 0) {
          const share = Math.log(value[index] / lowest) / Math.log(highest / lowest);
          colour = VIRIDIS[255 - Math.round(255 * Math.min(Math.max(share || 0, 0), 1))];
        }
        bytes.set([...colour, 255], 4 * (row * wide + column));
      }
    }
    return ndarray(new Uint32Array(bytes.buffer), { shape: [tall, wide] });
  }

  const exponents = (axis) => axis.map(Math.log10);
  const spacing = (axis) => (axis.length > 1 ? (axis.at(-1) - axis[0]) / (axis.length - 1) : 1);

  function label_powers(axis, values) {
    const [first, last] = [Math.ceil(values[0] - 1e-9), Math.floor(values.at(-1) + 1e-9)];
    const apart = Math.max(1, Math.ceil((last - first) / 6));
    const ticks = [];
    for (let tick = Math.ceil(first / apart) * apart; tick <= last; tick += apart) ticks.push(tick);
    axis.ticker = new Bokeh.FixedTicker({ ticks, minor_ticks: [] });
    axis.major_label_overrides = new Map(ticks.map((tick) => [tick, power_of_ten(tick)]));
  }

  function draw_map() {
    const { grid, start } = present;
    const finished = grid.value.filter((value, k) => grid.status[k] === 0 && value > 0);
    const lowest = finished.reduce((least, value) => Math.min(least, value), start);
    const pixels = colours(grid, lowest, start > lowest ? start : 10 * lowest);
    const x = exponents(grid.step_sizes);
    const y = grid.dampings ? exponents(grid.dampings) : [0];
    const [dx, dy] = [spacing(x), spacing(y)];
    const [left, bottom] = [x[0] - dx / 2, y[0] - dy / 2];
    const [right, top] = [x.at(-1) + dx / 2, y.at(-1) + dy / 2];
    show(image.data_source, {
      image: [pixels], x: [left], y: [bottom], dw: [right - left], dh: [top - bottom],
    });
    set_range(map.x_range, left, right);
    set_range(map.y_range, bottom, top);
    label_powers(map.xaxis, x);
    map.yaxis.visible = grid.dampings !== null;
    if (grid.dampings) label_powers(map.yaxis, y);
    star.glyph.fill_color = "#000000";
    star.glyph.line_color = "#ffffff";
    const best = best_cell();
    show(star.data_source, best ? { x: [x[best.column]], y: [y[best.row]] } : { x: [], y: [] });
    const gradient = Array.from({ length: 9 }, (_, k) => `rgb(${VIRIDIS[255 - Math.round(k * 31.8)]})`);
    by_id(`${NAME}-legend`).innerHTML = [
      `<li><span style="width:6em;background:linear-gradient(to right,${gradient})"></span>final loss, ${readable(lowest, 3)} to ${readable(start, 3)} (that at the start) or more</li>`,
      `<li><span style="background:${dark.matches ? "#30363d" : "#e1e4e8"}"></span>dropped</li>`,
      `<li><span style="background:${dark.matches ? "#0d1117" : "#ffffff"}"></span>diverged</li>`,
      `<li><span style="background:${dark.matches ? "#783c46" : "#f0bec3"}"></span>failed</li>`,
      '<li><span class="star">★</span>best</li><li><span style="border:2px solid var(--ink)"></span>this cell</li>',
    ].join("");
  }

  function best_cell() {
    const { best, step_sizes, dampings } = grid_of();
    if (best === null) return null;
    const column = place(step_sizes, Math.log10(best.step_size));
    return { column, row: dampings ? place(dampings, Math.log10(best.damping)) : 0 };
  }

  function draw_run() {
    const { name, method, dataset, grid, cell } = present;
    const x = exponents(grid.step_sizes);
    const y = grid.dampings ? exponents(grid.dampings) : [0];
    box.glyph.line_color = css("--ink");
    show(box.data_source, { x: [x[cell.column]], y: [y[cell.row]], width: [3 * spacing(x)], height: [1.4 * spacing(y)] });
    const known = facts(cell);
    const runnable = dataset.problem && method in settings.known;
    const run = runnable ? run_of(dataset, name, method, known.step_size, known.damping) : null;
    const traces = Object.entries(entry(name).grids).filter(([, { trace }]) => trace);
    const colour = ([other]) => shade(PAGE.looks[other]?.color ?? "#777777");
    const count = (values) => values.map((_, k) => k);
    const draw_lines = (part, key, own) => {
      lines[part].bests.glyph.line_color = { field: "color" };
      lines[part].own.glyph.line_color = css("--ink");
      const kept = traces.map(([other, { trace }]) => [other, trace[key]]);
      show(lines[part].bests.data_source, { xs: kept.map(([, v]) => count(v)), ys: kept.map(([, v]) => v.map((value) => value ?? NaN)), color: kept.map(colour) });
      show(lines[part].own.data_source, { x: count(own), y: own });
      return [...kept.flatMap(([, v]) => v), ...own].filter((value) => Number.isFinite(value) && value !== null);
    };
    const losses = draw_lines("loss", "loss", run?.loss ?? []).filter((value) => value > 0);
    const [least, most] = [Math.min(...losses), Math.min(Math.max(...losses), settings.divergence_factor * present.start)];
    set_range(loss.y_range, least / (most / least) ** 0.05, most * (most / least) ** 0.05);
    draw_lines("cosine", "cosine", run?.cosine ?? []);
    draw_paths(run);
    const legend = traces.map((trace) => `<li><span class="line" style="color:${colour(trace)}"></span>${trace[0]}, best cell</li>`);
    by_id(`${NAME}-lines`).innerHTML = `${legend.join("")}<li><span class="line" style="color:${css("--ink")}"></span>this cell</li>`;
    tell(run, known);
  }

  function draw_paths(run) {
    const { dataset, name } = present;
    const bests = Object.entries(dataset.grids).filter(([method, { best }]) => best && dataset.problem && method in settings.known);
    const ready = bests.filter(([method, { best }]) => runs.has([name, method, best.step_size, best.damping].join(" ")));
    const planes = ready.map(([method, { best }]) => [method, run_of(dataset, name, method, best.step_size, best.damping).plane]);
    lines.path.bests.glyph.line_color = { field: "color" };
    show(lines.path.bests.data_source, {
      xs: planes.map(([, p]) => p.map((q) => q[0])), ys: planes.map(([, p]) => p.map((q) => q[1])),
      color: planes.map(([method]) => shade(PAGE.looks[method]?.color ?? "#777777")),
    });
    const own = run?.plane ?? [];
    lines.path.own.glyph.line_color = css("--ink");
    show(lines.path.own.data_source, { x: own.map((p) => p[0]), y: own.map((p) => p[1]) });
    for (const marker of [begin, end]) marker.glyph.fill_color = marker.glyph.line_color = css("--ink");
    show(end.data_source, { x: own.slice(-1).map((p) => p[0]), y: own.slice(-1).map((p) => p[1]) });
    const shown_points = [[0, 0], ...planes.flatMap(([, p]) => p), ...(run?.status === "finished" || !planes.length ? own : own.slice(0, 3))];
    [plane.x_range, plane.y_range].forEach((range, k) => {
      const values = shown_points.map((p) => p[k]);
      const [a, b] = [Math.min(...values), Math.max(...values)];
      const margin = 0.08 * (b - a) || 1;
      set_range(range, a - margin, b + margin);
    });
    const missing = bests.find((each) => !ready.includes(each));
    if (missing) {
      const [method, { best }] = missing;
      setTimeout(() => {
        if (present.name !== name) return;
        run_of(dataset, name, method, best.step_size, best.damping);
        draw_paths(current_run);
      }, 30);
    }
  }
  let current_run = null;

  function tell(run, known) {
    current_run = run;
    const said = by_id(`${NAME}-said`);
    const { method, dataset, cell } = present;
    if (!run) {
      said.textContent = `${told(cell)} The page can't run this: it has plain regression and two classes, with GD, NGD, EFGD and iEF.`;
      return;
    }
    const ends = { finished: `final loss ${readable(run.loss.at(-1), 6)}`, diverged: `diverged after ${run.iterations} iterations`, failed: `failed after ${run.iterations} iterations` }[run.status];
    const first = `${method}, ${named(known)}, computed here in ${Math.round(run.milliseconds)} ms: ${ends}. `;
    const theirs = { finished: `The pipeline has ${readable(known.value, 6)}. `, pruned: `The pipeline dropped it, since at least ${readable(known.value, 4)} was proven. `, diverged: "So it did in the pipeline. ", failed: "So it did in the pipeline. " };
    if (known.status !== "pruned" && known.status !== run.status) theirs[known.status] = `In the pipeline it ${known.status}. `;
    said.textContent = first + theirs[known.status];
    const asked = present;
    setTimeout(() => {
      if (present !== asked || run.status !== "finished") return;
      const spread = rounding_spread(dataset, settings, method, known.step_size, known.damping, run);
      said.textContent += spread < SETTLED ? "With the rows of the data in another order it ends at the same loss." : "With the rows of the data in another order it ends elsewhere: rounding decides this run.";
      said.dataset.spread = spread;
    }, 150);
  }

  let turn_of = 0;
  async function draw(state) {
    const mine = ++turn_of;
    const dataset = await load(state.dataset);
    if (mine !== turn_of) return;
    const methods = Object.keys(dataset.grids);
    const method = methods.includes(state.method) ? state.method : methods.at(-1);
    const grid = dataset.grids[method];
    const is_new = !present || present.name !== state.dataset || present.method !== method || present.theme !== dark.matches;
    present = { name: state.dataset, method, dataset, grid, start: entry(state.dataset).start, theme: dark.matches };
    const best = best_cell() ?? { column: 0, row: 0 };
    const inside = (at, axis, otherwise) => (at >= 0 && at < axis.length ? at : otherwise);
    present.cell = { column: inside(state.step_size, grid.step_sizes, best.column), row: grid.dampings ? inside(state.damping, grid.dampings, best.row) : 0 };
    if (is_new) {
      const select = by_id(`${NAME}-method`);
      select.replaceChildren(...methods.map((name) => new Option(name, name)));
      select.value = method;
      shown.dataset(state.dataset);
      by_id(`${NAME}-step_size`).max = grid.step_sizes.length - 1;
      by_id(`${NAME}-damping`).max = (grid.dampings?.length ?? 1) - 1;
      by_id(`${NAME}-damping`).disabled = grid.dampings === null;
      draw_map();
    }
    shown.step_size(present.cell.column);
    shown.damping(present.cell.row);
    draw_run();
    describe(`${NAME}-map`, `Final losses of ${method} on ${entry(state.dataset).title}: ${grid.step_sizes.length} step sizes, ${grid.dampings?.length ?? "no"} dampings`);
  }

  // An axis of one value: Python's geomspace begins with the low end.
  function overlay() {
    if (!present) return "";
    const { step_size, damping } = facts(present.cell);
    const single = (value) => `{low: ${yaml_number(value)}, high: ${yaml_number(2 * value)}, count: 1}`;
    return [
      "# make figures FIGURES=figure3 CONFIG=mine.yaml OUT=mine",
      "optimization:",
      `  datasets: [${present.name}]`,
      `  step_sizes: ${single(step_size)}`,
      ...(damping === null ? [] : [`  dampings: ${single(damping)}`]),
      "",
    ].join("\n");
  }

  const scene = make_scene(NAME, defaults, { is_valid, draw, overlay });
}
