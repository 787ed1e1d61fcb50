"""Hold §5 against what was measured."""

from empirical_fisher.experiments.noise import claims as claims_noise
from empirical_fisher.pipeline import ledger
from empirical_fisher.pipeline.tables import read_csv, write_csv
from job import logged

with logged(snakemake.log[0], "claims.noise"):
    tables = (read_csv(snakemake.input[name]) for name in ("identities", "errors", "paths"))
    write_csv(ledger.table(claims_noise.claims(*tables)), snakemake.output[0])
