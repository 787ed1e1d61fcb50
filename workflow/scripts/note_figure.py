"""Draw the figure of the note."""

from empirical_fisher.experiments.note.figure import note
from empirical_fisher.pipeline import style
from empirical_fisher.pipeline.tables import read_csv
from job import logged

names = ("conditions", "comparison", "reductions", "reparametrization", "trials")
with logged(snakemake.log[0], "figure of the note"):
    tables = {name: read_csv(snakemake.input[name]) for name in names}
    style.save(note(**tables), *snakemake.output)
