"""Triple and Quad Pattern Fragments: the statements that match a pattern, page by page, with their count.

Linked Data Fragments, "Triple Pattern Fragments" and "Quad Pattern Fragments"; controls in Hydra. Without `graph` a
fragment holds the quads of every graph; `graph=urn:ldf:defaultGraph` asks for the merge.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from kgraph.engine import Pattern
from kgraph.errors import UsageError
from kgraph.harvest.published import Published
from kgraph.harvest.writing import nquads, skolem, term, trig, typed, unskolem
from kgraph.iri import is_iri
from kgraph.media import RdfFormat
from kgraph.terms import IRI, RDF_LANGSTRING, RDF_TYPE, XSD_STRING, BNode, Literal, Node, Quad, Term

PATH = "fragments"
PAGE = 250
"""Statements on a page."""
DEFAULT_GRAPH = IRI("urn:ldf:defaultGraph")
FORMATS = (RdfFormat.TRIG, RdfFormat.NQUADS)

_COUNTED = 2000  # fragments up to this size are counted, larger ones taken from the statistics
_NAMES = ("subject", "predicate", "object", "graph")
_LITERAL = re.compile(r'"(.*)"(?:@([A-Za-z]+(?:-[A-Za-z0-9]+)*)(?:--[a-z]+)?|\^\^<?([^<>"]+)>?)?', re.DOTALL)


@dataclass(frozen=True)
class Fragment:
    """One page of a fragment. `total` is exact up to a few thousand, an estimate beyond."""

    pattern: Pattern
    page: int
    quads: tuple[Quad, ...]
    total: int
    more: bool


def read_term(text: str, address: str) -> Term | None:
    """A term as clients write it (`http://...`, `"text"@en`, `"1"^^http://...`); None for a variable or nothing.

    Raises UsageError.
    """
    if not text or text.startswith("?"):
        return None
    if text.startswith('"'):
        found = _LITERAL.fullmatch(text)
        if found is None or (found[3] and not is_iri(found[3])):
            raise UsageError("a literal is written as in Turtle", hint='For example "text"@en.')
        if found[2]:
            return Literal(found[1], RDF_LANGSTRING, found[2].lower())
        return Literal(found[1], found[3] or XSD_STRING)
    iri = text[1:-1] if text.startswith("<") and text.endswith(">") else text
    if not is_iri(iri):
        raise UsageError(
            f"this is neither an IRI nor a literal: {text[:200]!r}",
            hint="Write an IRI whole, or a literal in quotation marks.",
        )
    return unskolem(IRI(iri), address)


def read_pattern(given: Mapping[str, str], address: str) -> Pattern:
    """The pattern that the parameters subject, predicate, object and graph ask for. Raises UsageError."""
    subject, predicate, object_, graph = (read_term(given.get(name, ""), address) for name in _NAMES)
    if isinstance(subject, Literal) or isinstance(graph, Literal) or isinstance(predicate, Literal | BNode):
        raise UsageError("a literal stands only as the object, a blank node never as the predicate")
    if graph == DEFAULT_GRAPH:
        return Pattern(subject, predicate, object_)
    return Pattern(subject, predicate, object_, graph, every_graph=graph is None)


def fragment(published: Published, pattern: Pattern, page: int = 1) -> Fragment:
    """One page, counted from 1. Raises UsageError for a page below 1, QueryError for one too deep to be reached."""
    if page < 1:
        raise UsageError("pages are counted from 1")
    offset = (page - 1) * PAGE
    quads = tuple(published.engine.page(pattern, offset=offset, limit=PAGE))
    total = published.engine.count(pattern, most=_COUNTED + 1)
    if total > _COUNTED:
        total = max(_estimate(published, pattern), offset + len(quads), _COUNTED + 1)
        return Fragment(pattern, page, quads, total, more=len(quads) == PAGE)
    return Fragment(pattern, page, quads, total, more=offset + PAGE < total)


def _estimate(published: Published, pattern: Pattern) -> int:
    """How many statements match, by the statistics of the index; the least of what its parts allow."""
    manifest = published.release.manifest
    graphs = 2 if pattern.every_graph and manifest.named_graphs else 1
    bounds = [manifest.triples + manifest.inferred]
    if pattern.every_graph and manifest.named_graphs:
        bounds[0] += manifest.quads + manifest.inferred

    def look_up(sql: str, node: Term | None, times: int) -> None:
        if isinstance(node, IRI):
            found = published.rows(sql + " WHERE n.iri = ?", node.value)
            if found and found[0][0]:
                bounds.append(found[0][0] * times)

    look_up("SELECT n.outgoing FROM node n", pattern.subject, graphs)
    look_up(
        "SELECT s.triples FROM property_statistic s JOIN node n ON n.id = s.property",
        pattern.predicate,
        graphs,
    )
    look_up("SELECT s.triples FROM graph_statistic s JOIN node n ON n.id = s.graph", pattern.graph, 1)
    if pattern.predicate == IRI(RDF_TYPE) and pattern.object:
        look_up(
            "SELECT s.entities FROM class_statistic s JOIN node n ON n.id = s.class", pattern.object, graphs
        )
    else:
        look_up("SELECT n.incoming FROM node n", pattern.object, graphs)
    return min(bounds)


def written(published: Published, found: Fragment, syntax: RdfFormat) -> bytes:
    """A page with its controls, which stand in a graph of their own. `syntax` is one of FORMATS."""
    at = published.address
    data = (
        Quad(_node(q.subject, at), q.predicate, skolem(q.object, at), _node(q.graph, at) if q.graph else None)
        for q in found.quads
    )
    quads = [*data, *_controls(published, found)]
    return trig(quads) if syntax is RdfFormat.TRIG else nquads(quads)


def _node(node: Node, at: str) -> Node:
    found = skolem(node, at)
    assert not isinstance(found, Literal)
    return found


def link(published: Published, pattern: Pattern, page: int = 1) -> str:
    """Absolute address of a page."""
    graph = pattern.graph or (None if pattern.every_graph else DEFAULT_GRAPH)
    terms = zip(_NAMES, (pattern.subject, pattern.predicate, pattern.object, graph), strict=True)
    given = {name: _text(skolem(value, published.address)) for name, value in terms if value}
    if page > 1:
        given["page"] = str(page)
    return published.address + PATH + ("?" + urlencode(given) if given else "")


def _text(value: Term) -> str:
    if not isinstance(value, Literal):
        return value.value
    suffix = f"@{value.language}" if value.language else "^^" + value.datatype
    return f'"{value.value}"' + ("" if value.datatype == XSD_STRING else suffix)


def _controls(published: Published, found: Fragment) -> list[Quad]:
    """Search form, counts and links between pages (Triple Pattern Fragments, sections 3.2 to 3.4)."""
    start = published.address + PATH
    whole, here = link(published, found.pattern), link(published, found.pattern, found.page)
    about, dataset, form = IRI(here + "#metadata"), IRI(start + "#dataset"), IRI(start + "#form")
    said: list[tuple[IRI, str, Term]] = [
        (about, "foaf:primaryTopic", IRI(here)),
        (dataset, "rdf:type", term("void:Dataset")),
        (dataset, "rdf:type", term("hydra:Collection")),
        (dataset, "void:subset", IRI(here)),
        (dataset, "sd:defaultGraph", DEFAULT_GRAPH),
        (dataset, "hydra:search", form),
        (dataset, "dct:isPartOf", IRI(published.dataset)),
        (form, "hydra:template", Literal(start + "{?subject,predicate,object,graph}")),
        (form, "hydra:variableRepresentation", term("hydra:ExplicitRepresentation")),
        (IRI(whole), "void:subset", IRI(here)),
        (IRI(here), "rdf:type", term("hydra:PartialCollectionView")),
        (IRI(here), "dct:source", dataset),
        (IRI(here), "void:triples", typed(found.total, "integer")),
        (IRI(here), "hydra:totalItems", typed(found.total, "integer")),
        (IRI(here), "hydra:itemsPerPage", typed(PAGE, "integer")),
        (IRI(here), "hydra:first", IRI(whole)),
    ]
    for name in _NAMES:
        mapping = IRI(f"{start}#{name}")
        place = term("sd:graph" if name == "graph" else "rdf:" + name)
        said += [
            (form, "hydra:mapping", mapping),
            (mapping, "hydra:variable", Literal(name)),
            (mapping, "hydra:property", place),
        ]
    if found.page > 1:
        said.append((IRI(here), "hydra:previous", IRI(link(published, found.pattern, found.page - 1))))
    if found.more:
        said.append((IRI(here), "hydra:next", IRI(link(published, found.pattern, found.page + 1))))
    return [Quad(s, term(p), o, about) for s, p, o in said]
