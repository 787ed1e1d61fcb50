"""Search the grids of one data set in every variant that it is in."""

import numpy as np
import pandas as pd

from empirical_fisher import robustness, search
from empirical_fisher.datasets import design
from empirical_fisher.tables import read_csv, write_csv
from job import logged

settings, dataset = snakemake.params.settings, snakemake.wildcards.dataset
with logged(snakemake.log[0], f"robustness on {dataset}") as log:
    inputs, targets = design(read_csv(snakemake.input.data), snakemake.params.task)
    levels = {
        name: np.geomspace(settings[name]["low"], settings[name]["high"], settings[name]["count"])
        for name in ("step_sizes", "dampings")
    }
    tables = {}
    for variant, datasets in settings["variants"].items():
        if dataset in datasets:
            log.info("%s", variant)
            tables[dataset, variant] = robustness.variant(
                variant,
                inputs,
                targets,
                snakemake.params.task,
                **levels,
                clip=settings["probability_clip"],
                methods=snakemake.params.methods,
                schedule=search.Schedule(**snakemake.params.schedule),
            )
    table = pd.concat(tables, names=["dataset", "variant"]).reset_index(["dataset", "variant"])
    write_csv(table, snakemake.output[0])
