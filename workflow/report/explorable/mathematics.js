// The mathematics of the page: plain functions in the names of the Python library, which has their
// documentation, and in the order of its modules. A vector is a Float64Array; a matrix is one, too,
// row by row. Functions of one natural parameter f per example only: regression and two classes.

// ---- likelihoods

const Gaussian = {
  nll: (f, y) => 0.5 * (f - y) ** 2,
  residual: (f, y) => f - y,
  hessian: () => 1,
  fisher: () => 1,
  sample: (f, random) => f + random.standard_normal(),
  is_convex: true,
};

function Bernoulli(probability_clip = 0) {
  const clip = probability_clip;
  const exact = (f) => 1 / (1 + Math.exp(-f));
  const probability = clip
    ? (f) => Math.min(Math.max(exact(f), clip), 1 - clip)
    : exact;
  return {
    nll: clip
      ? (f, y) => -Math.log(probability((2 * y - 1) * f))
      : (f, y) => {
          const against = (1 - 2 * y) * f;
          return Math.max(against, 0) + Math.log1p(Math.exp(-Math.abs(against)));
        },
    residual: (f, y) => (1 - 2 * y) * probability((1 - 2 * y) * f),
    hessian: (f) => probability(f) * probability(-f),
    fisher: (f) => {
      const one = probability(f);
      const zero = probability(-f);
      return one * zero ** 2 + zero * one ** 2;
    },
    sample: (f, random) => (random.random() < probability(f) ? 1 : 0),
    is_convex: clip === 0,
    has_classes: true,
  };
}

// ---- models

const SPARSE_BELOW = 0.25;

// f(x, θ) = x · θ for inputs {size, features, values}, values row by row.
function LinearModel(inputs) {
  const used = inputs.values.reduce((count, value) => count + (value !== 0), 0);
  const make = used < SPARSE_BELOW * inputs.values.length ? sparse_model : dense_model;
  const model = make(inputs);
  let absolute;
  model.absolute = () => (absolute ??= make({ ...inputs, values: inputs.values.map(Math.abs) }));
  return model;
}

function dense_model(inputs) {
  const { size, features, values } = inputs;
  const columns = Array.from({ length: features }, (_, i) =>
    Float64Array.from({ length: size }, (_, n) => values[n * features + i]),
  );
  const [weighted, also_weighted, nothing] = [0, 1, 2].map(() => new Float64Array(size));
  return {
    parameters: features,
    longest: longest(inputs),
    predict(theta) {
      const f = new Float64Array(size);
      for (let i = 0; i < features; i++) add_multiple(f, theta[i], columns[i]);
      return f;
    },
    pull_back(residuals) {
      const total = new Float64Array(features);
      for (let i = 0; i < features; i++) total[i] = dot(residuals, columns[i]);
      return total;
    },
    gram(weights) {
      const matrix = new Float64Array(features * features);
      // Two columns with two at once, so that every number that is read serves two products.
      for (let i = 0; i < features; i += 2) {
        const [one, other] = [columns[i], columns[i + 1] ?? nothing];
        for (let n = 0; n < size; n++) {
          weighted[n] = weights[n] * one[n];
          also_weighted[n] = weights[n] * other[n];
        }
        for (let j = 0; j <= i; j += 2) {
          const [first, second] = [columns[j], columns[j + 1] ?? nothing];
          const [a, b, c, d] = products(weighted, also_weighted, first, second);
          const [right, down] = [j + 1 < features, i + 1 < features];
          matrix[i * features + j] = matrix[j * features + i] = a;
          if (right) matrix[i * features + j + 1] = matrix[(j + 1) * features + i] = b;
          if (down) matrix[(i + 1) * features + j] = matrix[j * features + i + 1] = c;
          if (right && down) {
            matrix[(i + 1) * features + j + 1] = matrix[(j + 1) * features + i + 1] = d;
          }
        }
      }
      return matrix;
    },
  };
}

function products(one, other, first, second) {
  let a = 0, b = 0, c = 0, d = 0;
  for (let n = 0; n < one.length; n++) {
    a += one[n] * first[n];
    b += one[n] * second[n];
    c += other[n] * first[n];
    d += other[n] * second[n];
  }
  return [a, b, c, d];
}

