"""Between the three forms of an RDF term: pyoxigraph's (judged), rdflib's (shapes, RDF reports), kgraph's
(results).

Literals keep their lexical form in every direction; rdflib is imported only when one of its terms is asked
for.
"""

from __future__ import annotations

import logging
from functools import cache
from typing import TYPE_CHECKING

import pyoxigraph as ox

from kgraph.errors import DataError
from kgraph.shacl.names import RDF_LANGSTRING
from kgraph.terms import IRI, XSD_STRING, BNode, Literal, Term

if TYPE_CHECKING:
    import rdflib
    from rdflib.term import Node as RdflibNode

OxTerm = ox.NamedNode | ox.BlankNode | ox.Literal
OxNode = ox.NamedNode | ox.BlankNode


def plain(term: object) -> Term:
    """A pyoxigraph term as kgraph's. Raises DataError for RDF 1.2 triple terms, which SHACL 1.0 has no
    words for.
    """
    if isinstance(term, ox.NamedNode):
        return IRI(term.value)
    if isinstance(term, ox.BlankNode):
        return BNode(term.value)
    if isinstance(term, ox.Literal):
        return Literal(term.value, term.datatype.value, term.language)
    raise DataError(
        "the data hold a triple term (RDF 1.2)",
        where=str(term),
        hint="SHACL 1.0 describes RDF 1.1 only; state the triple without nesting it.",
    )


def ox_term(term: Term) -> OxTerm:
    """A kgraph term as pyoxigraph's."""
    if isinstance(term, IRI):
        return ox.NamedNode(term.value)
    if isinstance(term, BNode):
        return ox.BlankNode(term.value)
    if term.language:
        return ox.Literal(term.value, language=term.language)
    return ox.Literal(term.value, datatype=ox.NamedNode(term.datatype))


def from_rdflib(node: RdflibNode) -> Term:
    """An rdflib term as kgraph's, lexical form as it is."""
    from rdflib import BNode as RdflibBNode
    from rdflib import Literal as RdflibLiteral
    from rdflib import URIRef

    if isinstance(node, URIRef):
        return IRI(str(node))
    if isinstance(node, RdflibBNode):
        return BNode(str(node))
    if isinstance(node, RdflibLiteral):
        if node.language:
            return Literal(str(node), RDF_LANGSTRING, node.language.lower())
        return Literal(str(node), str(node.datatype) if node.datatype else XSD_STRING)
    raise TypeError(f"not an RDF term: {node!r}")


def to_rdflib(term: Term) -> rdflib.URIRef | rdflib.BNode | rdflib.Literal:
    """A kgraph term as rdflib's; the lexical form is not normalised."""
    import rdflib

    _quiet()
    if isinstance(term, IRI):
        return rdflib.URIRef(term.value)
    if isinstance(term, BNode):
        return rdflib.BNode(term.value)
    if term.language:
        return rdflib.Literal(term.value, lang=term.language)
    if term.datatype == XSD_STRING:
        return rdflib.Literal(term.value)
    return rdflib.Literal(term.value, datatype=rdflib.URIRef(term.datatype), normalize=False)


@cache
def _quiet() -> None:
    """Keep rdflib from logging a traceback for each ill-typed literal: that is a result here, not an
    accident.
    """
    logging.getLogger("rdflib.term").addFilter(
        lambda record: not record.getMessage().startswith("Failed to convert Literal lexical form")
    )


def rdflib_from_ox(term: object) -> rdflib.URIRef | rdflib.BNode | rdflib.Literal:
    """A pyoxigraph term as rdflib's."""
    return to_rdflib(plain(term))
