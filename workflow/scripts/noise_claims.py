"""Hold §5 against what was measured."""

from empirical_fisher import ledger, noise, stochastic
from empirical_fisher.tables import read_csv, write_csv
from job import logged

with logged(snakemake.log[0], "claims.noise"):
    names = ("identities", "errors", "paths")
    identities, errors, paths = (read_csv(snakemake.input[name]) for name in names)
    claims = noise.claims(identities, errors)
    claims += stochastic.claims(paths, *snakemake.params.problems)
    write_csv(ledger.table(claims), snakemake.output[0])
