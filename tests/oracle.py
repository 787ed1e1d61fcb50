"""The experiments once more, naive and slow: the oracle that the tests compare with.

Everything is written out from the definitions, one example, one outcome, one grid cell at a time,
and shares no code with the library. Conventions, for N examples and prior variance v:

- loss, gradient, Fisher, empirical Fisher and Hessian of the data terms are averages over N;
- the prior adds |theta|^2 / (2 N v) to the loss, theta / (N v) to the gradient and I / (N v) to
  every preconditioner; v = inf switches it off;
- a step is theta + step_size * direction, direction = -(B + I / (N v) + damping I)^-1 gradient,
  with B the Fisher (NGD) or the empirical Fisher (EFGD), and direction = -gradient for GD.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import scipy.optimize

Array = np.ndarray
Terms = tuple[float, Array, Array, Array, Array]


# Synthetic sets


def lognormal_line(
    seed: int,
    size: int,
    log_mean: float,
    log_scale: float,
    intercept: float,
    slope: float,
    noise: float,
) -> tuple[Array, Array]:
    """Draw lognormal inputs x (N,), then targets y (N,) on a line with Gaussian noise."""
    generator = np.random.RandomState(seed)
    x = np.zeros(size)
    y = np.zeros(size)
    for n in range(size):
        x[n] = math.exp(log_mean + log_scale * generator.standard_normal())
    for n in range(size):
        y[n] = intercept + slope * x[n] + noise * generator.standard_normal()
    return x, y


def gaussian_classes(
    seed: int, size: int, mean: Array, scale_0: Array, scale_1: Array
) -> tuple[Array, Array]:
    """Draw X (N, 2) and y (N,): first half class 0 at mean, second half class 1 at -mean."""
    generator = np.random.RandomState(seed)
    center = np.asarray(mean, dtype=float)
    X = np.zeros((size, 2))
    y = np.zeros(size)
    for n in range(size):
        z = generator.standard_normal(2)
        if n < size // 2:
            X[n] = center + z @ np.asarray(scale_0, dtype=float)
            y[n] = 0.0
        else:
            X[n] = -center + z @ np.asarray(scale_1, dtype=float)
            y[n] = 1.0
    return X, y


# Loss, gradient, Fisher, empirical Fisher, Hessian: averages of the data terms


def clamp(value: float, low: float, high: float) -> float:
    """Clip a number to [low, high]; NaN stays NaN."""
    if value < low:
        return low
    if value > high:
        return high
    return value


def sigmoid(f: float) -> float:
    """Return 1 / (1 + exp(-f)) without overflow; small values keep all their digits."""
    if f >= 0:
        return 1.0 / (1.0 + math.exp(-f))
    return math.exp(f) / (1.0 + math.exp(f))


def softplus(f: float) -> float:
    """Return log(1 + exp(f)) without overflow; small values keep all their digits."""
    if f > 0:
        return f + math.log1p(math.exp(-f))
    return math.log1p(math.exp(f))


def logistic_terms(theta: Array, X: Array, y: Array, clip: float = 0.0) -> Terms:
    """Average logistic loss and its derivatives, y in {0, 1}, p clipped to [clip, 1 - clip]."""
    size, dimension = X.shape
    least_loss = -math.log1p(-clip)  # -log(1 - clip)
    largest_loss = -math.log(clip) if clip > 0 else math.inf
    loss = 0.0
    gradient = np.zeros(dimension)
    fisher = np.zeros((dimension, dimension))
    empirical_fisher = np.zeros((dimension, dimension))
    hessian = np.zeros((dimension, dimension))
    for n in range(size):
        x = X[n]
        f = float(x @ theta)
        # p(1) and p(0), both from f: 1 - p(1) would lose the digits of a small p(0)
        probability = {
            1: clamp(sigmoid(f), clip, 1.0 - clip),
            0: clamp(sigmoid(-f), clip, 1.0 - clip),
        }
        # -log p(y), clipped as p is
        losses = {
            1: clamp(softplus(-f), least_loss, largest_loss),
            0: clamp(softplus(f), least_loss, largest_loss),
        }
        # -d log p(y) / d theta = (p(1) - y) x
        gradients = {1: -probability[0] * x, 0: probability[1] * x}
        label = int(y[n])
        loss += losses[label]
        gradient += gradients[label]
        empirical_fisher += np.outer(gradients[label], gradients[label])
        for outcome in (0, 1):
            score = -gradients[outcome]
            fisher += probability[outcome] * np.outer(score, score)
        hessian += probability[1] * probability[0] * np.outer(x, x)
    return loss / size, gradient / size, fisher / size, empirical_fisher / size, hessian / size


def linear_terms(theta: Array, X: Array, y: Array) -> Terms:
    """Average squared loss (x . theta - y)^2 / 2, unit noise, and its derivatives."""
    size, dimension = X.shape
    loss = 0.0
    gradient = np.zeros(dimension)
    fisher = np.zeros((dimension, dimension))
    empirical_fisher = np.zeros((dimension, dimension))
    hessian = np.zeros((dimension, dimension))
    for n in range(size):
        x = X[n]
        residual = float(x @ theta) - float(y[n])
        loss += 0.5 * residual * residual
        gradient += residual * x
        fisher += np.outer(x, x)  # E_y[residual^2] = 1 under the model
        empirical_fisher += np.outer(residual * x, residual * x)
        hessian += np.outer(x, x)
    return loss / size, gradient / size, fisher / size, empirical_fisher / size, hessian / size


def softmax_terms(theta: Array, X: Array, y: Array, classes: int) -> Terms:
    """Average softmax loss and its derivatives, f = Theta x, theta = Theta.ravel()."""
    size, features = X.shape
    dimension = classes * features
    weights = theta.reshape(classes, features)
    loss = 0.0
    gradient = np.zeros(dimension)
    fisher = np.zeros((dimension, dimension))
    empirical_fisher = np.zeros((dimension, dimension))
    hessian = np.zeros((dimension, dimension))
    for n in range(size):
        x = X[n]
        f = [float(weights[c] @ x) for c in range(classes)]
        top = f.index(max(f))
        exponentials = [math.exp(f[c] - f[top]) for c in range(classes)]
        total = sum(exponentials)
        p = [exponentials[c] / total for c in range(classes)]
        # log sum_c exp(f_c) - f[top]; the term of c = top is the 1 in log1p
        log_total = math.log1p(sum(exponentials[c] for c in range(classes) if c != top))

        gradients = []
        for outcome in range(classes):
            # -d log p(outcome) / d f_c = p_c - [c = outcome]
            residual = list(p)
            # p_outcome - 1, without losing its digits when p_outcome is near 1
            residual[outcome] = -sum(p[c] for c in range(classes) if c != outcome)
            blocks = [residual[c] * x for c in range(classes)]
            gradients.append(np.concatenate(blocks))

        label = int(y[n])
        loss += log_total + (f[top] - f[label])
        gradient += gradients[label]
        empirical_fisher += np.outer(gradients[label], gradients[label])
        for outcome in range(classes):
            score = -gradients[outcome]
            fisher += p[outcome] * np.outer(score, score)
        for c in range(classes):
            for d in range(classes):
                if c == d:
                    curvature = p[c] * sum(p[k] for k in range(classes) if k != c)
                else:
                    curvature = -p[c] * p[d]
                for i in range(features):
                    for j in range(features):
                        hessian[c * features + i, d * features + j] += curvature * x[i] * x[j]
    return loss / size, gradient / size, fisher / size, empirical_fisher / size, hessian / size


# Descent


def prior_precision(size: int, prior_variance: float) -> float:
    """Return 1 / (N v), zero for an infinite prior variance."""
    if math.isinf(prior_variance):
        return 0.0
    return 1.0 / (size * prior_variance)


def solve(matrix: Array, vector: Array) -> Array | None:
    """Solve a linear system; None if the matrix is singular or the answer is not finite."""
    try:
        answer = np.linalg.solve(matrix, vector)
    except np.linalg.LinAlgError:
        return None
    if not np.all(np.isfinite(answer)):
        return None
    return answer


def numerically_singular(matrix: Array) -> bool:
    """Tell whether a symmetric matrix lacks full numerical rank (or is not finite)."""
    if not np.all(np.isfinite(matrix)):
        return True
    return bool(np.linalg.matrix_rank(matrix, hermitian=True) < len(matrix))


def cosine_between(a: Array | None, b: Array | None) -> float | None:
    """Return the cosine of the angle between two vectors; None where it is not defined."""
    if a is None or b is None:
        return None
    if not np.any(a) or not np.any(b):
        return None
    a = a / np.max(np.abs(a))  # keeps the squares in the norms from under- or overflowing
    b = b / np.max(np.abs(b))
    return float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b)))


def run(
    terms: Callable[[Array], Terms],
    size: int,
    theta0: Array,
    method: str,
    step_size: float,
    damping: float | None,
    iterations: int,
    divergence_factor: float = 100.0,
    prior_variance: float = math.inf,
) -> dict[str, Any]:
    """Descend from theta0 by GD, NGD or EFGD and record every visited iterate."""
    with np.errstate(all="ignore"):
        precision = prior_precision(size, prior_variance)
        identity = np.eye(len(theta0))
        damper = (0.0 if damping is None else damping) * identity
        theta = np.array(theta0, dtype=float)
        losses: list[float] = []
        gradient_norms: list[float] = []
        step_norms: list[float | None] = []
        cosines: list[float | None] = []
        status = "finished"

        for t in range(iterations + 1):
            loss, gradient, fisher, empirical_fisher, _ = terms(theta)
            loss = float(loss)
            if precision > 0:
                loss = loss + 0.5 * precision * float(theta @ theta)
                gradient = gradient + precision * theta
            fisher = fisher + precision * identity
            empirical_fisher = empirical_fisher + precision * identity

            if method == "GD":
                direction = -gradient if np.all(np.isfinite(gradient)) else None
                natural = None if numerically_singular(fisher) else solve(fisher, -gradient)
            elif method == "NGD":
                direction = solve(fisher + damper, -gradient)
                natural = direction
            elif method == "EFGD":
                direction = solve(empirical_fisher + damper, -gradient)
                natural = solve(fisher + damper, -gradient)
            else:
                raise ValueError(f"unknown method {method!r}: choose GD, NGD or EFGD")

            losses.append(loss)
            gradient_norms.append(float(np.linalg.norm(gradient)))
            step_norms.append(None)  # filled in below if a step follows
            cosines.append(cosine_between(direction, natural))

            if math.isnan(loss):
                status = "failed"
                break
            if math.isinf(loss) or loss > divergence_factor * losses[0]:
                status = "diverged"
                break
            if t == iterations:
                break
            if direction is None:
                status = "failed"
                break
            theta_next = theta + step_size * direction
            step_norms[t] = float(np.linalg.norm(theta_next - theta))
            theta = theta_next

    return {
        "status": status,
        "iterations": len(losses) - 1,
        "loss": losses,
        "gradient_norm": gradient_norms,
        "step_norm": step_norms,
        "cosine": cosines,
    }


def grid(
    terms: Callable[[Array], Terms],
    size: int,
    theta0: Array,
    method: str,
    step_sizes: Sequence[float],
    dampings: Sequence[float],
    iterations: int,
    divergence_factor: float,
    prior_variance: float = math.inf,
) -> list[dict[str, Any]]:
    """Run every cell of the grid, step sizes outermost; GD has one cell per step size."""
    row_dampings: Sequence[float | None] = [None] if method == "GD" else dampings
    rows: list[dict[str, Any]] = []
    for step_size in step_sizes:
        for damping in row_dampings:
            result = run(
                terms,
                size,
                theta0,
                method,
                step_size,
                damping,
                iterations,
                divergence_factor,
                prior_variance,
            )
            final_loss = None
            log_losses = None
            if result["status"] == "finished":
                final_loss = result["loss"][-1]
                log_losses = 0.0
                for loss in result["loss"]:
                    log_losses += math.log(loss) if loss > 0 else -math.inf
            rows.append(
                {
                    "step_size": step_size,
                    "damping": damping,
                    "status": result["status"],
                    "iterations": result["iterations"],
                    "final_loss": final_loss,
                    "log_losses": log_losses,
                    "losses": result["loss"],
                }
            )
    return rows


def best(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Choose the finished cell of least final loss; of ties the one that is there first.

    That is in iterations until 1 % above the least, then in log losses of those that end lowest;
    then the smaller step, then more damping.
    """
    finished = [row for row in rows if row["status"] == "finished"]
    if not finished:
        raise ValueError("no cell of the grid finished: widen the grid of step sizes")
    least_loss = min(row["final_loss"] for row in finished)
    tied = [row for row in finished if row["final_loss"] <= least_loss * (1 + 1e-9)]
    counts = []
    for row in tied:
        count = len(row["losses"])
        while count > 0 and row["losses"][count - 1] <= 1.01 * least_loss:
            count -= 1
        counts.append(count)
    soonest = [row for row, count in zip(tied, counts, strict=True) if count == min(counts)]
    lowest = min(row["final_loss"] for row in soonest)
    equal = [row for row in soonest if row["final_loss"] <= lowest * (1 + 1e-12)]

    least_sum = min(row["log_losses"] for row in equal)
    fastest = []
    for row in equal:
        tolerance = 1e-12 * (row["iterations"] + 1)
        if row["log_losses"] == least_sum or row["log_losses"] - least_sum < tolerance:
            fastest.append(row)

    smallest_step = min(row["step_size"] for row in fastest)
    candidates = [row for row in fastest if row["step_size"] == smallest_step]
    chosen = candidates[0]
    for row in candidates:
        if row["damping"] is not None and row["damping"] > chosen["damping"]:
            chosen = row
    return {
        "step_size": chosen["step_size"],
        "damping": chosen["damping"],
        "final_loss": chosen["final_loss"],
        "ties": len(tied),
    }


