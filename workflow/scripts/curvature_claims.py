"""Write the ledger's rows on curvature matrices."""

from empirical_fisher import claims_curvature, ledger
from empirical_fisher.tables import read_csv, write_csv
from job import logged

with logged(snakemake.log[0], "curvature claims"):
    names = ("identities", "training", "repeated", "residuals", "memorised")
    tables = {name: read_csv(snakemake.input[name]) for name in names}
    write_csv(ledger.table(claims_curvature.claims(**tables)), snakemake.output[0])
