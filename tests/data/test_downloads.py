"""Whatever a server does, there comes the right data or one readable message, in bounded time."""

from __future__ import annotations

import gzip
import hashlib
import json
import logging
import os
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pandas as pd
import psutil
import pytest

import server
from conftest import ROOT, refusal
from empirical_fisher.data import deadline
from empirical_fisher.data.downloads import Limits, from_url
from empirical_fisher.data.openml_source import from_openml
from empirical_fisher.data.origins import confirm
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
    with warnings.catch_warnings(action="ignore"):
        import openml  # noqa: F401


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


URL_FAULTS = {
    "hangs up": (hang_up, "the server can't be reached (the connection broke off)", "tried once"),
    "500, no text": (status(500), "the server answered 500 Internal Server Error"),
    "500, page": (status(500, HTML), "the server answered 500 Internal Server Error"),
    "404": (status(404, HTML), "the server answered 404 Not Found; check the address"),
    "page": (status(200, HTML), "it is a web page or XML, not csv"),
    "redirected to a file": (
        server.redirect("file:///etc/passwd"),
        "No connection adapters were found for 'file:///etc/passwd'",
    ),
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
    "500, page": (f"{API}/data/7", status(500, HTML), "the server's answer is not OpenML's"),
    "500, no text": (f"{API}/data/features/7", status(500), "the server's answer is not OpenML's"),
    "other XML": (f"{API}/data/7", status(500, b"<error/>"), "the server's answer is not OpenML's"),
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
    assert_nothing_is_left(fetch)
    assert_is_whole(fetch.openml())


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


@pytest.mark.parametrize("endless", [silent, drip(CSV, 3600, len(CSV))])
def test_a_server_without_end_is_left_at_the_deadline(fetch: Fetcher, endless) -> None:
    fetch.local.fail("/a.csv", endless)
    with refusal("/a.csv: it had not ended after 3 s; the server is slow or silent"):
        fetch.url(deadline=SHORT)
    assert_nothing_is_left(fetch)
    fetch.local.faults.clear()  # where the machine is too slow to have asked by then
    assert_is_whole(fetch.url())


@pytest.mark.parametrize("path", [f"{API}/data/7", "/data/download/7/tiny.arff"])
def test_an_openml_without_end_is_left_at_the_deadline(fetch: Fetcher, path: str) -> None:
    fetch.local.fail(path, silent)
    with refusal("it had not ended after 3 s", "raise downloads.deadline"):
        fetch.openml(deadline=SHORT)
    assert_nothing_is_left(fetch)


def test_a_server_that_is_slow_but_honest_is_waited_for(fetch: Fetcher) -> None:
    fetch.local.fail("/a.csv", drip(CSV, 0.1, 10))
    fetch.local.fail("/data/download/7/tiny.arff", late(ARFF, 1.0))
    assert_is_whole(fetch.url())
    assert_is_whole(fetch.openml())


@pytest.mark.usefixtures("in_process")
def test_two_failures_and_then_the_right_answer(fetch: Fetcher) -> None:
    fetch.local.fail("/a.csv", status(503), cut(CSV[:9], announced=True))
    assert_is_whole(fetch.url(retries=2))
    fetch.local.fail(f"{API}/data/7", status(502, HTML), hang_up)
    assert_is_whole(fetch.openml(retries=2))
    assert fetch.local.requests["/a.csv"] == fetch.local.requests[f"{API}/data/7"] == 3


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


@pytest.mark.parametrize("announced", [True, False])
def test_what_is_too_large_is_not_taken(fetch: Fetcher, announced: bool) -> None:
    large = b"a\n" + b"1\n" * 5000
    path = "/large.csv"
    fetch.local.answers[path] = status(200, large) if announced else cut(large, announced=False)
    with refusal("it is larger than the 0.005 MB allowed; if it should be, raise downloads.megab"):
        fetch.url(path, megabytes=0.005)
    with refusal("it holds more than the 0.005 MB allowed"):
        fetch.local.add_file("/bomb.csv.gz", gzip.compress(large))
        fetch.url("/bomb.csv.gz", megabytes=0.005)
    with refusal("it holds more than the 0.02 MB allowed"):
        fetch.local.add_dataset(8, gzip.compress(ARFF + b" " * 30_000), FEATURES, name="bomb")
        fetch.openml(8, megabytes=0.02)
    assert_nothing_is_left(fetch)


@pytest.mark.parametrize("address", ["file:///etc/passwd", "ftp://x/a.csv", "a.csv"])
def test_only_the_web_is_asked(fetch: Fetcher, address: str) -> None:
    with refusal("only addresses that begin with http:// or https:// are fetched"):
        from_url(address, cache=fetch.cache, limits=fetch.limits)


# Faults of this machine


def test_a_cache_that_cannot_be_written_is_told(fetch: Fetcher) -> None:
    fetch.cache.write_text("a file in the way")
    with refusal(f"{fetch.cache} can't be written: File exists; make room or allow writing"):
        fetch.url()
    fetch.cache.unlink()
    assert_is_whole(fetch.url())


@pytest.mark.parametrize("kind", ["url", "openml"])
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


@pytest.mark.parametrize("whole_group", [True, False])
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