# Minimisers


def minimum_logistic(X: Array, y: Array) -> Array:
    """Minimise the average logistic loss, no prior; fail if there is no minimum."""
    start = scipy.optimize.minimize(
        lambda theta: logistic_terms(theta, X, y)[0],
        np.zeros(X.shape[1]),
        jac=lambda theta: logistic_terms(theta, X, y)[1],
        method="BFGS",
    )
    # BFGS compares losses, which settles theta to half the digits; the root of the gradient has all
    polished = scipy.optimize.root(
        lambda theta: logistic_terms(theta, X, y)[1],
        start.x,
        jac=lambda theta: logistic_terms(theta, X, y)[4],
        tol=1e-14,
    )
    theta: Array = polished.x
    _, gradient, _, _, hessian = logistic_terms(theta, X, y)
    newton_step = solve(hessian, -gradient)
    # on separable classes the gradient vanishes too, but at infinity: the Newton step stays long
    far = newton_step is None or np.linalg.norm(newton_step) > 1e-6 * (1 + np.linalg.norm(theta))
    if far or not np.linalg.norm(gradient) < 1e-10:
        raise ArithmeticError("no minimum found: are the classes separable?")
    return theta


def minimum_linear(X: Array, y: Array, prior_variance: float = math.inf) -> Array:
    """Minimise the average squared loss plus prior by the normal equations."""
    size, dimension = X.shape
    matrix = prior_precision(size, prior_variance) * np.eye(dimension)
    vector = np.zeros(dimension)
    for n in range(size):
        matrix += np.outer(X[n], X[n]) / size
        vector += y[n] * X[n] / size
    theta = np.linalg.solve(matrix, vector)
    # once more on what is left, for badly scaled features
    left = vector - matrix @ theta
    return theta + np.linalg.solve(matrix, left)


