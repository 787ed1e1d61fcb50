// What the scenes compute with mathematics.js, in the names of the Python library's data and
// experiments: drawn data, the flows of Figure 1, the ellipses of Figure 2, the note's steps.

// ---- NumPy's legacy generator, whose streams never change: a seed draws the pipeline's own data

function RandomState(seed) {
  const state = new Uint32Array(624);
  state[0] = seed;
  for (let i = 1; i < 624; i++) {
    const last = state[i - 1] ^ (state[i - 1] >>> 30);
    state[i] = Math.imul(1812433253, last) + i;
  }
  let place = 624;
  let spare = null;

  function word() {
    if (place === 624) {
      for (let i = 0; i < 624; i++) {
        const y = (state[i] & 0x80000000) | (state[(i + 1) % 624] & 0x7fffffff);
        state[i] = state[(i + 397) % 624] ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
      }
      place = 0;
    }
    let y = state[place++];
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  }

  const random = () => ((word() >>> 5) * 67108864 + (word() >>> 6)) / 9007199254740992;

  function standard_normal() {
    if (spare !== null) {
      const kept = spare;
      spare = null;
      return kept;
    }
    let x, y, square;
    do {
      x = 2 * random() - 1;
      y = 2 * random() - 1;
      square = x * x + y * y;
    } while (square >= 1 || square === 0);
    const factor = Math.sqrt((-2 * Math.log(square)) / square);
    spare = factor * x;
    return factor * y;
  }
  return { random, standard_normal };
}

function lognormal_line({ seed, size, log_mean, log_scale, intercept, slope, noise }) {
  const random = RandomState(seed);
  const x = Float64Array.from({ length: size }, () =>
    Math.exp(log_mean + log_scale * random.standard_normal()),
  );
  const target = x.map((value) => intercept + slope * value + noise * random.standard_normal());
  return { x, target };
}

// Points of class 0, then as many of class 1: {inputs, targets}.
function gaussian_classes({ seed, size, mean: [m1, m2], scale_0, scale_1 }) {
  const random = RandomState(seed);
  const half = Math.floor(size / 2);
  const values = new Float64Array(4 * half);
  const targets = Float64Array.from({ length: 2 * half }, (_, n) => (n < half ? 0 : 1));
  targets.forEach((label, n) => {
    const [sign, scale] = label ? [-1, scale_1] : [1, scale_0];
    const [a, b] = [random.standard_normal(), random.standard_normal()];
    values[2 * n] = sign * m1 + (a * scale[0][0] + b * scale[1][0]);
    values[2 * n + 1] = sign * m2 + (a * scale[0][1] + b * scale[1][1]);
  });
  return { inputs: { size: 2 * half, features: 2, values }, targets };
}

// ---- Figure 1

function line_problem(x, target, prior_variance) {
  const values = new Float64Array(2 * x.length);
  x.forEach((value, n) => values.set([1, value], 2 * n));
  const inputs = { size: x.length, features: 2, values };
  return linear_problem(inputs, target, "regression", prior_variance);
}

// The matrices of least squares with two parameters at every θ, without another pass over the data:
// at θ* + δ a residual is r* + x · δ, so that the empirical Fisher is a polynomial in δ.
function line_matrices(problem, x, target, labels) {
  const minimum = minimizer(problem);
  const size = x.length;
  const [powers, first, second, sampled] = [5, 4, 3, 3].map((count) => new Float64Array(count));
  for (let n = 0; n < size; n++) {
    const r = minimum[0] + minimum[1] * x[n] - target[n];
    for (let k = 0, power = 1 / size; k < 5; k++, power *= x[n]) {
      powers[k] += power;
      if (k < 4) first[k] += 2 * r * power;
      if (k < 3) second[k] += r * r * power;
      if (k < 3) sampled[k] += labels[n] ** 2 * power;
    }
  }
  const prior = problem.prior_precision;
  const fisher = [powers[0], powers[1], powers[2]];
  const hessian = [powers[0] + prior, powers[1], powers[2] + prior];
  function empirical_fisher(b, theta) {
    const [u, v] = [b - minimum[0], theta - minimum[1]];
    const [uu, uv, vv] = [u * u, 2 * u * v, v * v];
    return [0, 1, 2].map(
      (k) =>
        second[k] +
        (u * first[k] + v * first[k + 1]) +
        (uu * powers[k] + uv * powers[k + 1] + vv * powers[k + 2]),
    );
  }
  // The improved empirical Fisher has the weights r² / r² = 1, which for least squares are the
  // Fisher's. Estimates of the Fisher have the prior's precision beside them, as it has.
  const constant = { NGD: hessian, iEF: hessian };
  constant.OneSample = [sampled[0] + prior, sampled[1], sampled[2] + prior];
  return { minimum, hessian, fisher, empirical_fisher, constant };
}

