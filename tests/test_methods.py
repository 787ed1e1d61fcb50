"""Methods by recipe: against slow loops, alone and in company, and what is proven of them."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from conftest import METHODS, SIZE, TASKS, draw_targets, random_problem
from empirical_fisher import search
from empirical_fisher.bounds import lower_bound
from empirical_fisher.decrements import proof
from empirical_fisher.likelihoods import Bernoulli
from empirical_fisher.methods import DEFAULTS, STANDARD, Method, direction, named, natural_cosine
from empirical_fisher.preconditioners import STRUCTURES
from empirical_fisher.problems import linear_problem
from empirical_fisher.solvers import SLOTS, descend


def shrunk(point, factor=0.5):
    """A matrix of one's own."""
    return factor * point.fisher


def restless(point, damping, state, rng, scale=1.0):
    """A direction of one's own with a memory, and noise that is the same for all runs."""
    memory = -point.gradient if state is None else 0.5 * state - point.gradient
    noise = rng.standard_normal(point.theta.shape[-1])
    return memory / (scale + damping[..., None]) + 0.01 * noise, memory


RECIPES = {
    **{
        f"{matrix}, {structure}": {"matrix": matrix, "structure": structure}
        for matrix, structures in STRUCTURES.items()
        for structure in structures
    },
    "root": {"matrix": "fisher", "power": 0.5},
    "root of blocks": {"matrix": "fisher", "structure": "block", "power": 0.5},
    "root of factors": {"matrix": "fisher", "structure": "kronecker", "power": 0.5},
    "average": {"matrix": "empirical_fisher", "average": 0.9},
    "average of factors": {"matrix": "sampled_fisher", "structure": "kronecker", "average": 0.9},
    "momentum": {"momentum": 0.9},
    "momentum of NGD": {"matrix": "fisher", "momentum": 0.5},
    "Adam": {
        "matrix": "squared_gradient",
        "structure": "diagonal",
        "power": 0.5,
        "average": 0.999,
        "momentum": 0.9,
    },
    "improved update": {"matrix": "empirical_fisher", "gradient": "scaled"},
    "samples": {"matrix": "sampled_fisher", "samples": 3, "seed": 5},
    "own matrix": {"python": shrunk, "options": {"factor": 0.25}},
    "own direction": {"python": restless, "is_direction": True, "options": {"scale": 2.0}},
}
MADE = {name: Method(name, **recipe) for name, recipe in RECIPES.items()}
every_recipe = pytest.mark.parametrize("method", MADE.values(), ids=MADE)
every_task = pytest.mark.parametrize("task", TASKS)


def thetas(problem, *lead, size=0.3):
    return size * np.random.default_rng(3).standard_normal((*lead, problem.parameters))


# Against slow loops


def naive_weight(problem, matrix, f, y, labels):
    """The weight of one example."""

    def residual(label):
        return problem.likelihood.residual(f[None], np.array([label]))[0]

    if matrix in ("fisher", "ggn"):  # Proposition 1
        return problem.likelihood.hessian(f[None])[0]
    if matrix == "sampled_fisher":
        return np.mean([np.outer(residual(label), residual(label)) for label in labels], axis=0)
    square = np.outer(residual(y), residual(y))
    return square / np.trace(square) if matrix == "improved_empirical_fisher" else square


def naive_matrix(problem, theta, method, iteration=0):
    """The whole ``B`` of the data, in the structure of the method, by loops over the examples."""
    inputs, size, outputs = problem.model.inputs, problem.size, problem.likelihood.outputs
    features, parameters = inputs.shape[1], len(theta)
    predictions = problem.at(theta).predictions
    data_gradient = problem.at(theta).gradient
    if method.matrix == "squared_gradient":
        whole = np.outer(data_gradient, data_gradient)
    elif method.matrix == "hessian":
        whole = problem.at(theta).hessian - problem.prior_precision * np.eye(parameters)
    else:
        generator = np.random.default_rng([method.seed, iteration])
        copies = np.broadcast_to(predictions, (method.samples, *predictions.shape))
        drawn = problem.likelihood.sample(copies, generator)
        weights = [
            naive_weight(problem, method.matrix, predictions[n], problem.targets[n], drawn[:, n])
            for n in range(size)
        ]
        squares = [np.outer(x, x) for x in inputs]
        pairs = zip(weights, squares, strict=True)
        whole = np.mean([np.kron(weight, square) for weight, square in pairs], axis=0)
        if method.structure == "kronecker":
            whole = np.kron(np.mean(weights, axis=0), np.mean(squares, axis=0))
    mask = np.ones((parameters, parameters))
    if method.structure == "diagonal":
        mask = np.eye(parameters)
    elif method.structure == "block":
        mask = np.kron(np.eye(outputs), np.ones((features, features)))
    return whole * mask


