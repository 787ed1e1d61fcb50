"""Hold Appendix B and §6 against what was measured."""

import pandas as pd

from empirical_fisher.experiments.monte_carlo import claims as claims_monte_carlo
from empirical_fisher.pipeline import ledger
from empirical_fisher.pipeline.tables import read_csv, stacked, write_csv
from job import logged

with logged(snakemake.log[0], "claims.monte_carlo"):
    tables = [read_csv(snakemake.input[name]) for name in ("by_samples", "overall", "costs")]
    ends = dict(zip(snakemake.params.datasets, map(read_csv, snakemake.input.ends), strict=True))
    claims = claims_monte_carlo.claims(
        *tables,
        ends=stacked(ends, "dataset"),
        best=pd.concat(map(read_csv, snakemake.input.cells)),
    )
    write_csv(ledger.table(claims), snakemake.output[0])
