"""Tabulate what two splits of the loss leave out of the Hessian."""

from empirical_fisher.experiments.curvature import splits
from empirical_fisher.pipeline.tables import write_csv
from job import logged

settings = snakemake.params.settings
with logged(snakemake.log[0], "splits"):
    residuals = splits.residual_gradients(**settings["residual_gradients"])
    write_csv(residuals, snakemake.output.residuals)
    write_csv(splits.training(**settings["training"]), snakemake.output.memorised)
