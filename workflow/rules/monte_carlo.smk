# Appendix B: the error and the cost of the one-sample Fisher.
rule monte_carlo_errors:
    input:
        code(
            "experiments.monte_carlo.experiment",
            "experiments.drawn_problems",
            "data.datasets",
            "pipeline.tables",
        ),
        data=expand("data/{dataset}.csv", dataset=config["monte_carlo"]["datasets"]),
        record=expand("data/{dataset}.yaml", dataset=config["monte_carlo"]["datasets"]),
    output:
        by_samples="results/monte_carlo/by_samples.csv",
        overall="results/monte_carlo/overall.csv",
        costs="results/monte_carlo/costs.csv",
    log:
        "logs/monte_carlo/errors.log",
    conda:
        "../../environment.yml"
    resources:
        **request(),
    params:
        settings=without(config["monte_carlo"], "descent"),
    script:
        "../scripts/monte_carlo_errors.py"


# NGD with it on a problem of Figure 3.
rule monte_carlo_descent:
    input:
        code("experiments.monte_carlo.experiment", "data.datasets", "pipeline.tables"),
        data="data/{dataset}.csv",
        record="data/{dataset}.yaml",
        cell="results/best/{dataset}/NGD.csv",
    output:
        ends="results/monte_carlo/ends/{dataset}.csv",
        traces="results/monte_carlo/traces/{dataset}.csv",
    log:
        "logs/monte_carlo/descent/{dataset}.log",
    conda:
        "../../environment.yml"
    resources:
        **request(cells=monte_carlo_cells),
    params:
        model=lambda wildcards: linear_model(wildcards.dataset),
        schedule=schedule,
        seed=config["monte_carlo"]["seed"],
        settings=config["monte_carlo"]["descent"],
    script:
        "../scripts/monte_carlo_descent.py"


rule monte_carlo_claims:
    input:
        code("experiments.monte_carlo.claims", "pipeline.ledger", "pipeline.tables"),
        by_samples=rules.monte_carlo_errors.output.by_samples,
        overall=rules.monte_carlo_errors.output.overall,
        costs=rules.monte_carlo_errors.output.costs,
        ends=expand(
            "results/monte_carlo/ends/{dataset}.csv", dataset=compared(optimized()["figure3"])
        ),
        cells=expand(
            "results/best/{dataset}/{method}.csv",
            dataset=compared(optimized()["figure3"]),
            method=["NGD", "EFGD"],
        ),
    output:
        "results/claims/monte_carlo.csv",
    log:
        "logs/claims/monte_carlo.log",
    localrule: True
    conda:
        "../../environment.yml"
    resources:
        **request(),
    params:
        datasets=compared(optimized()["figure3"]),
    script:
        "../scripts/monte_carlo_claims.py"


rule monte_carlo_figure:
    input:
        code("experiments.monte_carlo.figure", "pipeline.tables"),
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
            "figures/monte_carlo.png",
            caption="../report/monte_carlo.rst",
            category="7. One sample in place of the empirical Fisher (§6, Appendix B)",
            labels={"figure": "monte_carlo", "shows": "the one-sample Fisher"},
        ),
        "figures/monte_carlo.pdf",
    log:
        "logs/figures/monte_carlo.log",
    localrule: True
    conda:
        "../../environment.yml"
    resources:
        **request(),
    params:
        titles=panel_titles(compared(optimized()["figure3"])),
        methods=dict.fromkeys(compared(optimized()["figure3"]), ["NGD", "EFGD"]),
    script:
        "../scripts/monte_carlo_figure.py"
