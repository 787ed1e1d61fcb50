"""Tabulate the empirical Fisher at the minimum with ever worse outliers and ever larger models."""

from itertools import product

import pandas as pd

from empirical_fisher.experiments.consistency import capacity
from empirical_fisher.experiments.consistency import experiment as consistency
from empirical_fisher.pipeline.tables import write_csv
from job import logged

settings = dict(snakemake.params.capacity)
with logged(snakemake.log[0], "consistency of outliers and larger models"):
    write_csv(consistency.outliers(snakemake.params.leverages), snakemake.output.outliers)
    runs = product(capacity.TASKS, settings.pop("seeds"))
    table = pd.concat(capacity.sweep(*run, **settings) for run in runs)
    write_csv(table, snakemake.output.capacity)
