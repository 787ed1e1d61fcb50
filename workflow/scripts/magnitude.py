"""Tabulate the length of updates as the gradient's changes, and hold §5 against it."""

import numpy as np
import pandas as pd

from empirical_fisher import ledger, magnitude
from empirical_fisher.datasets import design, read
from empirical_fisher.problems import linear_problem
from empirical_fisher.tables import write_csv
from job import logged, naming

settings = snakemake.params.settings
with logged(snakemake.log[0], "magnitude"):
    scales, distances = (
        np.geomspace(axis["low"], axis["high"], axis["count"])
        for axis in (settings["scales"], settings["distances"])
    )
    parts = {"scales": {}, "distances": {}, "signs": {}}
    for name, path in zip(settings["datasets"], snakemake.input.data, strict=True):
        with naming(name):
            data = read(path)
            problem = linear_problem(*design(data, bias=True), data.task)
            parts["scales"][name] = magnitude.scales(problem, scales)
            parts["signs"][name] = magnitude.signs(magnitude.away(problem, 1.0))
            if data.task == "regression":
                parts["distances"][name] = magnitude.distances(problem, distances)
    tables = {
        part: pd.concat(by_name, names=["dataset"]).reset_index("dataset")
        for part, by_name in parts.items()
    }
    for part, table in tables.items():
        write_csv(table, snakemake.output[part])
    claims = magnitude.claims(**tables, far=settings["far"])
    write_csv(ledger.table(claims), snakemake.output.claims)
