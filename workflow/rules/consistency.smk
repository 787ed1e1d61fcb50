# §4.2: the empirical Fisher at the minimum with ever more examples, all seeds of a data set.
rule consistency:
    input:
        code("experiments.consistency.experiment", "pipeline.tables"),
    output:
        "results/consistency/sizes/{dataset}.csv",
    log:
        "logs/consistency/sizes/{dataset}.log",
    conda:
        "../../environment.yml"
    resources:
        **request(),
    params:
        classes=lambda wildcards: gaussian_classes(wildcards.dataset),
        seeds=config["consistency"]["seeds"],
        sizes=config["consistency"]["sizes"],
    script:
        "../scripts/consistency.py"


# The same for outliers that make a model ever more wrong, and for ever larger models.
rule consistency_models:
    input:
        code(
            "experiments.consistency.experiment",
            "experiments.consistency.capacity",
            "pipeline.tables",
        ),
    output:
        outliers="results/consistency/outliers.csv",
        capacity="results/consistency/capacity.csv",
    log:
        "logs/consistency/models.log",
    conda:
        "../../environment.yml"
    resources:
        **request(),
    params:
        leverages=config["consistency"]["leverages"],
        capacity=config["consistency"]["capacity"],
    script:
        "../scripts/consistency_models.py"


rule consistency_claims:
    input:
        code("experiments.consistency.claims", "pipeline.ledger", "pipeline.tables"),
        sizes=expand(
            "results/consistency/sizes/{dataset}.csv", dataset=config["consistency"]["datasets"]
        ),
        outliers="results/consistency/outliers.csv",
        capacity="results/consistency/capacity.csv",
    output:
        "results/claims/consistency.csv",
    log:
        "logs/claims/consistency.log",
    localrule: True
    conda:
        "../../environment.yml"
    resources:
        **request(),
    params:
        classes={name: gaussian_classes(name) for name in config["consistency"]["datasets"]},
    script:
        "../scripts/consistency_claims.py"


rule consistency_figure:
    input:
        code("experiments.consistency.figure", "pipeline.tables"),
        sizes=rules.consistency_claims.input.sizes,
        outliers="results/consistency/outliers.csv",
        capacity="results/consistency/capacity.csv",
    output:
        report(
            "figures/consistency.png",
            caption="../report/consistency.rst",
            category="4. Near a minimum (§4.2)",
            labels={"figure": "consistency", "shows": "more examples, larger models (§4.2)"},
        ),
        "figures/consistency.pdf",
    log:
        "logs/figures/consistency.log",
    localrule: True
    conda:
        "../../environment.yml"
    resources:
        **request(),
    params:
        datasets=config["consistency"]["datasets"],
    script:
        "../scripts/consistency_figure.py"
