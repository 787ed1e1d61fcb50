"""Data sets from a web address, bounded in time and size, and whole."""

from __future__ import annotations

import itertools
import logging
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import IO, Any, TypeVar
from urllib.parse import urljoin, urlsplit

from . import addresses, deadline, formats
from . import cache as kept
from .datasets import DatasetError
from .disk import writing
from .formats import Raw

LOGGER = logging.getLogger("empirical_fisher")
SILENCE = 30.0  #: seconds without a byte after which a connection is given up
PROGRESS = 5.0  #: seconds from one line of progress to the next
CHUNK = 2**14
NO_LENGTH = "the server announces a length that is none"
BEGINNING = 2**16  #: bytes of an answer that is an error
FILE = "file"  #: the name of what was fetched, in its folder

Result = TypeVar("Result")


@dataclass(frozen=True)
class Limits:
    """The limits for getting one data set, and the address of OpenML.

    Parameters
    ----------
    deadline
        Seconds for all of it, every try included.
    retries
        How often a request that failed is made again.
    megabytes
        The largest file that is read, from the web or from this machine, also once unpacked.
    openml
        Address of OpenML's programming interface.
    """

    deadline: float
    retries: int
    megabytes: float
    openml: str

    @property
    def largest(self) -> float:
        """The largest file in bytes."""
        return self.megabytes * 1e6


class PassingFault(Exception):
    """What may be gone at the next try."""


class TooLargeError(DatasetError):
    """A file is larger than the limit."""


def from_url(
    url: str,
    *,
    form: str | None = None,
    sha256: str | None = None,
    options: Mapping[str, str] = MappingProxyType({}),
    cache: str | Path,
    limits: Limits,
) -> Raw:
    """Get a data set from a web address, or from the cache if it came before.

    Parameters
    ----------
    url
        Of a file in one of the `formats`, compressed or not; http or https.
    form
        Its format, where its name does not tell.
    sha256
        Of the file, if known.
    options
        What is said of a CSV, see `csv_format.read`.
    cache
        A folder for what has come, see `cache`.
    limits
        What it may cost.

    Raises
    ------
    DatasetError
        If the file can't be had, is not whole, is another than the one known, or can't be read.
    """
    with about(addresses.shown(url)):
        addresses.check(url)
        form = form or formats.form_of(urlsplit(url).path)
        checksum = f"sha256:{sha256.lower()}" if sha256 else None

        def fetch(folder: Path) -> dict[str, Any]:
            deadline.call(
                _download, url, str(folder), checksum, asdict(limits), seconds=limits.deadline
            )
            return {}

        def read(file: Path, _: Mapping[str, Any]) -> Raw:
            raw = formats.read(file, form, options=options, largest=limits.largest)
            return replace(raw, origin={"url": addresses.shown(url), **raw.origin})

        return obtain({"url": url, "checksum": checksum}, fetch, read, Path(cache), limits)


def obtain(
    asked: Mapping[str, Any],
    fetch: Callable[[Path], Mapping[str, Any]],
    read: Callable[[Path, Mapping[str, Any]], Raw],
    cache: Path,
    limits: Limits,
) -> Raw:
    """Read a file from the cache, or else fetch it, and keep it once it could be read.

    ``fetch`` puts it into a folder as `FILE` and returns what else there is to know of it, which
    ``read`` gets with the file.
    """
    found = kept.recall(cache, asked)
    if found:
        return read(*found)
    with kept.attempt(cache, limits.deadline) as folder:
        try:
            facts = fetch(folder)
        except deadline.DeadlineError as error:
            raise DatasetError(
                f"{error}; the server is slow or silent: try again later, or raise "
                "downloads.deadline"
            ) from None
        raw = read(folder / FILE, facts)
        kept.keep(cache, asked, folder / FILE, facts)
    return raw


@contextmanager
def about(source: str) -> Iterator[None]:
    """Let errors begin with the source that they are about, in one line."""
    try:
        yield
    except DatasetError as error:
        raise DatasetError(addresses.printable(f"{source}: {error}")) from None


def _download(url: str, folder: str, checksum: str | None, limits: Mapping[str, Any]) -> None:
    download(url, Path(folder) / FILE, checksum, Limits(**limits))


def download(url: str, path: Path, checksum: str | None, limits: Limits) -> None:
    """Fetch a file, and again if that fails, until it is whole; to be called by `deadline.call`.

    Parameters
    ----------
    url
        Its address.
    path
        Where to put it: in a folder of the cache.
    checksum
        What it must have, such as ``"md5:…"`` or ``"sha256:…"``, if known.
    limits
        The time is not looked at here.

    Raises
    ------
    DatasetError
        If it can't be had.
    """
    persist(lambda: download_once(url, path, checksum, limits), limits.retries)


def persist(action: Callable[[], Result], retries: int) -> Result:
    """Do something again, a little later each time, while it fails by a `PassingFault`."""
    for failures in itertools.count(1):
        try:
            return action()
        except PassingFault as fault:
            if failures > retries:
                tries = "once" if failures == 1 else f"{failures} times"
                raise DatasetError(f"{fault} (tried {tries}); try again later") from None
            LOGGER.info("%s; trying again", addresses.printable(str(fault)))
            time.sleep(0.5 * failures)
    raise AssertionError


