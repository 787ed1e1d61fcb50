// Scene 4: how evenly a step lowers the losses of the examples.

async function note_scene(settings) {
  const NAME = "note";
  const METHODS = ["GD", "NGD", "EFGD"];
  const { low, high, count } = settings.dampings;
  const DAMPINGS = Array.from({ length: count }, (_, k) => low * (high / low) ** (k / Math.max(count - 1, 1)));
  const shapes = Object.keys(settings.shapes);
  const defaults = {
    task: settings.tasks[0],
    shape: shapes.at(-1),
    repeat: 0,
    damping: Math.floor(count / 2),
    change: Math.log10(settings.small_change),
  };

  function is_valid(key, value) {
    if (key === "task") return settings.tasks.includes(value);
    if (key === "shape") return shapes.includes(value);
    if (key === "change") return value >= -15 && value <= 1;
    return Number.isInteger(value) && value >= 0 && value < (key === "repeat" ? settings.repeats : count);
  }

  const loaded = new Map();
  async function load({ task, shape, repeat }) {
    const key = [task, shape, repeat].join(" ");
    if (!loaded.has(key)) {
      const found = settings.problems.find((each) => each.task === task && each.shape === shape && each.repeat === repeat);
      const { size, features } = found;
      const [values, targets, theta] = await Promise.all([found.inputs, found.targets, found.theta].map(unpack));
      loaded.set(key, linear_problem({ size, features, values }, targets, task).at(theta));
    }
    return loaded.get(key);
  }

  const falls = plot(`${NAME}-falls`, { x: [0, 1], y: [-1, 1], x_label: "example", y_label: "fall / √c", height: 320 });
  const zero = falls.line([], [], { line_width: 0.7, color: "#888888" });
  const MARKERS = { GD: "circle", NGD: "square", EFGD: "diamond" };
  const marks = METHODS.map((method) => falls.scatter([], [], { marker: MARKERS[method], size: method === "EFGD" ? 10 : 6, line_color: null }));
  const variation = plot(`${NAME}-variation`, { x: [low / 2, high * 2], y: [0.1, 10], x_label: "damping ε", y_label: "coefficient of variation", x_log: true, y_log: true, height: 320 });
  const lines = METHODS.map((method) => variation.line([], [], { line_width: 2.5, line_dash: PAGE.looks[method].dash }));
  const here = variation.line([], [], { line_width: 1 });

  const TASKS = { binary: "logistic regression", regression: "least squares" };
  const sizes = ({ examples, parameters }) => `${examples} examples, ${parameters} parameters`;
  const shown = {
    task: choice(`${NAME}-task`, settings.tasks.map((task) => [task, TASKS[task]]), (value) => scene.set({ task: value })),
    shape: choice(`${NAME}-shape`, shapes.map((shape) => [shape, sizes(settings.shapes[shape])]), (value) => scene.set({ shape: value })),
    repeat: slider(`${NAME}-repeat`, (value) => scene.set({ repeat: value }), (value) => value + 1),
    damping: slider(`${NAME}-damping`, (value) => scene.set({ damping: value }), (value) => readable(DAMPINGS[value], 3)),
    change: slider(`${NAME}-change`, (value) => scene.set({ change: value }), (value) => readable(10 ** value, 2)),
  };
  by_id(`${NAME}-repeat`).max = settings.repeats - 1;
  by_id(`${NAME}-damping`).max = count - 1;

  const change_of = (state) => (state.change === defaults.change ? settings.small_change : 10 ** state.change);
  let present = null;

  let turn = 0;
  async function draw(state) {
    const mine = ++turn;
    const point = await load(state);
    if (mine !== turn) return;
    const change = change_of(state);
    present = Object.fromEntries(METHODS.map((method) => [method, DAMPINGS.map((damping) => reductions(point, method, damping, change))]));
    const unit = Math.sqrt(change);
    const examples = Array.from(point.losses, (_, n) => n + 1);
    const every = [];
    METHODS.forEach((method, k) => {
      const y = Array.from(present[method][state.damping].falls, (fall) => fall / unit);
      every.push(...y.filter(Number.isFinite));
      marks[k].glyph.fill_color = shade(PAGE.looks[method].color);
      show(marks[k].data_source, { x: examples, y });
      lines[k].glyph.line_color = shade(PAGE.looks[method].color);
      show(lines[k].data_source, { x: DAMPINGS, y: present[method].map((each) => Math.max(each.variation, 1e-12)) });
    });
    const [least, most] = [Math.min(0, ...every), Math.max(0, ...every)];
    const margin = 0.06 * (most - least) || 1;
    set_range(falls.x_range, 0, examples.length + 1);
    set_range(falls.y_range, least - margin, most + margin);
    show(zero.data_source, { x: [0, examples.length + 1], y: [0, 0] });
    const variations = METHODS.flatMap((method) => present[method].map((each) => each.variation)).filter((value) => value > 0 && Number.isFinite(value));
    const ends = [Math.max(Math.min(...variations), 1e-8) / 2, Math.max(...variations) * 2];
    set_range(variation.y_range, ...ends);
    here.glyph.line_color = css("--ink");
    show(here.data_source, { x: [DAMPINGS[state.damping], DAMPINGS[state.damping]], y: ends });
    Object.entries(shown).forEach(([key, set]) => set(state[key]));
    const told = METHODS.map((method) => `${method} ${readable(present[method][state.damping].variation, 3)}`).join(", ");
    by_id(`${NAME}-said`).textContent = `Coefficient of variation of the falls at ε = ${readable(DAMPINGS[state.damping], 3)}: ${told}.`;
    describe(`${NAME}-falls`, `Falls of ${examples.length} losses; coefficients of variation ${told}`);
    describe(`${NAME}-variation`, `Coefficients of variation for dampings from ${readable(low)} to ${readable(high)}`);
    const SIGNS = { GD: "●", NGD: "■", EFGD: "◆" };
    by_id(`${NAME}-legend`).innerHTML = METHODS.map((method) => `<li><b style="color:${shade(PAGE.looks[method].color)}">${SIGNS[method]}</b> ${method}</li>`).join("");
  }

  function overlay(state) {
    const damping = DAMPINGS[state.damping];
    return [
      "note:",
      `  tasks: [${state.task}]`,
      `  dampings: {low: ${yaml_number(damping)}, high: ${yaml_number(10 * damping)}, count: 2}`,
      `  small_change: ${yaml_number(change_of(state))}`,
      "",
    ].join("\n");
  }

  const scene = make_scene(NAME, defaults, { is_valid, draw, overlay });
}
