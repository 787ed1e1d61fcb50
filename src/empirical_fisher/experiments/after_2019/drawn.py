"""The random problems of this topic, each at random parameters."""

from __future__ import annotations

from typing import cast

import numpy as np

from empirical_fisher.experiments.shared_problems import (
    CLASSES,
    LIKELIHOODS,
    network_inputs,
    random_problem,
)
from empirical_fisher.likelihoods import Categorical
from empirical_fisher.models import LinearModel
from empirical_fisher.networks import Network
from empirical_fisher.problems import Point, Problem


def linear_point(seed: int, task: str, examples: int, features: int) -> Point:
    """A linear model with normal inputs and targets from the model, at another normal ``θ``."""
    generator = np.random.default_rng([seed, examples])
    problem = random_problem(generator, task, examples, features)
    return problem.at(generator.standard_normal(problem.parameters))


def first_examples(point: Point, size: int) -> Point:
    """The same ``θ`` of a linear model with its first examples only."""
    problem = point.problem
    whole = cast(LinearModel, problem.model)
    model = LinearModel(whole.inputs[:size], whole.outputs)
    return Problem(problem.likelihood, model, problem.targets[:size]).at(point.theta)


def network_point(seed: int, task: str, examples: int, features: int, hidden: int) -> Point:
    """A network with one hidden layer, at random ``θ``, and targets from one with another ``θ``."""
    generator = np.random.default_rng([seed, examples])
    likelihood = LIKELIHOODS.get(task, Categorical(CLASSES))
    inputs = network_inputs(generator, examples, features)
    model = Network(inputs, [hidden], likelihood.outputs)
    targets = likelihood.sample(model.predict(model.draw(generator)), generator)
    return Problem(likelihood, model, targets).at(model.draw(generator))
