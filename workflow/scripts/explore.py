"""Write the explorable page from the tables of the experiments."""

import sys
from pathlib import Path

import pandas as pd

from empirical_fisher.data import datasets
from empirical_fisher.pipeline.files import write_text
from empirical_fisher.pipeline.tables import read_csv
from job import logged

sys.path.insert(0, str(Path(snakemake.scriptdir).parent / "report"))
import explorable

with logged(snakemake.log[0], "explore"):
    kinds = "grids", "cells", "traces"
    tables = {}
    for paths in zip(*(snakemake.input[kind] for kind in kinds), strict=True):
        dataset, method = Path(paths[0]).parts[-2:]
        tables.setdefault(dataset, {})[Path(method).stem] = tuple(map(read_csv, paths))
    stills = {scene: [*map(Path, paths)] for scene, paths in snakemake.params.stills.items()}
    text = explorable.page(
        snakemake.params.settings,
        {Path(path).stem: datasets.read(path) for path in snakemake.input.data},
        tables,
        pd.concat(map(read_csv, snakemake.input.claims), ignore_index=True),
        stills,
    )
    write_text(text, snakemake.output[0])
