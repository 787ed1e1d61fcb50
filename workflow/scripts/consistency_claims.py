"""Write the rows of the ledger on the empirical Fisher at the minimum."""

from empirical_fisher import capacity, consistency, ledger
from empirical_fisher.tables import read_csv, write_csv
from job import logged

classes = snakemake.params.classes
with logged(snakemake.log[0], "claims on consistency"):
    sizes = dict(zip(classes, map(read_csv, snakemake.input.sizes), strict=True))
    claims = consistency.claims(sizes, classes, read_csv(snakemake.input.outliers))
    claims += capacity.claims(read_csv(snakemake.input.capacity))
    write_csv(ledger.table(claims), snakemake.output[0])
