# Figure 3 under other choices, one job per data set.
rule robustness:
    input:
        code("robustness.experiment:figure3"),
        "data/{dataset}.yaml",
        data="data/{dataset}.csv",
    output:
        "results/robustness/figure3/{dataset}.csv",
    log:
        "logs/robustness/figure3/{dataset}.log",
    conda:
        "../../environment.yml"
    resources:
        **request(cells=robustness_cells),
    params:
        step="robustness.experiment:figure3",
        dataset=lambda wildcards: wildcards.dataset,
        prior_variance=config["optimization"]["prior_variance"],
        axes={name: config["robustness"][name] for name in ("step_sizes", "dampings")},
        clip=config["robustness"]["probability_clip"],
        variants=variants_of,
        methods=lambda wildcards: paper_methods_of(wildcards.dataset),
        schedule=schedule,
    script:
        "../scripts/step.py"


# All data sets together.
rule robustness_together:
    input:
        code("robustness.experiment:together"),
        searches=expand(
            "results/robustness/figure3/{dataset}.csv",
            dataset=dict.fromkeys(sum(config["robustness"]["variants"].values(), [])),
        ),
    output:
        "results/robustness/figure3.csv",
    log:
        "logs/robustness/figure3.log",
    localrule: True
    conda:
        "../../environment.yml"
    resources:
        **request(),
    params:
        step="robustness.experiment:together",
    script:
        "../scripts/step.py"


# Figure 3's search with the rows of the data in other orders, one job per data set.
rule row_orders:
    input:
        code("robustness.row_orders:experiment"),
        "data/{dataset}.yaml",
        data="data/{dataset}.csv",
        grids=lambda wildcards: optimization_files("grid", paper_methods_by([wildcards.dataset])),
        cells=lambda wildcards: optimization_files("best", paper_methods_by([wildcards.dataset])),
    output:
        orders="results/robustness/row_orders/{dataset}.csv",
        ties="results/robustness/ties/{dataset}.csv",
    log:
        "logs/robustness/row_orders/{dataset}.log",
    conda:
        "../../environment.yml"
    resources:
        **request(cells=row_orders_cells),
    params:
        step="robustness.row_orders:experiment",
        model=lambda wildcards: model_settings(wildcards.dataset),
        dataset=lambda wildcards: wildcards.dataset,
        seeds=order_seeds,
        schedule=schedule,
    script:
        "../scripts/step.py"


# The same for the best cells alone, where a search would take too long.
rule winner_orders:
    input:
        code("robustness.row_orders:winners"),
        "data/{dataset}.yaml",
        data="data/{dataset}.csv",
        cells=lambda wildcards: optimization_files("best", {wildcards.dataset: ["NGD", "EFGD"]}),
    output:
        "results/robustness/winner_orders/{dataset}.csv",
    log:
        "logs/robustness/winner_orders/{dataset}.log",
    conda:
        "../../environment.yml"
    resources:
        **request(),
    params:
        step="robustness.row_orders:winners",
        model=lambda wildcards: model_settings(wildcards.dataset),
        dataset=lambda wildcards: wildcards.dataset,
        seeds=lambda wildcards: order_seeds(wildcards, "winners"),
        schedule=schedule,
    script:
        "../scripts/step.py"


CLAIMS["robustness"] = {
    "searches": rules.robustness_together.output[0],
    "fields": rules.vector_field_seeds.output[0],
}
