"""Compare what the paper says of its figures with what they show."""

from empirical_fisher.experiments.figures import claims as claims_figures
from empirical_fisher.pipeline import ledger
from empirical_fisher.pipeline.tables import by_method, read_csv, write_csv
from job import logged

with logged(snakemake.log[0], "claims of the figures"):
    paths = iter(snakemake.input.traces)
    traces = {
        figure: by_method(paths, methods) for figure, methods in snakemake.params.methods.items()
    }
    names = ("fit", "trajectories", "logistic", "linear", "line", "dataset")
    claims = claims_figures.claims(
        **{name: read_csv(snakemake.input[name]) for name in names}, traces=traces
    )
    write_csv(ledger.table(claims), snakemake.output[0])
