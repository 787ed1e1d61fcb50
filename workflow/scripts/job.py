"""What every script of the workflow does around its work."""

import errno
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from empirical_fisher.data.datasets import FAULTS

FORMAT = "%(asctime)s %(levelname)s %(message)s"
REMEDIES = {
    errno.ENOSPC: "; free some space and run again",
    errno.EDQUOT: "; free some space and run again",
}


@contextmanager
def logged(path: str, subject: str) -> Iterator[logging.Logger]:
    """Log to a file; tell there and on the terminal what ends the job, a bug with its traceback."""
    log = logging.getLogger("empirical_fisher")
    logging.raiseExceptions = False  # a log that can't be written is no reason to fail
    terminal = logging.StreamHandler()
    terminal.setLevel(logging.ERROR)
    try:
        file = logging.FileHandler(path, mode="w", encoding="utf-8")
        logging.basicConfig(level=logging.INFO, format=FORMAT, handlers=[terminal, file])
        yield log
    except Exception as error:
        log.error("%s: %s", subject, explanation(error), exc_info=not is_expected(error))
        sys.exit(1)
    log.info("done")


def is_expected(error: Exception) -> bool:
    """Whether an error says by itself what is wrong: with the input, or with a file."""
    return isinstance(error, (*FAULTS, MemoryError)) or bool(getattr(error, "filename", None))


def explanation(error: Exception) -> str:
    """An error in words for people."""
    if not is_expected(error):
        return f"unexpected {type(error).__name__}: {error}"
    if isinstance(error, OSError):
        return f"{error.filename}: {error.strerror}{REMEDIES.get(error.errno, '')}"
    if isinstance(error, MemoryError):
        reason = f" ({error})" if str(error) else ""
        return f"the memory is not enough{reason}; run fewer jobs at once, or take less data"
    return str(error)
