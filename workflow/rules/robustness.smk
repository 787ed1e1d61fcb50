# Figure 3 under other choices, one job a data set.
rule robustness:
    input:
        code("robustness", "datasets", "tables"),
        data="data/{dataset}.csv",
        record="data/{dataset}.yaml",
    output:
        "results/robustness/figure3/{dataset}.csv",
    log:
        "logs/robustness/figure3/{dataset}.log",
    conda:
        "../../environment.yml"
    resources:
        **request(cells=robustness_cells),
    params:
        prior_variance=config["optimization"]["prior_variance"],
        axes={name: config["robustness"][name] for name in ("step_sizes", "dampings")},
        clip=config["robustness"]["probability_clip"],
        variants=variants_of,
        methods=lambda wildcards: methods_of(wildcards.dataset),
        schedule=schedule,
    script:
        "../scripts/robustness.py"


# Figure 3's search with the rows of the data in other orders, one job a data set.
rule row_orders:
    input:
        code("robustness", "datasets", "tables"),
        data="data/{dataset}.csv",
        record="data/{dataset}.yaml",
        grids=lambda wildcards: optimization_files("grid", methods_by([wildcards.dataset])),
        cells=lambda wildcards: optimization_files("best", methods_by([wildcards.dataset])),
    output:
        "results/robustness/row_orders/{dataset}.csv",
    log:
        "logs/robustness/row_orders/{dataset}.log",
    conda:
        "../../environment.yml"
    resources:
        **request(cells=row_orders_cells),
    params:
        model=lambda wildcards: linear_model(wildcards.dataset),
        methods=lambda wildcards: methods_of(wildcards.dataset),
        seeds=order_seeds,
        schedule=schedule,
    script:
        "../scripts/row_orders.py"


# Figures 1 and 2 with other seeds.
rule robustness_seeds:
    input:
        code("robustness", "tables"),
    output:
        fields="results/robustness/figure1_seeds.csv",
        distances="results/robustness/figure2_seeds.csv",
    log:
        "logs/robustness/seeds.log",
    conda:
        "../../environment.yml"
    resources:
        **request(),
    params:
        seeds=config["robustness"]["seeds"],
        settings=without(config["vector_field"], "contour_points", "trajectories"),
        line=config["datasets"][config["vector_field"]["dataset"]]["source"]["lognormal_line"],
        classes={
            name: config["datasets"][problem["dataset"]]["source"]["gaussian_classes"]
            for name, problem in config["misspecification"]["logistic"]["problems"].items()
        },
        model={
            name: config["misspecification"]["logistic"][name]
            for name in ("bias", "prior_variance")
        },
    script:
        "../scripts/robustness_seeds.py"


rule robustness_claims:
    input:
        code("claims_robustness", "ledger", "tables"),
        searches=expand(
            "results/robustness/figure3/{dataset}.csv",
            dataset=dict.fromkeys(sum(config["robustness"]["variants"].values(), [])),
        ),
        fields=rules.robustness_seeds.output.fields,
        distances=rules.robustness_seeds.output.distances,
    output:
        searches="results/robustness/figure3.csv",
        claims="results/claims/robustness.csv",
    log:
        "logs/claims/robustness.log",
    localrule: True
    conda:
        "../../environment.yml"
    resources:
        **request(),
    script:
        "../scripts/robustness_claims.py"
