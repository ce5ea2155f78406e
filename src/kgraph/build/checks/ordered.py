"""What a full build's checks read: the sorted lines where one pass over them is quicker than the store."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import pyoxigraph as ox

from kgraph.build.checks.evidence import DERIVED, EDITORIAL, STATED
from kgraph.build.checks.table import Graph
from kgraph.build.index.subject import iri, token
from kgraph.build.inputs import Inputs
from kgraph.build.lines import graph_token
from kgraph.build.load import Loaded
from kgraph.build.ontology import Ontology
from kgraph.build.scan import Scan
from kgraph.terms import RDFS

_LABEL = ox.NamedNode(RDFS + "label")


class OrderedGraph(Graph):
    """The whole graph; nodes that cannot be at fault are left out."""

    def __init__(
        self,
        store: ox.Store,
        inputs: Inputs,
        ontology: Ontology,
        loaded: Loaded,
        shapes: list[ox.Quad],
        scan: Scan,
    ) -> None:
        super().__init__(store, inputs, ontology, loaded, shapes)
        self._scan = scan

    def editorial(self) -> Iterator[ox.NamedNode]:
        """Editorial graphs that say what may need a passage."""
        stating, _ = self._found
        return (name for name in super().editorial() if token(name.value) in stating)

    def linked(self) -> Iterator[ox.NamedNode]:
        """What statements lead to, and nothing is said of."""
        _, undescribed = self._found
        return (ox.NamedNode(iri(name)) for name in sorted(undescribed))

    def labelled(self) -> Iterator[ox.NamedNode]:
        """Nodes that have a label and no type."""
        for name in self._scan.untyped():
            node = ox.NamedNode(iri(name))
            if self.objects(node, _LABEL):
                yield node

    def types(self, subject: ox.NamedNode) -> set[str]:
        """IRIs of the classes of a node, inferred ones included."""
        known = self._scan.types(token(subject.value))
        return super().types(subject) if known is None else {iri(c) for c in known if c[:1] == b"<"}

    @cached_property
    def _found(self) -> tuple[set[bytes], set[bytes]]:
        """Graphs with statements that need evidence, and nodes of the site of which nothing is said."""
        exempt = frozenset(token(name) for name in (*EDITORIAL, *(self.kg(name).value for name in DERIVED)))
        needing = frozenset(token(self.kg(name).value) for name in STATED)
        here = b"<" + self.inputs.site.base.encode() + b"id/"
        stating: set[bytes] = set()
        undescribed: set[bytes] = set()
        last, stated = b"", False
        for line in self._scan.lines():
            subject, predicate, rest = line.split(b" ", 2)
            if subject != last:
                last = subject
                stated = not needing.isdisjoint(self._scan.types(subject) or ())
            if rest.startswith(here):
                name = rest[: rest.index(b" ")]
                if self._scan.types(name) is None:
                    undescribed.add(name)
            if stated and predicate not in exempt:
                stating.add(graph_token(line))
        return stating, undescribed