# Figure 1


def euler(field: Callable[[Array], Array], start: Array, step: float, points: int) -> Array:
    """Follow theta' = field(theta) by explicit Euler; path (points, 2) begins at the start."""
    path = np.zeros((points, 2))
    path[0] = start
    for k in range(1, points):
        path[k] = path[k - 1] + step * np.asarray(field(path[k - 1]))
    return path


def vector_field_direction(
    method: str,
    b: float,
    theta: float,
    x: Array,
    y: Array,
    prior_variance: float,
    damping: float,
    scale: float,
) -> Array:
    """Return (db, dtheta) of Figure 1's field at intercept b and slope theta."""
    size = len(x)
    X = np.zeros((size, 2))
    for n in range(size):
        X[n] = [1.0, x[n]]
    precision = prior_precision(size, prior_variance)
    point = np.array([b, theta], dtype=float)
    _, gradient, _, empirical_fisher, hessian = linear_terms(point, X, y)
    gradient = gradient + precision * point
    hessian = hessian + precision * np.eye(2)  # the empirical Fisher stays without the prior
    if method == "GD":
        return -scale * gradient
    if method == "NGD":
        return -scale * np.linalg.solve(hessian + damping * np.eye(2), gradient)
    if method == "EFGD":
        return -scale * np.linalg.solve(empirical_fisher + damping * np.eye(2), gradient)
    raise ValueError(f"unknown method {method!r}: choose GD, NGD or EFGD")
