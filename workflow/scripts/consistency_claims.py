"""Write the rows of the ledger on the empirical Fisher at the minimum."""

from empirical_fisher.experiments.consistency import claims as claims_consistency
from empirical_fisher.pipeline import ledger
from empirical_fisher.pipeline.tables import read_csv, write_csv
from job import logged

classes = snakemake.params.classes
with logged(snakemake.log[0], "claims on consistency"):
    sizes = dict(zip(classes, map(read_csv, snakemake.input.sizes), strict=True))
    others = (read_csv(snakemake.input[name]) for name in ("outliers", "capacity"))
    claims = claims_consistency.claims(sizes, classes, *others)
    write_csv(ledger.table(claims), snakemake.output[0])
