"""Draw the empirical Fisher at the minimum with more examples, outliers and larger models."""

from empirical_fisher.experiments.consistency import figure as figures_consistency
from empirical_fisher.pipeline import style
from empirical_fisher.pipeline.tables import read_csv
from job import logged

with logged(snakemake.log[0], "figure on consistency"):
    tables = map(read_csv, snakemake.input.sizes)
    sizes = dict(zip(snakemake.params.datasets, tables, strict=True))
    others = (read_csv(snakemake.input[name]) for name in ("outliers", "capacity"))
    style.save(figures_consistency.consistency(sizes, *others), *snakemake.output)
