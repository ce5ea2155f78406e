"""A node with its shown statements, each with the named graphs that support it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from kgraph.engine.protocol import Engine
from kgraph.terms import IRI, RDF_TYPE, BNode, Literal, Quad, Term
from kgraph.terms import Node as Resource


class Statement(NamedTuple):
    """A value with its evidence: the IRIs of the graphs that hold the triple, sorted; empty for the default graph."""

    predicate: str
    object: Term
    graphs: tuple[str, ...]


@dataclass(frozen=True)
class Property:
    """The values of one property. `total` counts them all, `statements` may be fewer."""

    iri: str
    statements: tuple[Statement, ...]

    @property
    def total(self) -> int:
        """How many values."""
        return len(self.statements)


@dataclass
class Node:
    """A subject and what is stated of it. `more` when the limit left statements out; `size` counts its quads.

    `held`: its quads as the engine gave them; None where they were read from the index.
    """

    resource: Resource
    properties: dict[str, list[Statement]] = field(default_factory=dict)
    more: bool = False
    size: int = 0
    held: list[Quad] | None = None

    @property
    def quads(self) -> list[Quad]:
        """Its statements, each in its graphs."""
        if self.held is not None:
            return self.held
        return [
            Quad(self.resource, IRI(s.predicate), s.object, IRI(g) if g else None)
            for s in self.statements()
            for g in s.graphs or ("",)
        ]

    @property
    def types(self) -> list[str]:
        """IRIs of the asserted classes."""
        return [s.object.value for s in self.properties.get(RDF_TYPE, ()) if isinstance(s.object, IRI)]

    def statements(self) -> Iterator[Statement]:
        """Every statement."""
        for values in self.properties.values():
            yield from values

    def all(self, predicate: str) -> list[Statement]:
        """The values of a property, with evidence."""
        return self.properties.get(predicate, [])

    def iris(self, predicate: str) -> list[str]:
        """The values of a property that are IRIs."""
        return [s.object.value for s in self.all(predicate) if isinstance(s.object, IRI)]

    def literals(self, predicate: str) -> list[Literal]:
        """The values of a property that are literals."""
        return [s.object for s in self.all(predicate) if isinstance(s.object, Literal)]

    def text(self, predicate: str, default: str = "") -> str:
        """The first literal's text."""
        found = self.literals(predicate)
        return found[0].value if found else default

    def number(self, predicate: str) -> int | None:
        """The first literal as a whole number."""
        text = self.text(predicate)
        try:
            return int(text)
        except ValueError:
            return None

    @property
    def graphs(self) -> tuple[str, ...]:
        """Every graph that supports one of the statements."""
        return tuple(sorted({g for s in self.statements() for g in s.graphs}))


class Kept:
    """The nodes of one release that were read last: sources, voices and concepts that many pages show.

    Not safe for several threads at once.
    """

    def __init__(self, most: int = 1000, quads: int = 60) -> None:
        self._most = most
        self._most_quads = quads
        self._nodes: OrderedDict[Resource, Node] = OrderedDict()

    def get(self, resource: Resource) -> Node | None:
        """The node, if it was read lately."""
        node = self._nodes.get(resource)
        if node is not None:
            self._nodes.move_to_end(resource)
        return node

    def put(self, node: Node) -> None:
        """Keep a node that is small and was read whole."""
        if not node.more and node.size <= self._most_quads:
            self._nodes[node.resource] = node
            if len(self._nodes) > self._most:
                self._nodes.popitem(last=False)


class Source(Protocol):
    """Where the nodes of a release can be read many at a time (kgraph.describe.lookup)."""

    def of(self, iris: Iterable[str]) -> dict[str, Node]:
        """A Node for each of these IRIs that is known there."""


class Reader:
    """Reads nodes; what only an inferred graph holds is left out. Keeps what it read: make one per description.

    `kept` are nodes of the same release that are not read again; `source` is asked before the engine.
    """

    def __init__(
        self,
        engine: Engine,
        hidden: frozenset[str],
        kept: Kept | None = None,
        source: Source | None = None,
    ) -> None:
        self.engine = engine
        self.hidden = hidden
        self._kept = kept
        self._source = source
        self._read: dict[Resource, Node] = {}
        self._absent: set[str] = set()

    def load(self, iris: Iterable[str]) -> None:
        """Read nodes that will be asked for, in one look-up where that is possible."""
        if self._source is None:
            return
        wanted = [iri for iri in iris if iri not in self._absent and not self._known(IRI(iri))]
        self._absent.update(wanted)  # or read already: not looked up again
        for node in self._source.of(wanted).values() if wanted else ():
            self._read[node.resource] = node
            if self._kept is not None:
                self._kept.put(node)

    def loaded(self, iri: str) -> Node | None:
        """The node, if it was read already."""
        return self._known(IRI(iri))

    def _known(self, resource: Resource) -> Node | None:
        known = self._read.get(resource)
        if known is None and self._kept is not None:
            known = self._kept.get(resource)
            if known is not None:
                self._read[resource] = known
        return known

    def node(self, resource: Resource, *, limit: int | None = None) -> Node:
        """The node; `limit` bounds the quads read."""
        known = self._known(resource)
        if known is None and isinstance(resource, IRI):
            self.load([resource.value])
            known = self._read.get(resource)
        if known is None:
            quads = self.engine.outgoing(resource, limit=limit)
            known = shown(resource, quads, self.hidden)
            known.more = limit is not None and len(quads) >= limit
            if self._kept is not None:
                self._kept.put(known)
        self._read[resource] = known
        return known

    def closure(
        self, start: Node, follow: Callable[[Resource], bool], *, most: int = 200
    ) -> dict[Resource, Node]:
        """The nodes that `start` leads to and that `follow` takes in (its hash nodes, its blank nodes)."""
        found: dict[Resource, Node] = {}
        todo = [start]
        while todo:
            for statement in todo.pop().statements():
                target = statement.object
                if isinstance(target, Literal) or target in found or target == start.resource:
                    continue
                if follow(target) and len(found) < most:
                    found[target] = self.node(target)
                    todo.append(found[target])
        return found


def shown(resource: Resource, quads: list[Quad], hidden: frozenset[str]) -> Node:
    """A node from its quads. A triple is shown when a graph that is not hidden holds it, or no named graph does."""
    graphs: dict[tuple[str, Term], list[str]] = {}
    for quad in quads:
        held = graphs.setdefault((quad.predicate.value, quad.object), [])
        if quad.graph is not None:
            held.append(quad.graph.value)
    node = Node(resource)
    for (predicate, value), held in graphs.items():
        visible = tuple(sorted({g for g in held if g not in hidden}))
        if visible or not held:
            node.properties.setdefault(predicate, []).append(Statement(predicate, value, visible))
    for values in node.properties.values():
        values.sort(key=in_order)
    keep = {(s.predicate, s.object, g) for s in node.statements() for g in s.graphs or (None,)}
    node.held = [
        q for q in quads if (q.predicate.value, q.object, q.graph.value if q.graph else None) in keep
    ]
    node.size = len(node.held)
    return node


def in_order(statement: Statement) -> tuple[int, str, str]:
    """The order of a property's values: literals by language, then IRIs, then blank nodes."""
    value = statement.object
    if isinstance(value, Literal):
        return (0, value.language or "", value.value)
    return (2 if isinstance(value, BNode) else 1, "", value.value)
