r"""Prediction functions ``f(x_n, θ)`` and what the chain rule needs of them.

A model maps parameters ``θ`` of shape ``(..., P)`` to natural parameters of shape ``(..., N, M)``
for its ``N`` training inputs. With the Jacobians ``J_n = J_θ f(x_n, θ)`` of shape ``(M, P)``, every
derivative of a loss ``Σ_n ℓ(f(x_n, θ), y_n)`` is one of

* a pull-back ``Σ_n J_nᵀ r_n`` of residuals (the gradient),
* a weighted Gram matrix ``Σ_n J_nᵀ Λ_n J_n`` (Fisher, GGN, empirical Fisher), or
* the curvature of the model itself, ``Σ_n Σ_m r_nm ∇²_θ f_m(x_n, θ)`` (the rest of the Hessian,
  Eq. 9 of the paper).

All are sums over examples; `problems` turns them into averages.
"""

from __future__ import annotations

from functools import cached_property
from typing import Protocol

import numpy as np
import scipy.sparse

from .arrays import Array, Inputs

PAIRS = 2**24  #: products of two features that are kept in memory, at most
CACHED = 2**17  #: numbers that fit in a core's cache
SPARSE_BELOW = 0.25  #: share of nonzeros under which sparse products are the faster ones


class Model(Protocol):
    """What a prediction function provides; see the module's docstring for the symbols."""

    @property
    def parameters(self) -> int:
        """Number ``P`` of parameters."""

    def predict(self, theta: Array) -> Array:
        """Natural parameters ``f(x_n, θ)``, shape ``(..., N, M)``."""

    def jacobian(self, theta: Array) -> Array:
        """Jacobians ``J_n``, shape ``(..., N, M, P)``."""

    def pull_back(self, theta: Array, residual: Array) -> Array:
        """``Σ_n J_nᵀ r_n`` for residuals ``(..., N, M)``, shape ``(..., P)``."""

    def gram(self, theta: Array, weights: Array) -> Array:
        """``Σ_n J_nᵀ Λ_n J_n`` for symmetric weights ``(..., N, M, M)``, shape ``(..., P, P)``."""

    def curvature(self, theta: Array, residual: Array) -> Array:
        """``Σ_n Σ_m r_nm ∇² f_m(x_n, θ)``, shape ``(..., P, P)``."""


