"""The model checks on an edit: each looks at what the edit may have made wrong, and perhaps at more, never at less.

The release that the edit starts from passed them, so what is wrong now lies within the reach of what changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any

import pyoxigraph as ox

from kgraph.build.checks.table import _KINDS, Graph
from kgraph.build.delta.statements import Change
from kgraph.build.inputs import Inputs
from kgraph.build.load import Loaded
from kgraph.build.ontology import Ontology
from kgraph.terms import RDF_TYPE, RDFS

_TYPE = ox.NamedNode(RDF_TYPE)
_LABEL = ox.NamedNode(RDFS + "label")
_DEFAULT = ox.DefaultGraph()
_OA = "http://www.w3.org/ns/oa#"
_EXTENT = ox.NamedNode("http://purl.org/dc/terms/extent")


class _Kinds(dict[ox.NamedNode, set[str]]):
    """Graph name -> kinds, found when asked for; its items are those of the graphs in scope."""

    def __init__(self, graph: ScopedGraph) -> None:
        super().__init__()
        self._classes = {graph.kg(name).value: kind for name, kind in _KINDS.items()}
        self._graph = graph
        for name in graph.scope_graphs:
            if kinds := self._of(name):
                self[name] = kinds

    def _of(self, name: ox.NamedNode) -> set[str]:
        return {self._classes[c] for c in self._graph.types(name) if c in self._classes}

    def get(self, name: ox.NamedNode, default: object = None) -> set[str]:
        """The kinds of any graph."""
        return self._of(name)


class ScopedGraph(Graph):
    """What the checks read, cut down to the reach of an edit."""

    def __init__(
        self, change: Change, inputs: Inputs, ontology: Ontology, loaded: Loaded, shapes: list[ox.Quad]
    ) -> None:
        super().__init__(change.after.store, inputs, ontology, loaded, shapes)
        self.change = change
        self.subjects = {q.subject for q in change.quads if type(q.subject) is ox.NamedNode}
        self.retyped = {q.subject for q in change.quads if q.predicate == _TYPE}

    @cached_property
    def scope_graphs(self) -> set[ox.NamedNode]:
        """Graphs that changed, that are described otherwise, or that speak of what has another type."""
        found = {q.graph_name for q in self.change.quads} | self.subjects
        for subject in self.retyped:
            found |= {q.graph_name for q in self.store.quads_for_pattern(subject, None, None, None)}
        return {name for name in found if type(name) is ox.NamedNode}

    @cached_property
    def kinds(self) -> dict[ox.NamedNode, set[str]]:
        """Those of the graphs in scope; others are found when asked for."""
        return _Kinds(self)

    @cached_property
    def _new(self) -> dict[tuple[ox.NamedNode, ox.NamedNode], list[ox.Quad]]:
        """The quads that came, and those of nodes with another type, by graph and predicate."""
        found = {quad for quad, gained in self.change.quads.items() if gained}
        for subject in self.retyped:
            found.update(self.store.quads_for_pattern(subject, None, None, None))
        sorted_out: dict[tuple[ox.NamedNode, ox.NamedNode], list[ox.Quad]] = {}
        for quad in found:
            sorted_out.setdefault((quad.graph_name, quad.predicate), []).append(quad)  # type: ignore[arg-type]
        return sorted_out

    def within(
        self, name: ox.NamedNode, predicate: ox.NamedNode, value: ox.NamedNode | None
    ) -> Iterator[ox.Quad]:
        """Of a graph that is of another kind now, all; else what is new in it."""
        if name in self.retyped:
            return super().within(name, predicate, value)
        return (q for q in self._new.get((name, predicate), ()) if value is None or q.object == value)

    def named_graphs(self) -> Iterator[ox.NamedNode | ox.BlankNode]:
        """The graphs that changed or are described otherwise."""
        names = {q.graph_name for q in self.change.quads} | self.subjects
        for name in names:
            if type(name) is not ox.DefaultGraph and self._has(None, None, None, name):
                yield name

    def _has(self, *pattern: object) -> bool:
        return next(self.store.quads_for_pattern(*pattern), None) is not None  # type: ignore[arg-type]

    def _described_otherwise(self) -> set[object]:
        """Graphs whose kind or voice changed."""
        voice = self.kg("voice")
        return {q.subject for q in self.change.quads if q.predicate in (_TYPE, voice)}

    @cached_property
    def things(self) -> set[ox.NamedNode]:
        """Nodes of which something else is said, or said elsewhere."""
        found: set[object] = set()
        for quad in self.change.quads:
            found |= {quad.subject, quad.object}
        for name in self._described_otherwise():
            for quad in self.store.quads_for_pattern(None, None, None, name):  # type: ignore[arg-type]
                found |= {quad.subject, quad.object}
        for subject in self.retyped:
            found.update(q.object for q in self.store.quads_for_pattern(subject, None, None, _DEFAULT))
        return {node for node in found if type(node) is ox.NamedNode}

    @cached_property
    def passages(self) -> set[ox.NamedNode]:
        """Passages whose position, words or source are described otherwise."""
        found = set(self.subjects)
        ways = (ox.NamedNode(_OA + "hasSelector"), self.kg("begins"), self.kg("ends"))
        measured = {q.subject for q in self.change.quads if q.predicate == _EXTENT}
        for node in self.subjects:
            for way in (*ways, ox.NamedNode(_OA + "hasSource")) if node in measured else ways:
                found.update(self._subjects(way, node))
        return found

    @cached_property
    def _speaking(self) -> set[ox.NamedNode]:
        """Passages that changed, whose speaker is described otherwise, or that speak of what is told elsewhere now."""
        found: set[object] = set(self.scope_graphs)
        for node in self.subjects:
            for way in ("voice", "possibleVoice"):
                found.update(self._subjects(self.kg(way), node))
            through = self.store.quads_for_pattern(node, self.kg("knownThrough"), None, None)
            found.update(quad.graph_name for quad in through)
        return {name for name in found if type(name) is ox.NamedNode and self._is(name, "Passage")}

    def speaking(self) -> Iterator[ox.NamedNode]:
        """The passages in scope."""
        return iter(self._speaking)

    def stated(self, predicate: str | ox.NamedNode) -> Iterator[tuple[Any, ox.NamedNode, Any, ox.NamedNode]]:
        """All that they have of a property."""
        term = self.kg(predicate) if isinstance(predicate, str) else predicate
        for name in self._speaking:
            for quad in self.store.quads_for_pattern(None, term, None, name):
                yield quad.subject, quad.predicate, quad.object, name

    def _subjects(self, predicate: ox.NamedNode, value: ox.NamedNode) -> Iterable[ox.NamedNode]:
        for quad in self.store.quads_for_pattern(None, predicate, value, _DEFAULT):
            if type(quad.subject) is ox.NamedNode:
                yield quad.subject

    def _is(self, node: ox.NamedNode, name: str) -> bool:
        return ox.Quad(node, _TYPE, self.kg(name)) in self.store

    def members(self, name: str) -> Iterator[ox.NamedNode]:
        """Those of a class that the edit may concern."""
        found = self.passages if name == "Passage" else self.things
        return (node for node in found if self._is(node, name))

    def places(self, name: str) -> Iterator[tuple[ox.NamedNode, ox.NamedNode | ox.BlankNode]]:
        """Nothing: each member is looked up by itself."""
        return iter(())

    def labelled(self) -> Iterator[ox.NamedNode]:
        """Nodes that changed, have a label and no type."""
        for node in self.subjects:
            if self._has(node, _LABEL, None, _DEFAULT) and not self.types(node):
                yield node

    def beyond(self) -> Iterator[ox.NamedNode]:
        """The passages in scope."""
        return self.members("Passage")

    def classes(self) -> Iterator[ox.NamedNode | ox.BlankNode | ox.Literal]:
        """What nodes are newly typed as."""
        found = {o for (_, p, o), gained in self.change.merged.items() if gained and p == _TYPE}
        return iter(found)

    def linked(self) -> Iterator[ox.NamedNode]:
        """What is newly led to, and what has lost statements and is led to."""
        found: set[object] = set()
        for (s, _, o), gained in self.change.merged.items():
            found.add(o if gained else s)
        for node in found:
            if type(node) is ox.NamedNode and self._has(None, None, node, _DEFAULT):
                yield node
