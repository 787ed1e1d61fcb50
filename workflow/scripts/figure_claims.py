"""Compare what the paper says of its figures with what they show."""

from empirical_fisher import claims_figures, ledger
from empirical_fisher.tables import read_csv, write_csv
from job import logged

with logged(snakemake.log[0], "claims of the figures"):
    tables = map(read_csv, snakemake.input.traces)
    traces = {
        figure: {
            dataset: {method: next(tables) for method in methods}
            for dataset, methods in datasets.items()
        }
        for figure, datasets in snakemake.params.methods.items()
    }
    names = ("fit", "trajectories", "logistic", "linear", "line", "dataset")
    claims = claims_figures.claims(
        **{name: read_csv(snakemake.input[name]) for name in names}, traces=traces
    )
    write_csv(ledger.table(claims), snakemake.output[0])
