"""Fisher, generalised Gauss-Newton, empirical Fisher and Hessian, and what they do to descent.

The executable companion to *Limitations of the Empirical Fisher Approximation for Natural
Gradient Descent* (Kunstner, Balles and Hennig, 2019), "the paper" in every docstring, whose
equation and section numbers are cited throughout.

A likelihood ``p(y | f)``, a model ``f(x, θ)`` and targets make a problem. At a ``θ`` it has a loss,
a gradient and the matrices, all of them averages over the examples:

>>> import numpy as np
>>> from empirical_fisher import descend, direction, linear_problem, search
>>> inputs = np.array([[1.0, -2.0], [1.0, -1.0], [1.0, 0.0], [1.0, 1.0], [1.0, 2.0]])
>>> problem = linear_problem(inputs, [0, 1, 0, 1, 1], "binary")
>>> point = problem.at([0.5, 1.0])
>>> point.fisher.round(3)
array([[ 0.168, -0.049],
       [-0.049,  0.252]])
>>> point.empirical_fisher.round(3)
array([[ 0.169, -0.082],
       [-0.082,  0.115]])

At the minimum the gradient is zero, and the Fisher is the Hessian of the loss, as the model is
linear:

>>> best = problem.at(problem.minimizer())
>>> bool(np.allclose(best.gradient, 0, atol=1e-8)), bool(np.allclose(best.fisher, best.hessian))
(True, True)

A method makes a direction of them, damped by ``λ``. A descent follows it, one for each pair of a
step size and a damping:

>>> direction(point, "NGD", damping=1e-3).round(2)
array([0.11, 0.08])
>>> runs = descend(problem, "EFGD", step_size=[0.1, 1.0], damping=[1e-2, 1e-1], iterations=10)
>>> runs.status.tolist(), runs.loss[-1].round(3).tolist()
(['finished', 'finished'], [0.491, 0.484])

The search runs every cell of a grid and takes the best:

>>> step_size, damping = search.cells(np.geomspace(0.01, 1, 5), np.array([1e-4, 1e-2, 1.0]))
>>> schedule = search.Schedule(iterations=20, divergence_factor=100)
>>> grid = search.evaluate(problem, "NGD", step_size, damping, schedule)
>>> best = search.best_cell(problem, "NGD", grid, schedule)
>>> best[["step_size", "final_loss"]].round(3).values.tolist()
[[1.0, 0.484]]

The names that this package itself offers come from its modules of mathematics, and each module is
loaded when the first of its names is asked for. Four wings stand on them. `which` names a matrix
that another library computed. `data` gets data sets, `experiments` has a folder for every topic,
and `pipeline` serves the workflow; these three need more packages, the extra ``pipeline``.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # for editors and type checkers; else `__getattr__` imports them
    from . import search as search
    from .bounds import lower_bound as lower_bound
    from .data_terms import TooManyParametersError as TooManyParametersError
    from .jax_models import JaxModel as JaxModel
    from .likelihoods import Bernoulli as Bernoulli
    from .likelihoods import Categorical as Categorical
    from .likelihoods import Gaussian as Gaussian
    from .likelihoods import Likelihood as Likelihood
    from .methods import Method as Method
    from .methods import direction as direction
    from .models import LinearModel as LinearModel
    from .models import Model as Model
    from .models import NotProvidedError as NotProvidedError
    from .networks import Network as Network
    from .norms import cosine as cosine
    from .problems import MinimizerNotFoundError as MinimizerNotFoundError
    from .problems import Point as Point
    from .problems import Problem as Problem
    from .problems import linear_problem as linear_problem
    from .problems import network_problem as network_problem
    from .solvers import Descent as Descent
    from .solvers import descend as descend

__version__ = "0.1.0"

_MODULES = {
    "likelihoods": ("Likelihood", "Gaussian", "Bernoulli", "Categorical"),
    "models": ("Model", "LinearModel", "NotProvidedError"),
    "networks": ("Network",),
    "jax_models": ("JaxModel",),
    "data_terms": ("TooManyParametersError",),
    "problems": ("Problem", "linear_problem", "network_problem", "Point", "MinimizerNotFoundError"),
    "methods": ("Method", "direction"),
    "norms": ("cosine",),
    "solvers": ("descend", "Descent"),
    "bounds": ("lower_bound",),
    "search": (),
}
"""Where the names are that the package offers, in the order of ideas; `search` is one itself."""

_HOMES = {name: module for module, names in _MODULES.items() for name in names}

__all__ = [*_HOMES, "search"]


def __getattr__(name: str) -> Any:
    """A module of the mathematics, or a name of one, imported when it is first asked for."""
    if name in _MODULES:
        return import_module(f"{__name__}.{name}")
    if name in _HOMES:
        value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """What the package has, whether it is loaded or not."""
    return sorted({*globals(), *__all__})
