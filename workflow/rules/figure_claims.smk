# What the paper says of its figures, beside what they show here.
rule figure_claims:
    input:
        code("experiments.figures.claims", "pipeline.ledger", "pipeline.tables"),
        fit=rules.vector_field.output.fit,
        trajectories=rules.vector_field.output.trajectories,
        logistic="results/misspecification/logistic.csv",
        linear="results/misspecification/linear.csv",
        line=rules.starting_points.output.line,
        dataset=rules.starting_points.output.dataset,
        traces=[
            file
            for datasets in optimized().values()
            for file in optimization_files("traces", methods_by(datasets))
        ],
    output:
        "results/claims/figures.csv",
    log:
        "logs/claims/figures.log",
    localrule: True
    conda:
        "../../environment.yml"
    resources:
        **request(),
    params:
        methods={figure: methods_by(datasets) for figure, datasets in optimized().items()},
    script:
        "../scripts/figure_claims.py"
