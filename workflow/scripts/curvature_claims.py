"""Write the ledger's rows on curvature matrices."""

from empirical_fisher.experiments.curvature import claims as claims_curvature
from empirical_fisher.pipeline import ledger
from empirical_fisher.pipeline.tables import read_csv, write_csv
from job import logged

with logged(snakemake.log[0], "curvature claims"):
    names = ("identities", "training", "repeated", "residuals", "memorised")
    tables = {name: read_csv(snakemake.input[name]) for name in names}
    write_csv(ledger.table(claims_curvature.claims(**tables)), snakemake.output[0])
