wildcard_constraints:
    method="|".join(config["optimization"]["methods"]),


# Figure 1: the vector fields and trajectories of least squares.
rule vector_field:
    input:
        code("vector_field", "tables"),
        data=f"data/{config['vector_field']['dataset']}.csv",
    output:
        fit="results/vector_field/fit.csv",
        field="results/vector_field/field.csv",
        contours="results/vector_field/contours.csv",
        trajectories="results/vector_field/trajectories.csv",
    log:
        "logs/vector_field.log",
    conda:
        "../../environment.yml"
    params:
        settings=config["vector_field"],
    script:
        "../scripts/vector_field.py"


# Figure 2: Fisher, empirical Fisher and Hessian at the minimum.
rule misspecification:
    input:
        code("misspecification", "datasets", "tables"),
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
    params:
        settings=lambda wildcards: config["misspecification"][wildcards.family],
        tasks=lambda wildcards: problem_tasks(wildcards.family),
    script:
        "../scripts/misspecification.py"


# Figure 3, first step: every cell of the grid of step sizes and dampings.
rule grid:
    input:
        code("search", "datasets", "tables"),
        data="data/{dataset}.csv",
    output:
        "results/grid/{dataset}/{method}.csv",
    log:
        "logs/grid/{dataset}/{method}.log",
    conda:
        "../../environment.yml"
    params:
        model=linear_model,
        schedule=schedule,
        axes=grid_axes,
    script:
        "../scripts/grid.py"


# Second step: the best cell, by the tie rule, and the run of that cell.
rule trace:
    input:
        code("search", "datasets", "tables"),
        data="data/{dataset}.csv",
        grid="results/grid/{dataset}/{method}.csv",
    output:
        cell="results/best/{dataset}/{method}.csv",
        trace="results/traces/{dataset}/{method}.csv",
    log:
        "logs/traces/{dataset}/{method}.log",
    conda:
        "../../environment.yml"
    params:
        model=linear_model,
        schedule=schedule,
    script:
        "../scripts/trace.py"


# Third step: the best cells of all data sets and methods in one table.
rule hyperparameters:
    input:
        code("tables"),
        cells=expand(
            "results/best/{dataset}/{method}.csv",
            dataset=config["optimization"]["datasets"],
            method=config["optimization"]["methods"],
        ),
    output:
        "results/hyperparameters.csv",
    log:
        "logs/hyperparameters.log",
    conda:
        "../../environment.yml"
    script:
        "../scripts/hyperparameters.py"
