// What all scenes share: packed arrays, numbers to read, a state that the address keeps, and plots.

const PAGE = JSON.parse(document.getElementById("data").textContent);
const by_id = (id) => document.getElementById(id);

// ---- data

const TYPES = { f8: Float64Array, u1: Uint8Array };

// An array that Python packed: deflated bytes in base 64.
async function unpack({ type, bytes }) {
  const deflated = Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0));
  const stream = new Blob([deflated]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new TYPES[type](await new Response(stream).arrayBuffer());
}

// ---- numbers to read

const SUPERSCRIPTS = { "-": "⁻", ...Object.fromEntries([..."⁰¹²³⁴⁵⁶⁷⁸⁹"].map((s, i) => [i, s])) };
const raised = (power) => [...String(power)].map((digit) => SUPERSCRIPTS[digit]).join("");

function power_of_ten(exponent) {
  return exponent === 0 ? "1" : exponent === 1 ? "10" : `10${raised(exponent)}`;
}

function readable(value, digits = 4) {
  if (value === 0) return "0";
  if (Number.isNaN(value) || value === null) return "none";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const [digit, exponent] = Math.abs(value).toExponential(digits - 1).split("e").map(Number);
  const sign = value < 0 ? "−" : "";
  if (exponent >= -3 && exponent < 6) {
    return sign + String(Number(Math.abs(value).toPrecision(digits)));
  }
  return sign + (digit === 1 ? "" : `${digit} × `) + power_of_ten(exponent);
}

// As YAML 1.1 reads it back, to the last bit: a float in exponents needs its point and sign.
function yaml_number(value) {
  if (value === Infinity) return ".inf";
  const text = String(value);
  if (!text.includes("e")) return text.includes(".") ? text : `${text}.0`;
  const [digits, exponent] = text.split("e");
  return `${digits.includes(".") ? digits : `${digits}.0`}e${exponent}`;
}

// ---- state

const scenes = {};

function written(value) {
  if (!Array.isArray(value)) return String(value);
  return value.map((row) => (Array.isArray(row) ? row.join(",") : row)).join(";");
}

// A value of the same kind as the default one, or undefined.
function parsed(text, standard) {
  if (typeof standard === "number") {
    return text !== "" && Number.isFinite(Number(text)) ? Number(text) : undefined;
  }
  if (!Array.isArray(standard)) return text;
  if (text === "") return [];
  if (standard.kind === "words") return text.split(";");
  const rows = text.split(";").map((row) => row.split(",").map(Number));
  const width = standard.width ?? standard[0].length;
  return rows.every((row) => row.length === width && row.every(Number.isFinite)) ? rows : undefined;
}

const words = (list) => Object.assign(list, { kind: "words" });
const rows_of = (width, list = []) => Object.assign(list, { width });

// A scene: its state is what `defaults` names, `is_valid(key, value)` guards what an address says,
// `draw(state, changed keys)` shows it, `overlay(state)` is the configuration that runs it.
function make_scene(name, defaults, { is_valid = () => true, draw, overlay }) {
  const scene = { name, defaults, state: { ...defaults } };
  const changed = new Set();
  let waiting = false;

  scene.set = (values) => {
    for (const [key, value] of Object.entries(values)) {
      scene.state[key] = value;
      changed.add(key);
    }
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(async () => {
      waiting = false;
      const keys = new Set(changed);
      changed.clear();
      await draw(scene.state, keys);
      by_id(`${name}-overlay`).textContent = overlay(scene.state);
      scene.drawn = true;
      keep_address();
    });
  };
  scene.read = (address) => {
    const values = { ...defaults };
    for (const [key, standard] of Object.entries(defaults)) {
      const text = address.get(`${name}.${key}`);
      const value = text === null ? undefined : parsed(text, standard);
      if (value !== undefined && is_valid(key, value)) values[key] = value;
    }
    scene.set(values);
  };
  scene.parts = () =>
    Object.keys(defaults)
      .filter((key) => written(scene.state[key]) !== written(defaults[key]))
      .map((key) => [`${name}.${key}`, written(scene.state[key])]);

  by_id(`${name}-reset`).addEventListener("click", () => scene.set({ ...defaults }));
  by_id(`${name}-share`).addEventListener("click", () => {
    keep_address.now();
    copy(name, location.href, "The address");
  });
  by_id(`${name}-copy`).addEventListener("click", () =>
    copy(name, by_id(`${name}-overlay`).textContent, "The configuration"),
  );
  scenes[name] = scene;
  return scene;
}

