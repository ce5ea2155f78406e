"""The pages' side of an embedded store: fixed look-ups in process, in tenths of a millisecond.

One lock around each look-up: pattern iterators that run in several threads at once queue up on the
interpreter's lock and all become slow. Nodes with very many links are never walked whole in Python.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from threading import Lock

import pyoxigraph as ox

from kgraph.engine import convert
from kgraph.engine.protocol import IncomingGroup
from kgraph.errors import ReleaseError
from kgraph.terms import IRI, BNode, Node, Quad

SORTED = 100
"""Links by one property up to this many are listed sorted by IRI, more in the store's own, stable order."""

_ENUMERATED = 300  # incoming links up to this many are walked; beyond it SPARQL counts them
_WALKED = 500  # links passed over in process to reach a page; a deeper one is a query's OFFSET, which decodes nothing
_CHUNK = 5000  # quads read under one hold of the lock while a graph is walked


def open_store(path: Path) -> ox.Store:
    """Open a store for reading only. Raises ReleaseError."""
    if not path.is_dir():
        raise ReleaseError("the store is missing", where=str(path), hint="Run `kgraph build` again.")
    try:
        return ox.Store.read_only(str(path))
    except (OSError, ValueError, RuntimeError) as error:  # RuntimeError: RocksDB's word for corruption
        raise ReleaseError(
            f"the store cannot be opened: {error}",
            where=str(path),
            hint="`kgraph rollback` goes to an earlier release, `kgraph build --force` makes a new one.",
        ) from error


