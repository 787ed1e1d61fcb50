import sys

from snakemake.utils import min_version

min_version("9.27")
sys.path.insert(0, f"{workflow.basedir}/src")


include: "workflow/rules/common.smk"


# Names the line of a syntax error, which Snakemake's own reading does not.
configuration.read_yaml(ROOT / "config.yaml")


configfile: f"{workflow.basedir}/config.yaml"


check(config)


include: "workflow/rules/resources.smk"
include: "workflow/rules/data.smk"
include: "workflow/rules/experiments.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/curvature.smk"
include: "workflow/rules/consistency.smk"
include: "workflow/rules/scaling.smk"
include: "workflow/rules/noise.smk"
include: "workflow/rules/monte_carlo.smk"
include: "workflow/rules/magnitude.smk"
include: "workflow/rules/note.smk"
include: "workflow/rules/robustness.smk"
include: "workflow/rules/figure_claims.smk"
include: "workflow/rules/claims.smk"


rule all:
    default_target: True
    input:
        rules.paper.input,
        rules.sensitivity_figure.output,
        rules.curvature_remainder_figure.output,
        rules.curvature_splits_figure.output,
        rules.consistency_figure.output,
        rules.scaling_figure.output,
        rules.noise_figure.output,
        rules.monte_carlo_figure.output,
        rules.magnitude_figure.output,
        rules.note_figure.output,
        "results/hyperparameters.csv",
        "results/sensitivity.csv",
        rules.claims.output,