function sparse_model(inputs) {
  const { size, features, values } = inputs;
  const starts = [0], columns = [], entries = [], places = [], pairs = [], pair_starts = [0];
  for (let n = 0; n < size; n++) {
    for (let i = 0; i < features; i++) {
      if (values[n * features + i] === 0) continue;
      columns.push(i);
      entries.push(values[n * features + i]);
      for (let k = starts[n]; k < columns.length; k++) {
        places.push(i * features + columns[k]);
        pairs.push(entries[k] * values[n * features + i]);
      }
    }
    starts.push(columns.length);
    pair_starts.push(places.length);
  }
  const [column, entry] = [Int32Array.from(columns), Float64Array.from(entries)];
  const [place, pair] = [Int32Array.from(places), Float64Array.from(pairs)];
  return {
    parameters: features,
    longest: longest(inputs),
    predict(theta) {
      const f = new Float64Array(size);
      for (let n = 0; n < size; n++) {
        let sum = 0;
        for (let k = starts[n]; k < starts[n + 1]; k++) sum += theta[column[k]] * entry[k];
        f[n] = sum;
      }
      return f;
    },
    pull_back(residuals) {
      const total = new Float64Array(features);
      for (let n = 0; n < size; n++) {
        for (let k = starts[n]; k < starts[n + 1]; k++) total[column[k]] += residuals[n] * entry[k];
      }
      return total;
    },
    gram(weights) {
      const matrix = new Float64Array(features * features);
      for (let n = 0; n < size; n++) {
        const weight = weights[n];
        for (let k = pair_starts[n]; k < pair_starts[n + 1]; k++) {
          matrix[place[k]] += weight * pair[k];
        }
      }
      for (let i = 0; i < features; i++) {
        for (let j = 0; j < i; j++) matrix[j * features + i] = matrix[i * features + j];
      }
      return matrix;
    },
  };
}

function longest({ size, features, values }) {
  let most = 0;
  for (let n = 0; n < size; n++) {
    let square = 0;
    for (let i = 0; i < features; i++) square += values[n * features + i] ** 2;
    most = Math.max(most, square);
  }
  return most;
}

// ---- problems

function linear_problem(inputs, targets, task, prior_variance = Infinity, probability_clip = 0) {
  const likelihood = task === "regression" ? Gaussian : Bernoulli(probability_clip);
  const model = LinearModel(inputs);
  const size = targets.length;
  const prior_precision = 1 / (size * prior_variance);
  const problem = { likelihood, model, targets, size, prior_precision };
  problem.parameters = model.parameters;
  problem.at = (theta) => new Point(problem, theta);
  return problem;
}

const TINY = 1e-280;

// A problem at θ: each quantity is computed when first asked for, and kept.
class Point {
  constructor(problem, theta) {
    this.problem = problem;
    this.theta = theta;
    this.kept = {};
  }

  once(name, compute) {
    return (this.kept[name] ??= compute());
  }

  each(name, compute) {
    return this.once(name, () => {
      const values = new Float64Array(this.problem.size);
      for (let n = 0; n < values.length; n++) values[n] = compute(n);
      return values;
    });
  }

  get predictions() {
    return this.once("predictions", () => this.problem.model.predict(this.theta));
  }

  get residuals() {
    const { likelihood, targets } = this.problem;
    const f = this.predictions;
    return this.each("residuals", (n) => likelihood.residual(f[n], targets[n]));
  }

  get losses() {
    const { likelihood, targets } = this.problem;
    const f = this.predictions;
    return this.each("losses", (n) => likelihood.nll(f[n], targets[n]));
  }

  get variances() {
    const f = this.predictions;
    return this.each("variances", (n) => this.problem.likelihood.hessian(f[n]));
  }

  get odds() {
    if (!this.problem.likelihood.has_classes) return 2 * this.data_loss;
    const [r, v] = [this.residuals, this.variances];
    let sum = 0;
    for (let n = 0; n < r.length; n++) sum += r[n] ** 2 / v[n];
    return sum / r.length;
  }

