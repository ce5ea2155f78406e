"""Request bodies are read here, whole, before any view: a client that sends one slowly holds up nobody but itself.

The server gives a thread to each request, and a body that does not come would hold it for ever. So a body is read by a
thread of its own, of which there are few, for so long only; other requests go on meanwhile.
"""

from __future__ import annotations

import io
import json
import string
import time
from collections.abc import Callable, Iterable, Iterator
from threading import BoundedSemaphore, Thread
from typing import Any
from urllib.parse import quote

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]

AT_ONCE = 8
"""Bodies that one web process reads at a time; the server has more threads than that."""
SECONDS = 10.0
"""How long a body may take to arrive."""
MOST = 1 << 20
"""Bytes of a body that are read; no view takes as many."""
_FLUSHED = 0.1  # seconds


class Bodies:
    """WSGI middleware: `wsgi.input` is in memory when the application sees it, one byte more than MOST at most.

    A body that says that it is longer than MOST is not read at all: no view takes it, and its length tells them.
    `QUERY_STRING` is escaped where the client should have done so: what is not UTF-8 ends Werkzeug's reading of it.
    """

    def __init__(self, app: Application, *, at_once: int = AT_ONCE, seconds: float = SECONDS) -> None:
        self._app = app
        self._free = BoundedSemaphore(at_once)
        self._seconds = seconds

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        query = environ.get("QUERY_STRING", "")
        if not query.isascii():
            environ["QUERY_STRING"] = quote(query.encode("latin-1"), safe=string.printable)
        if environ["REQUEST_METHOD"] in ("GET", "HEAD", "OPTIONS"):
            return self._app(environ, start_response)
        if not self._free.acquire(blocking=False):
            return refuse(start_response, "503 Service Unavailable", "too many request bodies arrive slowly")
        read: list[bytes] = []
        thread = Thread(target=self._fill, args=(environ, read), daemon=True)
        thread.start()
        thread.join(self._seconds)
        if not read:
            detail = f"the body of the request did not arrive in {self._seconds:g} s"
            return _Cut(refuse(start_response, "408 Request Timeout", detail, more=1))
        environ["wsgi.input"] = io.BytesIO(read[0])
        return self._app(environ, start_response)

    def _fill(self, environ: dict[str, Any], into: list[bytes]) -> None:
        try:
            length = _length(environ)
            wanted = MOST + 1 if length is None else length if length <= MOST else 0
            body = bytearray()
            while len(body) < wanted and (piece := environ["wsgi.input"].read(wanted - len(body))):
                body += piece
            into.append(bytes(body))
        except OSError:  # the client left
            into.append(b"")
        finally:
            self._free.release()


class _Cut:
    """An answer one byte shorter than its Content-Length says: the server then has to close the connection.

    That is the one way to end a read of a body that does not come. While a thread reads it, granian (2.8) can neither
    end the request nor, as it waits for that with Python's lock in hand, do anything else in this process.
    """

    def __init__(self, pieces: list[bytes]) -> None:
        self._pieces = pieces

    def __iter__(self) -> Iterator[bytes]:
        yield from self._pieces
        time.sleep(_FLUSHED)  # what is not on its way when the connection closes is lost


def _length(environ: dict[str, Any]) -> int | None:
    """How long the body says it is; None when it comes in chunks."""
    try:
        return max(0, int(environ["CONTENT_LENGTH"]))
    except (KeyError, ValueError):
        return None if "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower() else 0


def refuse(
    start_response: Any,
    status: str,
    detail: str,
    *,
    more: int = 0,
    problem: str = "request-body",
    exc_info: Any = None,
) -> list[bytes]:
    """Answer with a problem (RFC 9457); `more` bytes are announced than are sent."""
    told = {"type": f"urn:kgraph:problem:{problem}", "title": status[4:], "status": int(status[:3])}
    body = json.dumps({**told, "detail": detail, "hint": "Send it again, at once."}).encode() + b"\n"
    headers = [
        ("Content-Type", "application/problem+json"),
        ("Content-Length", str(len(body) + more)),
        ("Cache-Control", "no-store"),
        ("Access-Control-Allow-Origin", "*"),
    ]
    if status.startswith("503"):
        headers.append(("Retry-After", "5"))
    start_response(status, headers, exc_info) if exc_info else start_response(status, headers)
    return [body]
