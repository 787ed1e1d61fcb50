"""Write a data set as one table, and what is known of it."""

import os
import sys
from pathlib import Path

from empirical_fisher.data.datasets import write
from empirical_fisher.data.downloads import Limits
from empirical_fisher.data.faults import columns_that, them
from empirical_fisher.data.origins import confirm
from empirical_fisher.data.preparation import check_facts, prepare
from empirical_fisher.data.sources.kinds import is_remote, load
from job import logged

name = snakemake.wildcards.dataset
source = snakemake.config["datasets"][name]["source"]
settings = {**snakemake.params.settings, "source": source}
cache = os.environ.get("EMPIRICAL_FISHER_CACHE", "data/cache")
downloading = {"cache": cache, "limits": Limits(**snakemake.config["downloads"])}
root = Path(snakemake.scriptdir, "../..").resolve()
file = snakemake.params.file and Path(os.path.normpath(root / snakemake.params.file))
with logged(snakemake.log[0], f"datasets.{name}") as log:
    raw = load(settings, root, file=file, **downloading)
    if is_remote(source):
        confirm(name, source, raw.origin, "data/origins")
    table, facts = prepare(raw, settings)
    check_facts(table, settings.get("expect", {}))
    write(table, facts, snakemake.output.table)
    log.info("%s, %d rows, %d features", facts["task"], facts["rows"], facts["features"])
    if "constant" in facts:
        log.info("features with one value only: %s", ", ".join(facts["constant"]))
    if "numbering" in facts:
        looks = columns_that("looks like numbers of the rows", facts["numbering"])
        hint = f"{looks}; unless that is a real feature, list {them(facts['numbering'])} under drop"
        log.warning(hint)
        print(f"datasets.{name}: {hint}", file=sys.stderr, flush=True)