  get data_loss() {
    return this.once("data_loss", () => mean(this.losses));
  }

  get loss() {
    const prior = this.problem.prior_precision;
    return prior ? this.data_loss + 0.5 * prior * dot(this.theta, this.theta) : this.data_loss;
  }

  get gradient() {
    return this.once("gradient", () => {
      const { model, size, prior_precision } = this.problem;
      const sum = model.pull_back(this.residuals);
      return sum.map((value, i) => value / size + prior_precision * this.theta[i]);
    });
  }

  get fisher() {
    const f = this.predictions;
    return this.gram("fisher", (n) => this.problem.likelihood.fisher(f[n]));
  }

  get ggn() {
    const v = this.variances;
    return this.gram("ggn", (n) => v[n]);
  }

  get empirical_fisher() {
    const r = this.residuals;
    return this.gram("empirical_fisher", (n) => r[n] * r[n]);
  }

  // Weights r² / r²; an example without a residual has no gradient to take part with.
  get improved_empirical_fisher() {
    const r = this.residuals;
    return this.gram("improved_empirical_fisher", (n) => (r[n] === 0 ? 0 : 1));
  }

  get hessian() {
    return this.once("hessian", () => plus_diagonal(this.ggn, this.problem.prior_precision));
  }

  gram(name, weight) {
    const { model, size } = this.problem;
    // A weight near underflow is too small to count, and processors are slow with such numbers.
    const share = (value) => (value > TINY ? value / size : 0);
    return this.once(name, () => model.gram(this.each(`Λ ${name}`, (n) => share(weight(n)))));
  }
}

// θ*, by Newton steps that are halved until the loss falls; scaled to a Hessian of unit diagonal.
function minimizer(problem, initial = new Float64Array(problem.parameters)) {
  let point = problem.at(initial);
  const size = problem.parameters;
  for (let iteration = 0; iteration < 200; iteration++) {
    const scale = Float64Array.from(initial, (_, i) => point.hessian[i * (size + 1)] ** -0.5);
    if (!scale.every(Number.isFinite)) return null;
    const scaled = point.hessian.map((h, k) => h * scale[Math.floor(k / size)] * scale[k % size]);
    const step = solve(scaled, 0, point.gradient.map((g, i) => g * scale[i])).map(
      (value, i) => -value * scale[i],
    );
    const promised = -0.5 * dot(point.gradient, step);
    if (!Number.isFinite(promised)) return null;
    if (promised <= 1e-15 * (1 + Math.abs(point.loss))) {
      return point.theta.map((value, i) => value + step[i]);
    }
    let length = 1;
    let next;
    do {
      next = problem.at(point.theta.map((value, i) => value + length * step[i]));
      length /= 2;
    } while (!(next.loss <= point.loss) && length > 1e-12);
    if (!(next.loss <= point.loss)) return null;
    point = next;
  }
  return null;
}

// ---- norms and linear algebra

function dot(a, b) {
  let even = 0, odd = 0, i = 0;
  for (; i + 1 < a.length; i += 2) {
    even += a[i] * b[i];
    odd += a[i + 1] * b[i + 1];
  }
  return i < a.length ? even + odd + a[i] * b[i] : even + odd;
}

function add_multiple(sum, factor, vector) {
  for (let i = 0; i < sum.length; i++) sum[i] += factor * vector[i];
}

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
const norm = (vector) => Math.sqrt(dot(vector, vector));
const cosine = (a, b) => dot(a, b) / (norm(a) * norm(b));
const relative_distance = (a, b) => norm(a.map((value, i) => value - b[i])) / norm(b);

function plus_diagonal(matrix, shift) {
  const size = Math.sqrt(matrix.length);
  const sum = matrix.slice();
  for (let i = 0; i < size; i++) sum[i * (size + 1)] += shift;
  return sum;
}

function multiply(matrix, vector) {
  const size = vector.length;
  return vector.map((_, i) => dot(matrix.subarray(i * size, (i + 1) * size), vector));
}

