"""The service's description of itself as RDF (SPARQL 1.1 Service Description)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kgraph.media import RdfFormat, ResultFormat
from kgraph.terms import IRI, RDF_TYPE, XSD, BNode, Literal, Node, Quad, Term

SD = "http://www.w3.org/ns/sparql-service-description#"
VOID = "http://rdfs.org/ns/void#"
FORMATS = "http://www.w3.org/ns/formats/"
PREFIXES = {"sd": SD, "void": VOID, "formats": FORMATS, "dcterms": "http://purl.org/dc/terms/"}

_FORMAT_NAMES = {
    ResultFormat.JSON: "SPARQL_Results_JSON",
    ResultFormat.XML: "SPARQL_Results_XML",
    ResultFormat.CSV: "SPARQL_Results_CSV",
    ResultFormat.TSV: "SPARQL_Results_TSV",
    RdfFormat.TURTLE: "Turtle",
    RdfFormat.JSONLD: "JSON-LD",
    RdfFormat.NTRIPLES: "N-Triples",
    RdfFormat.RDFXML: "RDF_XML",
    RdfFormat.TRIG: "TriG",
    RdfFormat.NQUADS: "N-Quads",
}
"""W3C's names of formats (https://www.w3.org/ns/formats/)."""


def describe(
    endpoint: str, *, title: str, triples: int, graphs: Iterable[tuple[str, int | None]], licence: str = ""
) -> Iterator[Quad]:
    """The service at `endpoint`: its language, formats and dataset. `graphs` are names and triples of each."""
    service, dataset, default = IRI(endpoint), BNode("dataset"), BNode("default")
    yield from _all(
        service,
        (RDF_TYPE, IRI(SD + "Service")),
        (SD + "endpoint", service),
        (SD + "supportedLanguage", IRI(SD + "SPARQL11Query")),
        (SD + "feature", IRI(SD + "UnionDefaultGraph")),
        (SD + "defaultDataset", dataset),
        ("http://purl.org/dc/terms/title", Literal(title)),
        *((SD + "resultFormat", IRI(FORMATS + name)) for name in _FORMAT_NAMES.values()),
    )
    yield from _all(dataset, (RDF_TYPE, IRI(SD + "Dataset")), (SD + "defaultGraph", default))
    if licence:
        yield from _all(dataset, ("http://purl.org/dc/terms/license", IRI(licence)))
    yield from _all(default, (RDF_TYPE, IRI(SD + "Graph")), (VOID + "triples", _number(triples)))
    for place, (name, size) in enumerate(graphs):
        named, graph = BNode(f"named{place}"), BNode(f"graph{place}")
        yield from _all(dataset, (SD + "namedGraph", named))
        yield from _all(
            named,
            (RDF_TYPE, IRI(SD + "NamedGraph")),
            (SD + "name", IRI(name)),
            (SD + "graph", graph),
        )
        yield from _all(graph, (RDF_TYPE, IRI(SD + "Graph")))
        if size is not None:
            yield from _all(graph, (VOID + "triples", _number(size)))


def _all(subject: Node, *statements: tuple[str, Term]) -> Iterator[Quad]:
    for predicate, value in statements:
        yield Quad(subject, IRI(predicate), value, None)


def _number(value: int) -> Literal:
    return Literal(str(value), XSD + "integer")
