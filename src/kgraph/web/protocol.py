"""The SPARQL 1.1 Protocol for queries, apart from any framework: a WSGI request in, a Query out (sections 2.1 and 2.2).

Used by the Flask view and by the path in front of it, so that both read a request the same way.
"""

from __future__ import annotations

import io
import logging
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from kgraph.engine.guard import UPDATE
from kgraph.engine.outcome import log
from kgraph.engine.protocol import Query
from kgraph.errors import NotWritable, QueryRefused, QueryRequestError, QueryTooLong
from kgraph.iri import is_iri
from kgraph.media import RdfFormat, ResultFormat
from kgraph.web.negotiate import HTML, choose

FORM = "application/x-www-form-urlencoded"
QUERY = "application/sparql-query"
UPDATES = "application/sparql-update"
METHODS = ("GET", "HEAD", "POST", "OPTIONS")

_RESULT_TYPES: tuple[tuple[str, ResultFormat], ...] = (
    *((f.media_type, f) for f in ResultFormat),
    ("application/json", ResultFormat.JSON),
    ("application/xml", ResultFormat.XML),
    ("text/xml", ResultFormat.XML),
)
_BOOLEAN_TYPES = tuple(t for t in _RESULT_TYPES if t[1] in (ResultFormat.JSON, ResultFormat.XML))
_GRAPH_TYPES: tuple[tuple[str, RdfFormat], ...] = tuple((f.media_type, f) for f in RdfFormat)
_EVERY = (*(t for t, _ in _RESULT_TYPES), *(t for t, _ in _GRAPH_TYPES), HTML)

FORMATS: Mapping[str, tuple[ResultFormat | None, RdfFormat | None]] = {
    "json": (ResultFormat.JSON, RdfFormat.JSONLD),
    "xml": (ResultFormat.XML, RdfFormat.RDFXML),
    "csv": (ResultFormat.CSV, None),
    "tsv": (ResultFormat.TSV, None),
    **{f.ending: (None, f) for f in RdfFormat},
    "turtle": (None, RdfFormat.TURTLE),
    "srj": (ResultFormat.JSON, None),
    "srx": (ResultFormat.XML, None),
}
"""What `?format=` takes: the syntax for SELECT and ASK, and the one for CONSTRUCT and DESCRIBE."""


@dataclass(frozen=True)
class Request:
    """One request as the protocol sees it. `query` is None where none was sent (the service describes itself).

    `text` is what was sent as `query`, `page` whether the client would rather have HTML.
    """

    text: str
    query: Query | None
    page: bool


def read(environ: dict[str, Any], *, limit: int) -> Request:
    """Read a GET, HEAD or POST request. `limit` is how many bytes a query may have. Raises QueryError.

    A body that was read is put back, so that whoever handles the request next can read it again.
    """
    arrived = time.monotonic()
    parameters = _pairs(environ.get("QUERY_STRING", ""), "the address")
    if environ["REQUEST_METHOD"] == "POST":
        parameters += _posted(environ, limit)
    given: dict[str, list[str]] = {}
    for name, value in parameters:
        given.setdefault(name, []).append(value)
    if "update" in given:
        raise QueryRefused(UPDATE[0], hint=UPDATE[1])
    accept = environ.get("HTTP_ACCEPT")
    asked = given.get("format", [""])[-1].lower()
    texts = given.get("query", [])
    page = asked == "html" or (not asked and prefers_page(accept))
    if not texts:
        if environ["REQUEST_METHOD"] == "POST":
            raise QueryRequestError("the request holds no query", hint="Send it as the parameter `query`.")
        if given.keys() & {"default-graph-uri", "named-graph-uri"}:
            raise QueryRequestError("the request names a dataset and no query", hint="Send `query` too.")
        return Request("", None, page)
    if len(texts) > 1:
        raise QueryRequestError("the request holds several queries", hint="Send one `query` a request.")
    results, boolean, rdf = _formats(asked, accept, page)
    query = Query(
        texts[0],
        default_graphs=_graphs(given, "default-graph-uri", "named-graph-uri"),
        named_graphs=_graphs(given, "named-graph-uri", "default-graph-uri"),
        results=results,
        boolean=boolean,
        rdf=rdf,
        arrived=arrived,
        counted=log.isEnabledFor(logging.INFO),  # nobody else asks
    )
    return Request(texts[0], query, page)


class _Accepted(NamedTuple):
    """What an Accept header selects: the syntaxes of tables, of yes or no, of graphs; whether rather a page."""

    results: ResultFormat | None
    boolean: ResultFormat | None
    rdf: RdfFormat | None
    page: bool


@lru_cache(maxsize=2048)
def _worked_out(accept: str | None) -> _Accepted:
    best = choose(accept, _EVERY)
    page = best is not None and _EVERY[best] == HTML
    return _Accepted(
        _best(_RESULT_TYPES, accept), _best(_BOOLEAN_TYPES, accept), _best(_GRAPH_TYPES, accept), page
    )


def _best(offered: tuple[tuple[str, Any], ...], accept: str | None) -> Any:
    best = choose(accept, [media_type for media_type, _ in offered])
    return None if best is None else offered[best][1]


