"""Quads as N-Quads and plain TriG for harvesters: fast, in the order given, no library on the way.

RDF 1.1 N-Quads, section 2; RDF 1.1 TriG, section 2.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kgraph.terms import IRI, XSD, BNode, Literal, Quad, Term, ntriples

VOCABULARIES: Mapping[str, str] = {
    "as": "https://www.w3.org/ns/activitystreams#",
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "hydra": "http://www.w3.org/ns/hydra/core#",
    "ldes": "https://w3id.org/ldes#",
    "prov": "http://www.w3.org/ns/prov#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "schema": "https://schema.org/",
    "sd": "http://www.w3.org/ns/sparql-service-description#",
    "sh": "http://www.w3.org/ns/shacl#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "spdx": "http://spdx.org/rdf/terms#",
    "tree": "https://w3id.org/tree#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "void": "http://rdfs.org/ns/void#",
    "xsd": XSD,
}
"""Prefix to namespace of the vocabularies that harvest documents are written in."""


def term(name: str) -> IRI:
    """The IRI of a prefixed name of one of the VOCABULARIES."""
    prefix, _, local = name.partition(":")
    return IRI(VOCABULARIES[prefix] + local)


def typed(value: object, datatype: str) -> Literal:
    """A literal of one of XML Schema's datatypes."""
    return Literal(str(value), XSD + datatype)


def time(value: str) -> Literal:
    """An xsd:dateTime, with its time zone."""
    return Literal(value, XSD + "dateTime")


def line(quad: Quad) -> str:
    """One line of N-Quads (of N-Triples in the default graph)."""
    s, p, o, g = quad
    return f"{ntriples(s)} <{p.value}> {ntriples(o)} {ntriples(g) + ' ' if g else ''}."


def nquads(quads: Iterable[Quad]) -> bytes:
    """N-Quads, in the order given."""
    return "".join(line(q) + "\n" for q in quads).encode()


def trig(quads: Iterable[Quad]) -> bytes:
    """TriG of whole terms, a block for each run of quads of one graph, in the order given."""
    parts: list[str] = []
    graph: Term | None = None
    for q in quads:
        if q.graph != graph:
            parts.append(("}\n" if graph else "") + (f"{ntriples(q.graph)} {{\n" if q.graph else ""))
            graph = q.graph
        parts.append(f"{ntriples(q.subject)} <{q.predicate.value}> {ntriples(q.object)} .\n")
    if graph:
        parts.append("}\n")
    return "".join(parts).encode()


GENID = ".well-known/genid/"
"""Blank nodes get IRIs under this path of the site, so that a client can ask for them again (RDF 1.1, section 3.5)."""


def skolem(value: Term, address: str) -> Term:
    """The term, a blank node replaced by its IRI."""
    return IRI(f"{address}{GENID}{value.value}") if isinstance(value, BNode) else value


def unskolem(value: Term, address: str) -> Term:
    """The blank node that such an IRI stands for; any other term as it is."""
    if isinstance(value, IRI) and value.value.startswith(address + GENID):
        return BNode(value.value[len(address + GENID) :])
    return value
