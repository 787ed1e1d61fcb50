"""Write the note's rows of the ledger."""

from empirical_fisher.experiments.note import claims as claims_note
from empirical_fisher.pipeline import ledger
from empirical_fisher.pipeline.tables import read_csv, write_csv
from job import logged

names = ("conditions", "comparison", "reductions", "reparametrization", "contrasts")
with logged(snakemake.log[0], "claims of the note"):
    tables = {name: read_csv(snakemake.input[name]) for name in names}
    write_csv(ledger.table(claims_note.claims(**tables)), snakemake.output[0])
