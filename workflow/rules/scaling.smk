# §4.3: updates far from the optimum, and the step sizes that work from there.
rule scaling:
    input:
        code("experiments.scaling.experiment", "data.datasets", "pipeline.tables"),
        data=f"data/{config['scaling']['dataset']}.csv",
        record=f"data/{config['scaling']['dataset']}.yaml",
    output:
        steps="results/scaling/steps.csv",
        angles="results/scaling/angles.csv",
        starts="results/scaling/starts.csv",
        path="results/scaling/path.csv",
    log:
        "logs/scaling.log",
    conda:
        "../../environment.yml"
    resources:
        **request(),
    params:
        settings=config["scaling"],
    script:
        "../scripts/scaling.py"


rule scaling_claims:
    input:
        code("experiments.scaling.claims", "pipeline.ledger", "pipeline.tables"),
        steps="results/scaling/steps.csv",
        angles="results/scaling/angles.csv",
        starts="results/scaling/starts.csv",
        path="results/scaling/path.csv",
    output:
        "results/claims/scaling.csv",
    log:
        "logs/claims/scaling.log",
    localrule: True
    conda:
        "../../environment.yml"
    resources:
        **request(),
    params:
        dataset=config["scaling"]["dataset"],
    script:
        "../scripts/scaling_claims.py"


rule scaling_figure:
    input:
        code("experiments.scaling.figure", "pipeline.tables"),
        steps="results/scaling/steps.csv",
        angles="results/scaling/angles.csv",
        starts="results/scaling/starts.csv",
        path="results/scaling/path.csv",
    output:
        report(
            "figures/scaling.png",
            caption="../report/scaling.rst",
            category="5. Far from a minimum (§4.3)",
            labels={"figure": "scaling", "shows": "updates far from the optimum (§4.3)"},
        ),
        "figures/scaling.pdf",
    log:
        "logs/figures/scaling.log",
    localrule: True
    conda:
        "../../environment.yml"
    resources:
        **request(),
    script:
        "../scripts/scaling_figure.py"
