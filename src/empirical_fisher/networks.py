r"""Small neural networks as models, with everything that the chain rule needs, exactly.

`Network` has any number of hidden layers. `TanhNetwork` has one hidden layer of ``tanh`` units
between two matrices of parameters, ``f_m(x, θ) = Σ_h V_mh tanh(w_h · x)``, and its derivatives in
closed form. With ``s = tanh``, ``s' = 1 − s²`` and ``s'' = −2 s s'`` at the inputs ``w_h · x_n`` of
the hidden units, they are

=====================  ==================
``∂ w_hd``             ``V_mh s' x_d``
``∂ V_mh``             ``s``
``∂ w_hd ∂ w_he``      ``V_mh s'' x_d x_e``
``∂ w_hd ∂ V_mh``      ``s' x_d``
=====================  ==================

and all others are zero: two hidden units meet in no second derivative.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
import scipy.sparse
from scipy.special import expit

from .arrays import Array, Inputs
from .models import Factors, Model, design_matrix, weighted_gram

BEND = 4 / 3**1.5  #: the maximum of ``|tanh''|``, where tanh² = 1/3


def _tanh(s: Array) -> tuple[Array, Array, Array]:
    value = np.tanh(s)
    slope = 1 - value**2
    return value, slope, -2 * value * slope


def _softplus(s: Array) -> tuple[Array, Array, Array]:
    slope = expit(s)
    return np.logaddexp(0, s), slope, slope * expit(-s)


ACTIVATIONS: dict[str, Callable[[Array], tuple[Array, Array, Array]]] = {
    "tanh": _tanh,
    "softplus": _softplus,
}
"""``φ(s)`` of each activation, with its first and second derivative: both must be smooth."""


class Network(Model):
    """A fully connected network with smooth hidden units, and a linear layer on top.

    The inputs of a layer are ``a_0 = x`` and ``a_l = (φ(s_l), 1)`` with ``s_l = W_l a_(l−1)``; the
    last ``s_l`` is ``f``. So every layer has a bias if ``x`` ends in a one, as the pipeline's does.
    ``θ`` has the rows of ``W_1``, then those of ``W_2`` and so on.

    The Jacobian is exact, by one backward pass for each output, and so is the curvature.

    Parameters
    ----------
    inputs
        The design matrix ``X``, shape ``(N, D)``; a sparse one is made dense.
    hidden
        The number of units in each hidden layer, from the inputs on.
    outputs
        The number ``M`` of natural parameters.
    activation
        ``φ``, a key of `ACTIVATIONS`.

    Raises
    ------
    ValueError
        If the inputs are not a finite matrix, a layer has no unit, or there is no such activation.
    """

    def __init__(
        self, inputs: Inputs, hidden: Sequence[int], outputs: int = 1, activation: str = "tanh"
    ):
        self.inputs: Array = design_matrix(inputs)
        if scipy.sparse.issparse(self.inputs):
            self.inputs = self.inputs.toarray()
        if not hidden or min(hidden) < 1:
            raise ValueError(f"hidden is {list(hidden)}; it must have a positive number per layer")
        if activation not in ACTIVATIONS:
            raise ValueError(f"no activation {activation!r}; there are {', '.join(ACTIVATIONS)}")
        self.hidden = tuple(hidden)
        self.outputs = outputs
        self.activation = ACTIVATIONS[activation]
        first, *rest = self.hidden
        shapes = [(first, self.inputs.shape[1])]
        for width in (*rest, outputs):
            shapes.append((width, shapes[-1][0] + 1))
        self.shapes = tuple(shapes)  #: of ``W_1, W_2, …``

    @property
    def parameters(self) -> int:
        """Number of entries of all ``W_l``."""
        return sum(rows * columns for rows, columns in self.shapes)

    @property
    def width(self) -> int:
        """``M`` times the units; see `Model.width`."""
        return self.outputs * (sum(self.hidden) + 1)

    @property
    def blocks(self) -> tuple[slice, ...]:
        """One for each ``W_l``; see `Model.blocks`."""
        ends = np.cumsum([rows * columns for rows, columns in self.shapes])
        return tuple(slice(int(a), int(b)) for a, b in pairwise([0, *ends]))

    def draw(self, generator: np.random.Generator) -> Array:
        """Draw ``θ₀``, shape ``(P,)``: normal, of variance one over the inputs of its layer.

        ``θ = 0`` would be no start: all units of a layer are the same there, and no descent makes
        them different.
        """
        scales = [np.full(rows * columns, columns**-0.5) for rows, columns in self.shapes]
        return generator.standard_normal(self.parameters) * np.concatenate(scales)

    def layers(self, theta: Array) -> list[Array]:
        """``W_1, W_2, …``, each ``(..., rows, columns)``."""
        places = zip(self.blocks, self.shapes, strict=True)
        return [theta[..., block].reshape(*theta.shape[:-1], *shape) for block, shape in places]

    def _forward(self, layers: list[Array]) -> tuple[list[Array], list[Array]]:
        """The ``a_l`` that each layer is given, and the ``s_l`` of each."""
        given, sums = [self.inputs], []
        for layer in layers:
            sums.append(given[-1] @ np.swapaxes(layer, -1, -2))
            given.append(_with_one(self.activation(sums[-1])[0]))
        return given[:-1], sums

    def predict(self, theta: Array) -> Array:
        """The last ``s_l``; see `Model.predict`."""
        return self._forward(self.layers(theta))[1][-1]

    def _backward(self, layers: list[Array], sums: list[Array], seed: Array) -> list[Array]:
        """A seed ``(..., N, K, M)`` times ``∂f/∂s_l``, for each layer ``(..., N, K, rows)``."""
        found = [seed]
        for layer, below in zip(layers[:0:-1], sums[-2::-1], strict=True):
            slope = self.activation(below)[1]
            # One product for all examples: of small matrices, many are slow.
            rows = found[-1].reshape(*layer.shape[:-2], -1, layer.shape[-2]) @ layer[..., :-1]
            found.append(rows.reshape(*found[-1].shape[:-1], -1) * slope[..., None, :])
        return found[::-1]

    def _passes(self, theta: Array) -> list[tuple[Array, Array]]:
        """For each layer the ``∂f/∂s_l``, shape ``(..., N, M, rows)``, and its ``a_(l−1)``."""
        layers = self.layers(theta)
        given, sums = self._forward(layers)
        seed = np.broadcast_to(np.eye(self.outputs), (*sums[-1].shape, self.outputs))
        return list(zip(self._backward(layers, sums, seed), given, strict=True))

    def jacobian(self, theta: Array) -> Array:
        """``∂f/∂s_l ⊗ a_(l−1)`` of each layer; see `Model.jacobian`."""
        return np.concatenate([_jacobian(*each) for each in self._passes(theta)], axis=-1)

    def pull_back(self, theta: Array, residual: Array) -> Array:
        """By one backward pass, without the Jacobians; see `Model.pull_back`."""
        layers = self.layers(theta)
        given, sums = self._forward(layers)
        deltas = self._backward(layers, sums, residual[..., None, :])
        parts = [
            np.swapaxes(delta[..., 0, :], -1, -2) @ a
            for delta, a in zip(deltas, given, strict=True)
        ]
        return np.concatenate([part.reshape(*theta.shape[:-1], -1) for part in parts], axis=-1)

    def gram(self, theta: Array, weights: Array) -> Array:
        """One ``θ`` at a time, whose Jacobians stay in cache; see `Model.gram`."""
        gram = np.empty((*theta.shape, self.parameters))
        for index in np.ndindex(theta.shape[:-1]):
            gram[index] = super().gram(theta[index], weights[index])
        return gram

    def gram_diagonal(self, theta: Array, weights: Array) -> Array:
        """Without the Jacobians; see `Model.gram_diagonal`."""
        parts = []
        for chain, given in self._passes(theta):
            diagonal = np.sum(chain * (weights @ chain), axis=-2)  # of every G_n
            part = np.swapaxes(diagonal, -1, -2) @ given**2
            parts.append(part.reshape(*theta.shape[:-1], -1))
        return np.concatenate(parts, axis=-1)

    def gram_blocks(self, theta: Array, weights: Array) -> tuple[Array, ...]:
        """One for each layer; see `Model.gram_blocks`."""
        return tuple(weighted_gram(_jacobian(*each), weights) for each in self._passes(theta))

    def gram_factors(self, theta: Array, weights: Array) -> tuple[Factors, ...]:
        """One pair for each layer; see `Model.gram_factors`."""
        factors = []
        for chain, given in self._passes(theta):
            inputs = np.swapaxes(given, -1, -2) @ given / len(self.inputs)
            inputs = np.broadcast_to(inputs, (*theta.shape[:-1], *inputs.shape[-2:]))
            factors.append(Factors(weighted_gram(chain, weights), inputs))
        return tuple(factors)

    def curvature(self, theta: Array, residual: Array) -> Array:
        r"""One ``θ`` at a time; see `Model.curvature`.

        For ``h = Σ_n r_n · f_n`` and its derivatives ``δ_l = ∂h/∂s_l``, the second differential is

        ``d²h = Σ_n Σ_l [(W_(l+1)ᵀ δ_(l+1)) · φ''(s_l) (ds_l)² + 2 δ_(l+1) · dW_(l+1) da_l]``

        over the hidden layers, with ``ds_l = dW_l a_(l−1) + W_l da_(l−1)`` and
        ``da_l = φ'(s_l) ds_l``.
        """
        curvature = np.empty((*theta.shape, self.parameters))
        for index in np.ndindex(theta.shape[:-1]):
            curvature[index] = self._curvature(theta[index], residual[index])
        return curvature

    def _curvature(self, theta: Array, residual: Array) -> Array:
        """The sums of `curvature` from layer to layer, ``ds_l`` and ``da_l`` as Jacobians."""
        layers, blocks = self.layers(theta), self.blocks
        given, sums = self._forward(layers)
        deltas = self._backward(layers, sums, residual[:, None, :])
        total = np.zeros((self.parameters, self.parameters))
        da: Array | None = None
        for i, (layer, block, s) in enumerate(zip(layers[:-1], blocks, sums, strict=False)):
            above, delta, below = layers[i + 1], deltas[i + 1][:, 0], blocks[i + 1]
            _, slope, bend = self.activation(s)
            same = np.broadcast_to(np.eye(len(layer)), (*s.shape, len(layer)))
            ds = _jacobian(same, given[i])
            if da is not None:
                ds = np.concatenate([layer[:, :-1] @ da, ds], axis=-1)
            known = slice(0, block.stop)  # the parameters up to this layer's: s_l reads no others
            weighted = ((delta @ above[:, :-1]) * bend)[..., None] * ds
            total[known, known] += ds.reshape(-1, block.stop).T @ weighted.reshape(-1, block.stop)
            da = slope[..., None] * ds
            cross = np.zeros((*above.shape, block.stop))
            cross[:, :-1] = np.tensordot(delta, da, axes=(0, 0))
            total[below, known] += cross.reshape(-1, block.stop)
            total[known, below] += cross.reshape(-1, block.stop).T
        return total


def _with_one(a: Array) -> Array:
    return np.concatenate([a, np.ones((*a.shape[:-1], 1))], axis=-1)


def _jacobian(chain: Array, given: Array) -> Array:
    """``∂f/∂W_l`` from ``∂f/∂s_l`` ``(..., N, M, rows)`` and ``a_(l−1)`` ``(..., N, columns)``."""
    product = chain[..., None] * given[..., None, None, :]
    return product.reshape(*chain.shape[:-1], -1)


class TanhNetwork(Model):
    """``f(x, θ) = V tanh(W x)``, with ``θ`` the rows of ``W`` and then those of ``V``.

    The network for which Proposition 2 has a proven constant, see `smoothness`, with its
    derivatives in the module's table instead of a backward pass, and no biases behind ``W``.

    Parameters
    ----------
    inputs
        The design matrix ``X``, shape ``(N, D)``, with a column of ones where a bias is wanted.
    hidden
        The number ``H`` of hidden units.
    outputs
        The number ``M`` of natural parameters, so that ``θ`` has ``P = H D + M H`` entries.
    """

    def __init__(self, inputs: Array, hidden: int, outputs: int = 1):
        self.inputs = np.asarray(inputs, dtype=float)
        self.hidden = hidden
        self.outputs = outputs

    @property
    def parameters(self) -> int:
        """``H D + M H``."""
        return self.hidden * (self.inputs.shape[1] + self.outputs)

    def layers(self, theta: Array) -> tuple[Array, Array]:
        """``W`` and ``V``, shapes ``(..., H, D)`` and ``(..., M, H)``."""
        split = self.hidden * self.inputs.shape[1]
        first = theta[..., :split].reshape(*theta.shape[:-1], self.hidden, -1)
        last = theta[..., split:].reshape(*theta.shape[:-1], self.outputs, self.hidden)
        return first, last

    def _hidden(self, first: Array) -> Array:
        """``tanh(W x_n)``, shape ``(..., N, H)``."""
        return np.tanh(self.inputs @ np.swapaxes(first, -1, -2))

    def predict(self, theta: Array) -> Array:
        """``V tanh(W x_n)``; see `models.Model.predict`."""
        first, last = self.layers(theta)
        return self._hidden(first) @ np.swapaxes(last, -1, -2)

    def jacobian(self, theta: Array) -> Array:
        """Both first derivatives of the module's table; see `models.Model.jacobian`."""
        first, last = self.layers(theta)
        units = self._hidden(first)
        chain = last[..., None, :, :] * (1 - units**2)[..., None, :]
        by_first = chain[..., None] * self.inputs[:, None, None, :]
        by_last = np.eye(self.outputs)[..., None] * units[..., None, None, :]
        flat = (*theta.shape[:-1], len(self.inputs), self.outputs, -1)
        return np.concatenate([by_first.reshape(flat), by_last.reshape(flat)], axis=-1)

    def curvature(self, theta: Array, residual: Array) -> Array:
        """Both second derivatives of the module's table; see `models.Model.curvature`."""
        first, last = self.layers(theta)
        units = self._hidden(first)
        slope = 1 - units**2
        bend = -2 * units * slope * (residual @ last)
        within = np.einsum("...nh,nd,ne->...hde", bend, self.inputs, self.inputs)
        across = np.einsum("...nm,...nh,nd->...hdm", residual, slope, self.inputs)
        same = np.eye(self.hidden)
        within = within[..., None, :] * same[:, None, :, None]
        across = across[..., None] * same[:, None, None, :]
        split = first.shape[-1] * self.hidden
        within = within.reshape(*theta.shape[:-1], split, split)
        across = across.reshape(*theta.shape[:-1], split, -1)
        zero = np.zeros((*theta.shape[:-1], across.shape[-1], across.shape[-1]))
        return np.block([[within, across], [np.swapaxes(across, -1, -2), zero]])

    def curvature_norms(self, theta: Array) -> Array:
        """Spectral norms ``‖∇² f_m(x_n, θ)‖₂``, exact, shape ``(..., N, M)``.

        A hidden unit's part of the second derivative acts on its ``w_h`` along ``x`` and on
        ``V_mh`` alone, as the matrix ``[[V_mh s'' ‖x‖², s' ‖x‖], [s' ‖x‖, 0]]``, and the units do
        not meet, so that the norm is the largest of theirs.
        """
        first, last = self.layers(theta)
        units = self._hidden(first)
        slope = 1 - units**2
        length = np.linalg.norm(self.inputs, axis=-1)[:, None]
        bend = 2 * np.abs(units) * slope * length**2
        corner = np.abs(last)[..., None, :, :] * bend[..., None, :]
        return np.max(_norm(corner, (slope * length)[..., None, :]), axis=-1)

    def smoothness(self, largest_weight: float) -> float:
        r"""A ``β`` for which every ``f_m(x_n, ·)`` is ``β``-smooth where ``|V_mh|`` stays bounded.

        There is none for all ``θ``: the second derivatives grow with ``V``. Let ``v`` be the
        largest ``|V_mh|`` allowed. The set ``{θ : |V_mh| ≤ v}`` is convex, so that a bound on
        ``‖∇² f_m‖₂`` in it is a Lipschitz constant of ``∇f_m`` in it. For a direction
        ``(Δ, u)`` in ``(W, V_m)``

        ``(Δ, u)ᵀ ∇²f_m (Δ, u) = Σ_h V_mh s''_h (Δ_h · x)² + 2 Σ_h s'_h (Δ_h · x) u_h``.

        With ``|s'| ≤ 1``, ``|s''| ≤ 4 / (3 √3)`` and Cauchy and Schwarz's inequality, once for
        ``Δ_h · x`` and once for the sum over ``h``, its absolute value is at most
        ``a ‖Δ‖² + 2 b ‖Δ‖ ‖u‖`` with ``a = 4 v ‖x‖² / (3 √3)`` and ``b = ‖x‖``. For
        ``‖Δ‖² + ‖u‖² = 1`` that is at most the larger eigenvalue of ``[[a, b], [b, 0]]``. It
        grows with ``‖x‖``: the longest input gives ``β``.

        Parameters
        ----------
        largest_weight
            ``v``.
        """
        length = np.max(np.linalg.norm(self.inputs, axis=-1))
        return float(_norm(BEND * largest_weight * length**2, length))


def _norm(corner: Array, side: Array) -> Array:
    """Spectral norm of ``[[a, b], [b, 0]]`` for ``a ≥ 0``."""
    return (corner + np.sqrt(corner**2 + 4 * side**2)) / 2