// L of A + λ I = L Lᵀ, its upper triangle without meaning; null where rounding left it indefinite.
function cholesky(matrix, damping) {
  const size = Math.sqrt(matrix.length);
  const factor = matrix.slice();
  for (let i = 0; i < size; i++) {
    const row = i * size;
    for (let j = 0; j <= i; j++) {
      const other = j * size;
      let a = factor[row + j] + (i === j ? damping : 0), b = 0, k = 0;
      for (; k + 1 < j; k += 2) {
        a -= factor[row + k] * factor[other + k];
        b -= factor[row + k + 1] * factor[other + k + 1];
      }
      if (k < j) a -= factor[row + k] * factor[other + k];
      a += b;
      if (j < i) factor[row + j] = a / factor[other + j];
      else if (a > 0) factor[row + i] = Math.sqrt(a);
      else return null;
    }
  }
  return factor;
}

function cholesky_solve(factor, vector) {
  const size = vector.length;
  const x = vector.slice();
  for (let i = 0; i < size; i++) {
    let sum = x[i];
    for (let k = 0; k < i; k++) sum -= factor[i * size + k] * x[k];
    x[i] = sum / factor[i * size + i];
  }
  for (let i = size - 1; i >= 0; i--) {
    x[i] /= factor[i * size + i];
    for (let k = 0; k < i; k++) x[k] -= factor[i * size + k] * x[i];
  }
  return x;
}

// By LU factors with pivots, NaN for a singular matrix.
function general_solve(matrix, vector) {
  const size = vector.length;
  const [a, x] = [matrix.slice(), vector.slice()];
  for (let i = 0; i < size; i++) {
    let pivot = i;
    for (let k = i + 1; k < size; k++) {
      if (Math.abs(a[k * size + i]) > Math.abs(a[pivot * size + i])) pivot = k;
    }
    if (!(Math.abs(a[pivot * size + i]) > 0)) return x.fill(NaN);
    if (pivot !== i) {
      for (let j = 0; j < size; j++) {
        [a[i * size + j], a[pivot * size + j]] = [a[pivot * size + j], a[i * size + j]];
      }
      [x[i], x[pivot]] = [x[pivot], x[i]];
    }
    for (let k = i + 1; k < size; k++) {
      const share = a[k * size + i] / a[i * size + i];
      if (share === 0) continue;
      for (let j = i + 1; j < size; j++) a[k * size + j] -= share * a[i * size + j];
      x[k] -= share * x[i];
    }
  }
  for (let i = size - 1; i >= 0; i--) {
    for (let j = i + 1; j < size; j++) x[i] -= a[i * size + j] * x[j];
    x[i] /= a[i * size + i];
  }
  return x;
}

// A⁻¹ of the Cholesky factor of A.
function cholesky_inverse(factor) {
  const size = Math.sqrt(factor.length);
  const inverse = new Float64Array(size * size); // of L, by columns
  for (let j = 0; j < size; j++) {
    const column = j * size;
    inverse[column + j] = 1 / factor[j * size + j];
    for (let i = j + 1; i < size; i++) {
      let sum = 0;
      for (let k = j; k < i; k++) sum -= factor[i * size + k] * inverse[column + k];
      inverse[column + i] = sum / factor[i * size + i];
    }
  }
  const product = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let k = i; k < size; k++) sum += inverse[i * size + k] * inverse[j * size + k];
      product[i * size + j] = product[j * size + i] = sum;
    }
  }
  return product;
}

// Orthonormal vectors along the largest eigenvalues of a semi-definite matrix, by power iteration.
function leading_directions(matrix, count) {
  const size = Math.sqrt(matrix.length);
  const found = [];
  for (let index = 0; index < Math.min(count, size); index++) {
    let vector = Float64Array.from({ length: size }, (_, i) => 1 + (i + index) % 3);
    for (let iteration = 0; iteration < 300; iteration++) {
      for (const other of found) {
        const along = dot(vector, other);
        vector = vector.map((value, i) => value - along * other[i]);
      }
      const length = norm(vector);
      if (!(length > 0)) break;
      vector = multiply(matrix, vector.map((value) => value / length));
    }
    for (const other of found) {
      const along = dot(vector, other);
      vector = vector.map((value, i) => value - along * other[i]);
    }
    const length = norm(vector) || 1;
    const sign = vector.reduce((most, v) => (Math.abs(v) > Math.abs(most) ? v : most), 0) < 0 ? -1 : 1;
    found.push(vector.map((value) => (sign * value) / length));
  }
  return found;
}

