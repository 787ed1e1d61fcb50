"""Write the rows of the ledger on updates far from the optimum."""

from empirical_fisher.experiments.scaling import claims as claims_scaling
from empirical_fisher.pipeline import ledger
from empirical_fisher.pipeline.tables import read_csv, write_csv
from job import logged

with logged(snakemake.log[0], "claims on scaling"):
    tables = (read_csv(snakemake.input[name]) for name in ("steps", "angles", "starts", "path"))
    claims = claims_scaling.claims(*tables, snakemake.params.dataset)
    write_csv(ledger.table(claims), snakemake.output[0])
