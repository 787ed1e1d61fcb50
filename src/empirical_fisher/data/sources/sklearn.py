"""A data set that scikit-learn carries."""

from __future__ import annotations

from ..datasets import TARGET
from ..formats import Raw
from .source import Request, Source


def load(request: Request) -> Raw:
    """What scikit-learn's ``load_<name>`` returns, and the task by its classes."""
    import sklearn.datasets

    bunch = getattr(sklearn.datasets, f"load_{request.value}")(as_frame=True)
    classes = len(getattr(bunch, "target_names", ()))
    task = {0: "regression", 2: "binary"}.get(classes, "multiclass")
    table = bunch.data.assign(target=bunch.target)
    return Raw(table, TARGET, task, {"sklearn": request.value})


SOURCE = Source(load)
