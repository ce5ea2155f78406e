"""Query answers as HTTP: cached results, entity tags, 304, bodies that close their temporary file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kgraph.engine.protocol import Answer, Engine, Query
from kgraph.web.protocol import METHODS
from kgraph.web.results import Result, ResultCache

OPEN = (
    ("Access-Control-Allow-Origin", "*"),
    (
        "Access-Control-Expose-Headers",
        "ETag, Last-Modified, Link, Location, Retry-After, Server-Timing, Vary",
    ),
    ("Cross-Origin-Resource-Policy", "cross-origin"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
)
"""What every answer of the endpoint carries: anyone's page may read it, no browser may run it."""

ALLOW = ", ".join(METHODS)
_TEXT = ("text/", "application/trig", "application/n-triples", "application/n-quads")


@dataclass(frozen=True)
class Reply:
    """An HTTP answer: status line, headers, and a body that frees what it holds when closed."""

    status: str
    headers: list[tuple[str, str]]
    body: Any


class Body:
    """A WSGI body over an Answer's pieces."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        return self._answer.body

    def close(self) -> None:
        """Free the spooled result (PEP 3333: called when the answer is sent or its client left)."""
        self._answer.close()


def answered(engine: Engine, cache: ResultCache, query: Query) -> Result | Answer:
    """The result from the cache, or by running the query. Raises QueryError."""
    kept = cache.get(query)
    if kept is not None:
        return kept
    answer = engine.query(query)
    return cache.put(query, answer) or answer


def reply(environ: dict[str, Any], engine: Engine, cache: ResultCache, query: Query) -> Reply:
    """Answer a GET, HEAD or POST with a query. Raises QueryError."""
    found = answered(engine, cache, query)
    media = found.media_type
    headers = [
        ("Content-Type", content_type(media)),
        ("Vary", "Accept"),
        ("Cache-Control", "no-cache"),
    ]
    head = environ["REQUEST_METHOD"] == "HEAD"
    if isinstance(found, Result):
        headers.append(("ETag", found.etag))
        condition = environ.get("HTTP_IF_NONE_MATCH")
        if condition and _matches(condition, found.etag) and environ["REQUEST_METHOD"] != "POST":
            return Reply("304 Not Modified", [*headers[1:], *OPEN], [])
        headers.append(("Content-Length", str(len(found.body))))
        return Reply("200 OK", [*headers, *OPEN], [] if head else [found.body])
    headers.append(("Content-Length", str(found.size)))
    headers.append(("Server-Timing", f"query;dur={found.seconds * 1000:.1f}"))
    if head:
        found.close()
        return Reply("200 OK", [*headers, *OPEN], [])
    return Reply("200 OK", [*headers, *OPEN], Body(found))


def content_type(media: str) -> str:
    """The media type, with its charset where it is text (RFC 9110, section 8.3.2)."""
    return f"{media}; charset=utf-8" if media.startswith(_TEXT) else media


def _matches(condition: str, etag: str) -> bool:
    return condition.strip() == "*" or any(
        tag.strip().removeprefix("W/") == etag for tag in condition.split(",")
    )
