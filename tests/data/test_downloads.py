"""Whatever a server does, there comes the right data or one readable message, in bounded time."""

from __future__ import annotations

import gc
import gzip
import hashlib
import json
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pandas as pd
import psutil
import pytest
import requests

import server
from conftest import ROOT, refusal
from empirical_fisher.data import deadline
from empirical_fisher.data.addresses import shown
from empirical_fisher.data.downloads import Limits, from_url
from empirical_fisher.data.origins import confirm
from empirical_fisher.data.sources.kinds import load
from empirical_fisher.data.sources.openml import from_openml
from processes import is_alive, largest_file, wait_for
from server import (
    API,
    ARFF,
    CSV,
    FEATURES,
    SHA256,
    TABLE,
    LocalServer,
    cut,
    drip,
    hang_up,
    late,
    serving,
    silent,
    status,
    stocked,
)

SHORT = 3  # seconds: of deadlines that are to be missed
HTML = b"<!DOCTYPE html><html><body>Sorry</body></html>"
LISTED = "data/list/data_name/tiny/data_version/1/limit/10000/offset/0"


def long(value: object):
    """A case for the long tests, where another like it is always run."""
    return pytest.param(value, marks=pytest.mark.long)


@pytest.fixture
def local() -> Iterator[LocalServer]:
    with stocked() as running:
        yield running


class Fetcher:
    """Asks one server with one cache."""

    def __init__(self, local: LocalServer, folder: Path) -> None:
        self.local = local
        self.cache = folder / "cache"
        self.limits = Limits(deadline=300, retries=0, megabytes=1, openml=local.openml)

    def url(self, path: str = "/a.csv", *, sha256: str | None = None, **limits: float):
        bounds = replace(self.limits, **limits)
        return from_url(self.local.url + path, sha256=sha256, cache=self.cache, limits=bounds)

    def openml(self, asked: object = 7, **limits: float):
        return from_openml(asked, cache=self.cache, limits=replace(self.limits, **limits))


@pytest.fixture
def fetch(local: LocalServer, tmp_path: Path) -> Fetcher:
    return Fetcher(local, tmp_path)


@pytest.fixture
def in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fetch in this process: to start others, and import OpenML's client in each, takes seconds."""
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "OPENML_CACHE_DIR"):
        monkeypatch.setenv(name, os.environ.get(name, "/nowhere"))  # and restore it afterwards
    monkeypatch.setattr(deadline, "call", lambda function, *given, seconds: function(*given))


def assert_is_whole(raw) -> None:
    pd.testing.assert_frame_equal(
        raw.table, TABLE, check_dtype=False, check_categorical=False, obj="what came"
    )


def assert_nothing_is_left(fetch: Fetcher) -> None:
    assert not list(fetch.cache.rglob("*"))


# Healthy servers


def test_a_file_comes_once_and_then_from_the_cache(fetch: Fetcher) -> None:
    first, second = fetch.url(), fetch.url()
    for raw in (first, second):
        assert_is_whole(raw)
        assert raw.origin == {"url": fetch.local.url + "/a.csv", "sha256": SHA256}
    assert fetch.local.requests["/a.csv"] == 1
    assert len(list(fetch.cache.iterdir())) == 2


@pytest.mark.usefixtures("in_process")
def test_a_cache_that_was_damaged_or_deleted_is_filled_again(fetch: Fetcher) -> None:
    fetch.url()
    for damage in (
        lambda: (fetch.cache / SHA256).write_bytes(CSV[:-8]),
        lambda: (fetch.cache / SHA256).unlink(),
        lambda: next(fetch.cache.glob("*.json")).write_text('{"asked":'),
        lambda: next(fetch.cache.glob("*.json")).write_text("[]"),
    ):
        damage()
        before = fetch.local.requests["/a.csv"]
        assert_is_whole(fetch.url())
        assert fetch.local.requests["/a.csv"] == before + 1


def test_an_openml_data_set_comes_with_target_task_and_origin(fetch: Fetcher) -> None:
    first, second = fetch.openml(), fetch.openml()
    for raw in (first, second):
        assert_is_whole(raw)
        assert (raw.target, raw.task) == ("kind", "binary")
        assert raw.origin == {
            "id": 7,
            "name": "tiny",
            "version": 1,
            "md5": hashlib.md5(ARFF).hexdigest(),
            "sha256": hashlib.sha256(ARFF).hexdigest(),
        }
    assert set(fetch.local.requests) == {
        f"{API}/data/7",
        f"{API}/data/features/7",
        "/data/download/7/tiny.arff",
    }
    assert set(fetch.local.requests.values()) == {1}


