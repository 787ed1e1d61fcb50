import math
import os
from pathlib import Path

# What jobs need at most, as measured; docs/resources.md has the measurements. The search keeps 32
# runs side by side: "a step" is one of one run on N examples with D features.
MEGABYTES = 1000  # Snakemake twice, 170 each, and Python with its libraries and tables, 150 to 390
MEGABYTES_PER_SEARCH = 600  # products of features, predictions of the runs
MEGABYTES_PER_MEGABYTE = 15  # of input: numbers of two characters at least, kept three times over
MEGABYTES_PER_MATRIX_ENTRY = 8e-4  # three matrices of D² numbers for every run
MINUTES = 10
SECONDS_PER_STEP = 2e-5
SECONDS_PER_NUMBER = 1.5e-8  # of the N D
SECONDS_PER_PRODUCT = 3e-10  # of the N D²


def request(cells=None):
    """The resources that a job asks a cluster for, more with every attempt.

    `cells` tells from the wildcards how many descents on `input.data` the job runs, if it does.
    """

    def mem_mb(wildcards, input, attempt):
        needed = MEGABYTES + MEGABYTES_PER_MEGABYTE * megabytes(input)
        if cells:
            _, columns = shape(input.data)
            needed += MEGABYTES_PER_SEARCH + MEGABYTES_PER_MATRIX_ENTRY * columns**2
        return math.ceil(needed) * 2 ** (attempt - 1)

    def runtime(wildcards, input, attempt):
        needed = MINUTES
        if cells:
            steps = cells(wildcards) * config["optimization"]["iterations"]
            needed += steps * seconds_a_step(input.data) / 60
        return math.ceil(needed) * attempt

    return {"mem_mb": mem_mb, "runtime": runtime}


def megabytes(files):
    """The size of files; Snakemake's `input.size_mb` needs an event loop of its own."""
    return sum(os.path.getsize(path) for path in files) / 1e6


def shape(table):
    """About how many rows a data file has, and how many columns."""
    with open(table, encoding="utf-8") as file:
        header, row = file.readline(), file.readline()
    return Path(table).stat().st_size / max(len(row), 1), header.count(",") + 1


def seconds_a_step(table):
    """How long a step on a data file takes at most."""
    rows, columns = shape(table)
    return SECONDS_PER_STEP + rows * columns * (SECONDS_PER_NUMBER + columns * SECONDS_PER_PRODUCT)


def shard_cells(wildcards):
    """The cells in one shard of a method's grid."""
    counts = [axis["count"] for axis in grid_axes(wildcards.method).values()]
    return math.prod(counts) / config["optimization"]["shards"]


def card_cells(wildcards):
    """The cells of a method's grid on the scorecard."""
    return math.prod(axis["count"] for axis in grid_axes(wildcards.recipe, "scorecard").values())


def robustness_cells(wildcards):
    """The cells of one data set's grids in all variants."""
    settings = config["robustness"]
    grids = len(variants_of(wildcards)) * len(paper_methods_of(wildcards.dataset))
    return settings["step_sizes"]["count"] * settings["dampings"]["count"] * grids


def row_orders_cells(wildcards):
    """The cells of one data set's grids in all orders of its rows, at most."""
    axes = [config["optimization"][name] for name in ("step_sizes", "dampings")]
    grids = len(order_seeds(wildcards)) * len(paper_methods_of(wildcards.dataset))
    return math.prod(axis["count"] for axis in axes) * grids


def monte_carlo_cells(wildcards):
    """The runs with the Fisher by samples, in all cells."""
    settings = config["monte_carlo"]["descent"]
    cells = settings["step_sizes"]["count"] * settings["dampings"]["count"]
    return cells * (1 + settings["tuning"]) + 2 * settings["runs"]  # EFGD's, and the fresh runs
