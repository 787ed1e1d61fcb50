"""Draw the figure of variance adaptation."""

from empirical_fisher import figures_noise, style
from empirical_fisher.tables import read_csv
from job import logged

with logged(snakemake.log[0], "figure of noise"):
    errors, paths = read_csv(snakemake.input.errors), read_csv(snakemake.input.paths)
    style.save(figures_noise.noise(errors, paths), *snakemake.output)