@pytest.mark.usefixtures("in_process")
def test_openml_by_name_and_version_without_parquet_or_columns_to_ignore(fetch: Fetcher) -> None:
    rows = ARFF.decode().replace("@attribute size", "@attribute row numeric\n@attribute size")
    for number, line in enumerate(("1.5,a", "2.5,b", "4,b", "8,a")):
        rows = rows.replace(f"\n{line}", f"\n{number},{line}")
    fetch.local.add_dataset(
        8,
        rows.encode(),
        {"row": "numeric", **FEATURES},
        name="advertised",
        version=3,
        default_target_attribute="size",
        row_id_attribute="row",
        parquet_url=fetch.local.url + "/datasets/0000/0008/dataset_8.pq",
    )
    raw = fetch.openml({"name": "advertised", "version": 3})
    assert_is_whole(raw)
    assert (raw.target, raw.task, raw.origin["id"]) == ("size", "regression", 8)
    assert not [path for path in fetch.local.requests if path.startswith("/datasets")]


def test_nothing_is_read_from_or_written_to_the_users_home(
    fetch: Fetcher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    config = home / ".config" / "openml" / "config"
    config.parent.mkdir(parents=True)
    config.write_text("apikey = secret\nserver = http://127.0.0.1:9/\nconnection_n_retries = 50\n")
    monkeypatch.setenv("HOME", str(home))
    for name in ("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "OPENML_CACHE_DIR"):
        monkeypatch.delenv(name, raising=False)
    assert_is_whole(fetch.openml())
    assert [path for path in home.rglob("*") if path.is_file()] == [config]


def test_progress_and_retries_are_logged(fetch: Fetcher, caplog: pytest.LogCaptureFixture) -> None:
    fetch.local.fail("/a.csv", status(503))
    with caplog.at_level(logging.INFO, "empirical_fisher"):
        fetch.url(retries=1)
    assert caplog.messages == ["the server answered 503 Service Unavailable; trying again"]


# Faults of a server. Each is followed by the same question to a healthy one.


def length(stated: str) -> server.Answer:
    return lambda handler: handler.send(200, CSV, Content_Length=stated)


def reason(said: str) -> server.Answer:
    def answer(handler: server.Handler) -> None:
        handler.send_response(500, said)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return answer


URL_FAULTS = {
    "hangs up": (hang_up, "the server can't be reached (the connection broke off)", "tried once"),
    "500, no text": (status(500), "the server answered 500 Internal Server Error"),
    "500, page": (status(500, HTML), "the server answered 500 Internal Server Error"),
    "404": (status(404, HTML), "the server answered 404 Not Found; check the address"),
    "page": (status(200, HTML), "it is a web page or XML, not csv"),
    "redirected to a file": (
        server.redirect("file:///etc/passwd"),
        "the server redirects to file:///etc/passwd: only addresses that begin with http:// or",
    ),
    "a part": (
        status(206, CSV[:24]),
        "the server answered 206 Partial Content, and not 200 with a file; check the address",
    ),
    "redirected nowhere": (status(302, CSV), "the server answered 302 Found, and not 200"),
    "no known status": (status(999, CSV), "the server answered 999, and not 200 with a file"),
    "redirected to no address": (
        server.redirect("http://[::1/a.csv"),
        "the server redirects to http://[::1/a.csv: it is not a valid address",
    ),
    "a length twice": (
        length("35, 35"),
        "the server announces a length that is none: '35, 35' (tried once)",
    ),
    "no length": (length("-1"), "the server announces a length that is none: '-1'"),
    "endless length": (length("9" * 400), "it is larger than the 1 MB allowed"),
    "more endless length": (length("9" * 5000), "the server announces a length that is none"),
    "control characters": (reason("\x1b[2Jgone\a"), r"the server answered 500 \x1b[2Jgone\x07"),
    "cut, uncleanly": (cut(CSV[:20], announced=True), "the connection broke off before the end"),
    "cut, cleanly, in a line": (
        cut(CSV[:-3], announced=False),
        "it may be cut short: the server did not say how long it is",
    ),
    "cut, whatever it says": (status(200, CSV[:-3]), "line 5 has 1 field, the header has 2"),
    "empty": (status(200), "as csv it holds no data"),
}


@pytest.mark.usefixtures("in_process")
@pytest.mark.parametrize("fault", URL_FAULTS)
def test_a_fault_of_a_web_server_is_told_and_forgotten(fetch: Fetcher, fault: str) -> None:
    answer, *parts = URL_FAULTS[fault]
    fetch.local.fail("/a.csv", answer)
    with refusal(fetch.local.url + "/a.csv: ", *parts):
        fetch.url()
    assert_nothing_is_left(fetch)
    assert_is_whole(fetch.url())


OPENML_FAULTS = {
    "unknown": (
        f"{API}/data/7",
        status(412, server.error(111, "Unknown dataset")),
        "OpenML knows no such data set; check it on its site",
    ),
    "500, XML": (
        f"{API}/data/7",
        status(500, server.error(107, "Database connection error")),
        "the server answered with error 107: Database connection error",
    ),
    "500, page": (f"{API}/data/7", status(500, HTML), "the server answered 500 Internal Server"),
    "500, no text": (f"{API}/data/features/7", status(500), "the server answered 500 Internal"),
    "500, other XML": (
        f"{API}/data/7",
        status(500, b"<error/>"),
        "the server answered 500 Internal",
    ),
    "other XML": (f"{API}/data/7", status(200, b"<error/>"), "the server's answer is not OpenML's"),
    "no XML": (f"{API}/data/features/7", status(200), "the server's answer is not OpenML's"),
    "other list": (
        f"{API}/data/features/7",
        status(200, b"<error/>"),
        "the server's answer is not OpenML's (what was asked is not in it) (tried once)",
    ),
    "private": (f"{API}/data/7", status(412, server.error(112, "No access")), "it is private"),
    "hangs up": (f"{API}/data/features/7", hang_up, "the server can't be reached"),
    "file, 500": ("/data/download/7/tiny.arff", status(500), "the server answered 500"),
    "file cut, cleanly": (
        "/data/download/7/tiny.arff",
        status(200, ARFF[: ARFF.index(b"8,a")]),
        "the file that came has MD5",
    ),
}


@pytest.mark.usefixtures("in_process")
@pytest.mark.parametrize("fault", OPENML_FAULTS)
def test_a_fault_of_openml_is_told_and_forgotten(fetch: Fetcher, fault: str) -> None:
    path, answer, message = OPENML_FAULTS[fault]
    fetch.local.fail(path, answer)
    with refusal(f"OpenML data set 7 at {fetch.local.openml}: {message}"):
        fetch.openml()
    assert fetch.local.requests[path] == 1
    assert_nothing_is_left(fetch)
    assert_is_whole(fetch.openml())


@pytest.mark.usefixtures("in_process")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_two_lengths_that_differ_are_told(fetch: Fetcher) -> None:
    fetch.local.fail("/a.csv", length("35, 36"))
    with refusal("the server announces a length that is none (tried once)"):
        fetch.url()
    gc.collect()  # the connection, which urllib3 leaves open then


@pytest.mark.usefixtures("in_process")
def test_where_a_server_redirects_to_is_followed(fetch: Fetcher) -> None:
    fetch.local.fail("/moved.csv", server.redirect("/a.csv"))
    assert_is_whole(fetch.url("/moved.csv"))


@pytest.mark.usefixtures("in_process")
@pytest.mark.parametrize("address", ["arff", "http://[::1/a.arff", "file:///etc/passwd"])
def test_a_description_with_no_address_of_its_file_is_told(fetch: Fetcher, address: str) -> None:
    fetch.local.add_dataset(9, ARFF, FEATURES, url=address)
    with refusal(f"data set 9 at {fetch.local.openml}: its description gives '{address}' as the "):
        fetch.openml(9)
    assert_nothing_is_left(fetch)


@pytest.mark.usefixtures("in_process")
@pytest.mark.parametrize(
    "text", ["<a", "", '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "<a/>", "<a>\xff</a>", "{}"]
)
@pytest.mark.parametrize("call", ["data/7", "data/features/7", LISTED])
def test_an_answer_that_is_none_is_told(fetch: Fetcher, text: str, call: str) -> None:
    path = f"{API}/{call}"
    fetch.local.fail(path, status(200, text.encode("latin-1")))
    with refusal("the server's answer is not OpenML's (", "(tried once); try again later"):
        fetch.openml({"name": "tiny", "version": 1} if call == LISTED else 7)
    assert fetch.local.requests[path] == 1


@pytest.mark.usefixtures("in_process")
def test_a_client_that_looks_elsewhere_asks_nothing(
    fetch: Fetcher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from openml.datasets import functions

    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.setattr(functions, "_create_cache_directory_for_id", lambda *_: elsewhere)
    with refusal("OpenML's client does not find what was fetched for it; install the version of "):
        fetch.openml()
    assert fetch.local.requests == {f"{API}/data/7": 1}


@pytest.mark.usefixtures("in_process")
@pytest.mark.parametrize("field", ["name", "url", "md5_checksum", "default_target_attribute"])
def test_a_description_that_is_ambiguous_is_told(fetch: Fetcher, field: str) -> None:
    fetch.local.add_dataset(9, ARFF, FEATURES, default_target_attribute="kind")
    with requests.get(f"{fetch.local.openml}/data/9") as whole:
        twice = whole.content.replace(
            f"<oml:{field}>".encode(), f"<oml:{field}/><oml:{field}>".encode()
        )
    fetch.local.fail(f"{API}/data/9", status(200, twice))
    with refusal("the server's answer is not OpenML's (a text is stated twice or in parts)"):
        fetch.openml(9)
    assert_is_whole(fetch.openml(9))


@pytest.mark.usefixtures("in_process")
def test_a_number_that_no_data_set_can_have_is_told(fetch: Fetcher) -> None:
    fetch.local.add_dataset("9" * 400, ARFF, FEATURES, name="large")
    with refusal("OpenML knows no such data set; check it on its site"):
        fetch.openml({"name": "large", "version": 1})


@pytest.mark.usefixtures("in_process")
@pytest.mark.parametrize("digits", [400, 5000])
def test_integers_of_any_length_in_a_description_are_told(fetch: Fetcher, digits: int) -> None:
    fetch.local.add_dataset(9, ARFF, FEATURES, version="1" * digits)
    with refusal("OpenML"):
        fetch.openml({"name": "tiny", "version": 9})
    fetch.local.add_dataset("9" * digits, ARFF, FEATURES)
    fetch.local.answers[f"{API}/data/7"] = fetch.local.answers[f"{API}/data/{'9' * digits}"]
    with refusal("OpenML"):
        fetch.openml(7)


@pytest.mark.usefixtures("in_process")
def test_a_server_that_is_down_is_told(fetch: Fetcher) -> None:
    with serving() as other:
        fetch.limits = replace(fetch.limits, openml=other.openml)
        gone = other.url
    with refusal("the server can't be reached (Connection refused) (tried once); try again later"):
        fetch.openml()
    with refusal("the server can't be reached (Connection refused)", gone):
        from_url(f"{gone}/a.csv", cache=fetch.cache, limits=fetch.limits)
    assert_nothing_is_left(fetch)


@pytest.mark.parametrize("endless", [long(silent), drip(CSV, 3600, len(CSV))])
def test_a_server_without_end_is_left_at_the_deadline(fetch: Fetcher, endless) -> None:
    fetch.local.fail("/a.csv", endless)
    with refusal("/a.csv: it had not ended after 3 s; the server is slow or silent"):
        fetch.url(deadline=SHORT)
    assert_nothing_is_left(fetch)
    fetch.local.faults.clear()  # where the machine is too slow to have asked by then
    assert_is_whole(fetch.url())


@pytest.mark.parametrize("path", [f"{API}/data/7", long("/data/download/7/tiny.arff")])
def test_an_openml_without_end_is_left_at_the_deadline(fetch: Fetcher, path: str) -> None:
    fetch.local.fail(path, silent)
    with refusal("it had not ended after 3 s", "raise downloads.deadline"):
        fetch.openml(deadline=SHORT)
    assert_nothing_is_left(fetch)


@pytest.mark.long
def test_a_server_that_is_slow_but_honest_is_waited_for(fetch: Fetcher) -> None:
    fetch.local.fail("/a.csv", drip(CSV, 0.1, 10))
    fetch.local.fail("/data/download/7/tiny.arff", late(ARFF, 1.0))
    assert_is_whole(fetch.url())
    assert_is_whole(fetch.openml())


@pytest.mark.long
@pytest.mark.usefixtures("in_process")
def test_two_failures_and_then_the_right_answer(fetch: Fetcher) -> None:
    fetch.local.fail("/a.csv", status(503), cut(CSV[:9], announced=True))
    assert_is_whole(fetch.url(retries=2))
    asked = (f"{API}/data/7", f"{API}/data/features/7", "/data/download/7/tiny.arff")
    for path in asked:  # every request has all its tries
        fetch.local.fail(path, status(502, HTML), hang_up)
    assert_is_whole(fetch.openml(retries=2))
    assert [fetch.local.requests[path] for path in ("/a.csv", *asked)] == [3] * 4


@pytest.mark.usefixtures("in_process")
def test_no_more_is_asked_than_allowed(fetch: Fetcher) -> None:
    fetch.local.fail("/a.csv", *[status(503)] * 3)
    with refusal("the server answered 503 Service Unavailable (tried 2 times); try again later"):
        fetch.url(retries=1)
    assert fetch.local.requests["/a.csv"] == 2


@pytest.mark.usefixtures("in_process")
def test_a_deactivated_data_set_is_refused(fetch: Fetcher) -> None:
    fetch.local.add_dataset(9, ARFF, FEATURES, state="deactivated")
    with refusal("OpenML data set 9", "OpenML has deactivated it; choose another version"):
        fetch.openml(9)


@pytest.mark.usefixtures("in_process")
def test_a_name_that_openml_does_not_know_is_refused(fetch: Fetcher) -> None:
    with refusal("OpenML data set absent, version 1", "OpenML knows no such data set"):
        fetch.openml({"name": "absent", "version": 1})


@pytest.mark.usefixtures("in_process")
def test_another_data_set_than_asked_for_is_refused(fetch: Fetcher) -> None:
    fetch.local.answers[f"{API}/data/6"] = fetch.local.answers[f"{API}/data/7"]
    fetch.local.answers[f"{API}/data/features/6"] = fetch.local.answers[f"{API}/data/features/7"]
    with refusal("OpenML answered with data set 7, tiny, version 1"):
        fetch.openml(6)


@pytest.mark.usefixtures("in_process")
def test_a_file_with_other_columns_than_listed_is_refused(fetch: Fetcher) -> None:
    fetch.local.add_dataset(9, ARFF, {"size": "numeric"})
    with refusal("its file has 2 columns, its list of features 1"):
        fetch.openml(9)
    assert_nothing_is_left(fetch)


@pytest.mark.usefixtures("in_process")
def test_a_wrong_checksum_is_told_with_both(fetch: Fetcher) -> None:
    with refusal(f"the file that came has SHA256 {SHA256}, but {'0' * 64} is expected"):
        fetch.url(sha256="0" * 64)
    assert_nothing_is_left(fetch)
    assert_is_whole(fetch.url(sha256=SHA256.upper()))


@pytest.mark.usefixtures("in_process")
def test_text_whose_last_line_does_not_end_is_taken_if_its_length_or_checksum_is_known(
    fetch: Fetcher,
) -> None:
    bare = CSV.rstrip()
    fetch.local.add_file("/bare.csv", bare)
    assert_is_whole(fetch.url("/bare.csv"))
    fetch.local.answers["/unknown.csv"] = cut(bare, announced=False)
    assert_is_whole(fetch.url("/unknown.csv", sha256=hashlib.sha256(bare).hexdigest()))
    fetch.local.answers["/whole.csv"] = cut(CSV, announced=False)
    assert_is_whole(fetch.url("/whole.csv"))


@pytest.mark.parametrize("announced", [True, long(False)])
def test_what_is_too_large_is_not_taken(fetch: Fetcher, announced: bool) -> None:
    large = b"a\n" + b"1\n" * 5000
    path = "/large.csv"
    fetch.local.answers[path] = status(200, large) if announced else cut(large, announced=False)
    with refusal("it is larger than the 0.005 MB allowed; if it should be, raise downloads.megab"):
        fetch.url(path, megabytes=0.005)
    with refusal("it holds more than the 0.005 MB allowed"):
        fetch.local.add_file("/bomb.csv.gz", gzip.compress(large))
        fetch.url("/bomb.csv.gz", megabytes=0.005)
    with refusal("it holds more than the 0.5 MB allowed"):
        fetch.local.add_dataset(8, gzip.compress(ARFF + b" " * 600_000), FEATURES, name="bomb")
        fetch.openml(8, megabytes=0.5)
    assert_nothing_is_left(fetch)


@pytest.mark.usefixtures("in_process")
@pytest.mark.parametrize("path", [f"{API}/data/7", f"{API}/data/features/7"])
def test_what_describes_a_data_set_is_not_taken_if_it_is_too_large(
    fetch: Fetcher, path: str
) -> None:
    for large in (status(200, b" " * 11_000), cut(b" " * 11_000, announced=False)):
        fetch.local.fail(path, large)
        with refusal(
            "what OpenML says of it is larger than the 0.01 MB allowed, a hundredth of "
            "downloads.megabytes; if it should be, raise that"
        ):
            fetch.openml()
    assert_nothing_is_left(fetch)


GREED = """
import os, resource, sys, time
from pathlib import Path
from empirical_fisher.data import deadline
from empirical_fisher.data.addresses import shown
from empirical_fisher.data.datasets import DatasetError
from empirical_fisher.data.downloads import Limits
from empirical_fisher.data.sources.kinds import load

deadline.call = lambda function, *given, seconds: function(*given)
kind, value, cache, server, megabytes, retries = sys.argv[1:]
limits = Limits(300, int(retries), float(megabytes), server)
time.sleep = lambda seconds: None
load({"source": {"file": "a.csv"}}, Path(cache), limits=limits, cache=cache)
import pyarrow.parquet, pooch
os.environ["HOME"] = cache
import openml
def peak():
    unit = 1e6 if sys.platform == "darwin" else 1e3
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
before = peak()
try:
    value = int(value) if kind == "openml" else value
    load({"source": {kind: value}}, Path(cache), limits=limits, cache=cache)
except DatasetError as error:
    print(peak() - before, error)
"""


def endless(piece: bytes) -> server.Answer:
    """Send up to 100 MB of something, compressed."""

    def answer(handler: server.Handler) -> None:
        handler.close_connection = True
        handler.send_response(200)
        handler.send_header("Content-Encoding", "gzip")
        handler.end_headers()
        handler.wfile.write(gzip.compress(piece * (100_000_000 // len(piece)), 1))

    return answer


def greed(fetch: Fetcher, *source: str, megabytes: float, retries: int = 0) -> tuple[float, str]:
    """Ask for a data set that is refused; returns the memory taken, in MB, and what is told."""
    fetch.cache.mkdir()
    (fetch.cache / "a.csv").write_bytes(CSV)
    limits = map(str, (megabytes, retries))
    process = subprocess.run(
        [sys.executable, "-c", GREED, *source, fetch.cache, fetch.local.openml, *limits],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=True,
    )
    taken, _, told = process.stdout.partition(" ")
    return float(taken), told


@pytest.mark.parametrize(
    "kind", ["gzip", *map(long, ["description", "features", "redirect", "parquet", "text"])]
)
def test_no_more_memory_is_taken_than_the_limit_says(
    fetch: Fetcher, kind: str, tmp_path: Path
) -> None:
    source, refused = ("openml", "7"), "the 1 MB allowed"
    if kind == "description":
        fetch.local.fail(f"{API}/data/7", endless(b"<a>" + b" " * 1000))
        refused = "the 0.01 MB allowed"
    elif kind == "features":
        fetch.local.fail(f"{API}/data/features/7", endless(b"<oml:feature/>" * 100))
        refused = "the 0.01 MB allowed"
    elif kind == "redirect":
        elsewhere = fetch.local.url + "/b.csv"
        fetch.local.fail("/a.csv", lambda it: it.send(302, b" " * 100_000_000, Location=elsewhere))
        source, refused = ("url", fetch.local.url + "/a.csv"), "404"
    else:
        path = tmp_path / ("bomb.csv.gz" if kind == "gzip" else "bomb.parquet")
        source = "file", str(path)
        if kind == "gzip":
            path.write_bytes(gzip.compress(b"1\n" * 50_000_000, 1))
        elif kind == "parquet":
            pd.DataFrame({"a": 0}, index=range(10_000_000)).to_parquet(path)
        else:
            pd.DataFrame({"a": ["x" * 2000] * 50_000}).to_parquet(path)
    megabytes, told = greed(fetch, *source, megabytes=1)
    assert refused in told
    assert megabytes < 30


SMALL = 580_000  # bytes: just below what XML may have where the limit is 60 MB
DEFAULTS = b" ".join(b'a%d CDATA ""' % number for number in range(400))
BOMBS = {
    "deep": b"<a>" * (SMALL // 7) + b"</a>" * (SMALL // 7),
    "deep, with attributes": b'<a b="">' * (SMALL // 12) + b"</a>" * (SMALL // 12),
    "wide": b"<a " + b" ".join(b'b%x=""' % each for each in range(SMALL // 11)) + b"/>",
    "a type of document": b"<!DOCTYPE a [<!ATTLIST b %s>]><a>%s</a>" % (DEFAULTS, b"<b/>" * 12_000),
}


@pytest.mark.parametrize("call", ["data/7", long("data/features/7"), long("an error")])
def test_no_xml_grows_beyond_the_limit(fetch: Fetcher, call: str) -> None:
    path = f"{API}/{call}" if call != "an error" else f"{API}/data/7"
    code = 200 if call != "an error" else 412
    bombs = BOMBS.values()
    assert all(50_000 < len(bomb) <= 600_000 for bomb in bombs)
    fetch.local.fail(path, *[status(code, bomb) for bomb in bombs])
    megabytes, told = greed(fetch, "openml", "7", megabytes=60, retries=len(bombs) - 1)
    assert ("the server answered 412" if code == 412 else "is not OpenML's") in told
    assert fetch.local.requests[path] == (1 if code == 412 else len(bombs))
    assert megabytes < 60


@pytest.mark.usefixtures("in_process")
def test_secrets_of_an_address_are_nowhere_to_be_read(
    fetch: Fetcher, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    secret = fetch.local.url.replace("//", "//me:pass@") + "/a.csv?key=token&more"
    there = fetch.local.url.replace("//", "//…@") + "/a.csv?key=…&…"
    fetch.local.fail("/a.csv", status(500), status(404))
    with caplog.at_level(logging.DEBUG), refusal(f"{there}: the server answered 404"):
        from_url(secret, cache=fetch.cache, limits=replace(fetch.limits, retries=1))
    source = {"url": secret}
    raw = from_url(secret, cache=fetch.cache, limits=fetch.limits)
    confirm("Tiny", source, raw.origin, tmp_path / "origins")
    assert raw.origin["url"] == there
    limits = replace(fetch.limits, openml=fetch.local.openml.replace("//", "//me:pass@"))
    assert_is_whole(from_openml(7, cache=fetch.cache, limits=limits))
    written = [path.read_text() for path in tmp_path.rglob("*") if path.is_file()]
    ours = [record.getMessage() for record in caplog.records if record.name == "empirical_fisher"]
    assert len(written) == 5 and ours
    for text in [*written, *ours, *map(str, tmp_path.rglob("*"))]:
        assert "pass" not in text and "token" not in text and "more" not in text
    before = fetch.local.requests["/a.csv"]
    from_url(secret, cache=fetch.cache, limits=fetch.limits)
    assert fetch.local.requests["/a.csv"] == before
    from_url(secret.replace("token", "other"), cache=fetch.cache, limits=fetch.limits)
    assert fetch.local.requests["/a.csv"] == before + 1


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://example.org/a.csv", "https://example.org/a.csv"),
        ("https://example.org/@me/" + "a" * 500, "https://example.org/@me/" + "a" * 500),
        ("https://a:b@example.org:80/x@y?q=1&r#s", "https://…@example.org:80/x@y?q=…&…#…"),
        ("https://a:b@c@example.org/", "https://…@example.org/"),
        ("https://a:b/c@example.org/", "https://…@example.org/"),
        ("https://a:b?c@example.org/", "https://…@example.org/"),
        ("https://a:b@[::1/x", "https://…@[::1/x"),
        ("http://x/\x1b[2J\n", r"http://x/\x1b[2J\n"),
    ],
)
def test_an_address_is_shown_whole_but_for_its_secrets(address: str, expected: str) -> None:
    assert shown(address) == shown(shown(address)) == expected


@pytest.mark.parametrize(
    "address", ["http://[::1/a.csv", "http://x:99999/a.csv", "http://x:y/a.csv"]
)
def test_an_address_that_is_none_is_told(fetch: Fetcher, address: str) -> None:
    with refusal(f"{address}: it is not a valid address; check its host and port"):
        from_url(address, cache=fetch.cache, limits=fetch.limits)
    limits = replace(fetch.limits, openml=address)
    with refusal(f"{address}: it is not a valid address; check its host and port"):
        from_openml(7, cache=fetch.cache, limits=limits)


@pytest.mark.parametrize("address", ["file:///etc/passwd", "ftp://x/a.csv", "a.csv"])
def test_only_the_web_is_asked(fetch: Fetcher, address: str) -> None:
    with refusal("only addresses that begin with http:// or https:// are fetched"):
        from_url(address, cache=fetch.cache, limits=fetch.limits)


# Faults of this machine


@pytest.mark.parametrize("name", ["a" * 300 + ".csv", "a\0.csv"])
def test_a_name_that_no_file_can_have_is_told(fetch: Fetcher, name: str) -> None:
    with refusal("there is no file "):
        load({"source": {"file": name}}, fetch.cache, limits=fetch.limits)
    with refusal("no snapshot"):
        load({"source": {"snapshot": name}}, fetch.cache)


def test_a_cache_that_cannot_be_written_is_told(fetch: Fetcher) -> None:
    fetch.cache.write_text("a file in the way")
    with refusal(f"{fetch.cache} can't be written: File exists; make room or allow writing"):
        fetch.url()
    fetch.cache.unlink()
    assert_is_whole(fetch.url())


@pytest.mark.parametrize("kind", ["url", long("openml")])
def test_a_file_that_the_disk_does_not_take_is_told(fetch: Fetcher, kind: str) -> None:
    with largest_file(10), refusal(f"{fetch.cache} can't be written: File too large"):
        getattr(fetch, kind)()
    assert_nothing_is_left(fetch)
    assert_is_whole(getattr(fetch, kind)())


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 kB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("only an administrator can mount a disk")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_is_told(fetch: Fetcher, small_disk: Path) -> None:
    fetch.cache = small_disk / "cache"
    fetch.local.add_file("/large.csv", b"a\n" + b"1\n" * 50_000)
    with refusal(f"{fetch.cache} can't be written: No space left on device"):
        fetch.url("/large.csv")
    assert_nothing_is_left(fetch)
    assert_is_whole(fetch.url())


JOB = """
import json, sys
from empirical_fisher.data.downloads import Limits, from_url
url, cache, openml = sys.argv[1:]
print(from_url(url, cache=cache, limits=Limits(300, 0, 1, openml)).origin["sha256"])
"""


def job(fetch: Fetcher) -> subprocess.Popen[str]:
    """Another process that asks for the same."""
    arguments = [fetch.local.url + "/a.csv", str(fetch.cache), fetch.local.openml]
    return subprocess.Popen(
        [sys.executable, "-c", JOB, *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


@pytest.mark.parametrize("whole_group", [True, long(False)])
def test_killed_in_the_middle_it_leaves_no_process_and_nothing_that_is_taken_for_data(
    fetch: Fetcher, whole_group: bool
) -> None:
    fetch.local.fail("/a.csv", drip(CSV, 3600, 2))
    process = job(fetch)
    wait_for(lambda: fetch.local.requests["/a.csv"])
    assert list(fetch.cache.glob("*/file"))
    downloading = psutil.Process(process.pid).children()
    assert downloading
    (os.killpg if whole_group else os.kill)(process.pid, signal.SIGKILL)
    process.communicate()
    wait_for(lambda: not any(map(is_alive, downloading)))
    assert_is_whole(fetch.url())


def test_what_killed_downloads_left_is_removed_when_it_is_old(fetch: Fetcher) -> None:
    left, running = fetch.cache / "attempt-old", fetch.cache / "attempt-new"
    for folder in (left, running):
        folder.mkdir(parents=True)
        (folder / "file").write_text("half")
    long_ago = time.time() - 3600
    os.utime(left, (long_ago, long_ago))
    fetch.url()
    assert not left.exists() and running.exists()


def test_two_who_ask_for_the_same_at_once_get_it(fetch: Fetcher) -> None:
    fetch.local.answers["/a.csv"] = late(CSV, 0.5)
    jobs = [job(fetch), job(fetch)]
    for process in jobs:
        said, errors = process.communicate(timeout=300)
        assert (said, errors) == (f"{SHA256}\n", "")
    assert_is_whole(fetch.url())
    assert len(list(fetch.cache.iterdir())) == 2


@pytest.mark.long
def test_two_openml_data_sets_at_once(fetch: Fetcher) -> None:
    fetch.local.fail("/data/download/7/tiny.arff", late(ARFF, 0.5), late(ARFF, 0.5))
    with ThreadPoolExecutor(2) as pool:
        for raw in pool.map(fetch.openml, [7, 7]):
            assert_is_whole(raw)


# The record of where it came from


@pytest.mark.usefixtures("in_process")
def test_a_changed_file_is_told_even_when_the_cache_was_deleted(
    fetch: Fetcher, tmp_path: Path
) -> None:
    source = {"url": fetch.local.url + "/a.csv"}
    confirm("Tiny", source, fetch.url().origin, tmp_path / "origins")
    for path in fetch.cache.iterdir():
        path.unlink()
    fetch.local.add_file("/a.csv", CSV.replace(b"1.5", b"1.6"))
    with refusal(f"sha256 was {SHA256} and is "):
        confirm("Tiny", source, fetch.url().origin, tmp_path / "origins")
    assert json.loads(next(fetch.cache.glob("*.json")).read_text())["sha256"] != SHA256


# Calls with a deadline


def test_what_a_call_raises_is_told_and_what_ends_it_too() -> None:
    assert deadline.call(json.loads, "[1, 2]", seconds=300) == [1, 2]
    with refusal("unexpected TypeError: the JSON object must be str"):
        deadline.call(json.loads, 1, seconds=300)
    with refusal("the download's process died: it said nothing"):
        deadline.call(os._exit, 3, seconds=300)
    with refusal("it had not ended after 1 s"):
        deadline.call(time.sleep, 1000, seconds=1)
