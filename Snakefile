import atexit
import logging
import os
import shlex
import sys

from snakemake.utils import min_version

min_version("9.27")
if os.name == "nt":
    sys.exit(
        "This runs on Linux, macOS and WSL, not on Windows itself: install WSL and run it there."
    )
sys.path.insert(0, f"{workflow.current_basedir}/src")
# What glibc gives back to the system at once, the next step of a descent asks for again, and each of
# its pages costs time then.
os.environ.setdefault("MALLOC_TRIM_THRESHOLD_", str(2**28))
os.environ.setdefault("MALLOC_MMAP_THRESHOLD_", str(2**25))
# Snakemake hands this path to a shell as it is, so that a space in it would end it.
sys.executable = shlex.quote(sys.executable)


include: "workflow/rules/common.smk"


# The files of the configuration, each with what it says. Reading them names the line of a syntax
# error and finds a key that is there twice, unlike Snakemake's own.
layers = [
    (path, strict_yaml.read_yaml(path))
    for path in (ROOT / "config.yaml", *map(Path, workflow.configfiles))
]


configfile: f"{workflow.current_basedir}/config.yaml"


check(config)


report: "workflow/report/workflow.rst"


include: "workflow/rules/resources.smk"
include: "workflow/rules/data.smk"
include: "workflow/rules/vector_field.smk"
include: "workflow/rules/misspecification.smk"
include: "workflow/rules/optimization.smk"
include: "workflow/rules/paper.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/curvature.smk"
include: "workflow/rules/consistency.smk"
include: "workflow/rules/scaling.smk"
include: "workflow/rules/noise.smk"
include: "workflow/rules/monte_carlo.smk"
include: "workflow/rules/magnitude.smk"
include: "workflow/rules/scorecard.smk"
include: "workflow/rules/note.smk"
include: "workflow/rules/robustness.smk"
include: "workflow/rules/after_2019.smk"
include: "workflow/rules/claims.smk"
include: "workflow/rules/explore.smk"


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
        rules.after_2019_figure.output,
        "results/hyperparameters.csv",
        "results/sensitivity.csv",
        rules.claims.output,


# On a full disk the jobs and `onstart` say so; that logs can't be written either is no news.
logging.raiseExceptions = False


onstart:
    runs.begin(Path.cwd())
    outputs.begin(
        Path.cwd(), [path for job in workflow.dag.needrun_jobs() for path in job.output]
    )


onsuccess:
    outputs.end(Path.cwd())


# Said at the very end, below Snakemake's own last words.
onerror:
    outputs.end(Path.cwd())
    groups = [each.jobs if each.is_group() else [each] for each in workflow.scheduler.failed]
    failed = {job.log[0]: job.rule.name for group in groups for job in group}
    left = len(list(workflow.dag.needrun_jobs()))
    atexit.register(print, failures.summary(failed, left), file=sys.stderr)