class StoreReader:
    """Look-ups over one store. `inferred` names the graph of entailed triples, which links leave out.

    A name that is no valid IRI stands in no store: it has no quads.
    """

    def __init__(self, store: ox.Store, inferred: str) -> None:
        self._store = store
        self.lock = Lock()
        name = ox.NamedNode(inferred)
        self._inferred = name if store.contains_named_graph(name) else None

    def outgoing(self, subject: Node, *, limit: int | None = None) -> list[Quad]:
        """Every quad with this subject, in every graph, the default graph (merge) included."""
        target = _valid(subject)
        if target is None:
            return []
        with self.lock:
            found = self._store.quads_for_pattern(target, None, None, None)
            return [convert.quad(q) for q in islice(found, limit)]

    def incoming(self, node: Node, *, per_property: int = 25) -> list[IncomingGroup]:
        """Links that arrive (default graph, inferred left out), grouped by property, most first."""
        target = _valid(node)
        if target is None:
            return []
        with self.lock:
            found = self._asserted(None, target, _ENUMERATED)
            if found is not None:
                groups: dict[str, list[Node]] = {}
                for q in found:
                    groups.setdefault(q.predicate.value, []).append(_subject(q))
                counted = [
                    IncomingGroup(IRI(p), len(s), tuple(sorted(s)[:per_property])) for p, s in groups.items()
                ]
            else:
                counted = [
                    IncomingGroup(IRI(p), n, tuple(self._page(target, ox.NamedNode(p), n, 0, per_property)))
                    for p, n in self._counts(target).items()
                ]
        return sorted(counted, key=lambda g: (-g.count, g.predicate.value))

    def incoming_page(
        self, node: Node, predicate: IRI, *, offset: int = 0, limit: int = 100, total: int | None = None
    ) -> tuple[int, list[Node]]:
        """How many subjects link by this property (inferred left out), and one page of them.

        With a `total` above SORTED, what is read grows with offset and limit only.
        """
        target, by = _valid(node), _valid(predicate)
        if target is None or not isinstance(by, ox.NamedNode):
            return 0, []
        with self.lock:
            if total is None or total <= SORTED:
                few = self._asserted(by, target, SORTED)
                if few is not None:
                    return len(few), sorted(map(_subject, few))[offset : offset + limit]
                total = self._counts(target, by).get(by.value, 0)
            return total, self._page(target, by, total, offset, limit)

    def graph(self, name: Node | None, *, limit: int | None = None) -> Iterator[Quad]:
        """The quads of one graph (None: the default graph), in the store's order."""
        graph = ox.DefaultGraph() if name is None else _valid(name)
        if graph is None:
            return
        found = islice(self._store.quads_for_pattern(None, None, None, graph), limit)
        while True:
            with self.lock:
                chunk = [convert.quad(q) for q in islice(found, _CHUNK)]
            yield from chunk
            if len(chunk) < _CHUNK:
                return

    def contains_graph(self, name: Node) -> bool:
        """Whether this named graph exists."""
        graph = _valid(name)
        return graph is not None and self._store.contains_named_graph(graph)

    def _asserted(self, by: ox.NamedNode | None, target: convert.OxNode, most: int) -> list[ox.Quad] | None:
        """The links that arrive, inferred left out; None when more than `most` are to be walked."""
        found = self._store.quads_for_pattern(None, by, target, ox.DefaultGraph())
        # SPARQL cannot name a blank node, so its links are walked however many they are.
        walked = list(found if isinstance(target, ox.BlankNode) else islice(found, most + 1))
        if len(walked) > most and isinstance(target, ox.NamedNode):
            return None
        if self._inferred is None:
            return walked
        return [
            q for q in walked if ox.Quad(q.subject, q.predicate, q.object, self._inferred) not in self._store
        ]

    def _counts(self, target: convert.OxNode, by: ox.NamedNode | None = None) -> dict[str, int]:
        pattern = f"?s {by or '?p'} {target}"
        counts = self._count_query(pattern, by)
        if self._inferred is not None:
            for predicate, n in self._count_query(f"GRAPH {self._inferred} {{ {pattern} }}", by).items():
                counts[predicate] -= n
        return {p: n for p, n in counts.items() if n > 0}

    def _count_query(self, pattern: str, by: ox.NamedNode | None) -> dict[str, int]:
        group = "GROUP BY ?p" if by is None else ""
        rows = self._select(f"SELECT {'?p' if by is None else ''} (COUNT(*) AS ?n) {{ {pattern} }} {group}")
        return {(row["p"] if by is None else by).value: int(row["n"].value) for row in rows}

    def _page(
        self, target: convert.OxNode, by: ox.NamedNode, count: int, offset: int, limit: int
    ) -> list[Node]:
        if count <= SORTED:
            found = self._asserted(by, target, SORTED)
            if found is not None:
                return sorted(map(_subject, found))[offset : offset + limit]
        if offset + limit <= _WALKED:
            near = self._walked_page(target, by, offset, limit)
            if near is not None:
                return near
        minus = ""
        if self._inferred and next(self._store.quads_for_pattern(None, by, target, self._inferred), None):
            minus = f"MINUS {{ GRAPH {self._inferred} {{ ?s {by} {target} }} }}"
        rows = self._select(f"SELECT ?s {{ ?s {by} {target} {minus} }} OFFSET {offset:d} LIMIT {limit:d}")
        return [convert.node(row["s"]) for row in rows]

    def _walked_page(
        self, target: convert.OxNode, by: ox.NamedNode, offset: int, limit: int
    ) -> list[Node] | None:
        """One page, reached link by link; None where too many inferred ones stand before it."""
        found: list[Node] = []
        links = self._store.quads_for_pattern(None, by, target, ox.DefaultGraph())
        for q in islice(links, 2 * _WALKED):
            if self._inferred is None or (
                ox.Quad(q.subject, q.predicate, q.object, self._inferred) not in self._store
            ):
                found.append(_subject(q))
                if len(found) == offset + limit:
                    return found[offset:]
        return found[offset:] if next(links, None) is None else None

    def _select(self, text: str) -> ox.QuerySolutions:
        rows = self._store.query(text)
        assert isinstance(rows, ox.QuerySolutions)
        return rows


def _valid(value: Node) -> convert.OxNode | None:
    try:
        return convert.ox_node(value)
    except ValueError:
        return None


def _subject(q: ox.Quad) -> Node:
    subject = q.subject
    if isinstance(subject, ox.NamedNode):
        return IRI(subject.value)
    assert isinstance(subject, ox.BlankNode)
    return BNode(subject.value)
