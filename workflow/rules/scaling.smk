# §4.3: updates far from the optimum, and the step sizes that work from there.
rule scaling:
    input:
        code("scaling.experiment:experiment"),
        f"data/{config['scaling']['dataset']}.yaml",
        data=f"data/{config['scaling']['dataset']}.csv",
    output:
        steps="results/scaling/steps.csv",
        angles="results/scaling/angles.csv",
        lowest="results/scaling/lowest.csv",
        starts="results/scaling/starts.csv",
        path="results/scaling/path.csv",
    log:
        "logs/scaling.log",
    conda:
        "../../environment.yml"
    resources:
        **request(),
    params:
        step="scaling.experiment:experiment",
        settings=config["scaling"],
    script:
        "../scripts/step.py"


CLAIMS["scaling"] = {name: path for name, path in rules.scaling.output.items() if name != "path"}
ARGUMENTS["scaling"] = {"dataset": config["scaling"]["dataset"]}


rule scaling_figure:
    input:
        code("scaling.figure:scaling"),
        steps="results/scaling/steps.csv",
        angles="results/scaling/angles.csv",
        starts="results/scaling/starts.csv",
        path="results/scaling/path.csv",
    output:
        report(
            "figures/scaling.svg",
            caption="../report/scaling.rst",
            category="5. Far from a minimum (§4.3)",
            labels={"figure": "scaling", "shows": "updates far from the optimum (§4.3)"},
        ),
        "figures/scaling.png",
        "figures/scaling.pdf",
    log:
        "logs/figures/scaling.log",
    localrule: True
    conda:
        "../../environment.yml"
    resources:
        **request(),
    params:
        step="scaling.figure:scaling",
    script:
        "../scripts/step.py"
