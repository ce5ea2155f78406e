"""The part of the OpenAPI description that tells of releases, differences, histories and mementos (see openapi.py)."""

from __future__ import annotations

from typing import Any

from kgraph.web.memento import LINK_FORMAT
from kgraph.web.openapi_parts import gives, parameter, problems

_NUMBER: dict[str, Any] = {"type": "integer", "minimum": 1}
_NONE = problems(("404", "No such release or thing"))


def _get(name: str, summary: str, answer: dict[str, Any], *parameters: dict[str, Any]) -> dict[str, Any]:
    return {
        "operationId": name,
        "summary": summary,
        "parameters": list(parameters),
        "responses": {"200": answer, **_NONE},
    }


PATHS: dict[str, dict[str, Any]] = {
    "/releases.json": {
        "get": _get(
            "releases",
            "The releases, the newest first; any other address is read in one of them with ?release=NUMBER",
            gives("The list", "application/json"),
            parameter("before", "Only releases before this one", **_NUMBER),
        )
    },
    "/diff.{ending}": {
        "get": _get(
            "difference",
            "What one release has and another has not, and the reverse",
            gives("The difference", "application/json", "application/rdf-patch"),
            parameter("ending", "JSON, or an RDF Patch with all of it", where="path", enum=["json", "patch"]),
            parameter("from", "A release; by default the one before", **_NUMBER),
            parameter("to", "A release; by default the last", **_NUMBER),
        )
    },
    "/history.{ending}": {
        "get": _get(
            "history",
            "The releases that changed a thing, and what one of them added and removed",
            gives("The history", "application/json"),
            parameter("ending", "The format", where="path", enum=["json"]),
            parameter("iri", "The thing", format="uri"),
            parameter("at", "The release whose changes are told; by default the last", **_NUMBER),
        )
    },
    "/timemap/{path}": {
        "get": _get(
            "timeMap",
            "The mementos of a thing or a document (RFC 7089, section 5)",
            gives("The TimeMap", LINK_FORMAT),
            parameter("path", "The address of the thing or the document, slashes included", where="path"),
        )
    },
}
