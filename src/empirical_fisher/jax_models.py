"""A model from a function ``f(θ, x)`` alone, with JAX's automatic differentiation for the rest.

Needs the extra ``jax``; nothing else in the library does. All is computed in double precision,
whatever JAX is set to elsewhere in the process.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from importlib import import_module
from typing import Any

import numpy as np

from .arrays import Array
from .models import Model


class JaxModel(Model):
    """``f_m(x_n, θ)`` as a function that JAX can trace; Jacobian and curvature are exact.

    Parameters
    ----------
    function
        ``f(θ, x)`` of one ``θ``, shape ``(P,)``, and one example ``x``, written with ``jax.numpy``.
        It returns the ``M`` natural parameters, or a number if there is only one.
    inputs
        The examples, shape ``(N, ...)``: ``x`` is one entry along the first axis.
    parameters
        The number ``P`` of parameters.
    outputs
        The number ``M`` of natural parameters.

    Raises
    ------
    ImportError
        If JAX is not installed.
    ValueError
        If the function returns something else than ``M`` numbers.
    """

    def __init__(
        self,
        function: Callable[[Any, Any], Any],
        inputs: Array,
        parameters: int,
        outputs: int = 1,
    ):
        try:
            jax: Any = import_module("jax")
        except ImportError:
            raise ImportError(
                "JaxModel needs JAX: pip install 'empirical-fisher[jax]', or pip install jax"
            ) from None
        self.inputs = np.asarray(inputs, dtype=float)
        self._parameters = parameters
        self.outputs = outputs
        self._jax = jax
        with jax.enable_x64(True):
            known = (np.zeros(parameters), self.inputs[0])
            returned = jax.eval_shape(function, *known)
        shape = getattr(returned, "shape", type(returned).__name__)
        allowed = [(outputs,), ()] if outputs == 1 else [(outputs,)]
        if shape not in allowed:
            raise ValueError(
                f"the function returns {shape} for an example; it must return an array of the "
                f"shape ({outputs},), a natural parameter for each of the {outputs} outputs"
            )
        self._function = lambda theta, x: jax.numpy.reshape(function(theta, x), (outputs,))

    @property
    def parameters(self) -> int:
        """``P``."""
        return self._parameters

    @property
    def width(self) -> int:
        """``M P``, a Jacobian; see `Model.width`."""
        return self.outputs * self.parameters

    def predict(self, theta: Array) -> Array:
        """``f(θ, x_n)``; see `Model.predict`."""
        return self._call(self._predict, theta)

    def jacobian(self, theta: Array) -> Array:
        """By reverse differentiation; see `Model.jacobian`."""
        return self._call(self._jacobian, theta)

    def pull_back(self, theta: Array, residual: Array) -> Array:
        """The gradient of ``Σ_n r_n · f_n``, without the Jacobians; see `Model.pull_back`."""
        return self._call(self._gradient, theta, residual)

    def curvature(self, theta: Array, residual: Array) -> Array:
        """The Hessian of ``Σ_n r_n · f_n``, forward over reverse; see `Model.curvature`."""
        return self._call(self._hessian, theta, residual)

    def _call(self, compiled: Callable[..., Any], theta: Array, *others: Array) -> Array:
        """Run a compiled function of one ``θ`` for each of its leading axes, one at a time."""
        lead = theta.shape[:-1]
        with self._jax.enable_x64(True):
            values = [
                np.asarray(compiled(theta[index], *(other[index] for other in others)))
                for index in np.ndindex(lead)
            ]
        return np.reshape(values, (*lead, *np.shape(values)[1:]))

    def _each(self, theta: Any) -> Any:
        """``f(θ, x_n)`` of all examples, traced."""
        return self._jax.vmap(self._function, (None, 0))(theta, self.inputs)

    def _along(self, theta: Any, residual: Any) -> Any:
        """``Σ_n r_n · f_n``, traced."""
        return (self._each(theta) * residual).sum()

    @cached_property
    def _predict(self) -> Callable[..., Any]:
        return self._jax.jit(self._each)

    @cached_property
    def _jacobian(self) -> Callable[..., Any]:
        each = self._jax.vmap(self._jax.jacrev(self._function), (None, 0))
        return self._jax.jit(lambda theta: each(theta, self.inputs))

    @cached_property
    def _gradient(self) -> Callable[..., Any]:
        return self._jax.jit(self._jax.grad(self._along))

    @cached_property
    def _hessian(self) -> Callable[..., Any]:
        return self._jax.jit(self._jax.hessian(self._along))
