# Figures 2 and 4: Fisher, empirical Fisher and Hessian at the minimum.
rule misspecification:
    input:
        code("misspecification.experiment:experiment"),
        lambda wildcards: problem_data(wildcards.family, "yaml"),
        data=lambda wildcards: problem_data(wildcards.family),
    output:
        summary="results/misspecification/{family}.csv",
        ellipses="results/misspecification/{family}_ellipses.csv",
        contours="results/misspecification/{family}_contours.csv",
    log:
        "logs/misspecification/{family}.log",
    wildcard_constraints:
        family="|".join(config["misspecification"]),
    conda:
        "../../environment.yml"
    resources:
        **request(),
    params:
        step="misspecification.experiment:experiment",
        settings=misspecified,
    script:
        "../scripts/step.py"


# Figures 2 and 4 on data drawn with other seeds.
rule misspecification_seeds:
    input:
        code("misspecification.experiment:other_seeds"),
    output:
        "results/misspecification/{family}_seeds.csv",
    log:
        "logs/misspecification/{family}_seeds.log",
    wildcard_constraints:
        family="|".join(config["misspecification"]),
    conda:
        "../../environment.yml"
    resources:
        **request(),
    params:
        step="misspecification.experiment:other_seeds",
        sources=lambda wildcards: {
            name: config["datasets"][problem["dataset"]]["source"]
            for name, problem in config["misspecification"][wildcards.family]["problems"].items()
        },
        seeds=config["robustness"]["seeds"],
        bias=lambda wildcards: config["misspecification"][wildcards.family]["bias"],
        prior_variance=lambda wildcards: config["misspecification"][wildcards.family][
            "prior_variance"
        ],
    script:
        "../scripts/step.py"


rule figure2:
    input:
        code("misspecification.figure:misspecification"),
        data=problem_data("logistic"),
        summary="results/misspecification/logistic.csv",
        ellipses="results/misspecification/logistic_ellipses.csv",
        contours="results/misspecification/logistic_contours.csv",
    output:
        report(
            "figures/figure2_misspecification.svg",
            caption="../report/figure2.rst",
            category="4. Near a minimum (§4.2)",
            labels={"figure": "2", "shows": "misspecification"},
        ),
        "figures/figure2_misspecification.png",
        "figures/figure2_misspecification.pdf",
    log:
        "logs/figures/figure2.log",
    localrule: True
    conda:
        "../../environment.yml"
    resources:
        **request(),
    params:
        step="misspecification.figure:misspecification",
        problems=panels("logistic"),
    script:
        "../scripts/step.py"


use rule figure2 as figure4 with:
    input:
        code("misspecification.figure:misspecification"),
        data=problem_data("linear"),
        summary="results/misspecification/linear.csv",
        ellipses="results/misspecification/linear_ellipses.csv",
        contours="results/misspecification/linear_contours.csv",
    output:
        report(
            "figures/figure4_misspecification_linear.svg",
            caption="../report/figure4.rst",
            category="4. Near a minimum (§4.2)",
            labels={"figure": "4", "shows": "misspecification, linear regression"},
        ),
        "figures/figure4_misspecification_linear.png",
        "figures/figure4_misspecification_linear.pdf",
    log:
        "logs/figures/figure4.log",
    localrule: True
    params:
        step="misspecification.figure:misspecification",
        problems=panels("linear"),
