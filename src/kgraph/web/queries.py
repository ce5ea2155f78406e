"""/queries: the site's named queries as pages with parameters, each with its answer and its data twins.

Values come from the address (`/queries/events-by-place?place=id/place/sarajevo`) and are bound as RDF terms
(kgraph.queries). The twins have the same address with an ending: `.csv`, `.json` ..., and `.rq` is the bound query.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, abort, request
from werkzeug.datastructures import MultiDict

from kgraph import queries
from kgraph.engine.protocol import Query
from kgraph.errors import QueryError
from kgraph.media import RdfFormat, ResultFormat
from kgraph.queries import NamedQuery, Parameter
from kgraph.web.cache import KEEP
from kgraph.web.edition import Edition, current
from kgraph.web.language import _
from kgraph.web.links import sparql_address, with_query
from kgraph.web.reply import reply
from kgraph.web.respond import answer, link_header, page
from kgraph.web.sparql import ROWS, as_response, cache, shown
from kgraph.web.view import View

blueprint = Blueprint("queries", __name__)

CHOICES = 200
"""A parameter that takes a thing of a class offers a list up to this many things."""

_FORMATS: dict[str, ResultFormat | RdfFormat] = {
    **{f.ending: f for f in RdfFormat},
    **{f.ending: f for f in ResultFormat},
}
_SOURCE = "application/sparql-query; charset=utf-8"


@dataclass(frozen=True)
class Field:
    """A parameter as the form shows it. `options` are (value, text); none where a person types."""

    parameter: Parameter
    value: str
    options: tuple[tuple[str, str], ...]
    input: str


@lru_cache(maxsize=4)
def _load(folder: Path) -> dict[str, NamedQuery]:
    return {query.name: query for query in queries.load(sorted(folder.rglob("*.rq")))}


def named(edition: Edition) -> dict[str, NamedQuery]:
    """The queries of this edition's release, by name; sorted by title."""
    return _load(edition.release.folder / "queries")


@blueprint.app_template_global("count_questions")
def count_questions() -> int:
    """How many named queries there are, for pages that lead to them."""
    return len(named(current()))


@blueprint.get("/queries")
def overview() -> Response:
    """Every named query."""
    found = list(named(current()).values())
    response = page(
        "queries.html", keep=not set(request.args) - {"lang"}, queries=found, title=_("Questions")
    )
    response.headers["Link"] = link_header([("/queries.json", "alternate", "application/json")])
    return response


@blueprint.get("/queries.json")
def overview_data() -> Response:
    """Every named query with its parameters and text, as JSON."""
    told = [
        {
            "name": query.name,
            "title": query.title,
            "description": query.description,
            "address": f"/queries/{query.name}",
            "parameters": [
                {
                    "name": p.name,
                    "type": p.kind,
                    **({"class": p.of} if p.of else {}),
                    "label": p.label,
                    "optional": p.optional,
                    "default": p.default,
                }
                for p in query.parameters
            ],
            "query": query.text,
        }
        for query in named(current()).values()
    ]
    body = json.dumps({"queries": told}, ensure_ascii=False)
    return answer(body.encode(), "application/json", keep=not request.args)


@blueprint.get("/queries/<name>")
def one(name: str) -> Response:
    """A query with its form and its answer."""
    edition = current()
    query = named(edition).get(name)
    if query is None:
        stem, _dot, ending = name.rpartition(".")
        query = named(edition).get(stem)
        if query is None or ending not in (*_FORMATS, "rq"):
            abort(404)
        return twin(edition, query, ending)
    given = _given()
    text = query.bind(given, edition.base)
    twins: list[tuple[str, str]] = []
    failure: QueryError | None = None
    result = None
    try:
        result = shown(edition, Query(text, arrived=time.monotonic()))
        twins = _twins(query, given, graph=bool(result.graph))
        result = replace(result, downloads=tuple(twins))
    except QueryError as error:
        failure = error
    response = page(
        "query.html",
        status=failure.status if failure else 200,
        keep=not request.args and failure is None,
        query=query,
        fields=fields(edition, query, given),
        result=result,
        failure=failure,
        ROWS=ROWS,
        twins=twins,
        editor=sparql_address(text),
        source=with_query(f"/queries/{query.name}.rq", given),
        title=query.title,
    )
    if failure:
        response.headers["Cache-Control"] = "no-store"
        if failure.retry_after:
            response.headers["Retry-After"] = str(failure.retry_after)
    return response


def twin(edition: Edition, query: NamedQuery, ending: str) -> Response:
    """The answer in one syntax, or the query itself with its values."""
    text = query.bind(_given(), edition.base)
    if ending == "rq":
        return answer(text.encode(), _SOURCE)
    wanted = _FORMATS[ending]
    results, rdf = (wanted, None) if isinstance(wanted, ResultFormat) else (None, wanted)
    boolean = results if results in (ResultFormat.JSON, ResultFormat.XML) else None
    asked = Query(text, results=results, boolean=boolean, rdf=rdf, arrived=time.monotonic())
    response = as_response(reply(request.environ, edition.engine, cache(edition), asked))
    response.headers.pop("Vary", None)  # the address alone names the syntax
    request.environ[KEEP] = not request.args and "ETag" in response.headers
    return response


def fields(edition: Edition, query: NamedQuery, given: dict[str, str]) -> list[Field]:
    """The parameters with their values and, where few things can be meant, these things."""
    inputs = {"date": "date", "integer": "number"}
    found = []
    for parameter in query.parameters:
        value = given.get(parameter.name, parameter.default).strip()
        if not value and not parameter.optional:
            value = parameter.default
        value = value.removeprefix(edition.base)
        options = choices(edition, parameter)
        if options and value and value not in {v for v, _text in options}:
            options = (*options, (value, value))
        if options and parameter.optional:
            options = (("", _("any")), *options)
        found.append(Field(parameter, value, options, inputs.get(parameter.kind, "text")))
    return found


def choices(edition: Edition, parameter: Parameter) -> tuple[tuple[str, str], ...]:
    """The things that a parameter takes, by label; empty when they are too many for a list, or of no class."""
    if parameter.of is None:
        return ()
    rows = edition.rows(
        "SELECT n.iri FROM instance i JOIN node n ON n.id = i.node JOIN node c ON c.id = i.class"
        " WHERE c.iri = ? LIMIT ?",
        parameter.of,
        CHOICES + 1,
    )
    if len(rows) > CHOICES:
        return ()
    view = View(edition, [row["iri"] for row in rows])
    texts = [(row["iri"].removeprefix(edition.base), view.name(row["iri"]).text) for row in rows]
    return tuple(sorted(texts, key=lambda option: option[1].casefold()))


def _given() -> dict[str, str]:
    """The values in the address; the language of the page is none of them. A repeated name has its last value."""
    arguments: MultiDict[str, str] = request.args
    return {name: arguments.getlist(name)[-1] for name in arguments if name not in ("lang", "release")}


def _twins(query: NamedQuery, given: dict[str, str], *, graph: bool) -> list[tuple[str, str]]:
    kinds: Any = RdfFormat if graph else ResultFormat
    return [(f.label, with_query(f"/queries/{query.name}.{f.ending}", given)) for f in kinds]
