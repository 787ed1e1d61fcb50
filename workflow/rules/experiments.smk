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
    resources:
        **request(),
    params:
        settings=config["vector_field"],
    script:
        "../scripts/vector_field.py"


# Figures 2 and 4: Fisher, empirical Fisher and Hessian at the minimum.
rule misspecification:
    input:
        code("misspecification", "datasets", "tables"),
        data=lambda wildcards: problem_data(wildcards.family),
        record=lambda wildcards: problem_data(wildcards.family, "yaml"),
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
        settings=misspecified,
    script:
        "../scripts/misspecification.py"


scattergather:
    grid=config["optimization"]["shards"],


# Figures 3 and 5, first step: the grid of step sizes and dampings, every so many cells in one job.
rule shard:
    input:
        code("cost", "search", "datasets", "tables"),
        data="data/{dataset}.csv",
        record="data/{dataset}.yaml",
    output:
        temp("results/grid/{dataset}/{method}/{scatteritem}.csv"),
    log:
        "logs/grid/{dataset}/{method}/{scatteritem}.log",
    conda:
        "../../environment.yml"
    resources:
        **request(cells=shard_cells),
    params:
        model=lambda wildcards: linear_model(wildcards.dataset),
        schedule=schedule,
        axes=grid_axes,
        mode=config["optimization"]["search"],
    script:
        "../scripts/shard.py"


# Second step: the whole grid, its best cell by the tie rule, and the run of that cell.
rule trace:
    input:
        code("search", "datasets", "tables"),
        data="data/{dataset}.csv",
        record="data/{dataset}.yaml",
        shards=gather.grid("results/grid/{{dataset}}/{{method}}/{scatteritem}.csv"),
    output:
        grid="results/grid/{dataset}/{method}.csv",
        cell="results/best/{dataset}/{method}.csv",
        trace="results/traces/{dataset}/{method}.csv",
    log:
        "logs/traces/{dataset}/{method}.log",
    conda:
        "../../environment.yml"
    resources:
        **request(cells=shard_cells),
    params:
        model=lambda wildcards: linear_model(wildcards.dataset),
        schedule=schedule,
    script:
        "../scripts/trace.py"


# Third step: the best cells of all data sets and methods in one table, and what becomes of them if
# the rows of the data are in another order.
rule hyperparameters:
    input:
        code("robustness", "tables"),
        cells=optimization_files("best", methods_by(optimized_datasets())),
        orders=expand("results/robustness/row_orders/{dataset}.csv", dataset=reordered()),
    output:
        table="results/hyperparameters.csv",
        orders="results/robustness/row_orders.csv",
    log:
        "logs/hyperparameters.log",
    localrule: True
    conda:
        "../../environment.yml"
    resources:
        **request(),
    script:
        "../scripts/hyperparameters.py"


# How large the good part of each grid is.
rule sensitivity:
    input:
        code("sensitivity", "tables"),
        grids=optimization_files("grid", methods_by(optimized_datasets())),
    output:
        "results/sensitivity.csv",
    log:
        "logs/sensitivity.log",
    localrule: True
    conda:
        "../../environment.yml"
    resources:
        **request(),
    params:
        methods=methods_by(optimized_datasets()),
    script:
        "../scripts/sensitivity.py"


# Figure 6: NGD and EFGD from several starting points.
rule starting_points:
    input:
        code("starting_points", "datasets", "tables"),
        data=f"data/{config['starting_points']['dataset']['name']}.csv",
        record=f"data/{config['starting_points']['dataset']['name']}.yaml",
        cells=optimization_files(
            "best", damped_methods_by([config["starting_points"]["dataset"]["name"]])
        ),
    output:
        line="results/starting_points/line.csv",
        dataset="results/starting_points/dataset.csv",
    log:
        "logs/starting_points.log",
    conda:
        "../../environment.yml"
    resources:
        **request(),
    params:
        settings=config["starting_points"],
        divergence_factor=config["optimization"]["divergence_factor"],
        model=linear_model(config["starting_points"]["dataset"]["name"]),
        methods=damped_methods(config["starting_points"]["dataset"]["name"]),
    script:
        "../scripts/starting_points.py"
