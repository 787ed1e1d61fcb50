# The topics that write claims, in the order of the ledger. The rules of a topic write its tables to
# results/<topic>/ (`figures` reads those of the six figures) and its rows of the ledger to
# results/claims/<topic>.csv.
TOPICS = [
    "figures",
    "curvature",
    "consistency",
    "scaling",
    "noise",
    "monte_carlo",
    "magnitude",
    "note",
    "robustness",
]


# The ledger of all topics, as a table and to read.
rule claims:
    input:
        code("pipeline.ledger", "pipeline.tables"),
        topics=expand("results/claims/{topic}.csv", topic=TOPICS),
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
