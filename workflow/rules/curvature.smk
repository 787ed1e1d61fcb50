# Proposition 1, Eq. 4 and Eq. 14: matrices that should be equal.
rule curvature_identities:
    input:
        code("experiments.curvature.identities", "pipeline.tables"),
    output:
        "results/curvature/identities.csv",
    log:
        "logs/curvature/identities.log",
    conda:
        "../../environment.yml"
    resources:
        **request(),
    params:
        settings=config["curvature"]["identities"],
    script:
        "../scripts/curvature_identities.py"


# Proposition 2: what the GGN leaves out of the Hessian, and its bound.
rule curvature_remainder:
    input:
        code("experiments.curvature.remainder", "pipeline.tables"),
    output:
        training="results/curvature/remainder_training.csv",
        repeated="results/curvature/remainder_repeated.csv",
    log:
        "logs/curvature/remainder.log",
    conda:
        "../../environment.yml"
    resources:
        **request(),
    params:
        settings=config["curvature"]["remainder"],
    script:
        "../scripts/curvature_remainder.py"


# §4.1: two splits of the loss, their residual gradients, and their GGNs where all data are fitted.
rule curvature_splits:
    input:
        code("experiments.curvature.splits", "pipeline.tables"),
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
        settings=config["curvature"]["splits"],
    script:
        "../scripts/curvature_splits.py"


rule curvature_claims:
    input:
        code("experiments.curvature.claims", "pipeline.ledger", "pipeline.tables"),
        identities=rules.curvature_identities.output[0],
        training=rules.curvature_remainder.output.training,
        repeated=rules.curvature_remainder.output.repeated,
        residuals=rules.curvature_splits.output.residuals,
        memorised=rules.curvature_splits.output.memorised,
    output:
        "results/claims/curvature.csv",
    log:
        "logs/claims/curvature.log",
    localrule: True
    conda:
        "../../environment.yml"
    resources:
        **request(),
    script:
        "../scripts/curvature_claims.py"


rule curvature_remainder_figure:
    input:
        code("experiments.curvature.figure", "pipeline.tables"),
        training=rules.curvature_remainder.output.training,
        repeated=rules.curvature_remainder.output.repeated,
    output:
        report(
            "figures/curvature_remainder.png",
            caption="../report/curvature_remainder.rst",
            category="2. Fisher, Gauss–Newton and Hessian (§3)",
            labels={"figure": "curvature_remainder", "shows": "Proposition 2"},
        ),
        "figures/curvature_remainder.pdf",
    log:
        "logs/figures/curvature_remainder.log",
    localrule: True
    conda:
        "../../environment.yml"
    resources:
        **request(),
    script:
        "../scripts/curvature_remainder_figure.py"


rule curvature_splits_figure:
    input:
        code("experiments.curvature.figure", "pipeline.tables"),
        memorised=rules.curvature_splits.output.memorised,
        residuals=rules.curvature_splits.output.residuals,
    output:
        report(
            "figures/curvature_splits.png",
            caption="../report/curvature_splits.rst",
            category="3. Is the empirical Fisher a Gauss–Newton matrix? (§4.1)",
            labels={"figure": "curvature_splits", "shows": "two splits of the loss"},
        ),
        "figures/curvature_splits.pdf",
    log:
        "logs/figures/curvature_splits.log",
    localrule: True
    conda:
        "../../environment.yml"
    resources:
        **request(),
    script:
        "../scripts/curvature_splits_figure.py"
