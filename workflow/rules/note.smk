# The note: its constrained problem, the examples' reductions and the invariance.
rule note:
    input:
        code("note.experiment:measure"),
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
        step="note.experiment:measure",
        settings=without(config["note"], "contamination"),
    script:
        "../scripts/step.py"


# The note's closing question: training on wrong targets.
rule note_contamination:
    input:
        code("note.contamination:experiment"),
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
        step="note.contamination:experiment",
        settings=config["note"]["contamination"],
    script:
        "../scripts/step.py"


CLAIMS["note"] = {**rules.note.output, "contrasts": rules.note_contamination.output.contrasts}


rule note_figure:
    input:
        code("note.figure:note"),
        **rules.note.output,
        trials=rules.note_contamination.output.trials,
    output:
        report(
            "figures/note.svg",
            caption="../report/note.rst",
            category="8. The note. What its update does solve",
            labels={"figure": "note", "shows": "what the empirical Fisher's update solves"},
        ),
        "figures/note.png",
        "figures/note.pdf",
    log:
        "logs/figures/note.log",
    localrule: True
    conda:
        "../../environment.yml"
    resources:
        **request(),
    params:
        step="note.figure:note",
    script:
        "../scripts/step.py"
