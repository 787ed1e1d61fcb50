"""What the one-sample Fisher costs beside the Fisher and the empirical Fisher."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from empirical_fisher.arrays import Array
from empirical_fisher.likelihoods import Likelihood
from empirical_fisher.models import Model
from empirical_fisher.problems import Problem


@dataclass
class Tally:
    """What has been computed so far, counted in examples.

    Attributes
    ----------
    predictions
        Forward passes.
    gradients
        Gradients of an example's loss by one label: what a backward pass starts from.
    outer_products
        Rank-one terms added to a matrix.
    draws
        Labels drawn from the model.
    """

    predictions: int = 0
    gradients: int = 0
    outer_products: int = 0
    draws: int = 0


@dataclass(frozen=True)
class CountedLikelihood:
    """A likelihood that counts; for what it does not count it is the likelihood itself."""

    likelihood: Likelihood
    tally: Tally = field(repr=False)

    def __getattr__(self, name: str) -> object:
        return getattr(self.likelihood, name)

    def residual(self, f: Array, y: Array) -> Array:
        """A gradient for each example."""
        self.tally.gradients += f[..., 0].size
        return self.likelihood.residual(f, y)

    def fisher(self, f: Array) -> Array:
        """A gradient for each example and each dimension in which they spread."""
        matrices = self.likelihood.fisher(f)
        self.tally.gradients += int(np.linalg.matrix_rank(matrices, hermitian=True).sum())
        return matrices

    def sample(self, f: Array, generator: np.random.Generator) -> Array:
        """A draw for each example."""
        self.tally.draws += f[..., 0].size
        return self.likelihood.sample(f, generator)


@dataclass(frozen=True)
class CountedModel:
    """A model that counts; for what it does not count it is the model itself."""

    model: Model
    tally: Tally = field(repr=False)

    def __getattr__(self, name: str) -> object:
        return getattr(self.model, name)

    def predict(self, theta: Array) -> Array:
        """A forward pass for each example."""
        f = self.model.predict(theta)
        self.tally.predictions += f[..., 0].size
        return f

    def gram(self, theta: Array, weights: Array) -> Array:
        """As many outer products as the weights have ranks."""
        self.tally.outer_products += int(np.linalg.matrix_rank(weights, hermitian=True).sum())
        return self.model.gram(theta, weights)


def costs(problem: Problem, theta: Array) -> pd.DataFrame:
    """Count what each matrix takes at a ``θ`` of shape ``(P,)``, and a step with the gradient too.

    Returns
    -------
    pandas.DataFrame
        ``matrix, needed_for, outputs, predictions, gradients, outer_products, draws``: the number
        of natural parameters, and counts in units of the number of examples. ``needed_for`` is
        ``matrix`` or ``step``.
    """
    rows = []
    for matrix in ("empirical_fisher", "sampled_fisher", "fisher"):
        for purpose in ("matrix", "step"):
            tally = Tally()
            counted = Problem(
                CountedLikelihood(problem.likelihood, tally),  # type: ignore[arg-type]
                CountedModel(problem.model, tally),  # type: ignore[arg-type]
                problem.targets,
            )
            point = counted.at(theta)
            if purpose == "step":
                _ = point.gradient
            if matrix == "sampled_fisher":
                generator = np.random.default_rng(0)  # any: what is drawn costs the same
                point.sampled_fisher(point.draw_labels(generator))
            else:
                getattr(point, matrix)
            counts = {name: count / problem.size for name, count in vars(tally).items()}
            outputs = problem.likelihood.outputs
            rows.append({"matrix": matrix, "needed_for": purpose, "outputs": outputs, **counts})
    return pd.DataFrame(rows)
