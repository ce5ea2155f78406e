"""The site's ontology as the build needs it: terms, class and property trees, and what it entails."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import pyoxigraph as ox

from kgraph.build.rewrite import Rewrite
from kgraph.build.sources import Source
from kgraph.errors import ParseError
from kgraph.terms import RDF_TYPE, RDFS

_SUBCLASS = ox.NamedNode(RDFS + "subClassOf")
_SUBPROPERTY = ox.NamedNode(RDFS + "subPropertyOf")
_IMPORTS = ox.NamedNode("http://www.w3.org/2002/07/owl#imports")


@dataclass
class Ontology:
    """The parsed ontology: triples as written (base rewritten), and the two trees, direct lines only."""

    triples: list[ox.Quad] = field(default_factory=list)
    classes: dict[str, set[str]] = field(default_factory=dict)
    properties: dict[str, set[str]] = field(default_factory=dict)
    defined: set[str] = field(default_factory=set)
    mentioned: set[str] = field(default_factory=set)
    errors: list[ParseError] = field(default_factory=list)

    def above_class(self, iri: str) -> set[str]:
        """Every class above this one, itself left out."""
        return _closure(iri, self.classes)

    def above_property(self, iri: str) -> set[str]:
        """Every property above this one, itself left out."""
        return _closure(iri, self.properties)

    def is_kgraph(self, namespace: str) -> bool:
        """Whether this is the kgraph ontology, whose model checks apply: it defines Passage and Claim."""
        return {namespace + "Passage", namespace + "Claim"} <= self.defined


def read_ontology(sources: Iterable[Source], rewrite: Rewrite) -> Ontology:
    """Read every ontology file; faulty files are kept as `errors`."""
    found = Ontology()
    for source in sources:
        try:
            for quad in source.quads(rewrite):
                found.triples.append(ox.Quad(quad.subject, quad.predicate, quad.object))
        except ParseError as error:
            found.errors.append(error)
    for quad in found.triples:
        s, p, o, _ = quad
        if type(s) is not ox.NamedNode:
            continue
        found.defined.add(s.value)
        if type(o) is ox.NamedNode:
            if p.value != RDF_TYPE:
                found.mentioned.add(o.value)
            if p == _SUBCLASS:
                found.classes.setdefault(s.value, set()).add(o.value)
            elif p == _SUBPROPERTY:
                found.properties.setdefault(s.value, set()).add(o.value)
    return found


def _closure(start: str, direct: dict[str, set[str]]) -> set[str]:
    found: set[str] = set()
    todo = [start]
    while todo:
        for above in direct.get(todo.pop(), ()):
            if above not in found:
                found.add(above)
                todo.append(above)
    found.discard(start)
    return found
