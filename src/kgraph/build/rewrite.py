"""One rewrite of the written base, on parsed terms and in query texts.

Every file of a site is written with `@base <http://localhost:8000/>` so that any tool reads it alone
(docs/model.md). Here that base becomes the site's own, and the ontology's namespace may stand apart.
"""

from __future__ import annotations

import pyoxigraph as ox

from kgraph.iri import WRITTEN_BASE, WRITTEN_ONTOLOGY, rewritten, rewritten_query
from kgraph.terms import XSD

_ANY_URI = ox.NamedNode(XSD + "anyURI")

Node = ox.NamedNode | ox.BlankNode
Term = ox.NamedNode | ox.BlankNode | ox.Literal


class Rewrite:
    """From the written base to `base`, and from its `ontology#` to `namespace`. `identity` when nothing changes."""

    def __init__(self, base: str = WRITTEN_BASE, namespace: str = WRITTEN_ONTOLOGY) -> None:
        self.base = base
        self.namespace = namespace
        self.identity = base == WRITTEN_BASE and namespace == WRITTEN_ONTOLOGY
        self._terms: dict[ox.NamedNode, ox.NamedNode] = {}

    @property
    def ontology(self) -> str:
        """IRI of the ontology itself: its namespace without the closing # (or /)."""
        return self.namespace.rstrip("#/")

    def iri(self, iri: str) -> str:
        """The site's IRI for a written one."""
        return iri if self.identity else rewritten(iri, self.base, self.namespace)

    def node(self, node: ox.NamedNode) -> ox.NamedNode:
        """The same for a node; the last hundred thousand are remembered."""
        found = self._terms.get(node)
        if found is None:
            if len(self._terms) > 100_000:
                self._terms.clear()
            found = self._terms[node] = ox.NamedNode(self.iri(node.value))
        return found

    def literal(self, literal: ox.Literal) -> ox.Literal:
        """Its datatype, and an xsd:anyURI's value (sh:namespace), rewritten."""
        if literal.language or not literal.datatype:
            return literal
        if literal.datatype == _ANY_URI:
            return ox.Literal(self.iri(literal.value), datatype=_ANY_URI)
        datatype = self.node(literal.datatype)
        return literal if datatype == literal.datatype else ox.Literal(literal.value, datatype=datatype)

    def quad(self, quad: ox.Quad) -> ox.Quad:
        """Every term of a quad rewritten."""
        if self.identity:
            return quad
        s, p, o, g = quad
        return ox.Quad(
            self.node(s) if type(s) is ox.NamedNode else s,
            self.node(p),
            self.node(o) if type(o) is ox.NamedNode else self.literal(o) if type(o) is ox.Literal else o,
            self.node(g) if type(g) is ox.NamedNode else g,
        )

    def text(self, text: str) -> str:
        """A SPARQL text with the IRIs it writes in angle brackets rewritten; strings and comments are left alone."""
        return rewritten_query(text, self.base, self.namespace)
