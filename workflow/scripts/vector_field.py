"""Tabulate the vector fields and trajectories of Figure 1."""

from empirical_fisher.experiments.vector_field import experiment as vector_field
from empirical_fisher.pipeline.tables import read_csv, write_csv
from job import logged

settings = snakemake.params.settings
with logged(snakemake.log[0], "vector_field"):
    problem = vector_field.line_problem(read_csv(snakemake.input.data), settings["prior_variance"])
    scales, damping = settings["scales"], settings["damping"]
    arrows = vector_field.square(**settings["window"], count=settings["arrows"])
    surface = vector_field.square(**settings["window"], count=settings["contour_points"])

    write_csv(vector_field.fit(problem), snakemake.output.fit)
    write_csv(vector_field.contours(problem, surface), snakemake.output.contours)
    write_csv(vector_field.field(problem, arrows, scales, damping), snakemake.output.field)
    paths = vector_field.trajectories(
        problem, scales=scales, damping=damping, **settings["trajectories"]
    )
    write_csv(paths, snakemake.output.trajectories)
