"""Tabulate how far matrices that should be equal differ."""

from empirical_fisher.experiments.curvature import identities
from empirical_fisher.pipeline.tables import write_csv
from job import logged

with logged(snakemake.log[0], "identities"):
    write_csv(identities.experiment(**snakemake.params.settings), snakemake.output[0])
