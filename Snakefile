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
include: "workflow/rules/noise.smk"
include: "workflow/rules/monte_carlo.smk"
include: "workflow/rules/magnitude.smk"


rule all:
    default_target: True
    input:
        rules.figure1.output,
        rules.figure2.output,
        rules.figure3.output,
        rules.sensitivity_figure.output,
        "results/hyperparameters.csv",
        "results/sensitivity.csv",
        rules.noise_claims.output,
        rules.noise_figure.output,
        rules.monte_carlo_claims.output,
        rules.monte_carlo_figure.output,
        rules.magnitude.output,
        rules.magnitude_figure.output,
