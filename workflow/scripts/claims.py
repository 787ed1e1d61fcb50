"""Put the ledgers of all topics together, as a table and as a page to read."""

import pandas as pd

from empirical_fisher.pipeline import ledger
from empirical_fisher.pipeline.files import write_text
from empirical_fisher.pipeline.tables import read_csv, write_csv
from job import logged

with logged(snakemake.log[0], "claims"):
    claims = pd.concat(map(read_csv, snakemake.input.topics), ignore_index=True)
    write_csv(claims, snakemake.output.csv)
    write_text(ledger.page(claims), snakemake.output.markdown)
