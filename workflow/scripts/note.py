"""Tabulate what the note says of the empirical Fisher's update."""

from empirical_fisher.experiments.note import experiment as note
from empirical_fisher.pipeline.tables import write_csv
from job import logged

with logged(snakemake.log[0], "note"):
    for name, table in note.measure(snakemake.params.settings).items():
        write_csv(table, snakemake.output[name])
