wildcard_constraints:
    method="|".join(config["optimization"]["methods"]),


scattergather:
    grid=config["optimization"]["shards"],


# Figures 3 and 5, first step: the grid of step sizes and dampings, every so many cells in one job.
rule shard:
    input:
        code(
            "experiments.optimization.cost",
            "experiments.recipes",
            "experiments.shared_problems",
            "search",
            "data.datasets",
            "pipeline.tables",
        ),
        own=lambda wildcards: own_code(wildcards.method),
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
        model=lambda wildcards: model_settings(wildcards.dataset),
        recipe=lambda wildcards: recipe(wildcards.method),
        schedule=schedule,
        axes=lambda wildcards: grid_axes(wildcards.method),
        mode=config["optimization"]["search"],
    script:
        "../scripts/shard.py"


# Second step: the whole grid, its best cell by the tie rule, and the run of that cell.
rule trace:
    input:
        code(
            "experiments.recipes",
            "experiments.shared_problems",
            "search",
            "data.datasets",
            "pipeline.tables",
        ),
        own=lambda wildcards: own_code(wildcards.method),
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
        model=lambda wildcards: model_settings(wildcards.dataset),
        recipe=lambda wildcards: recipe(wildcards.method),
        schedule=schedule,
    script:
        "../scripts/trace.py"


# Third step: the best cells of all data sets and methods in one table, and what becomes of them if
# the rows of the data are in another order.
rule hyperparameters:
    input:
        code("robustness.row_orders:hyperparameters"),
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
    params:
        step="robustness.row_orders:hyperparameters",
    script:
        "../scripts/step.py"


# How large the good part of each grid is.
rule sensitivity:
    input:
        code("optimization.sensitivity:summaries"),
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
        step="optimization.sensitivity:summaries",
    script:
        "../scripts/step.py"


# Figure 6: NGD and EFGD from several starting points.
rule starting_points:
    input:
        code("optimization.starting_points:experiment"),
        f"data/{config['starting_points']['dataset']['name']}.yaml",
        data=f"data/{config['starting_points']['dataset']['name']}.csv",
        cells=optimization_files(
            "best",
            {
                config["starting_points"]["dataset"]["name"]: damped_paper_methods(
                    config["starting_points"]["dataset"]["name"]
                )
            },
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
        step="optimization.starting_points:experiment",
        settings=config["starting_points"],
        divergence_factor=config["optimization"]["divergence_factor"],
        model=model_settings(config["starting_points"]["dataset"]["name"]),
        methods=damped_paper_methods(config["starting_points"]["dataset"]["name"]),
    script:
        "../scripts/step.py"


# Controls for Figure 3: the gain of single updates, and lengths that change places.
rule controls:
    input:
        code("optimization.controls:experiment"),
        "data/{dataset}.yaml",
        data="data/{dataset}.csv",
        cells=lambda wildcards: optimization_files("best", paper_methods_by([wildcards.dataset])),
    output:
        updates="results/controls/updates/{dataset}.csv",
        lengths="results/controls/lengths/{dataset}.csv",
    log:
        "logs/controls/{dataset}.log",
    conda:
        "../../environment.yml"
    resources:
        **request(),
    params:
        step="optimization.controls:experiment",
        dataset=lambda wildcards: wildcards.dataset,
        model=lambda wildcards: model_settings(wildcards.dataset),
        iterations=config["optimization"]["iterations"],
        orders=lambda wildcards: (
            order_seeds(wildcards) if wildcards.dataset == "BreastCancer" else []
        ),
    script:
        "../scripts/step.py"


rule figure3:
    input:
        code("optimization.figure:optimization"),
        traces=optimization_files("traces", methods_by(optimized()["figure3"])),
    output:
        report(
            "figures/figure3_optimization.svg",
            caption="../report/figure3.rst",
            category="5. Far from a minimum (§4.3)",
            labels={"figure": "3", "shows": "optimisation"},
        ),
        "figures/figure3_optimization.png",
        "figures/figure3_optimization.pdf",
    log:
        "logs/figures/figure3.log",
    localrule: True
    conda:
        "../../environment.yml"
    resources:
        **request(),
    params:
        step="optimization.figure:optimization",
        titles=panel_titles(optimized()["figure3"]),
        looks=looks(all_of(methods_by(optimized()["figure3"]))),
        cosines=turned(all_of(methods_by(optimized()["figure3"]))),
    script:
        "../scripts/step.py"


use rule figure3 as figure5 with:
    input:
        code("optimization.figure:optimization"),
        traces=optimization_files("traces", methods_by(optimized()["figure5"])),
    output:
        report(
            "figures/figure5_optimization_appendix.svg",
            caption="../report/figure5.rst",
            category="5. Far from a minimum (§4.3)",
            labels={"figure": "5", "shows": "optimisation, further data sets"},
        ),
        "figures/figure5_optimization_appendix.png",
        "figures/figure5_optimization_appendix.pdf",
    log:
        "logs/figures/figure5.log",
    localrule: True
    params:
        step="optimization.figure:optimization",
        titles=panel_titles(optimized()["figure5"]),
        looks=looks(all_of(methods_by(optimized()["figure5"]))),
        cosines=turned(all_of(methods_by(optimized()["figure5"]))),


rule figure6:
    input:
        code("optimization.figure:starting_points"),
        line=rules.starting_points.output.line,
        dataset=rules.starting_points.output.dataset,
    output:
        report(
            "figures/figure6_starting_points.svg",
            caption="../report/figure6.rst",
            category="5. Far from a minimum (§4.3)",
            labels={"figure": "6", "shows": "starting points"},
        ),
        "figures/figure6_starting_points.png",
        "figures/figure6_starting_points.pdf",
    log:
        "logs/figures/figure6.log",
    localrule: True
    conda:
        "../../environment.yml"
    resources:
        **request(),
    params:
        step="optimization.figure:starting_points",
        title=panel_title(config["starting_points"]["dataset"]["name"]),
    script:
        "../scripts/step.py"


rule sensitivity_figure:
    input:
        code("optimization.figure:sensitivity"),
        grids=optimization_files("grid", damped_methods_by(optimized()["figure3"])),
        cells=optimization_files("best", damped_methods_by(optimized()["figure3"])),
        traces=[
            f"results/traces/{dataset}/{methods_of(dataset)[0]}.csv"
            for dataset in damped_methods_by(optimized()["figure3"])
        ],
    output:
        report(
            "figures/sensitivity.svg",
            caption="../report/sensitivity.rst",
            category="5. Far from a minimum (§4.3)",
            labels={"figure": "sensitivity", "shows": "final loss over the grid"},
        ),
        "figures/sensitivity.png",
        "figures/sensitivity.pdf",
    log:
        "logs/figures/sensitivity.log",
    localrule: True
    conda:
        "../../environment.yml"
    resources:
        **request(),
    params:
        step="optimization.figure:sensitivity",
        titles=panel_titles(damped_methods_by(optimized()["figure3"])),
        looks=looks(all_of(damped_methods_by(optimized()["figure3"]))),
    script:
        "../scripts/step.py"
