"""Tabulate what Figures 2 and 4 compare at the minimum of each problem."""

from empirical_fisher.data.datasets import design, read
from empirical_fisher.experiments.misspecification import experiment as misspecification
from empirical_fisher.pipeline.tables import stacked, write_csv
from empirical_fisher.problems import linear_problem
from job import logged, naming

settings = snakemake.params.settings
parts = {"summary": {}, "ellipses": {}, "contours": {}}
with logged(snakemake.log[0], f"misspecification.{snakemake.wildcards.family}") as log:
    for (name, case), path in zip(settings["problems"].items(), snakemake.input.data, strict=True):
        data = read(path)
        problem = linear_problem(*design(data, bias=settings["bias"]), settings["prior_variance"])
        with naming(case["dataset"]):
            point = problem.at(problem.minimizer())
        windows = case["window"]["theta_1"], case["window"]["theta_2"]
        parts["summary"][name] = misspecification.summary(
            point, classification=data.task == "binary"
        )
        parts["ellipses"][name] = misspecification.ellipses(point, settings["ellipse_radius"])
        parts["contours"][name] = misspecification.contours(
            problem, *windows, settings["contour_points"]
        )
    for part, tables in parts.items():
        write_csv(stacked(tables, "problem"), snakemake.output[part])