async function copy(name, text, what) {
  let done = true;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = document.body.appendChild(document.createElement("textarea"));
    area.value = text;
    area.select();
    done = document.execCommand("copy");
    area.remove();
  }
  const said = done ? `${what} is on the clipboard.` : "This browser doesn't let a page copy.";
  by_id(`${name}-copied`).textContent = said;
}

// The address has what differs from the defaults, in all scenes.
const keep_address = (() => {
  let timer;
  const now = () => {
    clearTimeout(timer);
    const parts = Object.values(scenes).flatMap((scene) => scene.parts());
    const plain = !location.hash.includes("=");
    if (parts.length === 0 && plain) return;
    const hash = parts.map(([key, value]) => `${key}=${encodeURIComponent(value)}`).join("&");
    history.replaceState(null, "", `#${hash}`);
  };
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(now, 200);
  };
  return Object.assign(later, { now });
})();

function read_address() {
  const hash = location.hash.slice(1);
  const address = new URLSearchParams(hash.includes("=") ? hash : "");
  Object.values(scenes).forEach((scene) => scene.read(address));
  const first = [...address.keys()][0]?.split(".")[0];
  if (first && scenes[first]) by_id(`${first}-title`).scrollIntoView();
}

// ---- controls

function slider(id, set, shown = (value) => readable(value)) {
  const input = by_id(id);
  input.addEventListener("input", () => set(Number(input.value)));
  return (value) => {
    input.value = value;
    by_id(`${id}-value`).textContent = shown(value);
    input.setAttribute("aria-valuetext", shown(value));
  };
}

function choice(id, options, set) {
  const select = by_id(id);
  for (const [value, label] of options) select.add(new Option(label, value));
  select.addEventListener("change", () => set(select.value));
  return (value) => (select.value = value);
}

// ---- plots

const dark = matchMedia("(prefers-color-scheme: dark)");
const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

// A colour for the present theme: on dark paper nearer to white.
function shade(colour) {
  if (!dark.matches) return colour;
  const parts = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  return `#${parts.map((part) => Math.round(part + (255 - part) * 0.45).toString(16).padStart(2, "0")).join("")}`;
}

Bokeh.logger.set_level("warn");
const { ndarray } = Bokeh.require("core/util/ndarray"); // what an image is given as
const figures = [];

// A plot in the element `id`. Its axes are [low, high]; `log` makes them logarithmic.
function plot(id, { x, y, x_label, y_label, x_log, y_log, height = 270, tall = 5 }) {
  const figure = Bokeh.Plotting.figure({
    sizing_mode: "stretch_width",
    height,
    x_range: x,
    y_range: y,
    x_axis_type: x_log ? "log" : "linear",
    y_axis_type: y_log ? "log" : "linear",
    x_axis_label: x_label,
    y_axis_label: y_label,
    tools: [],
    toolbar_location: null,
    min_border: 4,
  });
  figure.background_fill_color = null;
  figure.border_fill_color = null;
  figures.push(figure);
  paint(figure);
  Bokeh.Plotting.show(figure, by_id(id));
  return figure;
}

function paint(figure) {
  const [ink, soft, line] = ["--ink", "--soft", "--line"].map(css);
  figure.outline_line_color = line;
  for (const axis of [...figure.xaxes, ...figure.yaxes]) {
    axis.axis_line_color = soft;
    axis.major_tick_line_color = soft;
    axis.minor_tick_line_color = null;
    axis.major_label_text_color = soft;
    axis.axis_label_text_color = ink;
    axis.axis_label_text_font_style = "normal";
    axis.axis_label_standoff = 3;
  }
  for (const grid of figure.center) if ("grid_line_color" in grid) grid.grid_line_color = null;
}

// Columns of a Bokeh source replaced at once, so that it draws once.
function show(source, columns) {
  source.data = columns;
}

function set_range(range, low, high) {
  if (range.start !== low || range.end !== high) range.setv({ start: low, end: high });
}

// What a plot shows, for those who can't see it.
function describe(id, text) {
  const element = by_id(id);
  element.setAttribute("role", "group");
  element.setAttribute("aria-label", text);
}

dark.addEventListener("change", () => {
  figures.forEach(paint);
  Object.values(scenes).forEach((scene) => scene.set({ ...scene.state }));
});
