rule figure1:
    input:
        code("experiments.optimization.figure", "pipeline.tables"),
        data=rules.vector_field.input.data,
        fit=rules.vector_field.output.fit,
        field=rules.vector_field.output.field,
        contours=rules.vector_field.output.contours,
        trajectories=rules.vector_field.output.trajectories,
    output:
        report(
            "figures/figure1_vector_fields.png",
            caption="../report/figure1.rst",
            category="1. A first look (§1)",
            labels={"figure": "1", "shows": "vector fields"},
        ),
        "figures/figure1_vector_fields.pdf",
    log:
        "logs/figures/figure1.log",
    localrule: True
    conda:
        "../../environment.yml"
    resources:
        **request(),
    script:
        "../scripts/figure1.py"


rule figure2:
    input:
        code("experiments.optimization.figure", "pipeline.tables"),
        data=problem_data("logistic"),
        summary="results/misspecification/logistic.csv",
        ellipses="results/misspecification/logistic_ellipses.csv",
        contours="results/misspecification/logistic_contours.csv",
    output:
        report(
            "figures/figure2_misspecification.png",
            caption="../report/figure2.rst",
            category="4. Near a minimum (§4.2)",
            labels={"figure": "2", "shows": "misspecification"},
        ),
        "figures/figure2_misspecification.pdf",
    log:
        "logs/figures/figure2.log",
    localrule: True
    conda:
        "../../environment.yml"
    resources:
        **request(),
    params:
        titles=problem_titles("logistic"),
    script:
        "../scripts/misspecification_figure.py"


rule figure3:
    input:
        code("experiments.optimization.figure", "pipeline.tables"),
        traces=optimization_files("traces", methods_by(optimized()["figure3"])),
    output:
        report(
            "figures/figure3_optimization.png",
            caption="../report/figure3.rst",
            category="5. Far from a minimum (§4.3)",
            labels={"figure": "3", "shows": "optimisation"},
        ),
        "figures/figure3_optimization.pdf",
    log:
        "logs/figures/figure3.log",
    localrule: True
    conda:
        "../../environment.yml"
    resources:
        **request(),
    params:
        titles=panel_titles(optimized()["figure3"]),
        methods=methods_by(optimized()["figure3"]),
    script:
        "../scripts/optimization_figure.py"


use rule figure2 as figure4 with:
    input:
        code("experiments.optimization.figure", "pipeline.tables"),
        data=problem_data("linear"),
        summary="results/misspecification/linear.csv",
        ellipses="results/misspecification/linear_ellipses.csv",
        contours="results/misspecification/linear_contours.csv",
    output:
        report(
            "figures/figure4_misspecification_linear.png",
            caption="../report/figure4.rst",
            category="4. Near a minimum (§4.2)",
            labels={"figure": "4", "shows": "misspecification, linear regression"},
        ),
        "figures/figure4_misspecification_linear.pdf",
    log:
        "logs/figures/figure4.log",
    localrule: True
    params:
        titles=problem_titles("linear"),


use rule figure3 as figure5 with:
    input:
        code("experiments.optimization.figure", "pipeline.tables"),
        traces=optimization_files("traces", methods_by(optimized()["figure5"])),
    output:
        report(
            "figures/figure5_optimization_appendix.png",
            caption="../report/figure5.rst",
            category="5. Far from a minimum (§4.3)",
            labels={"figure": "5", "shows": "optimisation, further data sets"},
        ),
        "figures/figure5_optimization_appendix.pdf",
    log:
        "logs/figures/figure5.log",
    localrule: True
    params:
        titles=panel_titles(optimized()["figure5"]),
        methods=methods_by(optimized()["figure5"]),


rule figure6:
    input:
        code("experiments.optimization.figure", "pipeline.tables"),
        line=rules.starting_points.output.line,
        dataset=rules.starting_points.output.dataset,
    output:
        report(
            "figures/figure6_starting_points.png",
            caption="../report/figure6.rst",
            category="5. Far from a minimum (§4.3)",
            labels={"figure": "6", "shows": "starting points"},
        ),
        "figures/figure6_starting_points.pdf",
    log:
        "logs/figures/figure6.log",
    localrule: True
    conda:
        "../../environment.yml"
    resources:
        **request(),
    params:
        title=panel_title(config["starting_points"]["dataset"]["name"]),
    script:
        "../scripts/figure6.py"


# The paper's figures.
rule paper:
    input:
        rules.figure1.output,
        rules.figure2.output,
        rules.figure3.output,
        rules.figure4.output,
        rules.figure5.output,
        rules.figure6.output,


rule sensitivity_figure:
    input:
        code("experiments.optimization.figure", "pipeline.tables"),
        grids=optimization_files("grid", damped_methods_by(optimized()["figure3"])),
        cells=optimization_files("best", damped_methods_by(optimized()["figure3"])),
        traces=[
            f"results/traces/{dataset}/{methods_of(dataset)[0]}.csv"
            for dataset in damped_methods_by(optimized()["figure3"])
        ],
    output:
        report(
            "figures/sensitivity.png",
            caption="../report/sensitivity.rst",
            category="5. Far from a minimum (§4.3)",
            labels={"figure": "sensitivity", "shows": "final loss over the grid"},
        ),
        "figures/sensitivity.pdf",
    log:
        "logs/figures/sensitivity.log",
    localrule: True
    conda:
        "../../environment.yml"
    resources:
        **request(),
    params:
        titles=panel_titles(damped_methods_by(optimized()["figure3"])),
        methods=damped_methods_by(optimized()["figure3"]),
    script:
        "../scripts/sensitivity_figure.py"
