"""/sparql: the SPARQL 1.1 Protocol for queries, the Service Description, and the page for people.

A request with a query goes past Flask (`Door`): the same code, a fraction of the time (docs/benchmarks.md).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Flask, Response, request
from flask.blueprints import BlueprintSetupState

from kgraph.engine import serialize
from kgraph.engine.protocol import Query
from kgraph.errors import QueryError, QuerySyntaxError
from kgraph.media import RdfFormat, ResultFormat
from kgraph.site import SETTINGS
from kgraph.terms import written
from kgraph.web import protocol, service
from kgraph.web.edition import Edition, Publication, current
from kgraph.web.links import found_at
from kgraph.web.reply import ALLOW, Reply, answered, content_type, reply
from kgraph.web.respond import answer, page
from kgraph.web.results import Result, ResultCache, cache_of

blueprint = Blueprint("sparql", __name__)

PATH = "/sparql"
ROWS = 200
"""Rows that the page for people shows; the whole result is one link away."""

_METHODS = ("GET", "HEAD", "POST")
_DEFAULTS = {s.name: s.default for s in SETTINGS}
_FAILURE = "kgraph.query.failure"
_PAGE = 8 << 20  # bytes of a result that the page for people is made from; whoever wants more takes the file
_WHOLE = 100_000  # characters of a graph that the page for people shows
_GRAPHS = 1000  # named graphs that the service description lists


def setting(edition: Edition, name: str) -> Any:
    """A setting of the site, its default where an older site object lacks it."""
    return edition.site.settings.get(name, _DEFAULTS[name])


def cache(edition: Edition) -> ResultCache:
    """The results of this edition's release."""
    return cache_of(edition.engine, int(setting(edition, "query_cache")) << 20)


class Door:
    """WSGI middleware: queries are answered here; everything else, and every failure, is Flask's."""

    def __init__(self, app: Any, publication: Publication) -> None:
        self._app = app
        self._publication = publication

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        earlier = "release=" in environ.get(
            "QUERY_STRING", ""
        )  # another release may be asked, which Flask finds
        if environ.get("PATH_INFO") == PATH and environ["REQUEST_METHOD"] in _METHODS and not earlier:
            edition = self._publication.edition
            try:
                wanted = protocol.read(environ, limit=int(setting(edition, "query_bytes")))
                if wanted.query is not None and not wanted.page:
                    made = reply(environ, edition.engine, cache(edition), wanted.query)
                    start_response(made.status, made.headers)
                    body: Iterable[bytes] = made.body
                    return body
            except QueryError as error:
                environ[_FAILURE] = error
        answered: Iterable[bytes] = self._app(environ, start_response)
        return answered


@blueprint.record_once
def _install(state: BlueprintSetupState) -> None:
    """Put the door in front of the application that takes the blueprint."""
    app = state.app
    assert isinstance(app, Flask)
    app.wsgi_app = Door(app.wsgi_app, app.extensions["kgraph"])  # type: ignore[method-assign]


@blueprint.route(PATH, methods=["GET", "POST", "OPTIONS"], endpoint="query", provide_automatic_options=False)
def sparql() -> Response:
    """One address for queries, for the service's description and for people."""
    if request.method == "OPTIONS":
        return options(ALLOW)
    failure = request.environ.get(_FAILURE)
    asked = request.args.get("format", "").lower()
    page_wanted = asked == "html" or (not asked and protocol.prefers_page(request.headers.get("Accept")))
    if failure is not None:
        if page_wanted and request.method != "POST" and request.args.get("query"):
            return failed_page(request.args["query"], failure)
        raise failure
    edition = current()
    wanted = protocol.read(request.environ, limit=int(setting(edition, "query_bytes")))
    if wanted.query is None:
        return query_page("") if wanted.page else description(edition)
    if not wanted.page:
        return as_response(reply(request.environ, edition.engine, cache(edition), wanted.query))
    try:
        return query_page(wanted.text, shown(edition, wanted.query))
    except QueryError as error:
        return failed_page(wanted.text, error)


