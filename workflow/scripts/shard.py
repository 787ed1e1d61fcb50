"""Run one shard of the grid of step sizes and dampings."""

import sys
import time

from empirical_fisher import search
from empirical_fisher.arrays import log_axis
from empirical_fisher.data.datasets import read
from empirical_fisher.experiments import recipes
from empirical_fisher.experiments.optimization import cost
from empirical_fisher.experiments.shared_problems import modelled
from empirical_fisher.pipeline.tables import write_csv
from job import logged

model, axes = snakemake.params.model, snakemake.params.axes
dataset, name = snakemake.wildcards.dataset, snakemake.wildcards.method
shard, shards = map(int, snakemake.wildcards.scatteritem.split("-of-"))
schedule = search.Schedule(**snakemake.params.schedule)
certified = snakemake.params.mode == "certified"
subject = f"grid of {name} on {dataset}"
SECONDS_BETWEEN_LINES = 5
LONG = 600  #: seconds from which on a search is announced on the terminal

with logged(snakemake.log[0], subject) as log:
    method = recipes.read(name, snakemake.params.recipe, *snakemake.input.own)
    problem = modelled(read(snakemake.input.data), **model)
    grid = search.cells(**{name: log_axis(**axis) for name, axis in axes.items()})
    cells = [values[shard - 1 :: shards] for values in grid]
    whole, own, steps = len(grid[0]), len(cells[0]), schedule.iterations

    a_step = cost.seconds_a_step(problem, method, damping=float(grid[1][-1]))
    whole_time = cost.seconds(whole, steps, a_step)
    estimate = (
        f"{whole} cells × {steps} iterations, about {cost.in_words(whole_time)} on one core at most"
        + (", less for what is pruned" if certified else "")
    )
    memory = cost.megabytes(problem, method, own, steps)
    log.info("%s; here %d of them, in about %.0f MB", estimate, own, memory)
    if shard == 1 and whole_time > LONG:
        thin = "thin the grid (optimization.step_sizes.count, dampings.count) if that is too long"
        print(f"{subject}: {estimate}; {thin}", file=sys.stderr, flush=True)
    started = spoken = time.monotonic()

    def progress(ended: int, taken: int) -> None:
        """Write a line now and then."""
        global spoken
        now = time.monotonic()
        if now - spoken >= SECONDS_BETWEEN_LINES:
            spoken = now
            done = f"{ended} of {own} cells ended, {taken} of at most {own * steps} steps taken"
            log.info("%s after %.0f s", done, now - started)

    table = search.evaluate(
        problem, method, *cells, schedule, certified=certified, progress=progress
    )
    write_csv(table, snakemake.output[0])
    log.info("%s", table["status"].value_counts().to_dict())