def download_once(
    url: str,
    path: Path,
    checksum: str | None,
    limits: Limits,
    refused: Callable[[bytes], None] = lambda answer: None,
) -> None:
    """Fetch a file, see `download`, or raise a `PassingFault` if another try may do.

    ``refused`` gets the beginning of an answer that is an error by its status; it may tell more.
    """
    import pooch

    addresses.check(url)
    length_known = False
    opened = ExitStack()

    def look(response: Any, **_: Any) -> None:
        """See before the content comes whether it is one, and how long the server says it is."""
        nonlocal length_known
        opened.callback(response.close)  # which pooch leaves open when something fails
        if response.is_redirect:
            _follow(response)
        elif 400 <= response.status_code < 600:
            refused(next(response.iter_content(BEGINNING), b""))
        elif response.status_code != 200:
            raise DatasetError(f"{_answer(response)}, and not 200 with a file; check the address")
        else:
            length = _length(response.headers)
            length_known = length is not None or "Transfer-Encoding" in response.headers
            if length is not None and length > limits.largest:
                raise _too_large(limits)

    fetch = pooch.HTTPDownloader(
        timeout=min(SILENCE, limits.deadline), chunk_size=CHUNK, hooks={"response": look}
    )
    with opened, writing(path.parent.parent), path.open("wb") as file, explained():
        fetch(url, _Bounded(file, limits), None)
    if checksum:
        algorithm, _, expected = checksum.partition(":")
        found = pooch.file_hash(str(path), alg=algorithm)
        if found != expected:
            raise PassingFault(
                f"the file that came has {algorithm.upper()} {found}, but {expected} is expected"
            )
    elif not length_known and _may_be_cut(path.read_bytes()):
        raise PassingFault(
            "it may be cut short: the server did not say how long it is, and its last line does "
            "not end; give its sha256 if it is whole"
        )


def _follow(response: Any) -> None:
    """Let an answer redirect to the web only; what else it holds is not read."""
    response.close()
    target = response.headers["Location"]
    try:
        if addresses.is_valid(target):
            target = urljoin(response.url, target)
        addresses.check(target)
    except DatasetError as error:
        raise DatasetError(
            f"the server redirects to {addresses.shown(target)}: {error}; check the address"
        ) from None


def _length(headers: Any) -> int | None:
    """The length of a file that the server announces."""
    stated = headers.get("Content-Length")
    if stated is None:
        return None
    if not re.fullmatch("[0-9]{1,1000}", stated):
        raise PassingFault(f"{NO_LENGTH}: {stated[:100]!r}")
    return int(stated)


def _answer(response: Any) -> str:
    return f"the server answered {response.status_code} {response.reason}".rstrip()


class _Bounded:
    """A file that takes no more than the limit, and tells the log now and then how much it has."""

    def __init__(self, file: IO[bytes], limits: Limits) -> None:
        self.file = file
        self.limits = limits
        self.size = 0
        self.spoken = time.monotonic()

    def write(self, chunk: bytes) -> None:
        self.size += len(chunk)
        if self.size > self.limits.largest:
            raise _too_large(self.limits)
        self.file.write(chunk)
        if time.monotonic() - self.spoken >= PROGRESS:
            self.spoken = time.monotonic()
            LOGGER.info("%.1f MB have come", self.size / 1e6)

    def flush(self) -> None:
        self.file.flush()


def _too_large(limits: Limits) -> TooLargeError:
    return TooLargeError(
        f"it is larger than the {limits.megabytes:g} MB allowed; if it should be, raise "
        "downloads.megabytes"
    )


def _may_be_cut(content: bytes) -> bool:
    """Whether a file is text without an end; other files show by themselves whether they end."""
    marked = (*formats.COMPRESSED.values(), b"PAR1", b"<")
    return not content.startswith(marked) and not content.endswith((b"\n", b"\r"))


@contextmanager
def explained() -> Iterator[None]:
    """Tell errors of requests in words, and those that may pass from those that stay.

    Raises
    ------
    PassingFault
        If the server may answer next time.
    DatasetError
        If it will not.
    """
    import requests

    try:
        yield
    except requests.HTTPError as error:
        status, answer = error.response.status_code, _answer(error.response)
        if status >= 500 or status in (408, 425, 429):
            raise PassingFault(answer) from None
        raise DatasetError(f"{answer}; check the address") from None
    except requests.exceptions.TooManyRedirects:
        raise DatasetError("the server redirects without end; check the address") from None
    except requests.Timeout:
        raise PassingFault("the server is silent") from None
    except requests.ConnectionError as error:
        reason = re.search(r"\[Errno -?\d+\] ([\w ]+)|timed out|CERTIFICATE_[\w ]+", str(error))
        said = (reason[1] or reason[0]) if reason else "the connection broke off"
        raise PassingFault(f"the server can't be reached ({said})") from None
    except (
        requests.exceptions.ChunkedEncodingError,
        requests.exceptions.ContentDecodingError,
    ):
        raise PassingFault("the connection broke off before the end") from None
    except requests.exceptions.InvalidURL:
        raise DatasetError("it is not a valid address; check its host and port") from None
    except requests.exceptions.InvalidHeader:  # two lengths that differ
        raise PassingFault(NO_LENGTH) from None
    except requests.RequestException as error:
        raise PassingFault(f"the request failed ({type(error).__name__})") from None
