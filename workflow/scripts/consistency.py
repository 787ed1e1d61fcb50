"""Tabulate the empirical Fisher at the minimum with ever more examples of a data set."""

import pandas as pd

from empirical_fisher.experiments.consistency import experiment as consistency
from empirical_fisher.pipeline.tables import write_csv
from job import logged

params = snakemake.params
with logged(snakemake.log[0], f"consistency.{snakemake.wildcards.dataset}"):
    tables = [consistency.against_size(params.classes, seed, params.sizes) for seed in params.seeds]
    write_csv(pd.concat(tables), snakemake.output[0])
