"""Draw the figure of variance adaptation."""

from empirical_fisher.experiments.noise import figure as figures_noise
from empirical_fisher.pipeline import style
from empirical_fisher.pipeline.tables import read_csv
from job import logged

with logged(snakemake.log[0], "figure of noise"):
    errors, paths = read_csv(snakemake.input.errors), read_csv(snakemake.input.paths)
    style.save(figures_noise.noise(errors, paths), *snakemake.output)
