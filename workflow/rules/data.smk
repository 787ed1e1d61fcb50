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
    localrule: True
    conda:
        "../../environment.yml"
    resources:
        **request(),
    params:
        source=lambda wildcards: config["datasets"][wildcards.dataset]["source"],
        expect=lambda wildcards: config["datasets"][wildcards.dataset].get("expect", {}),
    script:
        "../scripts/dataset.py"
