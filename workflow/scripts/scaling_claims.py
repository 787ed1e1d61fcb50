"""Write the rows of the ledger on updates far from the optimum."""

from empirical_fisher import ledger, scaling
from empirical_fisher.tables import read_csv, write_csv
from job import logged

with logged(snakemake.log[0], "claims on scaling"):
    tables = (read_csv(snakemake.input[name]) for name in ("steps", "angles", "starts", "path"))
    write_csv(ledger.table(scaling.claims(*tables, snakemake.params.dataset)), snakemake.output[0])
