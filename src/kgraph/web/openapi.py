"""/openapi.json: an OpenAPI 3.1 description of every route that machines use.

The table PATHS says what each route takes and gives; a test asks the application for its routes and fails when
one is missing here or is listed and gone. Routes that only people use are named in PAGES.
"""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, Response

from kgraph import __version__
from kgraph.media import RdfFormat, ResultFormat
from kgraph.web import openapi_harvest, openapi_history
from kgraph.web.edition import current
from kgraph.web.openapi_parts import gives, parameter, problems
from kgraph.web.protocol import FORM, FORMATS, QUERY
from kgraph.web.respond import answer

blueprint = Blueprint("openapi", __name__)

PAGES = frozenset(
    {
        "/",
        "/about",
        "/browse",
        "/search",
        "/incoming",
        "/opensearch.xml",
        "/ontology",
        "/declarations",
        "/names",
        "/numbers",
        "/machines",
        "/sources",
        "/queries",
        "/releases",
        "/report",
        "/shapes",
        "/diff",
        "/history",
        "/static/<path:name>",
    }
)
"""Routes that answer people with HTML or serve what pages are made of."""


_RESULTS = [f.media_type for f in ResultFormat]
_GRAPHS = [f.media_type for f in RdfFormat]
_FORMAT = parameter("format", "A short name for the format, instead of Accept", enum=[*FORMATS, "html"])
_DATASET = [
    parameter("default-graph-uri", "A graph of the default graph; overrides FROM", many=True, format="uri"),
    parameter("named-graph-uri", "A named graph; overrides FROM NAMED", many=True, format="uri"),
]
_QUERY = parameter("query", "A SPARQL 1.1 query; without it, the Service Description", maxLength=65536)
_ANSWERS = {
    "200": gives("The result, or the Service Description", *_RESULTS, *_GRAPHS, "text/html"),
    "304": {"description": "The result that the request already has (If-None-Match)"},
    **problems(
        ("400", "Not valid SPARQL (with line and column), or not a request of the protocol"),
        ("403", "Update or SERVICE, which are refused; or a result over the cap"),
        ("406", "None of the accepted media types can hold the answer"),
        ("413", "A query of too many bytes or too deep brackets"),
        ("503", "Every worker is busy (see Retry-After), or the query needed too much memory"),
        ("504", "The deadline passed"),
    ),
}

_IRI = parameter("iri", "The IRI of a thing", format="uri")
_SUFFIX = parameter(
    "suffix", "The document's format", where="path", enum=["html", *(f.ending for f in RdfFormat)]
)
_UNKNOWN = problems(("404", "Nothing is said of it"), ("406", "None of the offered formats is accepted"))
_DOCUMENT = {"200": gives("The document", *_GRAPHS, "text/html"), **_UNKNOWN}

