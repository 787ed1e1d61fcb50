# §4.2: the empirical Fisher at the minimum with ever more examples, all seeds of a data set.
rule consistency:
    input:
        code("consistency.experiment:more_examples"),
    output:
        "results/consistency/sizes/{dataset}.csv",
    log:
        "logs/consistency/sizes/{dataset}.log",
    conda:
        "../../environment.yml"
    resources:
        **request(),
    params:
        step="consistency.experiment:more_examples",
        classes=lambda wildcards: gaussian_classes(wildcards.dataset),
        seeds=config["consistency"]["seeds"],
        sizes=config["consistency"]["sizes"],
    script:
        "../scripts/step.py"


# The same for outliers that make a model ever more wrong, and for ever larger models.
rule consistency_models:
    input:
        code("consistency.experiment:worse_models"),
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
        step="consistency.experiment:worse_models",
        leverages=config["consistency"]["leverages"],
        capacity=config["consistency"]["capacity"],
    script:
        "../scripts/step.py"


# The true parameters, where nothing is fitted.
rule consistency_population:
    input:
        code("consistency.population:experiment"),
    output:
        "results/consistency/population.csv",
    log:
        "logs/consistency/population.log",
    conda:
        "../../environment.yml"
    resources:
        **request(),
    params:
        **config["consistency"]["population"],
        step="consistency.population:experiment",
    script:
        "../scripts/step.py"


CLAIMS["consistency"] = {
    "population": rules.consistency_population.output[0],
    "sizes": expand(
        "results/consistency/sizes/{dataset}.csv", dataset=config["consistency"]["datasets"]
    ),
    **rules.consistency_models.output,
}
ARGUMENTS["consistency"] = {
    "classes": {name: gaussian_classes(name) for name in config["consistency"]["datasets"]}
}


rule consistency_figure:
    input:
        code("consistency.figure:consistency"),
        sizes=CLAIMS["consistency"]["sizes"],
        outliers="results/consistency/outliers.csv",
        capacity="results/consistency/capacity.csv",
    output:
        report(
            "figures/consistency.svg",
            caption="../report/consistency.rst",
            category="4. Near a minimum (§4.2)",
            labels={"figure": "consistency", "shows": "more examples, larger models (§4.2)"},
        ),
        "figures/consistency.png",
        "figures/consistency.pdf",
    log:
        "logs/figures/consistency.log",
    localrule: True
    conda:
        "../../environment.yml"
    resources:
        **request(),
    params:
        step="consistency.figure:consistency",
    script:
        "../scripts/step.py"
