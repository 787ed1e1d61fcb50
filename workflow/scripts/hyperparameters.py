"""Put the best cells of all data sets and methods in one table."""

import pandas as pd

from empirical_fisher.tables import read_csv, write_csv
from job import logged

with logged(snakemake.log[0], "hyperparameters"):
    write_csv(pd.concat(map(read_csv, snakemake.input.cells)), snakemake.output[0])
