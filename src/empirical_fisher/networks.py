r"""A small neural network as a model, with everything the chain rule needs in closed form.

One hidden layer of ``tanh`` units between two matrices of parameters,
``f_m(x, θ) = Σ_h V_mh tanh(w_h · x)``. With ``s = tanh``, ``s' = 1 − s²`` and ``s'' = −2 s s'`` at
the inputs ``w_h · x_n`` of the hidden units, its derivatives are

=====================  ==================
``∂ w_hd``             ``V_mh s' x_d``
``∂ V_mh``             ``s``
``∂ w_hd ∂ w_he``      ``V_mh s'' x_d x_e``
``∂ w_hd ∂ V_mh``      ``s' x_d``
=====================  ==================

and all others are zero: two hidden units meet in no second derivative.
"""

from __future__ import annotations

import numpy as np

from .arrays import Array

BEND = 4 / 3**1.5  #: the maximum of ``|tanh''|``, where tanh² = 1/3


class TanhNetwork:
    """``f(x, θ) = V tanh(W x)``, with ``θ`` the rows of ``W`` and then those of ``V``.

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
        """``V tanh(W x_n)``; see `Model.predict`."""
        first, last = self.layers(theta)
        return self._hidden(first) @ np.swapaxes(last, -1, -2)

    def jacobian(self, theta: Array) -> Array:
        """Both first derivatives of the module's table; see `Model.jacobian`."""
        first, last = self.layers(theta)
        units = self._hidden(first)
        chain = last[..., None, :, :] * (1 - units**2)[..., None, :]
        by_first = chain[..., None] * self.inputs[:, None, None, :]
        by_last = np.eye(self.outputs)[..., None] * units[..., None, None, :]
        flat = (*theta.shape[:-1], len(self.inputs), self.outputs, -1)
        return np.concatenate([by_first.reshape(flat), by_last.reshape(flat)], axis=-1)

    def pull_back(self, theta: Array, residual: Array) -> Array:
        """By the Jacobians themselves; see `Model.pull_back`."""
        return np.einsum("...nmp,...nm->...p", self.jacobian(theta), residual)

    def gram(self, theta: Array, weights: Array) -> Array:
        """By the Jacobians themselves; see `Model.gram`."""
        jacobian = self.jacobian(theta)
        flat = (*theta.shape[:-1], len(self.inputs) * self.outputs, self.parameters)
        weighted = (weights @ jacobian).reshape(flat)
        return np.swapaxes(jacobian.reshape(flat), -1, -2) @ weighted

    def curvature(self, theta: Array, residual: Array) -> Array:
        """Both second derivatives of the module's table; see `Model.curvature`."""
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