// ---- methods

const PRECONDITIONERS = {
  GD: null,
  NGD: (point) => point.fisher,
  EFGD: (point) => point.empirical_fisher,
  iEF: (point) => point.improved_empirical_fisher,
};

function solve(matrix, damping, vector) {
  const factor = cholesky(matrix, damping);
  if (factor) return cholesky_solve(factor, vector);
  return general_solve(plus_diagonal(matrix, damping), vector);
}

function direction(point, method, damping = 0) {
  const preconditioner = PRECONDITIONERS[method];
  if (preconditioner === null) return point.gradient.map((value) => -value);
  const shift = damping + point.problem.prior_precision;
  return solve(preconditioner(point), shift, point.gradient).map((value) => -value);
}

// Eigenvalues of A scaled to a unit diagonal may span 1 / (P ε). Bounds decide nearly always.
function is_invertible(matrix) {
  const size = Math.sqrt(matrix.length);
  const scale = Float64Array.from({ length: size }, (_, i) => Math.sqrt(matrix[i * (size + 1)]));
  if (!scale.every((value) => value > 0 && value < Infinity)) return false;
  const scaled = matrix.map((value, k) => value / (scale[Math.floor(k / size)] * scale[k % size]));
  const factor = cholesky(scaled, 0);
  if (!factor) return false;
  const inverse = cholesky_inverse(factor);
  const precision = size * Number.EPSILON;
  const bound = norm(inverse); // of 1 / λ_min, at most √P times as large; λ_max is in [1, P]
  if (1 > precision * size * bound) return true;
  if (Math.sqrt(size) <= precision * bound) return false;
  const [[up], [down]] = [leading_directions(scaled, 1), leading_directions(inverse, 1)];
  return 1 > precision * dot(up, multiply(scaled, up)) * dot(down, multiply(inverse, down));
}

function natural_cosine(point, own, method, damping) {
  const prior = point.problem.prior_precision;
  const error = gradient_error(point);
  const preconditioner = PRECONDITIONERS[method];
  let shift = prior;
  if (preconditioner === null) {
    if (!(norm(own) > norm(error))) return NaN;
    if (!is_invertible(plus_diagonal(point.fisher, prior))) return NaN;
  } else {
    shift = damping + prior;
    if (!is_resolved(own, preconditioner(point), shift, error)) return NaN;
  }
  if (method === "NGD") return cosine(own, own);
  const natural = solve(point.fisher, shift, point.gradient).map((value) => -value);
  return is_resolved(natural, point.fisher, shift, error) ? cosine(own, natural) : NaN;
}

// ---- rounding

function gradient_error(point) {
  const { model, size, prior_precision } = point.problem;
  const theta = point.theta.map(Math.abs);
  const predicted = model.absolute().predict(theta);
  const [r, v] = [point.residuals, point.variances];
  const terms = predicted.map((value, n) => Math.abs(r[n]) + Math.abs(v[n]) * value);
  return model
    .absolute()
    .pull_back(terms)
    .map((value, i) => Number.EPSILON * (value / size + prior_precision * theta[i]));
}

// ‖d‖ > ‖|(A + λ I)⁻¹| e‖. Two bounds, ‖(A + λ I)⁻¹ e‖ ≤ it ≤ √P ‖e‖ / λ, spare most inverses.
function is_resolved(own, matrix, damping, error) {
  const length = norm(own);
  if (length > (Math.sqrt(own.length) * norm(error)) / damping) return true;
  const factor = cholesky(matrix, damping);
  if (factor && length <= norm(cholesky_solve(factor, error))) return false;
  const inverse = factor ? cholesky_inverse(factor) : inverted(plus_diagonal(matrix, damping));
  return length > norm(multiply(inverse.map(Math.abs), error));
}

