"""The part of the OpenAPI description that tells of lists, harvest doors and reconciliation (see openapi.py)."""

from __future__ import annotations

from typing import Any

from kgraph.media import RdfFormat
from kgraph.web.openapi_parts import gives, parameter, problems

_TRIG = RdfFormat.TRIG.media_type
_SERVICE = "https://www.w3.org/community/reports/reconciliation/CG-FINAL-specs-0.2-20230410/"


def _get(name: str, summary: str, answer: dict[str, Any], *parameters: dict[str, Any]) -> dict[str, Any]:
    return {
        "operationId": name,
        "summary": summary,
        "parameters": list(parameters),
        "responses": {"200": answer, **problems(("400", "A parameter that cannot be read"))},
    }


_GRAPHS = [f.media_type for f in (RdfFormat.TURTLE, RdfFormat.JSONLD, RdfFormat.RDFXML, RdfFormat.NTRIPLES)]
_NUMBER = parameter("number", "The release's number", where="path")
_PACKED = ("application/gzip", "application/zstd")
_NAME = parameter("name", "The file's name, as the list of dumps gives it", where="path")

PATHS: dict[str, dict[str, Any]] = {
    "/browse.{ending}": {
        "get": _get(
            "selection",
            "The things of one class, with the filters of the browse page, as a file",
            gives("The selection", "text/csv", "application/json", "text/turtle"),
            parameter("ending", "The file's format", where="path", enum=["csv", "json", "ttl"]),
            parameter("class", "The class, as the browse page's address names it"),
        )
    },
    "/search.json": {
        "get": _get(
            "search",
            "Search over every name",
            gives("What was found", "application/json"),
            parameter("q", "What to look for: words, an IRI or a prefixed name"),
        )
    },
    **{
        path: {"get": _get(name, summary, gives("The description", *_GRAPHS))}
        for path, name, summary in (
            ("/.well-known/void", "void", "VoID and DCAT description of the data set, by Accept"),
            ("/dataset", "dataset", "The data set itself: its description by Accept"),
            ("/catalog", "catalog", "The catalogue: its description by Accept"),
        )
    },
    "/catalog.{ending}": {
        "get": _get(
            "catalogDocument",
            "VoID and DCAT description of the data set",
            gives("The description", *_GRAPHS),
            parameter("ending", "The file's syntax", where="path", enum=["ttl", "jsonld", "rdf", "nt"]),
        )
    },
    "/context.jsonld": {
        "get": _get(
            "context", "The JSON-LD context of documents", gives("The context", "application/ld+json")
        )
    },
    "/linkset": {
        "get": _get(
            "linkset",
            "FAIR Signposting: the links of a resource (RFC 9264)",
            gives("The links", "application/linkset+json", "application/linkset"),
        )
    },
    "/dumps": {"get": _get("dumps", "The dumps of the newest release", gives("The list", "text/html"))},
    "/dumps/{number}": {
        "get": _get("dumpsOfRelease", "The dumps of one release", gives("The list", "text/html"), _NUMBER)
    },
    "/dumps/{number}/{name}": {
        "get": _get("dump", "One file, whole or a range of it", gives("The file", *_PACKED), _NUMBER, _NAME)
    },
    "/dumps/latest/{name}": {
        "get": _get("latestDump", "The file of the newest release", gives("The file", *_PACKED), _NAME)
    },
    "/fragments": {
        "get": _get(
            "fragments",
            "Quad Pattern Fragments: the statements that match a pattern, page by page",
            gives("A page with its controls", *(f.media_type for f in (RdfFormat.TRIG, RdfFormat.NQUADS))),
            *(
                parameter(name, f"The {name}, as an IRI or a literal")
                for name in ("subject", "predicate", "object", "graph")
            ),
            parameter("page", "Which page, from 1"),
        )
    },
    "/ldes": {
        "get": _get("eventStream", "Linked Data Event Stream: its releases", gives("The stream", _TRIG))
    },
    "/ldes/{release}": {
        "get": _get(
            "eventStreamPage",
            "What one release changed",
            gives("A page of the stream", _TRIG),
            parameter("release", "The release's number", where="path"),
            parameter("after", "Where the page before ended"),
        )
    },
    "/oai": {
        "get": _get(
            "harvest",
            "OAI-PMH 2.0",
            gives("The answer of the verb", "text/xml"),
            *(
                parameter(name, "See OAI-PMH 2.0, section 4")
                for name in (
                    "verb",
                    "identifier",
                    "metadataPrefix",
                    "from",
                    "until",
                    "set",
                    "resumptionToken",
                )
            ),
        ),
        "post": {
            "operationId": "harvestByPost",
            "summary": "OAI-PMH 2.0, arguments as a form",
            "responses": {"200": gives("The answer of the verb", "text/xml")},
        },
    },
    "/changes.atom": {
        "get": _get("feed", "Atom feed of the releases", gives("The feed", "application/atom+xml"))
    },
    "/sitemap.xml": {"get": _get("sitemap", "Index of the sitemaps", gives("The index", "application/xml"))},
    "/sitemaps/{number}.xml.gz": {
        "get": _get(
            "sitemapFile",
            "One sitemap",
            gives("The sitemap, compressed", "application/gzip"),
            parameter("number", "Which, from 1", where="path"),
        )
    },
    "/llms.txt": {"get": _get("llms", "Where a language model finds what", gives("The list", "text/plain"))},
    "/robots.txt": {"get": _get("robots", "What crawlers may read", gives("The rules", "text/plain"))},
    "/reconcile": {
        "get": {
            **_get(
                "reconcile",
                "Reconciliation Service API 0.2: the manifest, or answers to `queries` or `extend`",
                gives("Manifest or answers", "application/json"),
                parameter("queries", "A batch of queries as JSON"),
                parameter("extend", "A data extension request as JSON"),
            ),
            "externalDocs": {"url": _SERVICE},
        },
        "post": {
            "operationId": "reconcileByPost",
            "summary": "The same, `queries` or `extend` as a form",
            "responses": {"200": gives("The answers", "application/json")},
        },
    },
    "/reconcile/suggest/{kind}": {
        "get": _get(
            "suggest",
            "Completion of what a person types",
            gives("Suggestions", "application/json"),
            parameter("kind", "What is looked for", where="path", enum=["entity", "type", "property"]),
            parameter("prefix", "What was typed"),
            parameter("cursor", "How many suggestions to pass over"),
        )
    },
    "/reconcile/properties": {
        "get": _get(
            "proposeProperties",
            "Properties that things of a type have",
            gives("Properties", "application/json"),
            parameter("type", "The type's identifier"),
            parameter("limit", "At most so many"),
        )
    },
    "/reconcile/preview": {
        "get": _get(
            "preview",
            "A small page about a thing, to be shown in a frame",
            gives("The page", "text/html"),
            parameter("id", "The thing's identifier"),
        )
    },
}
"""Every route of these parts, by its path as OpenAPI writes it."""
