"""Draw the figure of the length of updates."""

from empirical_fisher.experiments.magnitude import figure as figures_magnitude
from empirical_fisher.pipeline import style
from empirical_fisher.pipeline.tables import read_csv
from job import logged

with logged(snakemake.log[0], "figure of magnitude"):
    scales, distances = read_csv(snakemake.input.scales), read_csv(snakemake.input.distances)
    style.save(figures_magnitude.magnitude(scales, distances), *snakemake.output)
