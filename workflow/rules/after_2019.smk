# After 2019: all ideas that need no data set.
rule after_2019:
    input:
        code("after_2019.experiment:experiment"),
    output:
        **{
            name: f"results/after_2019/{name}.csv"
            for name in config["after_2019"]
            if name not in ("seeds", "paths", "imbalance")
        },
    log:
        "logs/after_2019/ideas.log",
    conda:
        "../../environment.yml"
    resources:
        **request(),
    params:
        step="after_2019.experiment:experiment",
        seeds=config["after_2019"]["seeds"],
        settings=without(config["after_2019"], "seeds", "paths", "imbalance"),
    script:
        "../scripts/step.py"


# The indicator of Wu et al. and steps with a one-sample Fisher along the best runs of Figure 3.
rule after_2019_paths:
    input:
        code("after_2019.paths:experiment"),
        expand("data/{dataset}.yaml", dataset=compared(optimized()["figure3"])),
        data=expand("data/{dataset}.csv", dataset=compared(optimized()["figure3"])),
        cells=optimization_files("best", paper_methods_by(compared(optimized()["figure3"]))),
    output:
        indicator_paths="results/after_2019/indicator_paths.csv",
        one_sample="results/after_2019/one_sample.csv",
    log:
        "logs/after_2019/paths.log",
    conda:
        "../../environment.yml"
    resources:
        **request(),
    params:
        step="after_2019.paths:experiment",
        seeds=config["after_2019"]["seeds"],
        settings=config["after_2019"]["paths"],
        models={name: model_settings(name) for name in compared(optimized()["figure3"])},
        iterations=config["optimization"]["iterations"],
    script:
        "../scripts/step.py"


# Descents on classes with frequencies like Zipf's, and the curvature of each class.
rule after_2019_imbalance:
    input:
        code("after_2019.imbalance:experiment"),
    output:
        imbalance="results/after_2019/imbalance.csv",
        class_curvature="results/after_2019/class_curvature.csv",
    log:
        "logs/after_2019/imbalance.log",
    conda:
        "../../environment.yml"
    resources:
        **request(),
    params:
        step="after_2019.imbalance:experiment",
        seeds=config["after_2019"]["seeds"],
        settings=config["after_2019"]["imbalance"],
    script:
        "../scripts/step.py"


CLAIMS["after_2019"] = {
    **rules.after_2019.output,
    **rules.after_2019_paths.output,
    **rules.after_2019_imbalance.output,
}


rule after_2019_figure:
    input:
        code("after_2019.figure:after_2019"),
        **rules.after_2019_paths.output,
        indicator_networks=rules.after_2019.output.indicator_networks,
        continual=rules.after_2019.output.continual,
        takeuchi_gap=rules.after_2019.output.takeuchi_gap,
        imbalance=rules.after_2019_imbalance.output.imbalance,
    output:
        report(
            "figures/after_2019.svg",
            caption="../report/after_2019.rst",
            category="9. After 2019",
            labels={"figure": "after_2019", "shows": "what later papers say"},
        ),
        "figures/after_2019.png",
        "figures/after_2019.pdf",
    log:
        "logs/figures/after_2019.log",
    localrule: True
    conda:
        "../../environment.yml"
    resources:
        **request(),
    params:
        step="after_2019.figure:after_2019",
        titles=panel_titles(compared(optimized()["figure3"])),
    script:
        "../scripts/step.py"
