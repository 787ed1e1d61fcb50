# The claims of a topic, from its tables.
rule topic_claims:
    input:
        lambda wildcards: code(f"{wildcards.topic}.claims:claims"),
        unpack(lambda wildcards: CLAIMS[wildcards.topic]),
    output:
        "results/claims/{topic}.csv",
    log:
        "logs/claims/{topic}.log",
    localrule: True
    conda:
        "../../environment.yml"
    resources:
        **request(),
    params:
        step=lambda wildcards: f"{wildcards.topic}.claims:claims",
        arguments=lambda wildcards: ARGUMENTS.get(wildcards.topic, {}),
    script:
        "../scripts/step.py"


# The ledger of all topics, as a table and to read.
rule claims:
    input:
        code("pipeline.ledger", "pipeline.tables"),
        topics=expand("results/claims/{topic}.csv", topic=CLAIMS),
    output:
        csv="results/claims.csv",
        markdown="results/claims.md",
    log:
        "logs/claims.log",
    localrule: True
    conda:
        "../../environment.yml"
    resources:
        **request(),
    script:
        "../scripts/claims.py"
