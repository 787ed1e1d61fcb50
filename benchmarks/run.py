"""Time the search against the same search one cell after the other, side by side in one run.

`make bench` writes three tables to results/: benchmark.csv; benchmark_rounding.csv, how far the two
searches' losses differ; and benchmark_growth.csv, how cost grows with the problem.
"""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import pandas as pd
import workers

from empirical_fisher.pipeline.tables import write_csv

CORES = 2
EVERY = (6, 4)  # the naive search takes every 6th step size and every 4th damping
DATASETS = ("BreastCancer", "Boston", "a1a")
METHODS = ("GD", "NGD", "EFGD")


def side_by_side(function: Any, arguments: list[tuple[Any, ...]]) -> list[dict[str, Any]]:
    """Run a worker once for each tuple of arguments, each in a fresh process."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(CORES, mp_context=context, max_tasks_per_child=1) as pool:
        return list(pool.map(function, *zip(*arguments, strict=True)))


def compare(dataset: str, method: str) -> list[dict[str, Any]]:
    """Rows of the naive, the exhaustive and the certified search."""
    [naive] = side_by_side(workers.naive, [(dataset, method, EVERY)])
    cells = len(workers.grid(method)[0])
    scale = cells / naive["cells"]
    whole = {"seconds": naive["seconds"] * scale, "iterations": naive["iterations"] * scale}
    rows = [{"mode": "naive", **naive, **whole, "cells": cells}]
    for mode in ("exhaustive", "certified"):
        shards = side_by_side(
            workers.shard, [(dataset, method, mode, number, CORES) for number in range(CORES)]
        )
        row = pd.DataFrame(shards).agg(
            {"seconds": "max", "cells": "sum", "iterations": "sum", "peak_megabytes": "max"}
        )
        rows.append({"mode": mode, **row})
    return [
        {"dataset": dataset, "method": method, **row, "ratio": rows[0]["seconds"] / row["seconds"]}
        for row in rows
    ]


def main() -> None:
    """Print and write the three tables."""
    rows = []
    for dataset in DATASETS:
        for method in METHODS:
            rows += compare(dataset, method)
            print(pd.DataFrame(rows[-3:]).round(2).to_string(index=False, header=len(rows) == 3))
    table = pd.DataFrame(rows).astype({"cells": int, "iterations": int})
    total = table.groupby("mode", sort=False, as_index=False)[
        ["seconds", "cells", "iterations"]
    ].sum()
    total["peak_megabytes"] = table.groupby("mode", sort=False)["peak_megabytes"].max().to_numpy()
    total["ratio"] = total["seconds"][0] / total["seconds"]
    table = pd.concat([table, total.assign(dataset="all", method="all")])
    columns = ["dataset", "method", "mode", "seconds", "ratio"]
    table = table[[*columns, "cells", "iterations", "peak_megabytes"]]
    print(table.round(2).to_string(index=False))
    write_csv(table, "results/benchmark.csv")

    cases = [(dataset, method, EVERY) for dataset in DATASETS for method in METHODS]
    rounding = pd.DataFrame(side_by_side(workers.rounding, cases))
    print(rounding.to_string(index=False))
    write_csv(rounding, "results/benchmark_rounding.csv")

    sizes = [(size, 20, 32) for size in (10**3, 10**4, 10**5, 10**6)]
    features = [(2000, count, 32) for count in (10, 30, 100, 300)]
    cells = [(2000, 20, count) for count in (32, 320, 3200)]
    growth = pd.DataFrame(
        [row for case in sizes + features + cells for row in side_by_side(workers.growth, [case])]
    )
    growth["times_the_limit"] = growth["microseconds"] / growth["floating_point_limit"]
    print(growth.round(2).to_string(index=False))
    write_csv(growth, "results/benchmark_growth.csv")


if __name__ == "__main__":
    main()
