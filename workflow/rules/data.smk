wildcard_constraints:
    dataset="|".join(config["datasets"]),


# Every data set as one table, and what is known of it.
rule dataset:
    input:
        local_files,
        code(
            "data.sources.kinds",
            "data.downloads",
            "data.origins",
            "data.preparation",
            "data.datasets",
        ),
    output:
        table="data/{dataset}.csv",
        record="data/{dataset}.yaml",
    log:
        "logs/data/{dataset}.log",
    localrule: True
    conda:
        "../../environment.yml"
    resources:
        **request(),
    params:
        settings=preparation,
        file=source_path,
    script:
        "../scripts/dataset.py"