def _accepted(accept: str | None) -> _Accepted:
    # Clients send the same few headers over and over; a long one is worked out each time, so takes no room.
    return _worked_out(accept) if accept is None or len(accept) <= 512 else _worked_out.__wrapped__(accept)


def prefers_page(accept: str | None) -> bool:
    """Whether HTML is what the client would rather have."""
    return _accepted(accept).page


def graph_format(asked: str, accept: str | None) -> RdfFormat:
    """The RDF syntax of a graph, by `?format=` or Accept. Raises NotWritable."""
    if asked:
        rdf = _named(asked)[1]
    else:
        best = choose(accept, [t for t, _ in _GRAPH_TYPES])
        rdf = None if best is None else _GRAPH_TYPES[best][1]
    if rdf is None:
        raise NotWritable(
            "a graph cannot be had in any of the accepted media types",
            hint="There are: " + ", ".join(t for t, _ in _GRAPH_TYPES),
        )
    return rdf


def _formats(
    asked: str, accept: str | None, page: bool
) -> tuple[ResultFormat | None, ResultFormat | None, RdfFormat | None]:
    if asked and asked != "html":
        results, rdf = _named(asked)
        boolean: ResultFormat | None = results if results in (ResultFormat.JSON, ResultFormat.XML) else None
        return results, boolean, rdf
    if page:
        return ResultFormat.JSON, ResultFormat.JSON, RdfFormat.TURTLE
    results, boolean, rdf, _ = _accepted(accept)
    if results is None and rdf is None:
        raise NotWritable(
            "none of the accepted media types is one that this service writes",
            hint="There are: " + ", ".join(f.media_type for f in (*ResultFormat, *RdfFormat)),
        )
    return results, boolean, rdf


def _named(asked: str) -> tuple[ResultFormat | None, RdfFormat | None]:
    found = FORMATS.get(asked)
    if found is None:
        results = next((f for f in ResultFormat if f.media_type == asked), None)
        found = (results, RdfFormat.of_media_type(asked))
    if found == (None, None):
        raise QueryRequestError(
            f"there is no format '{asked[:40]}'", hint="There are: " + ", ".join((*FORMATS, "html"))
        )
    return found


def _graphs(given: Mapping[str, list[str]], wanted: str, other: str) -> tuple[str, ...] | None:
    if wanted not in given and other not in given:
        return None
    graphs = tuple(given.get(wanted, ()))
    for iri in graphs:
        if not is_iri(iri):
            raise QueryRequestError(f"`{wanted}` is not an absolute IRI: {iri[:200]!r}")
    return graphs


def _posted(environ: dict[str, Any], limit: int) -> list[tuple[str, str]]:
    kind, _, parameters = environ.get("CONTENT_TYPE", "").partition(";")
    kind = kind.strip().lower()
    if kind == UPDATES:
        raise QueryRefused(UPDATE[0], hint=UPDATE[1])
    if kind not in (FORM, QUERY):
        raise UnsupportedMediaType(
            f"a query is not posted as '{kind[:80] or 'nothing'}'", hint=f"Post it as {QUERY} or as {FORM}."
        )
    charset = re.search(r"charset\s*=\s*\"?([\w.-]+)", parameters, re.IGNORECASE)
    if charset and charset[1].lower() not in ("utf-8", "utf8", "us-ascii"):
        raise QueryRequestError(f"a query is sent as UTF-8, not as {charset[1][:40]}")
    # A form may hold each byte as three characters, and the IRIs of a dataset.
    body = _body(environ, limit if kind == QUERY else 3 * limit + 65536, limit)
    environ["wsgi.input"] = io.BytesIO(body)
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise QueryRequestError("the query is not UTF-8", hint="Send it as UTF-8.") from error
    return [("query", text.removeprefix("\ufeff"))] if kind == QUERY else _pairs(text, "the form")


def _body(environ: Mapping[str, Any], most: int, limit: int) -> bytes:
    try:
        length = int(environ.get("CONTENT_LENGTH") or -1)
    except ValueError:
        length = -1
    too_long = QueryTooLong(
        f"the query has more than the {limit} bytes that this service takes",
        hint="Shorten it; a long VALUES block can be sent in parts.",
    )
    if length > most:
        raise too_long
    if length < 0 and "chunked" not in environ.get("HTTP_TRANSFER_ENCODING", "").lower():
        return b""
    wanted = most + 1 if length < 0 else length
    body = bytearray()
    while len(body) < wanted and (piece := environ["wsgi.input"].read(wanted - len(body))):
        body += piece
    if len(body) > most:
        raise too_long
    if len(body) < length:
        raise QueryRequestError("the body is shorter than its Content-Length", hint="Send it again, whole.")
    return bytes(body)


def _pairs(text: str, where: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=1000)
    except UnicodeDecodeError as error:
        raise QueryRequestError(f"{where} holds bytes that are not UTF-8") from error
    except ValueError as error:
        raise QueryRequestError(f"{where} holds too many parameters") from error


class UnsupportedMediaType(QueryRequestError):
    """A POST of a media type that the protocol does not know."""

    status, problem, title = 415, "media-type", "This media type is not a SPARQL query"
