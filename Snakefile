import sys

from snakemake.utils import min_version

min_version("9.27")
sys.path.insert(0, f"{workflow.basedir}/src")


include: "workflow/rules/common.smk"


configfile: f"{workflow.basedir}/config.yaml"


check(config)


include: "workflow/rules/data.smk"
include: "workflow/rules/experiments.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/figure_claims.smk"


rule all:
    default_target: True
    input:
        rules.paper.input,
        rules.sensitivity_figure.output,
        "results/hyperparameters.csv",
        "results/sensitivity.csv",
        rules.figure_claims.output,
