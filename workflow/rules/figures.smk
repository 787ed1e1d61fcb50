rule figure1:
    input:
        code("figures", "tables"),
        data=rules.vector_field.input.data,
        fit=rules.vector_field.output.fit,
        field=rules.vector_field.output.field,
        contours=rules.vector_field.output.contours,
        trajectories=rules.vector_field.output.trajectories,
    output:
        report(
            "figures/figure1_vector_fields.png",
            caption="../report/figure1.rst",
            category="Figures",
            labels={"figure": "1", "shows": "vector fields"},
        ),
        "figures/figure1_vector_fields.pdf",
    log:
        "logs/figures/figure1.log",
    conda:
        "../../environment.yml"
    script:
        "../scripts/figure1.py"


rule figure2:
    input:
        code("figures", "tables"),
        data=problem_data("logistic"),
        summary="results/misspecification/logistic.csv",
        ellipses="results/misspecification/logistic_ellipses.csv",
        contours="results/misspecification/logistic_contours.csv",
    output:
        report(
            "figures/figure2_misspecification.png",
            caption="../report/figure2.rst",
            category="Figures",
            labels={"figure": "2", "shows": "misspecification"},
        ),
        "figures/figure2_misspecification.pdf",
    log:
        "logs/figures/figure2.log",
    conda:
        "../../environment.yml"
    params:
        titles=problem_titles("logistic"),
    script:
        "../scripts/figure2.py"


rule figure3:
    input:
        code("figures", "tables"),
        traces=expand(
            "results/traces/{dataset}/{method}.csv",
            dataset=config["optimization"]["datasets"],
            method=config["optimization"]["methods"],
        ),
    output:
        report(
            "figures/figure3_optimization.png",
            caption="../report/figure3.rst",
            category="Figures",
            labels={"figure": "3", "shows": "optimisation"},
        ),
        "figures/figure3_optimization.pdf",
    log:
        "logs/figures/figure3.log",
    conda:
        "../../environment.yml"
    params:
        datasets=config["optimization"]["datasets"],
        methods=config["optimization"]["methods"],
    script:
        "../scripts/figure3.py"


rule sensitivity_figure:
    input:
        code("figures", "tables"),
        grids=expand(
            "results/grid/{dataset}/{method}.csv",
            dataset=config["optimization"]["datasets"],
            method=damped_methods(),
        ),
        hyperparameters="results/hyperparameters.csv",
        traces=expand(
            "results/traces/{dataset}/{method}.csv",
            dataset=config["optimization"]["datasets"],
            method=config["optimization"]["methods"][0],
        ),
    output:
        report(
            "figures/sensitivity.png",
            caption="../report/sensitivity.rst",
            category="Figures",
            labels={"figure": "sensitivity", "shows": "final loss over the grid"},
        ),
        "figures/sensitivity.pdf",
    log:
        "logs/figures/sensitivity.log",
    conda:
        "../../environment.yml"
    params:
        datasets=config["optimization"]["datasets"],
        methods=damped_methods(),
    script:
        "../scripts/sensitivity_figure.py"
