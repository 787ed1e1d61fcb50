# §5, last paragraph: the length of updates as the gradient's changes.
rule magnitude:
    input:
        code("magnitude.experiment:experiment"),
        expand("data/{dataset}.yaml", dataset=config["magnitude"]["datasets"]),
        data=expand("data/{dataset}.csv", dataset=config["magnitude"]["datasets"]),
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
        step="magnitude.experiment:experiment",
        settings=without(config["magnitude"], "far"),
    script:
        "../scripts/step.py"


CLAIMS["magnitude"] = dict(rules.magnitude.output.items())
ARGUMENTS["magnitude"] = {"far": config["magnitude"]["far"]}


rule magnitude_figure:
    input:
        code("magnitude.figure:magnitude"),
        scales=rules.magnitude.output.scales,
        distances=rules.magnitude.output.distances,
    output:
        report(
            "figures/magnitude.svg",
            caption="../report/magnitude.rst",
            category="6. Adapting to noise, not curvature (§5)",
            labels={"figure": "magnitude", "shows": "length of updates"},
        ),
        "figures/magnitude.png",
        "figures/magnitude.pdf",
    log:
        "logs/figures/magnitude.log",
    localrule: True
    conda:
        "../../environment.yml"
    resources:
        **request(),
    params:
        step="magnitude.figure:magnitude",
    script:
        "../scripts/step.py"
