r"""Prediction functions ``f(x_n, θ)`` and what the chain rule needs of them.

A model maps parameters ``θ`` of shape ``(..., P)`` to natural parameters of shape ``(..., N, M)``
for its ``N`` training inputs. With the Jacobians ``J_n = J_θ f(x_n, θ)`` of shape ``(M, P)``, every
derivative of a loss ``Σ_n ℓ(f(x_n, θ), y_n)`` is one of

* a pull-back ``Σ_n J_nᵀ r_n`` of residuals (the gradient),
* a weighted Gram matrix ``Σ_n J_nᵀ Λ_n J_n`` (Fisher, GGN, empirical Fisher), or
* the curvature of the model itself, ``Σ_n Σ_m r_nm ∇²_θ f_m(x_n, θ)`` (the rest of the Hessian,
  Eq. 9 of the paper).

All are sums over examples; `data_terms` and `problems` turn them into averages.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import cached_property
from typing import NamedTuple

import numpy as np
import scipy.sparse

from .arrays import Array, Inputs

PAIRS = 2**24  #: products of two features that are kept in memory, at most
CACHED = 2**17  #: numbers that fit in a core's cache
SPARSE_BELOW = 0.25  #: share of nonzeros under which sparse products are the faster ones


class NotProvidedError(NotImplementedError):
    """A quantity that a model does not provide is asked for."""


class Factors(NamedTuple):
    """K-FAC's stand-in for the block of a layer: the Kronecker product ``G ⊗ A``.

    A layer maps its inputs ``a_n`` by a matrix ``W`` to ``s_n = W a_n``, and ``θ`` has the rows of
    ``W`` one after the other. Its block of the Gram matrix is ``Σ_n G_n ⊗ a_n a_nᵀ``; the factors
    put the product of two averages in the place of this average of products (Martens and Grosse
    2015, §3). That is exact if all ``G_n`` are equal or all ``a_n a_nᵀ`` are, as of one example.
    """

    outputs: Array  #: ``G = Σ_n G_n`` with ``G_n = (∂f_n/∂s_n)ᵀ Λ_n (∂f_n/∂s_n)``, square
    inputs: Array  #: ``A = (1/N) Σ_n a_n a_nᵀ``, square


class Model(ABC):
    """A prediction function; see the module's docstring for the symbols.

    A model of one's own needs `parameters`, `predict` and `jacobian`: the rest follows from the
    Jacobians, but for `curvature`, which the Hessian alone needs. The models of the library
    override what they can have for less.
    """

    @property
    @abstractmethod
    def parameters(self) -> int:
        """Number ``P`` of parameters."""

    @property
    def width(self) -> int:
        """How many numbers a pass keeps of each example, roughly; ``P`` unless overridden.

        It limits how many runs are side by side in memory.
        """
        return self.parameters

    @abstractmethod
    def predict(self, theta: Array) -> Array:
        """Natural parameters ``f(x_n, θ)``, shape ``(..., N, M)``."""

    @abstractmethod
    def jacobian(self, theta: Array) -> Array:
        """Jacobians ``J_n``, shape ``(..., N, M, P)``."""

    def pull_back(self, theta: Array, residual: Array) -> Array:
        """``Σ_n J_nᵀ r_n`` for residuals ``(..., N, M)``, shape ``(..., P)``."""
        return np.einsum("...nmp,...nm->...p", self.jacobian(theta), residual)

    def gram(self, theta: Array, weights: Array) -> Array:
        """``Σ_n J_nᵀ Λ_n J_n`` for symmetric weights ``(..., N, M, M)``, shape ``(..., P, P)``."""
        return weighted_gram(self.jacobian(theta), weights)

    def gram_diagonal(self, theta: Array, weights: Array) -> Array:
        """The diagonal of `gram`, shape ``(..., P)``."""
        jacobian = self.jacobian(theta)
        return np.einsum("...nmp,...nmp->...p", jacobian, weights @ jacobian)

    @property
    def blocks(self) -> tuple[slice, ...]:
        """Where in ``θ`` each output or layer has its parameters; one block unless overridden."""
        return (slice(0, self.parameters),)

    def gram_blocks(self, theta: Array, weights: Array) -> tuple[Array, ...]:
        """The diagonal blocks of `gram` at `blocks`, each ``(..., P_b, P_b)``."""
        jacobian = self.jacobian(theta)
        return tuple(weighted_gram(jacobian[..., block], weights) for block in self.blocks)

    def gram_factors(self, theta: Array, weights: Array) -> tuple[Factors, ...]:
        """K-FAC's factors of the layers' blocks of `gram`.

        Raises
        ------
        NotProvidedError
            Unless the model has layers.
        """
        raise NotProvidedError(
            f"{type(self).__name__} has no Kronecker factors: they need layers, and nothing is "
            "known of this model but its Jacobian; define gram_factors, or take another structure"
        )

    def curvature(self, theta: Array, residual: Array) -> Array:
        """``Σ_n Σ_m r_nm ∇² f_m(x_n, θ)``, shape ``(..., P, P)``.

        Raises
        ------
        NotProvidedError
            Unless overridden.
        """
        raise NotProvidedError(
            f"{type(self).__name__} has no curvature, and so its problems have no Hessian and no "
            "Newton steps; define curvature, or take the GGN, which needs only the Jacobian"
        )


def weighted_gram(jacobian: Array, weights: Array) -> Array:
    """``Σ_n J_nᵀ Λ_n J_n`` for ``J`` ``(..., N, M, P)``, shape ``(..., P, P)``."""
    weighted = weights @ jacobian
    rows = (*weighted.shape[:-3], -1, weighted.shape[-1])
    return np.swapaxes(jacobian.reshape(rows), -1, -2) @ weighted.reshape(rows)


class LinearModel(Model):
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
        self.inputs: Inputs = design_matrix(inputs)
        self.outputs = outputs

    @property
    def parameters(self) -> int:
        """``M D``."""
        return self.outputs * self.inputs.shape[1]

    @property
    def width(self) -> int:
        """``M``, its predictions; see `Model.width`."""
        return self.outputs

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
        return np.swapaxes(f, -1, -2)

    def jacobian(self, theta: Array) -> Array:
        """``I ⊗ x_nᵀ``, the same at every ``θ``; see `Model.jacobian`."""
        jacobian = np.kron(np.eye(self.outputs), self._dense_rows()[:, None, :])
        return np.broadcast_to(jacobian, (*theta.shape[:-1], *jacobian.shape))

    def pull_back(self, theta: Array, residual: Array) -> Array:
        """``Xᵀ r_m`` for every output; see `Model.pull_back`."""
        lead = theta.shape[:-1]
        rows = np.swapaxes(residual, -1, -2).reshape(-1, self.inputs.shape[0])
        return np.ascontiguousarray((self._design.T @ rows.T).T).reshape(*lead, self.parameters)

    def gram(self, theta: Array, weights: Array) -> Array:
        """Blocks ``Xᵀ diag(Λ_mk) X``; see `Model.gram`."""
        if self.outputs == 1:
            return self._weighted(weights[..., 0])[..., 0, :, :]
        lead = theta.shape[:-1]
        upper = weights[(..., *np.triu_indices(self.outputs))]
        blocks = np.take(self._weighted(upper), _places(self.outputs), axis=-3)
        return np.swapaxes(blocks, -3, -2).reshape(*lead, self.parameters, self.parameters)

    def gram_diagonal(self, theta: Array, weights: Array) -> Array:
        """``(X ∘ X)ᵀ Λ_mm`` for every output; see `Model.gram_diagonal`."""
        return self._squared.pull_back(theta, np.einsum("...mm->...m", weights))

    @property
    def blocks(self) -> tuple[slice, ...]:
        """One for each output; see `Model.blocks`."""
        features = self.inputs.shape[1]
        return tuple(slice(m * features, (m + 1) * features) for m in range(self.outputs))

    def gram_blocks(self, theta: Array, weights: Array) -> tuple[Array, ...]:
        """``Xᵀ diag(Λ_mm) X`` for every output; see `Model.gram_blocks`."""
        blocks = self._weighted(np.einsum("...mm->...m", weights))
        return tuple(blocks[..., m, :, :] for m in range(self.outputs))

    def gram_factors(self, theta: Array, weights: Array) -> tuple[Factors, ...]:
        """The model is one layer, ``G = Σ_n Λ_n`` and ``A = XᵀX / N``; see `Model.gram_factors`."""
        outputs = np.sum(weights, axis=-3)
        inputs = np.broadcast_to(
            self._second_moment, (*theta.shape[:-1], *self._second_moment.shape)
        )
        return (Factors(outputs, inputs),)

    @cached_property
    def _squared(self) -> LinearModel:
        """The same model of the squared features."""
        return LinearModel(self.inputs * self.inputs, self.outputs)

    @cached_property
    def _second_moment(self) -> Array:
        """``XᵀX / N``."""
        size = self.inputs.shape[0]
        return self._weighted(np.full((size, 1), 1 / size))[0]

    def _weighted(self, weights: Array) -> Array:
        """``Xᵀ diag(w_k) X`` for weights ``(..., N, K)``, shape ``(..., K, D, D)``."""
        features = self.inputs.shape[1]
        lead = weights.shape[:-2]
        rows = np.swapaxes(weights, -1, -2).reshape(-1, self.inputs.shape[0])
        if self._pairs is not None:
            packed = np.ascontiguousarray((self._pairs @ rows.T).T)
            blocks = np.take(packed, self._unpack, axis=1)
        else:
            blocks = self._gram_by_rows(rows)
        return blocks.reshape(*lead, weights.shape[-1], features, features)

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


def design_matrix(inputs: Inputs) -> Inputs:
    """Inputs ``(N, D)`` as floats, dense or ``csr_array``; ValueError unless they are sound."""
    sparse = scipy.sparse.issparse(inputs)
    matrix = (
        scipy.sparse.csr_array(inputs, dtype=float) if sparse else np.asarray(inputs, dtype=float)
    )
    if matrix.ndim != 2 or not matrix.shape[0]:
        raise ValueError(
            f"the inputs must have the shape (N, D), a row for each of at least one example, "
            f"and not {matrix.shape}; write a single feature as x[:, None]"
        )
    if not np.all(np.isfinite(matrix.data if sparse else matrix)):
        raise ValueError("the inputs must be finite; some are infinite or not a number")
    return matrix


def _places(size: int) -> np.ndarray:
    """Where each entry of a symmetric ``(size, size)`` matrix stands in its upper triangle."""
    places = np.zeros((size, size), dtype=np.intp)
    places[np.triu_indices(size)] = np.arange(size * (size + 1) // 2)
    return np.maximum(places, places.T)
