# Proposition 1, Eq. 4 and Eq. 14: matrices that should be equal.
rule curvature_identities:
    input:
        code("curvature.identities:experiment"),
    output:
        "results/curvature/identities.csv",
    log:
        "logs/curvature/identities.log",
    conda:
        "../../environment.yml"
    resources:
        **request(),
    params:
        **config["curvature"]["identities"],
        step="curvature.identities:experiment",
    script:
        "../scripts/step.py"


# Proposition 2: what the GGN leaves out of the Hessian, and its bound.
rule curvature_remainder:
    input:
        code("curvature.remainder:experiment"),
    output:
        training="results/curvature/remainder_training.csv",
        repeated="results/curvature/remainder_repeated.csv",
        trials="results/curvature/remainder_trials.csv",
    log:
        "logs/curvature/remainder.log",
    conda:
        "../../environment.yml"
    resources:
        **request(),
    params:
        step="curvature.remainder:experiment",
        settings=config["curvature"]["remainder"],
    script:
        "../scripts/step.py"


# §4.1: two splits of the loss, their residual gradients, and their GGNs where all data are fitted.
rule curvature_splits:
    input:
        code("curvature.splits:experiment"),
    output:
        residuals="results/curvature/residual_gradients.csv",
        memorised="results/curvature/memorised.csv",
    log:
        "logs/curvature/splits.log",
    conda:
        "../../environment.yml"
    resources:
        **request(),
    params:
        **config["curvature"]["splits"],
        step="curvature.splits:experiment",
    script:
        "../scripts/step.py"


CLAIMS["curvature"] = {
    "identities": rules.curvature_identities.output[0],
    "trials": rules.curvature_remainder.output.trials,
    **rules.curvature_splits.output,
}


rule curvature_remainder_figure:
    input:
        code("curvature.figure:remainder"),
        training=rules.curvature_remainder.output.training,
        repeated=rules.curvature_remainder.output.repeated,
    output:
        report(
            "figures/curvature_remainder.svg",
            caption="../report/curvature_remainder.rst",
            category="2. Fisher, Gauss–Newton and Hessian (§3)",
            labels={"figure": "curvature_remainder", "shows": "Proposition 2"},
        ),
        "figures/curvature_remainder.png",
        "figures/curvature_remainder.pdf",
    log:
        "logs/figures/curvature_remainder.log",
    localrule: True
    conda:
        "../../environment.yml"
    resources:
        **request(),
    params:
        step="curvature.figure:remainder",
    script:
        "../scripts/step.py"


rule curvature_splits_figure:
    input:
        code("curvature.figure:splits"),
        memorised=rules.curvature_splits.output.memorised,
        residuals=rules.curvature_splits.output.residuals,
    output:
        report(
            "figures/curvature_splits.svg",
            caption="../report/curvature_splits.rst",
            category="3. Is the empirical Fisher a Gauss–Newton matrix? (§4.1)",
            labels={"figure": "curvature_splits", "shows": "two splits of the loss"},
        ),
        "figures/curvature_splits.png",
        "figures/curvature_splits.pdf",
    log:
        "logs/figures/curvature_splits.log",
    localrule: True
    conda:
        "../../environment.yml"
    resources:
        **request(),
    params:
        step="curvature.figure:splits",
    script:
        "../scripts/step.py"
