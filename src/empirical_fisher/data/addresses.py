"""Web addresses: whether one can be asked, and how it is shown where others may read it."""

from __future__ import annotations

import hashlib
import re
from urllib.parse import urlsplit

from .datasets import DatasetError

HIDDEN = "…"


def check(url: str) -> None:
    """See that an address can be asked at all.

    Raises
    ------
    DatasetError
        If it is no address, or not of the web.
    """
    if not is_valid(url):
        raise DatasetError("it is not a valid address; check its host and port")
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise DatasetError("only addresses that begin with http:// or https:// are fetched")


def shown(url: str) -> str:
    """An address without what may be secret: a user's name and password, and values of the query.

    >>> shown("https://me:secret@example.org/a.csv?key=1234&part=2")
    'https://…@example.org/a.csv?key=…&part=…'
    """
    user = r"[^/?#]*@" if is_valid(url) else r".*@"  # a password may hold a stroke
    url = re.sub(rf"(?s)^(\w[\w+.-]*://){user}", rf"\1{HIDDEN}@", url)
    address, mark, fragment = url.partition("#")
    address, asks, query = address.partition("?")
    values = [
        f"{name}={HIDDEN}" if equals else HIDDEN if name else ""
        for name, equals, _ in (piece.partition("=") for piece in query.split("&"))
    ]
    return printable(address + asks + "&".join(values) + (mark + HIDDEN if fragment else mark))


def told_apart(url: str) -> str:
    """An address as `shown`, and the beginning of its SHA-256, which another address has not."""
    return f"{shown(url)} {hashlib.sha256(url.encode()).hexdigest()[:16]}"


def is_valid(url: str) -> bool:
    """Whether host and port can be told."""
    try:
        return urlsplit(url).port != 0
    except ValueError:
        return False


def printable(text: str) -> str:
    """Text with its control characters escaped, so that it moves no cursor and fills one line."""
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)
