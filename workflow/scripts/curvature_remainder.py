"""Tabulate both sides of Proposition 2."""

from empirical_fisher.experiments.curvature import remainder
from empirical_fisher.pipeline.tables import write_csv
from job import logged

with logged(snakemake.log[0], "remainder"):
    training, repeated = remainder.experiment(**snakemake.params.settings)
    write_csv(training, snakemake.output.training)
    write_csv(repeated, snakemake.output.repeated)