function inverted(matrix) {
  const size = Math.sqrt(matrix.length);
  const inverse = new Float64Array(matrix.length);
  for (let j = 0; j < size; j++) {
    const unit = Float64Array.from({ length: size }, (_, i) => (i === j ? 1 : 0));
    general_solve(matrix, unit).forEach((value, i) => (inverse[i * size + j] = value));
  }
  return inverse;
}

// ---- decrements

const [RELATIVE, ABSOLUTE, MOVED] = [1e-9, 1e-22, 16 * Number.EPSILON];

const fmin = (a, b) => (a <= b || Number.isNaN(b) ? a : b);

function greatest_decrement(point, method, damping) {
  const steepness = dot(point.gradient, point.gradient);
  const prior = point.problem.prior_precision;
  const shift = damping + prior;
  const pull = prior ? (prior * norm(point.theta)) / Math.sqrt(shift) : 0;
  if (method === "GD") return steepness;
  if (method === "NGD") return fmin(steepness / shift, (Math.sqrt(point.odds) + pull) ** 2);
  if (method !== "EFGD") return Infinity;
  return prior ? fmin(steepness / shift, (1 + pull) ** 2) : steepness / (steepness + shift);
}

const range = (f) => f.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

function allowance(point, method, step_size, damping, greatest, slack) {
  const allowed = { floor: point.loss - step_size * greatest - slack, reach: null };
  if (method === "NGD" && point.problem.likelihood.has_classes) {
    const lightest = point.variances.reduce((least, value) => Math.min(least, value), Infinity);
    const shift = damping + point.problem.prior_precision;
    const { size, model } = point.problem;
    const stretch = Math.min(size / lightest, model.longest / shift);
    const rounding = MOVED * (1 + range(point.predictions));
    allowed.predictions = point.predictions;
    allowed.reach = step_size * Math.sqrt(stretch * greatest) + rounding;
  }
  return allowed;
}

function is_broken(allowed, point) {
  if (point.loss < allowed.floor) return true;
  if (allowed.reach === null) return false;
  const f = allowed.predictions;
  return range(point.predictions.map((value, n) => value - f[n])) > allowed.reach;
}

// ---- solvers

// One run, with all its iterates: see solvers.descend, which runs many of them.
function descend(problem, method, step_size, damping, iterations, divergence_factor, with_cosine) {
  const run = { status: "", loss: [], gradient_norm: [], step_norm: [], cosine: [], path: [] };
  let theta = new Float64Array(problem.parameters);
  const origin = problem.at(theta);
  const limit = divergence_factor * origin.loss;
  let allowed = null;
  for (let iteration = 0; ; iteration++) {
    const point = iteration ? problem.at(theta) : origin;
    const aim = direction(point, method, damping);
    const step = aim.map((value) => step_size * value);
    const greatest = greatest_decrement(point, method, damping);
    const decrement = -dot(point.gradient, aim);
    const defined = step.every(Number.isFinite) && !(decrement > (1 + RELATIVE) * greatest);
    const broken = Number.isNaN(point.loss) || (allowed !== null && is_broken(allowed, point));
    if (problem.likelihood.is_convex) {
      const slack = (RELATIVE * point.loss + ABSOLUTE * origin.loss) / (4 * (iterations + 1));
      allowed = allowance(point, method, step_size, damping, greatest, slack);
    }
    run.path.push(theta);
    run.loss.push(point.loss);
    run.gradient_norm.push(norm(point.gradient));
    if (with_cosine) run.cosine.push(natural_cosine(point, aim, method, damping));
    if (broken) run.status = "failed";
    else if (point.loss > limit || point.loss === Infinity) run.status = "diverged";
    else if (iteration === iterations) run.status = "finished";
    else if (!defined) run.status = "failed";
    run.iterations = iteration;
    if (run.status) return run;
    run.step_norm.push(norm(step));
    theta = theta.map((value, i) => value + step[i]);
  }
}
