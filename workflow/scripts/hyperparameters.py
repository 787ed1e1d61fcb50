"""Put the best cells of all data sets and methods in one table, and in one the orders of rows."""

import pandas as pd

from empirical_fisher import robustness
from empirical_fisher.tables import read_csv, write_csv
from job import logged

with logged(snakemake.log[0], "hyperparameters"):
    columns = pd.DataFrame(columns=["dataset", *robustness.ROW_ORDERS])
    orders = pd.concat([columns, *map(read_csv, snakemake.input.orders)])
    write_csv(orders, snakemake.output.orders)
    best = pd.concat(map(read_csv, snakemake.input.cells))
    write_csv(robustness.with_row_orders(best, orders), snakemake.output.table)
