"""Quads written in every RDF syntax: in one fixed order, with the prefixes that they use.

The same quads give the same bytes, whatever order they came in, so that an entity tag is a digest of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import pyoxigraph as ox

from kgraph.engine import convert, jsonld
from kgraph.errors import NotWritable
from kgraph.media import RdfFormat
from kgraph.terms import IRI, RDF_TYPE, BNode, Literal, Quad, Term

_OX = {
    RdfFormat.TURTLE: ox.RdfFormat.TURTLE,
    RdfFormat.NTRIPLES: ox.RdfFormat.N_TRIPLES,
    RdfFormat.RDFXML: ox.RdfFormat.RDF_XML,
    RdfFormat.TRIG: ox.RdfFormat.TRIG,
    RdfFormat.NQUADS: ox.RdfFormat.N_QUADS,
}
_XML_NAME = re.compile(r"[A-Za-z_\u00C0-\u00D6\u00D8-\u00F6\u00F8-\u02FF][\w.\-]*\Z")
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_PREFIX = re.compile(r"[A-Za-z]([\w.\-]*[\w\-])?", re.ASCII)


def write(quads: Iterable[Quad], rdf: RdfFormat, prefixes: Mapping[str, str] | None = None) -> bytes:
    """The quads in this syntax. Where it holds no named graphs, their merge, each triple once.

    Raises NotWritable where RDF/XML has no name for a property or no way to write a character.
    """
    if not rdf.datasets:
        quads = (Quad(q.subject, q.predicate, q.object, None) for q in quads)
    ordered = sorted(set(quads), key=_order)
    if rdf is RdfFormat.RDFXML:
        check_xml(ordered)
    if rdf is RdfFormat.JSONLD:
        return jsonld.write(ordered, _well_formed(prefixes or {}))
    used = used_prefixes(ordered, prefixes or {}) if rdf in _WITH_PREFIXES else None
    written = (
        ox.serialize(map(convert.ox_quad, ordered), format=_OX[rdf], prefixes=used)
        if rdf.datasets
        else ox.serialize(map(convert.ox_triple, ordered), format=_OX[rdf], prefixes=used)
    )
    assert written is not None
    return written


_WITH_PREFIXES = frozenset({RdfFormat.TURTLE, RdfFormat.TRIG, RdfFormat.RDFXML})


def used_prefixes(quads: Iterable[Quad], prefixes: Mapping[str, str]) -> dict[str, str]:
    """Those of the prefixes that shorten an IRI of the quads."""
    # A namespace is looked for at the places where an IRI is usually cut, not by trying all of them.
    cuts = set()
    for q in quads:
        for term in q:
            iri = (
                term.value if isinstance(term, IRI) else term.datatype if isinstance(term, Literal) else None
            )
            if iri:
                cuts.add(iri[: max(iri.rfind("/"), iri.rfind("#"), iri.rfind(":")) + 1])
    return {p: ns for p, ns in sorted(_well_formed(prefixes).items()) if ns in cuts}


def _well_formed(prefixes: Mapping[str, str]) -> dict[str, str]:
    return {p: ns for p, ns in prefixes.items() if _PREFIX.fullmatch(p) and not p.lower().startswith("xml")}


def check_xml(quads: Iterable[Quad]) -> None:
    """Raise NotWritable where RDF/XML cannot hold the quads (RDF 1.1 XML Syntax, sections 5.2 and 6)."""
    for q in quads:
        if not _XML_NAME.search(q.predicate.value):
            raise NotWritable(
                f"the property {q.predicate.value} does not end in an XML name",
                hint="RDF/XML cannot hold it: ask for Turtle, JSON-LD or N-Triples.",
            )
        if isinstance(q.object, Literal) and _NOT_XML.search(q.object.value):
            raise NotWritable(
                f"a value of {q.predicate.value} holds a control character",
                hint="RDF/XML cannot hold it: ask for Turtle, JSON-LD or N-Triples.",
            )


def _order(q: Quad) -> tuple[tuple[str, ...], ...]:
    predicate = "" if q.predicate.value == RDF_TYPE else q.predicate.value
    return (() if q.graph is None else _key(q.graph), _key(q.subject), (predicate,), _key(q.object))


def _key(term: Term) -> tuple[str, ...]:
    if isinstance(term, IRI):
        return ("0", term.value)
    if isinstance(term, BNode):
        return ("1", term.value)
    return ("2", term.value, term.datatype, term.language or "")
