"""The embedded engine: pages read the store in process, visitors' queries run in killable workers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from kgraph.engine.pattern import PatternReader, deep_page
from kgraph.engine.protocol import Answer, IncomingGroup, Pattern, Query
from kgraph.engine.reader import StoreReader, open_store
from kgraph.errors import PoolFull
from kgraph.terms import IRI, Node, Quad


class EmbeddedEngine:
    """An Engine over one release's store folder. `base` names the site's inferred graph."""

    def __init__(self, store: Path, *, base: str) -> None:
        opened = open_store(store)
        self._reader = StoreReader(opened, base + INFERRED)
        self._patterns = PatternReader(opened, self._reader.lock)

    def query(self, query: Query) -> Answer:
        """Run a visitor's query. Raises QueryError."""
        raise PoolFull("this engine has no workers")

    def outgoing(self, subject: Node, *, limit: int | None = None) -> list[Quad]:
        """Every quad with this subject, in every graph, the default graph (merge) included."""
        return self._reader.outgoing(subject, limit=limit)

    def incoming(self, node: Node, *, per_property: int = 25) -> list[IncomingGroup]:
        """Links that arrive (default graph, inferred left out), grouped by property, most first."""
        return self._reader.incoming(node, per_property=per_property)

    def incoming_page(
        self, node: Node, predicate: IRI, *, offset: int = 0, limit: int = 100
    ) -> tuple[int, list[Node]]:
        """How many subjects link by this property, and one page of them."""
        return self._reader.incoming_page(node, predicate, offset=offset, limit=limit)

    def graph(self, name: Node | None, *, limit: int | None = None) -> Iterator[Quad]:
        """The quads of one graph (None: the default graph)."""
        return self._reader.graph(name, limit=limit)

    def page(self, pattern: Pattern, *, offset: int = 0, limit: int = 100) -> list[Quad]:
        """One page of the quads that match. A page far into the graph is a query for a worker."""
        found = self._patterns.page(pattern, offset, limit)
        return deep_page(self.query, pattern, offset, limit) if found is None else found

    def count(self, pattern: Pattern, *, most: int = 2000) -> int:
        """How many quads match, counted up to `most`."""
        return self._patterns.count(pattern, most)

    def contains_graph(self, name: Node) -> bool:
        """Whether this named graph exists."""
        return self._reader.contains_graph(name)

    def close(self) -> None:
        """End workers and release files."""


INFERRED = "id/graph/inferred"
"""Where, under the base, the graph of entailed triples lies (DESIGN: evidence)."""