@every_task
@pytest.mark.parametrize("prior_variance", [np.inf, 0.5])
@pytest.mark.parametrize("name", [n for n in RECIPES if n not in ("own matrix", "own direction")])
def test_the_first_step_is_that_of_slow_loops(name, prior_variance, task):
    problem, method = random_problem(task, prior_variance=prior_variance), MADE[name]
    damping = 0.1
    for theta in thetas(problem, 2):
        gradient = problem.at(theta).gradient
        if method.gradient == "scaled":
            rows, residuals = problem.at(theta).example_gradients, problem.at(theta).residuals
            sizes = np.sum(residuals**2, axis=-1)
            gradient = rows.T @ sizes / problem.size + problem.prior_precision * theta
        if method.matrix == "identity":
            expected = -gradient
        else:
            shift = damping + problem.prior_precision
            damped = naive_matrix(problem, theta, method) + shift * np.eye(len(theta))
            values, vectors = np.linalg.eigh(damped)
            expected = -vectors @ ((vectors.T @ gradient) / values**method.power)
        assert_allclose(direction(problem.at(theta), method, damping), expected, rtol=1e-8)


@every_task
def test_adam_is_adam(task):
    problem = random_problem(task)
    adam, steps = MADE["Adam"], 12
    gammas, damping = np.array([0.01, 0.1]), 1e-4
    run = descend(problem, adam, gammas, damping, steps)
    for k, gamma in enumerate(gammas):
        theta, mean, square, losses = np.zeros(problem.parameters), 0.0, 0.0, []
        for t in range(1, steps + 2):
            point = problem.at(theta)
            losses.append(point.loss)
            mean = 0.9 * mean + 0.1 * point.gradient
            square = 0.999 * square + 0.001 * point.gradient**2
            corrected = mean / (1 - 0.9**t), square / (1 - 0.999**t)
            theta = theta - gamma * corrected[0] / np.sqrt(corrected[1] + damping)
        assert_allclose(run.loss[:, k], losses, rtol=1e-10)


@pytest.mark.parametrize("name", ["average", "average of factors", "samples", "own direction"])
def test_a_path_is_that_of_one_step_after_the_other(name):
    """The averages, the draws of each iteration and a state of one's own, by hand."""
    problem, method = random_problem("multiclass"), MADE[name]
    gamma, damping, steps = 0.3, 0.5, 6
    run = descend(problem, method, gamma, damping, steps)
    theta, state, losses = np.zeros(problem.parameters), None, []
    weights, total = 0.0, [0.0, 0.0]
    for t in range(steps + 1):
        point = problem.at(theta)
        losses.append(point.loss)
        if name == "own direction":
            rng = np.random.default_rng([0, t])
            aim, state = restless(point, np.array(damping), state, rng, **method.options)
        elif name == "samples":
            matrix = naive_matrix(problem, theta, method, t) + damping * np.eye(len(theta))
            aim = -np.linalg.solve(matrix, point.gradient)
        else:
            labels = None
            if method.matrix == "sampled_fisher":
                labels = point.draw_labels(np.random.default_rng([0, t]))
                [factors] = point.gram_factors(point.sampled_weights(labels))
                now = [*factors]
            else:
                now, total = [point.empirical_fisher], total[:1]
            weights = 0.9 * weights + 0.1
            total = [0.9 * old + 0.1 * new for old, new in zip(total, now, strict=True)]
            parts = [each / weights for each in total]
            matrix = np.kron(*parts) if len(parts) == 2 else parts[0]
            aim = -np.linalg.solve(matrix + damping * np.eye(len(theta)), point.gradient)
        theta = theta + gamma * aim
    assert_allclose(run.loss[:, 0], losses, rtol=1e-8)


# The two improved empirical Fishers


def per_example(problem, theta, damping):
    """``−Jᵀ (J Jᵀ + N λ I)⁻¹ s``, the update of Eq. 8 as it is written."""
    point = problem.at(theta)
    rows, sizes = point.example_gradients, np.sum(point.residuals**2, axis=-1)
    square = rows @ rows.T + problem.size * damping * np.eye(problem.size)
    return -rows.T @ np.linalg.solve(square, sizes)


@every_task
def test_the_improved_update_is_that_of_all_examples(task):
    problem = random_problem(task)
    for theta in thetas(problem, 2):
        for damping in (1e-3, 1.0):
            own = direction(problem.at(theta), MADE["improved update"], damping)
            assert_allclose(own, per_example(problem, theta, damping), rtol=1e-6)


