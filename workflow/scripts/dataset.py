"""Write a data set as one table, and what is known of it."""

from pathlib import Path

from empirical_fisher.datasets import write
from empirical_fisher.preparation import check_facts, prepare
from empirical_fisher.sources import load
from job import logged

settings = snakemake.params.settings
with logged(snakemake.log[0], f"datasets.{snakemake.wildcards.dataset}") as log:
    raw = load(settings, Path(snakemake.scriptdir, "../..").resolve())
    table, facts = prepare(raw, settings)
    check_facts(table, settings.get("expect", {}))
    write(table, facts, snakemake.output.table)
    log.info("%s, %d rows, %d features", facts["task"], facts["rows"], facts["features"])
    if "constant" in facts:
        log.info("features with one value only: %s", ", ".join(facts["constant"]))
