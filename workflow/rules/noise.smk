# §5: Eqs. 18 and 19 on random problems and data sets.
rule noise_errors:
    input:
        code("noise.experiment:experiment"),
        expand("data/{dataset}.yaml", dataset=config["noise"]["datasets"]),
        data=expand("data/{dataset}.csv", dataset=config["noise"]["datasets"]),
    output:
        identities="results/noise/identities.csv",
        errors="results/noise/errors.csv",
        decreases="results/noise/decreases.csv",
    log:
        "logs/noise/errors.log",
    conda:
        "../../environment.yml"
    resources:
        **request(),
    params:
        step="noise.experiment:experiment",
        settings=without(config["noise"], "descent"),
    script:
        "../scripts/step.py"


# Stochastic descent with the matrices that adapt to noise, and some that do not.
rule noise_descent:
    input:
        code("noise.stochastic:experiment"),
    output:
        choices="results/noise/choices.csv",
        paths="results/noise/paths.csv",
        summary="results/noise/summary.csv",
        trials="results/noise/trials.csv",
    log:
        "logs/noise/descent.log",
    conda:
        "../../environment.yml"
    resources:
        **request(),
    params:
        step="noise.stochastic:experiment",
        seed=config["noise"]["seed"],
        settings=config["noise"]["descent"],
    script:
        "../scripts/step.py"


CLAIMS["noise"] = {**rules.noise_errors.output, "trials": rules.noise_descent.output.trials}


rule noise_figure:
    input:
        code("noise.figure:noise"),
        errors=rules.noise_errors.output.errors,
        paths=rules.noise_descent.output.paths,
    output:
        report(
            "figures/noise.svg",
            caption="../report/noise.rst",
            category="6. Adapting to noise, not curvature (§5)",
            labels={"figure": "noise", "shows": "variance adaptation"},
        ),
        "figures/noise.png",
        "figures/noise.pdf",
    log:
        "logs/figures/noise.log",
    localrule: True
    conda:
        "../../environment.yml"
    resources:
        **request(),
    params:
        step="noise.figure:noise",
    script:
        "../scripts/step.py"
