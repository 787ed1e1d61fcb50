"""Write a data set, raw, as one table."""

from pathlib import Path

from empirical_fisher.datasets import check_facts, load
from empirical_fisher.tables import write_csv
from job import logged

dataset = snakemake.params.dataset
with logged(snakemake.log[0], f"datasets.{snakemake.wildcards.dataset}"):
    snapshots = Path(snakemake.scriptdir, "../../data/snapshots").resolve()
    table = load(dataset["source"], snapshots)
    check_facts(table, dataset.get("expect", {}))
    write_csv(table, snakemake.output[0])
