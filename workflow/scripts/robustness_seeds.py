"""Measure Figures 1 and 2 on data drawn with other seeds."""

from empirical_fisher.experiments.robustness import experiment as robustness
from empirical_fisher.experiments.vector_field.experiment import square
from empirical_fisher.pipeline.tables import write_csv
from job import logged

settings, seeds = snakemake.params.settings, snakemake.params.seeds
with logged(snakemake.log[0], "robustness to seeds"):
    points = square(settings["window"]["low"], settings["window"]["high"], settings["arrows"])
    fields = robustness.vector_fields(snakemake.params.line, seeds, settings, points)
    write_csv(fields, snakemake.output.fields)
    classes, model = snakemake.params.classes, snakemake.params.model
    distances = robustness.misspecification(classes, seeds, **model)
    write_csv(distances, snakemake.output.distances)
