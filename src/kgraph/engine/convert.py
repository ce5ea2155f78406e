"""Terms of pyoxigraph to kgraph's plain values and back (RDF 1.1 Concepts, section 3)."""

from __future__ import annotations

import pyoxigraph as ox

from kgraph.errors import ReleaseError
from kgraph.terms import IRI, RDF_LANGSTRING, BNode, Literal, Node, Quad, Term

OxNode = ox.NamedNode | ox.BlankNode
OxGraph = ox.NamedNode | ox.BlankNode | ox.DefaultGraph


def term(value: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple) -> Term:
    """A term of the store. Raises ReleaseError for an RDF 1.2 triple term, which no build of kgraph stores."""
    if isinstance(value, ox.NamedNode):
        return IRI(value.value)
    if isinstance(value, ox.Literal):
        return Literal(value.value, value.datatype.value, value.language)
    if isinstance(value, ox.BlankNode):
        return BNode(value.value)
    raise ReleaseError(
        "the store holds an RDF 1.2 triple term, which kgraph does not publish",
        hint="Reify the statement in the source data, then build again.",
    )


def node(value: OxNode) -> Node:
    """A subject or graph name."""
    return IRI(value.value) if isinstance(value, ox.NamedNode) else BNode(value.value)


def quad(value: ox.Quad) -> Quad:
    """A quad; the default graph becomes None."""
    graph = value.graph_name
    name = None if isinstance(graph, ox.DefaultGraph) else node(graph)
    subject = value.subject
    if isinstance(subject, ox.Triple):
        term(subject)
        raise AssertionError("unreachable")
    return Quad(node(subject), IRI(value.predicate.value), term(value.object), name)


def ox_node(value: Node) -> OxNode:
    """A subject or graph name for the store."""
    return ox.NamedNode(value.value) if isinstance(value, IRI) else ox.BlankNode(value.value)


def ox_term(value: Term) -> OxNode | ox.Literal:
    """An object for the store."""
    if isinstance(value, Literal):
        if value.datatype == RDF_LANGSTRING and value.language:
            return ox.Literal(value.value, language=value.language)
        return ox.Literal(value.value, datatype=ox.NamedNode(value.datatype))
    return ox_node(value)


def ox_quad(value: Quad) -> ox.Quad:
    """A quad for the store or a serializer."""
    graph = ox.DefaultGraph() if value.graph is None else ox_node(value.graph)
    return ox.Quad(ox_node(value.subject), ox.NamedNode(value.predicate.value), ox_term(value.object), graph)


def ox_triple(value: Quad) -> ox.Triple:
    """The triple of a quad, its graph dropped."""
    return ox.Triple(ox_node(value.subject), ox.NamedNode(value.predicate.value), ox_term(value.object))
