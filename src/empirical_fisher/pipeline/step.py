"""One step of a topic: a function that is given tables and parameters by name, and returns tables.

A rule names the function as ``topic.module:function``. The function's signature says how each input
is read, and what it returns how each output is written::

    def errors(settings: Mapping[str, Any], data: Mapping[str, Dataset]) -> dict[str, DataFrame]

A ``DataFrame`` is a table; any other type has a method ``read``, as `datasets.Dataset` has. In a
mapping each table has the name of its file: ``Boston`` for ``data/Boston.csv``. In a mapping of
mappings it has the names of its folder and its file: ``Boston`` and ``NGD`` for
``results/traces/Boston/NGD.csv``.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pandas as pd

from .files import write_text
from .provenance import module_of
from .tables import read_csv, write_csv


def find(name: str) -> Callable[..., Any]:
    """The function of a step."""
    module = import_module(f"empirical_fisher.{module_of(name)}")
    return getattr(module, name.partition(":")[2])


def run(
    name: str,
    inputs: Mapping[str, str | Sequence[str]],
    outputs: Mapping[Any, str],
    parameters: Mapping[str, Any],
) -> None:
    """Read the inputs of a step, call its function and write what it returns.

    Parameters
    ----------
    name
        ``topic.module:function``.
    inputs
        The path or paths of every input, by the name of the function's argument.
    outputs
        The path of every output. If the function returns several things by name, each output has
        one of these names. A figure has a path for every format.
    parameters
        The function's other arguments.

    Raises
    ------
    TypeError
        If the rule's names are not those of the function's arguments, or of what it returns.
    """
    function = find(name)
    given, wanted = {*inputs, *parameters}, set(inspect.signature(function).parameters)
    if given != wanted:
        odd = ", ".join(sorted(given ^ wanted))
        raise TypeError(f"the rule and {name} don't agree on these arguments: {odd}")
    kinds = get_type_hints(function)
    tables = {key: read(kinds[key], paths) for key, paths in inputs.items()}
    write(function(**tables, **parameters), outputs)


def read(kind: Any, paths: str | Sequence[str]) -> Any:
    """What is at some paths, in the form that an argument's type asks for."""
    if kind is pd.DataFrame:
        return read_csv(str(paths))
    if not get_args(kind):
        return kind.read(str(paths))
    inner = get_args(kind)[1]
    if not isinstance(inner, type) and get_args(inner):
        folders = dict.fromkeys(Path(path).parent for path in paths)
        return {
            folder.name: read(inner, [path for path in paths if Path(path).parent == folder])
            for folder in folders
        }
    return {Path(path).stem: read(inner, path) for path in paths}


def write(result: Any, outputs: Mapping[Any, str]) -> None:
    """Write tables, texts, the claims of a topic, or a figure, by name if there are several."""
    if isinstance(result, Mapping):
        if set(result) != set(outputs):
            raise TypeError(f"{sorted(result)} returned, but the outputs are {sorted(outputs)}")
        for key, part in result.items():
            write(part, {key: outputs[key]})
        return
    if isinstance(result, pd.DataFrame | str | list):
        [path] = outputs.values()
        if isinstance(result, list):
            from .ledger import table

            result = table(result)
        if isinstance(result, str):
            write_text(result, path)
        else:
            write_csv(result, path)
        return
    from .style import save

    save(result, *outputs.values())
