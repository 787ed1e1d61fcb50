# What the paper says of its figures, beside what they show here.
CLAIMS["figures"] = {
    "fit": rules.vector_field.output.fit,
    "trajectories": rules.vector_field.output.trajectories,
    "logistic": "results/misspecification/logistic.csv",
    "linear": "results/misspecification/linear.csv",
    "line": rules.starting_points.output.line,
    "dataset": rules.starting_points.output.dataset,
    **{
        figure: optimization_files("traces", paper_methods_by(datasets))
        for figure, datasets in optimized().items()
    },
}
