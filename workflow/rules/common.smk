import copy
import os
from pathlib import Path

from snakemake.utils import update_config

from empirical_fisher.pipeline import (
    configuration,
    conversion,
    failures,
    outputs,
    runs,
    strict_yaml,
)
from empirical_fisher.pipeline.schema import read as read_schema
from empirical_fisher.pipeline.provenance import code_files, module_of

ROOT = Path(str(workflow.current_basedir)).parents[1]

# The methods of the paper, which other topics and the claims rely on.
PAPER = ("GD", "NGD", "EFGD")
LOOK = ("label", "color")

# The tables that the claims of each topic stand on, and what else its claims need to know, by the
# names of the arguments of its function `claims`. The topics come in the order of the ledger.
CLAIMS = {}
ARGUMENTS = {}


def check(config):
    """End with one line per fault, before any job, unless the configuration is sound."""
    misplaced = outputs.misplaced(Path.cwd(), ROOT)
    if misplaced:
        sys.exit("\n".join(misplaced))
    schema = read_schema(ROOT / "workflow/schemas/config.schema.yaml")
    if os.path.samefile(workflow.basedir, ROOT):
        update_config(config, conversion.typed(workflow.config_settings.config, schema))
    else:  # Of a module, Snakemake takes the settings that it is given for all.
        settings = copy.deepcopy(layers[0][1])
        update_config(settings, config)
        config.update(settings)
    faults = configuration.faults(config, schema)
    if not faults:
        own = {
            f"datasets.{name}.source.file": source_file(name)
            for name, settings in config["datasets"].items()
            if "file" in settings["source"]
        }
        faults = outputs.clashes(own, config["datasets"], [Path.cwd(), ROOT])
        if workflow.is_main_process:  # a job may be at work on a table
            faults += outputs.strays(config["datasets"], Path.cwd())
    faults = faults or method_faults()
    if faults:
        sys.exit("\n".join(["The configuration has faults:", *faults]))
    config.update(conversion.floats(config, schema))


def method_faults():
    """What is wrong with the recipes; those of one's own are tried once, before any job."""
    if not workflow.is_main_process:
        return []
    from empirical_fisher.experiments import recipes

    own = {name: own_code(name) for name in config["methods"]}
    return recipes.faults(
        config["methods"], {name: Path(*path) for name, path in own.items() if path}
    )


def code(*names):
    """Files that modules, or steps such as "noise.claims:claims", and all that these import are in.

    A step stands on what reads and writes tables, too.
    """
    steps = [name for name in names if ":" in name]
    modules = [name for name in names if ":" not in name]
    if steps:
        modules += [*map(module_of, steps), "pipeline.tables"]
    return code_files(ROOT / "src/empirical_fisher", modules)


def source_file(dataset):
    """The path of the user's file that a data set is read from, if it is; None otherwise."""
    file = config["datasets"][dataset]["source"].get("file")
    return file and configuration.locate(dataset, file, layers, otherwise=ROOT)


def source_path(wildcards):
    """The same path relative to this folder, so that both may move together."""
    path = source_file(wildcards.dataset)
    return path and os.path.relpath(os.path.realpath(path), os.path.realpath(ROOT))


def local_files(wildcards):
    """The files that a data set is read from: its snapshot's or the user's.

    A file that isn't there is left out: what reads it says so, and other data sets go on.
    """
    source = config["datasets"][wildcards.dataset]["source"]
    if "snapshot" in source:
        return sorted(map(str, (ROOT / "data/snapshots").glob(f"{source['snapshot']}.*")))
    path = source_file(wildcards.dataset)
    return [str(path)] if path and os.path.exists(path) else []


def without(settings, *keys):
    """Settings without some whose changes do not concern a rule."""
    return {key: value for key, value in settings.items() if key not in keys}


def preparation(wildcards):
    """What a data set's table depends on: all that is said of it but how it is shown and used.

    Snakemake keeps parameters on disk, so what may be secret of an address is not among them; the
    job has it from the configuration.
    """
    settings = without(config["datasets"][wildcards.dataset], "title", "methods", "model")
    source = settings["source"]
    if "url" in source:
        from empirical_fisher.data.addresses import told_apart  # slow to import

        source = {**source, "url": told_apart(source["url"])}
    return {**settings, "source": source}


def model_settings(dataset):
    """What `shared_problems.modelled` needs beside the data, in grids and after them."""
    settings = {"prior_variance": config["optimization"]["prior_variance"]}
    if config["datasets"][dataset].get("task", "binary") == "binary":
        settings["probability_clip"] = config["optimization"]["probability_clip"]
    model = config["datasets"][dataset].get("model", "linear")
    return settings if model == "linear" else {**settings, **model}


def schedule(wildcards):
    """How long descents run."""
    return {key: config["optimization"][key] for key in ("iterations", "divergence_factor")}


def grid_axes(method, section="optimization"):
    """The axes of the grid of a section that a method reads."""
    axes = ["step_sizes", "dampings"] if is_damped(method) else ["step_sizes"]
    return {axis: config[section][axis] for axis in axes}


def recipe(method):
    """What a method is, but for how it is shown."""
    return without(config["methods"][method], *LOOK)


