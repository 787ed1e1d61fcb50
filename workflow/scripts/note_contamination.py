"""Train on wrong targets and measure the error on clean ones."""

from empirical_fisher.experiments.note import contamination
from empirical_fisher.pipeline.tables import write_csv
from job import logged

with logged(snakemake.log[0], "note, contamination"):
    trials = contamination.trials(snakemake.params.settings)
    write_csv(trials, snakemake.output.trials)
    write_csv(contamination.contrasts(trials), snakemake.output.contrasts)
