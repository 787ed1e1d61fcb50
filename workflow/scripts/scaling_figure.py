"""Draw updates far from the optimum, and the step sizes that work from there."""

from empirical_fisher import figures_scaling, style
from empirical_fisher.tables import read_csv
from job import logged

with logged(snakemake.log[0], "figure on scaling"):
    names = ("steps", "angles", "starts", "path")
    tables = {name: read_csv(snakemake.input[name]) for name in names}
    style.save(figures_scaling.scaling(**tables), *snakemake.output)