PATHS: dict[str, dict[str, Any]] = {
    "/sparql": {
        "get": {
            "operationId": "query",
            "summary": "SPARQL 1.1 Protocol: query by GET; Service Description without a query",
            "parameters": [_QUERY, *_DATASET, _FORMAT],
            "responses": _ANSWERS,
        },
        "post": {
            "operationId": "queryByPost",
            "summary": "SPARQL 1.1 Protocol: query by POST, as a form or directly",
            "parameters": [*_DATASET, _FORMAT],
            "requestBody": {
                "required": True,
                "content": {
                    QUERY: {"schema": {"type": "string"}},
                    FORM: {
                        "schema": {
                            "type": "object",
                            "properties": {
                                "query": {"type": "string"},
                                "default-graph-uri": {"type": "array", "items": {"type": "string"}},
                                "named-graph-uri": {"type": "array", "items": {"type": "string"}},
                            },
                            "required": ["query"],
                        }
                    },
                },
            },
            "responses": {
                **_ANSWERS,
                **problems(("415", "A body that is neither a form nor a SPARQL query")),
            },
        },
    },
    "/graphs": {
        "get": {
            "operationId": "graph",
            "summary": "SPARQL 1.1 Graph Store Protocol: read one graph",
            "parameters": [
                parameter("graph", "The IRI of a named graph", format="uri"),
                parameter("default", "Given, with any value: the default graph, the merge of all"),
                _FORMAT,
            ],
            "responses": {
                "200": gives("The graph's triples", *_GRAPHS),
                **problems(
                    ("400", "No graph named, or several"),
                    ("404", "No such graph"),
                    ("406", "No RDF syntax is accepted"),
                ),
            },
        },
    },
    "/entity": {
        "get": {
            "operationId": "entity",
            "summary": "What the release says of any IRI: to its document by Accept",
            "parameters": [_IRI],
            "responses": {"303": {"description": "To the document"}, **_UNKNOWN},
        }
    },
    "/entity.{suffix}": {
        "get": {
            "operationId": "entityDocument",
            "summary": "A document about any IRI",
            "parameters": [_IRI, _SUFFIX],
            "responses": _DOCUMENT,
        }
    },
    "/ontology.{suffix}": {
        "get": {
            "operationId": "vocabulary",
            "summary": "The site's own terms",
            "parameters": [_SUFFIX],
            "responses": _DOCUMENT,
        }
    },
    "/shapes.{ending}": {
        "get": {
            "operationId": "shapes",
            "summary": "The SHACL shapes that every release is checked by",
            "parameters": [parameter("ending", "The document's format", where="path", enum=["html", "ttl"])],
            "responses": {"200": gives("The shapes", "text/turtle", "text/html"), **_UNKNOWN},
        }
    },
    "/report.{ending}": {
        "get": {
            "operationId": "report",
            "summary": "The SHACL validation report of the release; a page for people at /report",
            "parameters": [parameter("ending", "The document's format", where="path", enum=["ttl", "json"])],
            "responses": {
                "200": gives("The report", "text/turtle", "application/json"),
                **problems(("403", "The report is too large to be sent"), ("404", "No such format")),
            },
        }
    },
    "/{path}": {
        "get": {
            "operationId": "thing",
            "summary": "A thing under the site's base, or (its path with a suffix) a document",
            "parameters": [parameter("path", "The path of the thing's IRI, slashes included", where="path")],
            "responses": {"303": {"description": "From a thing to its document"}, **_DOCUMENT},
        }
    },
    "/queries/{name}": {
        "get": {
            "operationId": "namedQuery",
            "summary": "A named query of the site: a page, or (the name with an ending) its answer as data",
            "description": "Each parameter of the query (see /queries.json) is a parameter of this address.",
            "parameters": [
                parameter(
                    "name",
                    "Name of the query, for data with an ending: .json .xml .csv .tsv for rows, .ttl ... for graphs, "
                    ".rq for the query itself with its values",
                    where="path",
                )
            ],
            "responses": {
                **_ANSWERS,
                "200": gives("The answer", "text/html", *_RESULTS, *_GRAPHS, QUERY),
                **problems(("404", "No such query")),
            },
        }
    },
    "/queries.json": {
        "get": {
            "operationId": "namedQueries",
            "summary": "The named queries of the site: title, description, parameters, text",
            "responses": {"200": gives("The queries", "application/json")},
        }
    },
    "/sparql/terms.json": {
        "get": {
            "operationId": "terms",
            "summary": "Prefixes, classes and properties in use with labels and counts: what the editor completes",
            "responses": {"200": gives("The terms", "application/json")},
        }
    },
    "/openapi.json": {
        "get": {
            "operationId": "openapi",
            "summary": "This description",
            "responses": {"200": gives("OpenAPI 3.1", "application/json")},
        }
    },
}
"""Every route that machines use, by its path as OpenAPI writes it (`{name}` for a part that varies)."""

PATHS |= openapi_harvest.PATHS | openapi_history.PATHS

_PROBLEM = {
    "type": "object",
    "description": "RFC 9457; pages say the same in the same words",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "hint": {"type": "string", "description": "What to do about it"},
        "line": {"type": "integer", "description": "Of a syntax error, from 1"},
        "column": {"type": "integer", "description": "Of a syntax error, from 1"},
    },
    "required": ["title", "status"],
}


def document(title: str) -> dict[str, Any]:
    """The whole description."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": title,
            "version": __version__,
            "description": "Read-only. Every resource can be read from any origin.",
        },
        "servers": [{"url": "/"}],
        "paths": PATHS,
        "components": {"schemas": {"Problem": _PROBLEM}},
    }


@blueprint.get("/openapi.json")
def openapi() -> Response:
    """The description as JSON."""
    body = json.dumps(document(current().site.title), ensure_ascii=False, indent=1).encode() + b"\n"
    return answer(body, "application/json", keep=True)
