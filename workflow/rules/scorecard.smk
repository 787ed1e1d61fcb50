# What becomes of each of some methods on each of some problems, one job for each pair.
rule card:
    input:
        code("scorecard.experiment:card"),
        lambda wildcards: own_code(wildcards.recipe),
        "data/{dataset}.yaml",
        data="data/{dataset}.csv",
    output:
        card="results/methods/cards/{dataset}/{recipe}.csv",
        path="results/methods/paths/{dataset}/{recipe}.csv",
    log:
        "logs/methods/{dataset}/{recipe}.log",
    conda:
        "../../environment.yml"
    resources:
        **request(cells=card_cells),
    params:
        step="scorecard.experiment:card",
        name=lambda wildcards: wildcards.recipe,
        recipe=lambda wildcards: recipe(wildcards.recipe),
        own=lambda wildcards: own_code(wildcards.recipe),
        model=lambda wildcards: model_settings(wildcards.dataset),
        axes=lambda wildcards: grid_axes(wildcards.recipe, "scorecard"),
        schedule={key: config["scorecard"][key] for key in ("iterations", "divergence_factor")},
    script:
        "../scripts/step.py"


rule scorecard:
    input:
        code("scorecard.experiment:scorecard"),
        cards=expand(
            "results/methods/cards/{dataset}/{recipe}.csv",
            dataset=config["scorecard"]["datasets"],
            recipe=config["scorecard"]["methods"],
        ),
        paths=expand(
            "results/methods/paths/{dataset}/{recipe}.csv",
            dataset=config["scorecard"]["datasets"],
            recipe=config["scorecard"]["methods"],
        ),
    output:
        "results/methods/scorecard.csv",
    log:
        "logs/methods/scorecard.log",
    localrule: True
    conda:
        "../../environment.yml"
    resources:
        **request(),
    params:
        step="scorecard.experiment:scorecard",
    script:
        "../scripts/step.py"


# Not in the default target: make figures FIGURES=methods.
rule methods:
    input:
        code("scorecard.figure:figure"),
        scores=rules.scorecard.output[0],
    output:
        "figures/methods/scorecard.svg",
        "figures/methods/scorecard.png",
        "figures/methods/scorecard.pdf",
    log:
        "logs/figures/methods.log",
    localrule: True
    conda:
        "../../environment.yml"
    resources:
        **request(),
    params:
        step="scorecard.figure:figure",
        titles=panel_titles(config["scorecard"]["datasets"]),
        labels={
            name: config["methods"][name].get("label", name)
            for name in config["scorecard"]["methods"]
        },
    script:
        "../scripts/step.py"
