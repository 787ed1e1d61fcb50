"""The same matrices by automatic differentiation, with none of the library's derivatives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..arrays import Array
from .cases import Case
from .references import most_likely, outcomes


def differentiated(case: Case) -> dict[str, Array]:
    """Every matrix of ``references.NAMES``, shape ``(P, P)``, from the loss and the model alone.

    Raises
    ------
    ModuleNotFoundError
        If there is no jax.
    """
    import jax
    import jax.numpy as jnp

    with jax.enable_x64(True):
        return _differentiated(case, jax, jnp)


def _differentiated(case: Case, jax: Any, jnp: Any) -> dict[str, Array]:
    shapes = [each.shape for each in case.weights]
    inputs = case.point.problem.model.inputs  # type: ignore[attr-defined]
    targets = np.asarray(case.point.problem.targets, dtype=float)
    loss = _loss(type(case.point.problem.likelihood).__name__, jnp, jax)

    def outputs(theta: Any, x: Any) -> Any:
        ends = np.cumsum([rows * columns for rows, columns in shapes])
        layers = [
            part.reshape(shape)
            for part, shape in zip(jnp.split(theta, ends[:-1]), shapes, strict=True)
        ]
        for layer in layers[:-1]:
            x = jnp.tanh(layer @ x)
        return layers[-1] @ x

    def of_example(theta: Any, x: Any, y: Any) -> Any:
        return loss(outputs(theta, x), y)

    def mean_loss(theta: Any) -> Any:
        return jnp.mean(jax.vmap(of_example, (None, 0, 0))(theta, inputs, targets))

    def derivatives(theta: Any, labels: Any) -> tuple[Any, ...]:
        f = jax.vmap(outputs, (None, 0))(theta, inputs)
        gradients = jax.vmap(jax.grad(of_example), (None, 0, 0))
        return (
            jax.vmap(gradients, (None, None, 0))(theta, inputs, labels),
            jax.vmap(jax.jacrev(outputs), (None, 0))(theta, inputs),
            jax.vmap(jax.hessian(loss))(f, targets),
            jax.grad(mean_loss)(theta),
            jax.hessian(mean_loss)(theta),
        )

    labels, probability = outcomes(case)
    every = np.vstack([labels, targets, most_likely(case)])
    found = jax.jit(derivatives)(case.point.theta, every)
    gradients, jacobian, curvature, batch, hessian = map(np.asarray, found)
    squares = gradients[..., :, None] * gradients[..., None, :]
    return {
        "fisher": np.einsum("kn,knpq->pq", probability, squares[:-2]) / case.size,
        "ggn": np.einsum("nmp,nmk,nkq->pq", jacobian, curvature, jacobian) / case.size,
        "hessian": hessian,
        "empirical_fisher": squares[-2].mean(axis=0),
        "most_likely_fisher": squares[-1].mean(axis=0),
        "squared_gradient": np.outer(batch, batch),
        "covariance": squares[-2].mean(axis=0) - np.outer(batch, batch),
        "jacobian_gram": np.einsum("nmp,nmq->pq", jacobian, jacobian) / case.size,
    }


def _loss(likelihood: str, jnp: Any, jax: Any) -> Callable[[Any, Any], Any]:
    """``ℓ(f, y)`` of one example, as one would write it."""
    losses: dict[str, Callable[[Any, Any], Any]] = {
        "Gaussian": lambda f, y: 0.5 * (f[0] - y) ** 2,
        "Bernoulli": lambda f, y: jax.nn.softplus(f[0]) - y * f[0],
        "Categorical": lambda f, y: jax.nn.logsumexp(f) - f[y.astype(int)],
    }
    return losses[likelihood]
