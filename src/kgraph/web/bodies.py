"""Request bodies are read here, whole, before any view: a client that sends one slowly holds up nobody but itself.

The server gives a thread to each request, and a body that does not come would hold it for ever. So a body is read by a
thread of its own, of which there are few, for so long only; other requests go on meanwhile.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable
from threading import BoundedSemaphore, Thread
from typing import Any

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]

AT_ONCE = 8
"""Bodies that one web process reads at a time; the server has more threads than that."""
SECONDS = 10.0
"""How long a body may take to arrive."""
MOST = 1 << 20
"""Bytes of a body that are read; no view takes as many."""


class Bodies:
    """WSGI middleware: `wsgi.input` is in memory when the application sees it, one byte more than MOST at most.

    A body that says that it is longer than MOST is not read at all: no view takes it, and its length tells them.
    """

    def __init__(self, app: Application, *, at_once: int = AT_ONCE, seconds: float = SECONDS) -> None:
        self._app = app
        self._free = BoundedSemaphore(at_once)
        self._seconds = seconds

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] in ("GET", "HEAD", "OPTIONS"):
            return self._app(environ, start_response)
        if not self._free.acquire(blocking=False):
            return _refuse(start_response, "503 Service Unavailable", "too many request bodies arrive slowly")
        read: list[bytes] = []
        thread = Thread(target=self._fill, args=(environ, read), daemon=True)
        thread.start()
        thread.join(self._seconds)
        if not read:
            seconds = f"{self._seconds:g} s"
            return _refuse(
                start_response, "408 Request Timeout", f"the body of the request did not arrive in {seconds}"
            )
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


def _length(environ: dict[str, Any]) -> int | None:
    """How long the body says it is; None when it comes in chunks."""
    try:
        return max(0, int(environ["CONTENT_LENGTH"]))
    except (KeyError, ValueError):
        return None if "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower() else 0


def _refuse(start_response: Any, status: str, detail: str) -> list[bytes]:
    told = {"type": "urn:kgraph:problem:request-body", "title": status[4:], "status": int(status[:3])}
    body = json.dumps({**told, "detail": detail, "hint": "Send it again, at once."}).encode() + b"\n"
    headers = [
        ("Content-Type", "application/problem+json"),
        ("Content-Length", str(len(body))),
        ("Cache-Control", "no-store"),
        ("Access-Control-Allow-Origin", "*"),
    ]
    if status.startswith("503"):
        headers.append(("Retry-After", "5"))
    start_response(status, headers)
    return [body]
