# §5: Eqs. 18 and 19 on random problems and data sets.
rule noise_errors:
    input:
        code("experiments.noise.experiment", "data.datasets", "pipeline.tables"),
        data=expand("data/{dataset}.csv", dataset=config["noise"]["datasets"]),
        record=expand("data/{dataset}.yaml", dataset=config["noise"]["datasets"]),
    output:
        identities="results/noise/identities.csv",
        errors="results/noise/errors.csv",
    log:
        "logs/noise/errors.log",
    conda:
        "../../environment.yml"
    resources:
        **request(),
    params:
        settings=without(config["noise"], "descent"),
    script:
        "../scripts/noise_errors.py"


# Stochastic descent with the matrices that adapt to noise, and some that do not.
rule noise_descent:
    input:
        code("experiments.noise.stochastic", "experiments.drawn_problems", "pipeline.tables"),
    output:
        choices="results/noise/choices.csv",
        paths="results/noise/paths.csv",
        summary="results/noise/summary.csv",
    log:
        "logs/noise/descent.log",
    conda:
        "../../environment.yml"
    resources:
        **request(),
    params:
        seed=config["noise"]["seed"],
        settings=config["noise"]["descent"],
    script:
        "../scripts/noise_descent.py"


rule noise_claims:
    input:
        code("experiments.noise.claims", "pipeline.ledger", "pipeline.tables"),
        identities=rules.noise_errors.output.identities,
        errors=rules.noise_errors.output.errors,
        paths=rules.noise_descent.output.paths,
    output:
        "results/claims/noise.csv",
    log:
        "logs/claims/noise.log",
    localrule: True
    conda:
        "../../environment.yml"
    resources:
        **request(),
    script:
        "../scripts/noise_claims.py"


rule noise_figure:
    input:
        code("experiments.noise.figure", "pipeline.tables"),
        errors=rules.noise_errors.output.errors,
        paths=rules.noise_descent.output.paths,
    output:
        report(
            "figures/noise.png",
            caption="../report/noise.rst",
            category="6. Adapting to noise, not curvature (§5)",
            labels={"figure": "noise", "shows": "variance adaptation"},
        ),
        "figures/noise.pdf",
    log:
        "logs/figures/noise.log",
    localrule: True
    conda:
        "../../environment.yml"
    resources:
        **request(),
    script:
        "../scripts/noise_figure.py"
