"""A server on this machine that speaks enough of OpenML's REST API, serves files, and can fail.

What it answers to a path is in `answers`; a fault put before it with `fail` is used up first.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from xml.sax.saxutils import escape

import pandas as pd

NAMESPACE = 'xmlns:oml="http://openml.org/openml"'
API = "/api/v1/xml"

# The data set that `stocked` serves
TABLE = pd.DataFrame({"size": [1.5, 2.5, 4.0, 8.0], "kind": ["a", "b", "b", "a"]})
CSV = TABLE.to_csv(index=False).encode()
SHA256 = hashlib.sha256(CSV).hexdigest()
ARFF = b"""@relation tiny
@attribute size numeric
@attribute kind {a, b}
@data
1.5,a
2.5,b
4,b
8,a
"""
FEATURES = {"size": "numeric", "kind": "nominal"}

Answer = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    """Answers a request with the next fault for its path, or else with what there is."""

    protocol_version = "HTTP/1.1"
    server: LocalServer

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        self.server.requests[path] += 1
        self.server.answer_to(path)(self)

    def send(self, status: int, body: bytes, kind: str = "text/plain", **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if "Content_Length" not in headers:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


class LocalServer(ThreadingHTTPServer):
    """At an address of its own, `url`, until it is closed."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: dict[str, Answer] = {}
        self.faults: dict[str, list[Answer]] = defaultdict(list)
        self.requests: Counter[str] = Counter()
        self.over = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def openml(self) -> str:
        return self.url + API

    def handle_error(self, *_: object) -> None:
        """Say nothing of clients that go away."""

    def answer_to(self, path: str) -> Answer:
        waiting = self.faults[path]
        if waiting:
            return waiting.pop(0)
        if path in self.answers:
            return self.answers[path]
        if path.startswith(f"{API}/data/list/"):
            return status(412, error(372, "No results"))
        return status(412 if path.startswith(API) else 404, error(111, "Unknown dataset"))

    def fail(self, path: str, *faults: Answer) -> None:
        """Answer the next requests for a path with these."""
        self.faults[path] += faults

    def add_file(self, path: str, content: bytes) -> str:
        """Serve a file; returns its address."""
        self.answers[path] = lambda handler: handler.send(200, content)
        return self.url + path

    def add_dataset(
        self,
        number: int,
        arff: bytes,
        features: dict[str, str],
        *,
        name: str = "tiny",
        version: int = 1,
        md5: str | None = "",
        state: str = "active",
        **more: str,
    ) -> str:
        """Serve an OpenML data set; returns the path of its ARFF file."""
        path = f"/data/download/{number}/{name}.arff"
        file = self.add_file(path, arff)
        md5 = hashlib.md5(arff).hexdigest() if md5 == "" else md5
        entries = {
            "id": number,
            "name": name,
            "version": version,
            "description": "Small.",
            "format": "ARFF",
            "upload_date": "2024-01-01T00:00:00",
            "licence": "Public",
            "url": file,
            "file_id": number,
            **more,
            "visibility": "public",
            "status": state,
            "processing_date": "2024-01-01 00:00:00",
            **({"md5_checksum": md5} if md5 else {}),
        }
        listed = {"did": number, "name": name, "version": version, "status": state}
        self._add_xml(f"/data/{number}", f"<oml:data_set_description>{tags(entries)}")
        self._add_xml(
            f"/data/features/{number}",
            "<oml:data_features>"
            + "".join(
                f"<oml:feature>{tags(feature(index, *pair))}</oml:feature>"
                for index, pair in enumerate(features.items())
            ),
        )
        self._add_xml(
            f"/data/list/data_name/{name}/data_version/{version}/limit/10000/offset/0",
            f"<oml:data><oml:dataset>{tags(listed)}</oml:dataset>",
        )
        return path

    def _add_xml(self, path: str, opened: str) -> None:
        root = opened[1 : opened.index(">")]
        text = f"{opened.replace(root, f'{root} {NAMESPACE}', 1)}</{root}>".encode()
        self.answers[API + path] = lambda handler: handler.send(200, text, "text/xml")


def tags(entries: dict[str, object]) -> str:
    return "".join(f"<oml:{key}>{escape(str(value))}</oml:{key}>" for key, value in entries.items())


def feature(index: int, name: str, kind: str) -> dict[str, object]:
    nominal = {"nominal_value": "a"} if kind == "nominal" else {}
    return {
        "index": index,
        "name": name,
        "data_type": kind,
        **nominal,
        "is_target": "false",
        "is_ignore": "false",
        "is_row_identifier": "false",
        "number_of_missing_values": 0,
    }


def error(code: int, message: str) -> bytes:
    """The body of OpenML's errors."""
    told = tags({"code": code, "message": message})
    return f"<oml:error {NAMESPACE}>{told}</oml:error>".encode()


# Answers, healthy and not


def status(code: int, body: bytes = b"", kind: str = "text/xml") -> Answer:
    return lambda handler: handler.send(code, body, kind)


def redirect(address: str) -> Answer:
    return lambda handler: handler.send(302, b"", Location=address)


def silent(handler: Handler) -> None:
    """Take the request and never say a word."""
    handler.server.over.wait()
    handler.close_connection = True


def hang_up(handler: Handler) -> None:
    """Close the connection without a word."""
    handler.close_connection = True


def drip(content: bytes, seconds: float, pieces: int) -> Answer:
    """Send the content in pieces, so long after one another."""

    def answer(handler: Handler) -> None:
        handler.send(200, b"", Content_Length=str(len(content)))
        size = -(-len(content) // pieces)
        for start in range(0, len(content), size):
            handler.wfile.write(content[start : start + size])
            handler.wfile.flush()
            if handler.server.over.wait(seconds):
                return

    return answer


def late(content: bytes, seconds: float) -> Answer:
    """Send the content after a while."""

    def answer(handler: Handler) -> None:
        time.sleep(seconds)
        handler.send(200, content)

    return answer


def cut(content: bytes, announced: bool) -> Answer:
    """Send a part of a file as if it were whole, or having announced more."""

    def answer(handler: Handler) -> None:
        handler.close_connection = True
        if announced:
            handler.send(200, content, Content_Length=str(2 * len(content)))
        else:
            handler.send_response(200)
            handler.send_header("Connection", "close")
            handler.end_headers()
            handler.wfile.write(content)

    return answer


@contextmanager
def serving() -> Iterator[LocalServer]:
    """Run a server in the background."""
    server = LocalServer()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.over.set()
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def stocked() -> Iterator[LocalServer]:
    """Run a server that has the data set as a file, /a.csv, and as OpenML's number 7."""
    with serving() as server:
        server.add_file("/a.csv", CSV)
        server.add_dataset(7, ARFF, FEATURES, default_target_attribute="kind")
        yield server
