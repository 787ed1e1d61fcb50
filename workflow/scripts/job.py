"""What every script of the workflow does around its work."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from empirical_fisher.formats import DatasetError
from empirical_fisher.problems import MinimizerNotFoundError, TooManyParametersError


@contextmanager
def logged(path: str, subject: str) -> Iterator[logging.Logger]:
    """Log to a file, and there end a fault of the input with its message alone."""
    logging.basicConfig(
        filename=path, filemode="w", level=logging.INFO, format="%(asctime)s %(message)s"
    )
    log = logging.getLogger("empirical_fisher")
    try:
        yield log
    except (DatasetError, MinimizerNotFoundError, TooManyParametersError) as error:
        log.error("%s: %s", subject, error)
        sys.exit(1)
    except Exception:
        log.exception("%s: unexpected error", subject)
        raise
    log.info("done")
