wildcard_constraints:
    dataset="|".join(config["datasets"]),


# Every data set, raw, as one table.
rule dataset:
    input:
        snapshot_files,
        code("datasets", "tables"),
    output:
        "data/{dataset}.csv",
    log:
        "logs/data/{dataset}.log",
    conda:
        "../../environment.yml"
    params:
        dataset=lambda wildcards: config["datasets"][wildcards.dataset],
    script:
        "../scripts/dataset.py"