// Velocity −scale (B + λ I)⁻¹ ∇L at (b, θ).
function flow({ minimum, hessian, empirical_fisher, constant }, method, scale, damping) {
  const fixed = constant[method];
  return (b, theta) => {
    const [u, v] = [b - minimum[0], theta - minimum[1]];
    const g1 = hessian[0] * u + hessian[1] * v;
    const g2 = hessian[1] * u + hessian[2] * v;
    if (method === "GD") return [-scale * g1, -scale * g2];
    const [a, c, d] = fixed ?? empirical_fisher(b, theta);
    const [p, q] = [a + damping, d + damping];
    const determinant = p * q - c * c;
    return [(-scale * (q * g1 - c * g2)) / determinant, (-scale * (p * g2 - c * g1)) / determinant];
  };
}

// `points` iterates of explicit Euler steps from a start, of which those at `kept` are returned.
function trajectory(velocity, [b, theta], step, points, kept) {
  const path = [];
  for (let index = 0, next = 0; index < points; index++) {
    if (index === kept[next]) {
      path.push([b, theta]);
      next += 1;
    }
    const [db, dtheta] = velocity(b, theta);
    b += step * db;
    theta += step * dtheta;
  }
  return path;
}

// About `kept` of 0, …, last, denser at the beginning.
function thinned(last, kept) {
  const ratio = Math.log(last) / (kept - 2);
  const found = new Set([0, last]);
  for (let k = 0; k < kept - 1; k++) found.add(Math.round(Math.exp(ratio * k)));
  return [...found].filter((step) => step <= last).sort((a, b) => a - b);
}

// ---- Figure 2

const accuracy = (point) =>
  mean(point.predictions.map((f, n) => (f > 0 ? 1 : 0) === point.problem.targets[n]));

// Eigenvalues, the larger first, and unit eigenvectors of a symmetric 2 × 2 matrix [a, b, b, d].
function eigh([a, b, , d]) {
  const [middle, apart] = [(a + d) / 2, Math.hypot((a - d) / 2, b)];
  const angle = Math.atan2(2 * b, a - d) / 2;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  return { values: [middle + apart, middle - apart], vectors: [[cos, sin], [-sin, cos]] };
}

// center + radius B^(−1/2) u for unit vectors u all around.
function ellipse(center, matrix, radius, count = 181) {
  const { values, vectors } = eigh(matrix);
  return Array.from({ length: count }, (_, k) => {
    const angle = (2 * Math.PI * k) / (count - 1);
    const [x, y] = [Math.cos(angle), Math.sin(angle)];
    const parts = vectors.map(([c, s], i) => (radius * (c * x + s * y)) / Math.sqrt(values[i]));
    return [0, 1].map((i) => center[i] + parts[0] * vectors[0][i] + parts[1] * vectors[1][i]);
  });
}

// Where a convex loss of two parameters has a level: each ray from its minimum meets it once.
function level_curve(problem, minimum, hessian, level, count = 73) {
  const lowest = problem.at(minimum).loss;
  return Array.from({ length: count }, (_, k) => {
    const angle = (2 * Math.PI * k) / (count - 1);
    const ray = Float64Array.of(Math.cos(angle), Math.sin(angle));
    const curvature = dot(ray, multiply(hessian, ray));
    let distance = Math.sqrt((2 * (level - lowest)) / curvature);
    for (let iteration = 0; iteration < 4; iteration++) {
      const point = problem.at(minimum.map((value, i) => value + distance * ray[i]));
      // In (L − L*)^½ a parabola is a line, which one Newton step solves.
      const [height, slope] = [point.loss - lowest, dot(point.gradient, ray)];
      if (!(height > 0 && slope > 0)) break;
      const root = Math.sqrt(height);
      distance += ((Math.sqrt(level - lowest) - root) * 2 * root) / slope;
    }
    return [minimum[0] + distance * ray[0], minimum[1] + distance * ray[1]];
  });
}

// ---- The note

// The step of a method, scaled to Δᵀ C Δ = c with the empirical Fisher C of the data.
function update(point, method, damping, change) {
  const aim = direction(point, method, damping);
  const slopes = point.problem.model.predict(aim).map((value, n) => value * point.residuals[n]);
  const scale = Math.sqrt(change / mean(slopes.map((value) => value * value)));
  return aim.map((value) => scale * value);
}

// How much the loss of each example falls by the step, their mean, and their coefficient of
// variation.
function reductions(point, method, damping, change) {
  const step = update(point, method, damping, change);
  const after = point.problem.at(point.theta.map((value, i) => value + step[i]));
  const falls = point.losses.map((value, n) => value - after.losses[n]);
  const average = mean(falls);
  const variance = mean(falls.map((value) => (value - average) ** 2));
  return { falls, mean: average, variation: Math.sqrt(variance) / Math.abs(average) };
}
