# Appendix B: the error and the cost of the one-sample Fisher.
rule monte_carlo_errors:
    input:
        code("monte_carlo.errors:error_tables"),
        expand("data/{dataset}.yaml", dataset=config["monte_carlo"]["datasets"]),
        data=expand("data/{dataset}.csv", dataset=config["monte_carlo"]["datasets"]),
    output:
        by_samples="results/monte_carlo/by_samples.csv",
        overall="results/monte_carlo/overall.csv",
        trials="results/monte_carlo/trials.csv",
        costs="results/monte_carlo/costs.csv",
    log:
        "logs/monte_carlo/errors.log",
    conda:
        "../../environment.yml"
    resources:
        **request(),
    params:
        step="monte_carlo.errors:error_tables",
        settings=without(config["monte_carlo"], "descent"),
    script:
        "../scripts/step.py"


# NGD with it on a problem of Figure 3.
rule monte_carlo_descent:
    input:
        code("monte_carlo.experiment:descents"),
        "data/{dataset}.yaml",
        data="data/{dataset}.csv",
        cell="results/best/{dataset}/NGD.csv",
    output:
        ends="results/monte_carlo/ends/{dataset}.csv",
        finals="results/monte_carlo/finals/{dataset}.csv",
        traces="results/monte_carlo/traces/{dataset}.csv",
    log:
        "logs/monte_carlo/descent/{dataset}.log",
    conda:
        "../../environment.yml"
    resources:
        **request(cells=monte_carlo_cells),
    params:
        step="monte_carlo.experiment:descents",
        model=lambda wildcards: model_settings(wildcards.dataset),
        schedule=schedule,
        seed=config["monte_carlo"]["seed"],
        settings=config["monte_carlo"]["descent"],
    script:
        "../scripts/step.py"


CLAIMS["monte_carlo"] = {
    **{name: rules.monte_carlo_errors.output[name] for name in ("overall", "trials", "costs")},
    "finals": expand(
        "results/monte_carlo/finals/{dataset}.csv", dataset=compared(optimized()["figure3"])
    ),
    "cells": expand(
        "results/best/{dataset}/{method}.csv",
        dataset=compared(optimized()["figure3"]),
        method=["NGD", "EFGD"],
    ),
}


rule monte_carlo_figure:
    input:
        code("monte_carlo.figure:monte_carlo"),
        by_samples=rules.monte_carlo_errors.output.by_samples,
        overall=rules.monte_carlo_errors.output.overall,
        samples=expand(
            "results/monte_carlo/traces/{dataset}.csv", dataset=compared(optimized()["figure3"])
        ),
        traces=expand(
            "results/traces/{dataset}/{method}.csv",
            dataset=compared(optimized()["figure3"]),
            method=["NGD", "EFGD"],
        ),
    output:
        report(
            "figures/monte_carlo.svg",
            caption="../report/monte_carlo.rst",
            category="7. One sample in place of the empirical Fisher (§6, Appendix B)",
            labels={"figure": "monte_carlo", "shows": "the one-sample Fisher"},
        ),
        "figures/monte_carlo.png",
        "figures/monte_carlo.pdf",
    log:
        "logs/figures/monte_carlo.log",
    localrule: True
    conda:
        "../../environment.yml"
    resources:
        **request(),
    params:
        step="monte_carlo.figure:monte_carlo",
        titles=panel_titles(compared(optimized()["figure3"])),
    script:
        "../scripts/step.py"
