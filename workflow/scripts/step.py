"""Run one step of a topic: see empirical_fisher.pipeline.step."""

from empirical_fisher.pipeline import step
from job import logged

parameters = dict(snakemake.params.items())
name = parameters.pop("step")
parameters |= parameters.pop("arguments", {})
with logged(snakemake.log[0], " ".join([snakemake.rule, *snakemake.wildcards])):
    outputs = dict(snakemake.output.items()) or dict(enumerate(snakemake.output))
    step.run(name, dict(snakemake.input.items()), outputs, parameters)
