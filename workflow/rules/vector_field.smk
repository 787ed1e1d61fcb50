# Figure 1: the vector fields and trajectories of least squares.
rule vector_field:
    input:
        code("vector_field.experiment:experiment"),
        data=f"data/{config['vector_field']['dataset']}.csv",
    output:
        fit="results/vector_field/fit.csv",
        field="results/vector_field/field.csv",
        contours="results/vector_field/contours.csv",
        trajectories="results/vector_field/trajectories.csv",
    log:
        "logs/vector_field.log",
    conda:
        "../../environment.yml"
    resources:
        **request(),
    params:
        step="vector_field.experiment:experiment",
        settings=config["vector_field"],
    script:
        "../scripts/step.py"


# Figure 1 on data drawn with other seeds.
rule vector_field_seeds:
    input:
        code("vector_field.experiment:other_seeds"),
    output:
        "results/robustness/figure1_seeds.csv",
    log:
        "logs/vector_field_seeds.log",
    conda:
        "../../environment.yml"
    resources:
        **request(),
    params:
        step="vector_field.experiment:other_seeds",
        source=config["datasets"][config["vector_field"]["dataset"]]["source"]["lognormal_line"],
        seeds=config["robustness"]["seeds"],
        settings=without(config["vector_field"], "contour_points"),
    script:
        "../scripts/step.py"


rule figure1:
    input:
        code("vector_field.figure:vector_fields"),
        data=rules.vector_field.input.data,
        fit=rules.vector_field.output.fit,
        field=rules.vector_field.output.field,
        contours=rules.vector_field.output.contours,
        trajectories=rules.vector_field.output.trajectories,
    output:
        report(
            "figures/figure1_vector_fields.svg",
            caption="../report/figure1.rst",
            category="1. A first look (§1)",
            labels={"figure": "1", "shows": "vector fields"},
        ),
        "figures/figure1_vector_fields.png",
        "figures/figure1_vector_fields.pdf",
    log:
        "logs/figures/figure1.log",
    localrule: True
    conda:
        "../../environment.yml"
    resources:
        **request(),
    params:
        step="vector_field.figure:vector_fields",
    script:
        "../scripts/step.py"
