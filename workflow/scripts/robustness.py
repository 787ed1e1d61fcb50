"""Search the grids of one data set in every variant that it is in."""

import numpy as np
import pandas as pd

from empirical_fisher import robustness, search
from empirical_fisher.datasets import design, read
from empirical_fisher.tables import write_csv
from job import logged

settings, dataset = snakemake.params.settings, snakemake.wildcards.dataset
with logged(snakemake.log[0], f"robustness on {dataset}") as log:
    data = read(snakemake.input.data)
    inputs, targets = design(data)
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
                data.task,
                **levels,
                clip=settings["probability_clip"],
                methods=snakemake.params.methods,
                schedule=search.Schedule(**snakemake.params.schedule),
            )
    table = pd.concat(tables, names=["dataset", "variant"]).reset_index(["dataset", "variant"])
    write_csv(table, snakemake.output[0])