@every_task
def test_the_two_forms_agree_where_the_gradients_are_independent_and_only_there(task):
    few, many = (random_problem(task, size=size, features=6) for size in (6, SIZE))
    weighted = MADE["improved_empirical_fisher, full"]
    for problem, agree in ((few, True), (many, False)):
        theta = thetas(problem)
        one = direction(problem.at(theta), weighted, 1e-10)
        other = direction(problem.at(theta), MADE["improved update"], 1e-10)
        assert np.allclose(one, other, rtol=1e-3) is agree


# Company


@every_recipe
@every_task
def test_numbers_of_a_run_do_not_depend_on_its_company(method, task):
    problem = random_problem(task)
    generator = np.random.default_rng(1)
    gamma = 10.0 ** generator.uniform(-2, 2, 3 * SLOTS)
    damping = 10.0 ** generator.uniform(-3, 1, 3 * SLOTS)
    together = descend(problem, method, gamma, damping, 6, with_cosine=True)
    assert len(set(together.iterations)) > 1 or (together.status == "finished").all()
    for which in ([0], [SLOTS + 5], range(7, 2 * SLOTS)):
        which = list(which)
        own = descend(problem, method, gamma[which], damping[which], 6, with_cosine=True)
        for record in ("loss", "gradient_norm", "step_norm", "cosine"):
            assert_array_equal(getattr(own, record), getattr(together, record)[:, which], record)
        assert_array_equal(own.theta, together.theta[which])


@every_recipe
def test_a_matrix_of_leading_axes_is_that_of_each_point(method):
    problem = random_problem("multiclass")
    points, dampings = thetas(problem, 2, 3), np.full((2, 3), 0.1)
    if method.is_direction:
        pytest.skip("has a generator of its own")
    together = direction(problem.at(points), method, dampings)
    for index in np.ndindex(2, 3):
        alone = direction(problem.at(points[index]), method, 0.1)
        assert_allclose(together[index], alone, rtol=1e-9)


# What is proven


def test_what_is_proven_of_each_recipe():
    known = {name: proof(random_problem("binary"), method) for name, method in MADE.items()}
    nothing = {
        *("root", "root of blocks", "root of factors", "momentum", "momentum of NGD", "Adam"),
        *("improved update", "own matrix", "own direction"),
    }
    whole = {"empirical_fisher, full", "squared_gradient, full"}
    assert {name for name, said in known.items() if not said} == nothing
    assert {name for name, said in known.items() if said == "dominating"} == whole
    assert known["identity, full"] == "identity"
    assert known["fisher, full"] == "fisher"
    assert {said for name, said in known.items() if "diagonal" in name} == {"positive"}
    assert [proof(random_problem("binary"), method) for method in METHODS] == [
        *("identity", "fisher", "dominating"),
    ]


@pytest.mark.parametrize("matrix", ["ggn", "hessian"])
def test_nothing_is_proven_of_a_matrix_that_may_be_indefinite(matrix):
    problem = random_problem("binary")
    clipped = dataclasses.replace(problem, likelihood=Bernoulli(1e-8))
    method = Method("a", matrix)
    assert proof(problem, method) == "positive"
    assert proof(clipped, method) == ""


@every_task
@every_recipe
def test_a_method_without_a_proof_has_no_bound(method, task):
    problem = random_problem(task)
    assert (lower_bound(problem, method, 100.0) is None) == (not proof(problem, method))


@pytest.mark.parametrize("prior_variance", [np.inf, 0.5])
@every_task
@pytest.mark.parametrize(
    "method", [m for m in MADE.values() if proof(random_problem("binary"), m)], ids=lambda m: m.name
)
def test_no_run_ends_below_its_bounds(method, task, prior_variance):
    """Bounds at the start and on the way are below the final losses, and both modes agree."""
    problem = random_problem(task, prior_variance=prior_variance)
    dampings = np.logspace(-6, 3, 7) if method.is_damped else None
    grid = search.cells(np.logspace(-6, 3, 19 if method.is_damped else 91), dampings)
    schedule = search.Schedule(15, 100.0)
    full, part = (
        search.evaluate(problem, method, *grid, schedule, certified=certified)
        for certified in (False, True)
    )
    pruned = part["status"] == "pruned"
    pd.testing.assert_frame_equal(part[~pruned], full[~pruned])
    ended = pruned & (full["status"] == "finished")
    assert (full["final_loss"][ended] >= part["bound"][ended]).all()
    assert pruned.any()

    limit = 100 * float(problem.at(np.zeros(problem.parameters)).loss)
    bound = lower_bound(problem, method, limit)
    run = descend(problem, method, *grid, 15)
    finished = run.status == "finished"
    for t in (0, 5, 14):
        again = descend(problem, method, grid[0][finished], grid[1][finished], t)
        lowest = bound(
            problem.at(again.theta),
            grid[0][finished],
            grid[1][finished],
            np.full(finished.sum(), 15 - t),
        )
        assert (lowest <= run.loss[15][finished]).all()


