"""Large answers go out at the speed of their readers, and each holds a thread of the server meanwhile: so they are few.

Whoever reads slowly, from ill will or over a thin line, takes one of these places and no thread that pages need.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from threading import BoundedSemaphore
from typing import Any

from kgraph.web.bodies import Application, refuse

AT_ONCE = 32
"""Large answers that one web process sends at a time; `kgraph serve` has more threads than that."""
LARGE = 1 << 20
"""Bytes that the server takes from the application without waiting for the reader."""


class Streams:
    """WSGI middleware: an answer over LARGE, or of unknown length, needs one of `at_once` places; else it is a 503."""

    def __init__(self, app: Application, *, at_once: int = AT_ONCE) -> None:
        self._app = app
        self._free = BoundedSemaphore(at_once)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        length = LARGE + 1

        def note(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            nonlocal length
            length = next((int(v) for n, v in headers if n == "Content-Length"), LARGE + 1)
            return start_response(status, headers, exc_info) if exc_info else start_response(status, headers)

        answer = self._app(environ, note)
        if length <= LARGE or isinstance(answer, list):
            return answer
        if self._free.acquire(blocking=False):
            return _Held(answer, self._free)
        _close(answer)
        error = RuntimeError("too many large answers")  # PEP 3333 wants one for a second status
        detail = "too many large answers are being sent"
        return refuse(
            start_response,
            "503 Service Unavailable",
            detail,
            problem="too-many-large",
            exc_info=(RuntimeError, error, None),
        )


class _Held:
    """An answer that gives its place back when it is closed (PEP 3333: sent, or its reader left)."""

    def __init__(self, answer: Iterable[bytes], free: BoundedSemaphore) -> None:
        self._answer = answer
        self._free: BoundedSemaphore | None = free

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._answer)

    def close(self) -> None:
        free, self._free = self._free, None
        try:
            _close(self._answer)
        finally:
            if free is not None:
                free.release()


def _close(answer: Iterable[bytes]) -> None:
    close = getattr(answer, "close", None)
    if close is not None:
        close()
