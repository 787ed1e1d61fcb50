"""Hold §5's last paragraph and §4.3 against what was measured."""

from empirical_fisher.experiments.magnitude import claims as claims_magnitude
from empirical_fisher.pipeline import ledger
from empirical_fisher.pipeline.tables import read_csv, write_csv
from job import logged

with logged(snakemake.log[0], "claims.magnitude"):
    tables = (read_csv(snakemake.input[name]) for name in ("scales", "distances", "signs"))
    claims = claims_magnitude.claims(*tables, snakemake.params.far)
    write_csv(ledger.table(claims), snakemake.output[0])
