"""What a run says at its very end of the jobs that failed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path


def summary(rules: Mapping[str, str], left: int) -> str:
    """Say in a few lines what failed, why, and where to read on.

    Parameters
    ----------
    rules
        For the log file of every job that failed, the name of its rule. Jobs whose log says that
        they are done are passed over if others say more: on a cluster they were in a group with
        one that failed.
    left
        How many jobs the next run has to do, those that failed included.
    """
    logs = {path: _read(Path(path)) for path in sorted(rules)}
    failed = {
        path: text for path, text in logs.items() if not text.endswith(" INFO done\n")
    } or logs
    lines = [f"\nNot all is done: {len(failed)} failed, {left} left for the next run."]
    for path, text in failed.items():
        told = re.search(r"^\S+ \S+ ERROR (.*(?:\n  .*)*)$", text, re.MULTILINE)
        lost = f"{rules[path]}: nothing in its log; it was killed or refused, as said above"
        words = told[1].replace("\n", "\n  ") if told else lost
        lines += [f"  {words}", f"    log: {path}"]
    return "\n".join(lines)


def _read(log: Path) -> str:
    """What a log says, if it has come to be."""
    return log.read_text(encoding="utf-8") if log.exists() else ""
