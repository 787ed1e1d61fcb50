# What the paper says of its figures, beside what they show here.
def of_figure3(datasets):
    """Those of some data sets that Figure 3 compares NGD and EFGD on."""
    return [dataset for dataset in compared(optimized()["figure3"]) if dataset in datasets]


CLAIMS["figures"] = {
    "fit": rules.vector_field.output.fit,
    "trajectories": rules.vector_field.output.trajectories,
    "fields": rules.vector_field_seeds.output[0],
    "logistic": "results/misspecification/logistic_seeds.csv",
    "linear": "results/misspecification/linear_seeds.csv",
    "line": rules.starting_points.output.line,
    "dataset": rules.starting_points.output.dataset,
    **{
        figure: optimization_files("traces", paper_methods_by(datasets))
        for figure, datasets in optimized().items()
    },
    "orders": [
        f"results/robustness/{folder}/{dataset}.csv"
        for folder, kind in (("row_orders", "orders"), ("winner_orders", "winners"))
        for dataset in of_figure3(reordered(kind))
    ],
    "ties": [f"results/robustness/ties/{dataset}.csv" for dataset in of_figure3(reordered())],
    "updates": [
        f"results/controls/updates/{dataset}.csv" for dataset in compared(optimized()["figure3"])
    ],
    "lengths": [
        f"results/controls/lengths/{dataset}.csv" for dataset in of_figure3(["BreastCancer"])
    ],
}
