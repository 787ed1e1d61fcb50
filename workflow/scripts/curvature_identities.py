"""Tabulate how far matrices that should be equal differ."""

from empirical_fisher import identities
from empirical_fisher.tables import write_csv
from job import logged

with logged(snakemake.log[0], "identities"):
    write_csv(identities.experiment(**snakemake.params.settings), snakemake.output[0])
