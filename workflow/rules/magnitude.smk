# §5, last paragraph: the length of updates as the gradient's changes.
rule magnitude:
    input:
        code("experiments.magnitude.experiment", "data.datasets", "pipeline.tables"),
        data=expand("data/{dataset}.csv", dataset=config["magnitude"]["datasets"]),
        record=expand("data/{dataset}.yaml", dataset=config["magnitude"]["datasets"]),
    output:
        scales="results/magnitude/scales.csv",
        distances="results/magnitude/distances.csv",
        signs="results/magnitude/signs.csv",
    log:
        "logs/magnitude.log",
    conda:
        "../../environment.yml"
    resources:
        **request(),
    params:
        settings=without(config["magnitude"], "far"),
    script:
        "../scripts/magnitude.py"


rule magnitude_claims:
    input:
        code("experiments.magnitude.claims", "pipeline.ledger", "pipeline.tables"),
        **rules.magnitude.output,
    output:
        "results/claims/magnitude.csv",
    log:
        "logs/claims/magnitude.log",
    localrule: True
    conda:
        "../../environment.yml"
    resources:
        **request(),
    params:
        far=config["magnitude"]["far"],
    script:
        "../scripts/magnitude_claims.py"


rule magnitude_figure:
    input:
        code("experiments.magnitude.figure", "pipeline.tables"),
        scales=rules.magnitude.output.scales,
        distances=rules.magnitude.output.distances,
    output:
        report(
            "figures/magnitude.png",
            caption="../report/magnitude.rst",
            category="6. Adapting to noise, not curvature (§5)",
            labels={"figure": "magnitude", "shows": "length of updates"},
        ),
        "figures/magnitude.pdf",
    log:
        "logs/figures/magnitude.log",
    localrule: True
    conda:
        "../../environment.yml"
    resources:
        **request(),
    script:
        "../scripts/magnitude_figure.py"
