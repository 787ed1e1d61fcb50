"""Put the variants of Figure 3 in one table and write the ledger's rows on robustness."""

import pandas as pd

from empirical_fisher.experiments.robustness import claims as claims_robustness
from empirical_fisher.pipeline import ledger
from empirical_fisher.pipeline.tables import read_csv, write_csv
from job import logged

with logged(snakemake.log[0], "claims on robustness"):
    searches = pd.concat(map(read_csv, snakemake.input.searches), ignore_index=True)
    write_csv(searches, snakemake.output.searches)
    others = (read_csv(snakemake.input[name]) for name in ("fields", "distances"))
    claims = claims_robustness.claims(searches, *others)
    write_csv(ledger.table(claims), snakemake.output.claims)