def test_a_step_that_a_positive_matrix_can_not_make_fails():
    """Code that says it is the diagonal of the Fisher but steps farther than any could."""
    problem = random_problem("regression")
    liar = dataclasses.replace(MADE["fisher, diagonal"], name="liar")
    honest = descend(problem, liar, 1.0, 0.1, 3)
    assert honest.status.tolist() == ["finished"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(problem.at(np.zeros(4))), "gram_diagonal", lambda self, weights: -0.09)
        assert descend(problem, liar, 1.0, 0.1, 3).status.tolist() == ["failed"]


# Many parameters


@pytest.mark.parametrize(
    "recipe",
    [
        {"matrix": "empirical_fisher", "structure": "diagonal"},
        {"matrix": "squared_gradient", "structure": "diagonal", "power": 0.5, "average": 0.9},
        {"matrix": "fisher", "structure": "kronecker"},
    ],
    ids=lambda recipe: recipe["structure"],
)
def test_diagonals_and_factors_need_no_matrix_of_all_parameters(recipe):
    generator = np.random.default_rng(0)
    inputs = generator.standard_normal((30, 400))
    problem = linear_problem(inputs, draw_targets("multiclass", 30), "multiclass")
    assert problem.parameters == 1200
    run = descend(problem, Method("m", **recipe), 0.1, 1.0, 3)
    assert run.status.tolist() == ["finished"]
    assert run.loss[-1] < run.loss[0]
    point = problem.at(np.zeros(1200))
    aim = direction(point, Method("m", **recipe), 1.0)
    assert np.isnan(natural_cosine(point, aim, Method("m", **recipe), 1.0))


# Names and refusals


def test_standard_methods_go_by_name_and_others_do_not():
    assert [named(name) for name in METHODS] == list(STANDARD.values())
    with pytest.raises(ValueError, match="no method 'ngd' \\(did you mean NGD\\?\\); there are GD"):
        direction(random_problem("binary").at(np.zeros(4)), "ngd")


@pytest.mark.parametrize(
    ("recipe", "words"),
    [
        ({"matrix": "fischer"}, "matrix: there is no 'fischer' (did you mean fisher?)"),
        (
            {"matrix": "hessian", "structure": "diagonal"},
            "structure: hessian has no structure 'diagonal'; there are: full",
        ),
        (
            {"matrix": "ggn", "structure": "kronecker"},
            "structure: ggn has no structure 'kronecker'; there are: full, diagonal, block",
        ),
        ({"matrix": "hessian", "power": 0.5}, "power: the Hessian may be indefinite"),
        ({"power": 0.5}, "power: the identity is its own root"),
        ({"average": 0.9}, "average: the identity is its own average"),
        ({"matrix": "fisher", "power": 2.0}, "power: is 2.0; it must be 1 or 0.5"),
        ({"matrix": "fisher", "average": 1.0}, "average: is 1.0; it must be at least 0"),
        ({"momentum": -0.1}, "momentum: is -0.1"),
        ({"matrix": "fisher", "gradient": "scaled"}, "gradient: scaled belongs to"),
        ({"matrix": "fisher", "gradient": "mode"}, "gradient: is 'mode'"),
        ({"matrix": "fisher", "samples": 2}, "samples: belongs to the matrix sampled_fisher"),
        ({"seed": 1}, "seed: belongs to the matrix sampled_fisher"),
        ({"matrix": "sampled_fisher", "samples": 0}, "samples: is 0; it must be at least 1"),
        ({"python": shrunk, "matrix": "fisher"}, "matrix: python is a matrix already"),
        ({"python": shrunk, "structure": "block"}, "structure: matrix has no structure 'block'"),
        (
            {"python": restless, "is_direction": True, "momentum": 0.9},
            "momentum: a direction of one's own is the whole method",
        ),
        ({"matrix": "ggn", "power": 3.0, "momentum": 2.0}, "3.0; it must be 1 or 0.5; momentum"),
    ],
)
def test_what_does_not_exist_is_refused(recipe, words):
    with pytest.raises(ValueError) as error:
        Method("Mine", **recipe)
    assert str(error.value).startswith("Mine: ")
    assert words in str(error.value)


def test_defaults_are_those_of_a_method():
    assert DEFAULTS["matrix"] == "identity"
    assert {*DEFAULTS} < {field.name for field in dataclasses.fields(Method)}
