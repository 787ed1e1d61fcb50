"""Write a data set, raw, as one table."""

from pathlib import Path

from empirical_fisher.datasets import check_facts, load
from empirical_fisher.tables import write_csv
from job import logged

with logged(snakemake.log[0], f"datasets.{snakemake.wildcards.dataset}"):
    snapshots = Path(snakemake.scriptdir, "../../data/snapshots").resolve()
    table = load(snakemake.params.source, snapshots)
    check_facts(table, snakemake.params.expect)
    write_csv(table, snakemake.output[0])
