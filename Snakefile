import sys

from snakemake.utils import min_version

min_version("9.27")
sys.path.insert(0, f"{workflow.basedir}/src")


include: "workflow/rules/common.smk"


# Names the line of a syntax error, which Snakemake's own reading does not.
configuration.read_yaml(ROOT / "config.yaml")


configfile: f"{workflow.basedir}/config.yaml"


check(config)


include: "workflow/rules/data.smk"
include: "workflow/rules/experiments.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/curvature.smk"
include: "workflow/rules/consistency.smk"
include: "workflow/rules/scaling.smk"
include: "workflow/rules/note.smk"
include: "workflow/rules/robustness.smk"
include: "workflow/rules/claims.smk"


rule all:
    default_target: True
    input:
        rules.figure1.output,
        rules.figure2.output,
        rules.figure3.output,
        rules.sensitivity_figure.output,
        rules.curvature_remainder_figure.output,
        rules.curvature_splits_figure.output,
        "results/hyperparameters.csv",
        "results/sensitivity.csv",
        rules.consistency_figure.output,
        rules.scaling_figure.output,
        expand("results/claims/{topic}.csv", topic=TOPICS),
        rules.note_figure.output,
