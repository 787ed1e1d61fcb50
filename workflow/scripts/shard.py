"""Run one shard of the grid of step sizes and dampings."""

import time

from empirical_fisher import search
from empirical_fisher.arrays import log_axis
from empirical_fisher.data.datasets import design, read
from empirical_fisher.pipeline.tables import write_csv
from empirical_fisher.problems import linear_problem
from job import logged

model, axes = snakemake.params.model, snakemake.params.axes
dataset, method = snakemake.wildcards.dataset, snakemake.wildcards.method
shard, shards = map(int, snakemake.wildcards.scatteritem.split("-of-"))
SECONDS_BETWEEN_LINES = 5

with logged(snakemake.log[0], f"grid of {method} on {dataset}") as log:
    problem = linear_problem(*design(read(snakemake.input.data), bias=True), **model)
    grid = search.cells(**{name: log_axis(**axis) for name, axis in axes.items()})
    cells = [values[shard - 1 :: shards] for values in grid]
    started = spoken = time.monotonic()

    def progress(ended: int) -> None:
        """Write a line now and then."""
        global spoken
        now = time.monotonic()
        if now - spoken >= SECONDS_BETWEEN_LINES:
            spoken = now
            log.info("%d of %d cells ended after %.0f s", ended, len(cells[0]), now - started)

    schedule = search.Schedule(**snakemake.params.schedule)
    table = search.evaluate(
        problem,
        method,
        *cells,
        schedule,
        certified=snakemake.params.mode == "certified",
        progress=progress,
    )
    write_csv(table, snakemake.output[0])
    log.info("%s", table["status"].value_counts().to_dict())