class LinearModel:
    """``f_m(x, θ) = x · θ_m``, with ``θ`` the ``M`` vectors ``θ_m`` one after the other.

    Parameters
    ----------
    inputs
        The design matrix ``X``, shape ``(N, D)``, with a column of ones where a bias is wanted. A
        sparse one stays sparse: only `jacobian` and `gram`, whose results are dense anyway, ever
        write out its zeros, the latter for a few rows at a time.
    outputs
        The number ``M`` of natural parameters, so that ``θ`` has ``P = M D`` entries.

    Raises
    ------
    ValueError
        If the inputs are not a matrix with at least one row, or not finite.
    """

    def __init__(self, inputs: Inputs, outputs: int = 1):
        sparse = scipy.sparse.issparse(inputs)
        self.inputs: Inputs = (
            scipy.sparse.csr_array(inputs, dtype=float)
            if sparse
            else np.asarray(inputs, dtype=float)
        )
        if self.inputs.ndim != 2 or not self.inputs.shape[0]:
            raise ValueError(
                f"the inputs must have the shape (N, D), a row for each of at least one example, "
                f"and not {self.inputs.shape}; write a single feature as x[:, None]"
            )
        values = self.inputs.data if sparse else self.inputs
        if not np.all(np.isfinite(values)):
            raise ValueError("the inputs must be finite; some are infinite or not a number")
        self.outputs = outputs

    @property
    def parameters(self) -> int:
        """``M D``."""
        return self.outputs * self.inputs.shape[1]

    @cached_property
    def longest(self) -> float:
        """``max_n ‖x_n‖²``."""
        if scipy.sparse.issparse(self.inputs):
            return float((self.inputs * self.inputs).sum(axis=1).max())
        return float(np.einsum("nd,nd->n", self.inputs, self.inputs).max())

    @cached_property
    def _design(self) -> Inputs:
        """``X``, sparse where that is faster or asked for."""
        if scipy.sparse.issparse(self.inputs):
            return self.inputs
        is_sparse = np.count_nonzero(self.inputs) < SPARSE_BELOW * self.inputs.size
        return scipy.sparse.csr_array(self.inputs) if is_sparse else self.inputs

    @cached_property
    def _pairs(self) -> Inputs | None:
        """Products of two features, the upper triangle of every ``x_n x_nᵀ``, as columns.

        Shape ``(D (D + 1) / 2, N)``. All weighted Gram matrices of a batch are then one product
        with the matrix of their weights. None where there are more than `PAIRS` of them.
        """
        size, features = self.inputs.shape
        design = self._design
        used = features if isinstance(design, np.ndarray) else np.diff(design.indptr)
        if np.sum(np.broadcast_to(used * (used + 1) / 2, size)) > PAIRS:
            return None
        first, second = np.triu_indices(features)
        if self._is_sparse:
            columns = scipy.sparse.csc_array(self.inputs)
            return scipy.sparse.csr_array((columns[:, first] * columns[:, second]).T)
        return np.ascontiguousarray((self.inputs[:, first] * self.inputs[:, second]).T)

    @property
    def _is_sparse(self) -> bool:
        return scipy.sparse.issparse(self._design)

    @cached_property
    def absolute(self) -> LinearModel:
        """The same model of ``|X|``, with which rounding is bounded."""
        return LinearModel(abs(self.inputs), self.outputs)

    @cached_property
    def _unpack(self) -> np.ndarray:
        """See `_places`, of features."""
        return _places(self.inputs.shape[1])

    def predict(self, theta: Array) -> Array:
        """``X θ_m`` for every output; see `Model.predict`."""
        lead = theta.shape[:-1]
        columns = theta.reshape(-1, self.inputs.shape[1]).T
        f = (self._design @ columns).T.reshape(*lead, self.outputs, self.inputs.shape[0])
        return np.moveaxis(f, -2, -1)

    def jacobian(self, theta: Array) -> Array:
        """``I ⊗ x_nᵀ``, the same at every ``θ``; see `Model.jacobian`."""
        jacobian = np.kron(np.eye(self.outputs), self._dense_rows()[:, None, :])
        return np.broadcast_to(jacobian, (*theta.shape[:-1], *jacobian.shape))

    def pull_back(self, theta: Array, residual: Array) -> Array:
        """``Xᵀ r_m`` for every output; see `Model.pull_back`."""
        lead = theta.shape[:-1]
        rows = np.moveaxis(residual, -1, -2).reshape(-1, self.inputs.shape[0])
        return np.ascontiguousarray((self._design.T @ rows.T).T).reshape(*lead, self.parameters)

    def gram(self, theta: Array, weights: Array) -> Array:
        """Blocks ``Xᵀ diag(Λ_mk) X``; see `Model.gram`."""
        lead, features = theta.shape[:-1], self.inputs.shape[1]
        upper = weights[(..., *np.triu_indices(self.outputs))]
        rows = np.moveaxis(upper, -2, -1).reshape(-1, self.inputs.shape[0])
        if self._pairs is not None:
            packed = np.ascontiguousarray((self._pairs @ rows.T).T)
            blocks = np.take(packed, self._unpack, axis=1)
        else:
            blocks = self._gram_by_rows(rows)
        blocks = blocks.reshape(*lead, upper.shape[-1], features, features)
        blocks = np.take(blocks, _places(self.outputs), axis=-3)
        return np.swapaxes(blocks, -3, -2).reshape(*lead, self.parameters, self.parameters)

    def _gram_by_rows(self, weights: Array) -> Array:
        """``Xᵀ diag(w) X`` for weights ``(K, N)``, by as many rows at a time as stay in cache."""
        size, features = self.inputs.shape
        gram = np.zeros((len(weights), features, features))
        rows = max(1, CACHED // features)
        for first in range(0, size, rows):
            block = slice(first, first + rows)
            inputs = self._dense_rows(block)
            for total, weight in zip(gram, weights[:, block], strict=True):
                total += inputs.T @ (weight[:, None] * inputs)
        return gram

    def _dense_rows(self, block: slice = slice(None)) -> Array:
        rows = self.inputs[block]
        return rows if isinstance(rows, np.ndarray) else rows.toarray()

    def curvature(self, theta: Array, residual: Array) -> Array:
        """Zero: the model is linear in ``θ``."""
        return np.zeros((*theta.shape, self.parameters))


def _places(size: int) -> np.ndarray:
    """Where each entry of a symmetric ``(size, size)`` matrix stands in its upper triangle."""
    places = np.zeros((size, size), dtype=np.intp)
    places[np.triu_indices(size)] = np.arange(size * (size + 1) // 2)
    return np.maximum(places, places.T)