def options(allow: str) -> Response:
    """What an address allows."""
    response = Response(status=204, headers={"Allow": allow})
    del response.headers["Content-Type"]
    return response


def as_response(made: Reply) -> Response:
    """A Reply as Flask sends it."""
    response = Response(made.body, status=made.status)
    response.headers.clear()
    response.headers.extend(made.headers)
    return response


def description(edition: Edition) -> Response:
    """The Service Description in the RDF syntax that the client takes."""
    rdf = protocol.graph_format(request.args.get("format", "").lower(), request.headers.get("Accept"))
    manifest = edition.release.manifest
    graphs = edition.rows(
        "SELECT n.iri, s.triples FROM graph_statistic s JOIN node n ON n.id = s.graph ORDER BY n.iri LIMIT ?",
        _GRAPHS,
    )
    quads = service.describe(
        found_at(edition) + PATH,
        title=manifest.title,
        triples=manifest.triples,
        graphs=[(row["iri"], row["triples"]) for row in graphs],
        licence=str(setting(edition, "license")),
    )
    body = serialize.write(quads, rdf, service.PREFIXES)
    return answer(body, content_type(rdf.media_type), vary=("Accept",))


@dataclass(frozen=True)
class Shown:
    """A result as the page for people shows it: a table (cut at ROWS), yes or no, or a graph as Turtle."""

    variables: tuple[str, ...]
    rows: tuple[tuple[dict[str, str] | None, ...], ...]
    total: int | None
    boolean: bool | None
    graph: str
    cut: bool
    downloads: tuple[tuple[str, str], ...]


def shown(edition: Edition, query: Query) -> Shown:
    """Run a query for the page. Raises QueryError."""
    found = answered(edition.engine, cache(edition), replace(query, result=_PAGE))
    try:
        body = found.body if isinstance(found, Result) else found.read()
    finally:
        if not isinstance(found, Result):
            found.close()
    kinds = RdfFormat if found.form == "graph" else ResultFormat
    downloads = tuple(
        (f.label, f"{PATH}?" + urlencode({"query": query.text, "format": f.ending}))
        for f in kinds
        if found.form != "boolean" or f in (ResultFormat.JSON, ResultFormat.XML)
    )
    if found.form == "graph":
        text = body.decode()
        return Shown((), (), found.rows, None, text[:_WHOLE], len(text) > _WHOLE, downloads)
    document = json.loads(body)
    if found.form == "boolean":
        return Shown((), (), None, bool(document["boolean"]), "", False, downloads)
    names = tuple(document["head"]["vars"])
    bindings = document["results"]["bindings"]
    rows = tuple(tuple(_cell(row.get(name)) for name in names) for row in bindings[:ROWS])
    return Shown(names, rows, len(bindings), None, "", len(bindings) > ROWS, downloads)


def _cell(term: dict[str, str] | None) -> dict[str, str] | None:
    """A term of SPARQL's JSON; a triple term, which only a query makes, as text."""
    return {"type": "literal", "value": written(term)} if term and term["type"] == "triple" else term


def query_page(text: str, result: Shown | None = None) -> Response:
    """The form, with a query and its result."""
    return page("sparql.html", vary=("Accept",), query=text, result=result, failure=None, ROWS=ROWS)


def failed_page(text: str, error: QueryError) -> Response:
    """The form, with a query and why it failed; the status is the error's."""
    place = (error.line, error.column) if isinstance(error, QuerySyntaxError) and error.line else None
    response = page(
        "sparql.html",
        status=error.status,
        vary=("Accept",),
        query=text,
        result=None,
        failure=error,
        place=place,
        ROWS=ROWS,
    )
    response.headers["Cache-Control"] = "no-store"
    if error.retry_after:
        response.headers["Retry-After"] = str(error.retry_after)
    return response
