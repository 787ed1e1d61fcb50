# The note: its constrained problem, the examples' reductions and the invariance.
rule note:
    input:
        code("experiments.note.experiment", "pipeline.tables"),
    output:
        conditions="results/note/conditions.csv",
        comparison="results/note/comparison.csv",
        reductions="results/note/reductions.csv",
        reparametrization="results/note/reparametrization.csv",
    log:
        "logs/note/note.log",
    conda:
        "../../environment.yml"
    resources:
        **request(),
    params:
        settings=without(config["note"], "contamination"),
    script:
        "../scripts/note.py"


# The note's closing question: training on wrong targets.
rule note_contamination:
    input:
        code("experiments.note.contamination", "pipeline.tables"),
    output:
        trials="results/note/contamination_trials.csv",
        contrasts="results/note/contamination.csv",
    log:
        "logs/note/contamination.log",
    conda:
        "../../environment.yml"
    resources:
        **request(),
    params:
        settings=config["note"]["contamination"],
    script:
        "../scripts/note_contamination.py"


rule note_claims:
    input:
        code("experiments.note.claims", "pipeline.ledger", "pipeline.tables"),
        **rules.note.output,
        contrasts=rules.note_contamination.output.contrasts,
    output:
        "results/claims/note.csv",
    log:
        "logs/claims/note.log",
    localrule: True
    conda:
        "../../environment.yml"
    resources:
        **request(),
    script:
        "../scripts/note_claims.py"


rule note_figure:
    input:
        code("experiments.note.figure", "pipeline.tables"),
        **rules.note.output,
        trials=rules.note_contamination.output.trials,
    output:
        report(
            "figures/note.png",
            caption="../report/note.rst",
            category="8. The note. What its update does solve",
            labels={"figure": "note", "shows": "what the empirical Fisher's update solves"},
        ),
        "figures/note.pdf",
    log:
        "logs/figures/note.log",
    localrule: True
    conda:
        "../../environment.yml"
    resources:
        **request(),
    script:
        "../scripts/note_figure.py"