def own_code(method):
    """The user's file that a method is in, if it is."""
    named = config["methods"][method].get("python")
    if not named:
        return []
    folder = configuration.folder_of(("methods", method, "python"), named, layers, otherwise=ROOT)
    path = folder / named.rpartition(":")[0]
    return [os.path.relpath(path)] if os.path.exists(path) else [str(path)]


def looks(methods):
    """How methods are shown: what their recipes say, and their place among those not in the paper."""
    others = [name for name in config["methods"] if name not in PAPER]
    found = {}
    for name in methods:
        said = config["methods"][name]
        found[name] = {key: said[key] for key in LOOK if key in said}
        if name not in PAPER:
            found[name]["place"] = others.index(name)
    return found


def turned(methods):
    """Those methods whose directions are compared with the natural gradient."""
    return [name for name in methods if is_damped(name) and name != "NGD"] or ["EFGD"]


def is_damped(method):
    """Whether a method has a preconditioner, and so a damping."""
    return config["methods"][method].get("matrix") != "identity"


def methods_of(dataset):
    """The methods that are searched for a data set: all, unless it has a list of its own."""
    methods = config["optimization"]["methods"]
    chosen = config["datasets"][dataset].get("methods", methods)
    return [method for method in methods if method in chosen]


def methods_by(datasets):
    """The methods that are searched for each of some data sets."""
    return {dataset: methods_of(dataset) for dataset in datasets}


def damped_methods(dataset):
    """The methods of a data set whose grid has two axes."""
    return [method for method in methods_of(dataset) if is_damped(method)]


def paper_methods_by(datasets):
    """The methods of the paper that are searched for each of some data sets."""
    by_dataset = methods_by(datasets).items()
    return {dataset: [each for each in methods if each in PAPER] for dataset, methods in by_dataset}


def paper_methods_of(dataset):
    """Those of one data set."""
    return paper_methods_by([dataset])[dataset]


def damped_paper_methods(dataset):
    """And those of them whose grid has two axes."""
    return [method for method in paper_methods_of(dataset) if is_damped(method)]


def all_of(methods_by_dataset):
    """All methods of some data sets, in the order of optimization.methods."""
    found = {method for methods in methods_by_dataset.values() for method in methods}
    return [method for method in config["optimization"]["methods"] if method in found]


def damped_methods_by(datasets):
    """These methods of each of some data sets; those that have none are left out."""
    return {dataset: methods for dataset in datasets if (methods := damped_methods(dataset))}


def compared(datasets):
    """Those of some data sets on which NGD and EFGD are both searched."""
    return [dataset for dataset in datasets if {"NGD", "EFGD"} <= {*methods_of(dataset)}]


def optimized():
    """The data sets of Figures 3 and 5, by the names of their rules."""
    settings = config["optimization"]
    return {"figure3": settings["datasets"], "figure5": settings["appendix_datasets"]}


def optimized_datasets():
    """The data sets of both figures, each once."""
    return list(dict.fromkeys(dataset for datasets in optimized().values() for dataset in datasets))


def panel_title(dataset):
    """The heading of a data set's panels."""
    return config["datasets"][dataset].get("title", dataset)


def panel_titles(datasets):
    """The heading of each data set's panels."""
    return {dataset: panel_title(dataset) for dataset in datasets}


def optimization_files(kind, methods_by_dataset):
    """The files of a kind (grid, best or traces) of data sets, for each of their methods."""
    return [
        f"results/{kind}/{dataset}/{method}.csv"
        for dataset, methods in methods_by_dataset.items()
        for method in methods
    ]


def variants_of(wildcards):
    """The variants of Figure 3 that a data set is in."""
    variants = config["robustness"]["variants"]
    return [variant for variant, datasets in variants.items() if wildcards.dataset in datasets]


def reordered(kind="orders"):
    """The data sets whose grids, or ``winners``, run with their rows in other orders, too."""
    orders = config["robustness"]["row_orders"][kind]
    return [dataset for dataset in optimized_datasets() if orders.get(dataset, 0)]


def order_seeds(wildcards, kind="orders"):
    """The seeds of the orders of a data set's rows."""
    settings = config["robustness"]["row_orders"]
    return [settings["seed"] + order for order in range(settings[kind][wildcards.dataset])]


def misspecified(wildcards):
    """What is said of a family of misspecified problems, but for the headings of its panels."""
    settings = config["misspecification"][wildcards.family]
    problems = {name: without(problem, "title") for name, problem in settings["problems"].items()}
    return {**settings, "problems": problems}


def problem_data(family, suffix="csv"):
    """The data files of a family of misspecified problems, in order."""
    problems = config["misspecification"][family]["problems"].values()
    return [f"data/{problem['dataset']}.{suffix}" for problem in problems]


def panels(family):
    """The data set and the heading of each problem of a family."""
    problems = config["misspecification"][family]["problems"]
    return {
        name: {key: problem[key] for key in ("dataset", "title")}
        for name, problem in problems.items()
    }


def gaussian_classes(dataset):
    """The parameters of a pair of Gaussian classes, without the seed and size of its own draw."""
    parameters = config["datasets"][dataset]["source"]["gaussian_classes"]
    return {name: parameters[name] for name in ("mean", "scale_0", "scale_1")}
