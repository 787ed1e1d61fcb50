EXPLORED = ("datasets", "methods", "vector_field", "misspecification", "optimization", "note")
STILLS = {
    "vector_field": ["figures/figure1_vector_fields.png"],
    "misspecification": ["figures/figure2_misspecification.png"],
    "optimization": ["figures/figure3_optimization.png", "figures/sensitivity.png"],
    "note": ["figures/note.png"],
}


# The page to play with. It computes what a reader asks for by itself, in a browser.
rule explore:
    input:
        code("data.datasets", "experiments.note.draws", "pipeline.style", "pipeline.tables"),
        sorted(map(str, (ROOT / "workflow/report/explorable").glob("*.*"))),
        expand("data/{dataset}.yaml", dataset=optimized_datasets()),
        [still for stills in STILLS.values() for still in stills],
        data=expand("data/{dataset}.csv", dataset=optimized_datasets()),
        grids=optimization_files("grid", methods_by(optimized_datasets())),
        cells=optimization_files("best", methods_by(optimized_datasets())),
        traces=optimization_files("traces", methods_by(optimized_datasets())),
        claims=expand("results/claims/{topic}.csv", topic=["figures", "note"]),
    output:
        "results/explore.html",
    log:
        "logs/explore.log",
    localrule: True
    conda:
        "../../environment.yml"
    resources:
        **request(),
    params:
        settings={section: config[section] for section in EXPLORED},
        stills=STILLS,
    script:
        "../scripts/explore.py"
