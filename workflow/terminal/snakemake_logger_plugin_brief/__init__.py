"""What a run says on the terminal: a line as each job starts, and at the end what to open.

A logger plugin of Snakemake, found by its name once the folder above is on Python's path::

    PYTHONPATH=workflow/terminal snakemake --cores all --logger brief

All that it leaves out is in Snakemake's own log, under .snakemake/log.
"""

import copy
import logging
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from snakemake.common import NOTHING_TO_BE_DONE_MSG
from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.common import LogEvent
from snakemake_interface_logger_plugins.settings import LogHandlerSettingsBase

FEW = 3  #: figures at most that are named one by one
WHERE = ("figures", "results", "results/claims.md")


@dataclass
class LogHandlerSettings(LogHandlerSettingsBase):
    """Where the run writes."""

    folder: Path = field(
        default=Path(),
        metadata={"help": "Folder of the run", "env_var": False, "required": False, "type": Path},
    )


class LogHandler(LogHandlerBase):
    """Writes to the terminal, in place of Snakemake's own handler."""

    writes_to_stream = True
    writes_to_file = False
    has_filter = False  # Snakemake's is right
    has_formatter = False  # and so are its words for warnings and errors
    needs_rulegraph = False

    def __post_init__(self):
        """Nothing was done and nothing is known of what has to be."""
        self.start = time.monotonic()
        self.folder = self.settings.folder.absolute()
        self.outputs = {}  # of every job that was started
        self.done, self.total = 0, None

    def emit(self, record):
        """Print what there is to say of an event."""
        text = self.format(record) if self.common_settings.dryrun else self.told(record)
        if text:
            print(text, file=sys.stderr, flush=True)

    def told(self, record):
        """What there is to say of an event, if anything."""
        event = getattr(record, "event", None)
        if event == LogEvent.RUN_INFO:
            self.total = record.stats["total"]
            return f"{count(self.total, 'job')} to do; logs/ has what they say."
        if event == LogEvent.PROGRESS:
            self.done, self.total = record.done, record.total
        if event == LogEvent.JOB_INFO and record.output:
            self.outputs[record.jobid] = record.output
            name = " ".join([record.rule_name, *map(str, record.wildcards.values())])
            return f"[{self.done:>{len(str(self.total))}}/{self.total}] {name}"
        if event == LogEvent.JOB_ERROR:
            record = copy.copy(record)
            record.input = []  # most of them are modules
        if record.msg == NOTHING_TO_BE_DONE_MSG:
            self.total = 0
        return self.format(record) if record.levelno >= logging.WARNING else None

    def close(self):
        """Say what was made, if all was."""
        if self.done == self.total:
            made = [path for paths in self.outputs.values() for path in paths]
            print(said(made, time.monotonic() - self.start), file=sys.stderr)
            shown = [str(self.settings.folder / path) for path in to_open(made, self.folder)]
            print("See", ", ".join(shown), file=sys.stderr)
            self.total = None
        super().close()


def said(made, seconds):
    """Say what was made and how long it took."""
    if not made:
        return "Nothing had to be done: all is up to date."
    figures = [path for path in made if path.endswith(".pdf")]
    others = [path for path in made if not path.endswith((".pdf", ".png", ".svg"))]
    kinds = [count(len(figures), "figure"), count(len(others), "other file")]
    return f"Made {' and '.join(kinds)} in {duration(seconds)}."


def to_open(made, folder):
    """The figures that were made if they are few, otherwise where all are."""
    figures = [path for path in made if path.endswith(".pdf")]
    if 0 < len(figures) <= FEW:
        return figures
    return [path for path in WHERE if (folder / path).exists()]


def duration(seconds):
    """A time in words."""
    minutes, seconds = divmod(round(seconds), 60)
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"


def count(number, noun):
    """A number of things in words."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
