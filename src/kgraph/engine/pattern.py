"""Statements by pattern, page by page: what Triple and Quad Pattern Fragments are made of.

The store cannot seek to the n-th statement. A harvester asks for page after page, so the iterator that made one
page waits, for a while, for the request for the next: a whole harvest then reads the store once.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from itertools import chain, islice
from queue import SimpleQueue
from threading import Lock, Thread

import pyoxigraph as ox

from kgraph.engine import convert
from kgraph.engine.protocol import Answer, Pattern, Query
from kgraph.terms import IRI, BNode, Literal, Quad, Term, binding, ntriples

SKIP = 20_000
"""Statements that one request passes over in process (about 20 ms). A page that lies deeper is a query's, but its
iterator has come nearer: a harvester whose connections lead to several processes is caught up with."""

WAITING = 8
"""Iterators that wait for their next page."""

COUNTS = 512
"""Counts that are remembered: a harvester asks for the same one with each page."""
_LONG = 4096  # characters of a pattern whose count is not remembered

_Waiting = dict[tuple[Pattern, int], Iterator[ox.Quad]]


class PatternReader:
    """Pages of one store. `lock` is the one that every look-up of the store takes.

    pyoxigraph's iterators end the process when another thread than their own touches or frees them, so one thread
    makes, keeps and frees all that wait.
    """

    def __init__(self, store: ox.Store, lock: Lock) -> None:
        self._store = store
        self._lock = lock
        self._asked: SimpleQueue[tuple[Pattern, int, int, Future[list[Quad] | None]] | None] = SimpleQueue()
        self._walker: Thread | None = None
        self._starting = Lock()
        self._counts: dict[tuple[Pattern, int], int] = {}

    def page(self, pattern: Pattern, offset: int, limit: int) -> list[Quad] | None:
        """One page in the store's order; None when it lies too deep to be reached from here."""
        with self._starting:
            if self._walker is None:
                self._walker = Thread(target=self._walk, name="kgraph-pages", daemon=True)
                self._walker.start()
        answer: Future[list[Quad] | None] = Future()
        self._asked.put((pattern, offset, limit, answer))
        return answer.result()

    def count(self, pattern: Pattern, most: int) -> int:
        """How many statements match, counted up to `most`."""
        known = self._counts.get((pattern, most))
        if known is not None:
            return known
        with self._lock:
            found = self._quads(pattern)
            count = 0 if found is None else sum(1 for _ in islice(found, most))
        if sum(len(term.value) for term in _terms(pattern) if term) <= _LONG:
            if len(self._counts) >= COUNTS:
                self._counts = {}
            self._counts[pattern, most] = count
        return count

    def close(self) -> None:
        """Let go of the iterators; the reader gives no more pages."""
        with self._starting:
            if self._walker is not None:
                self._asked.put(None)
                self._walker.join()
                self._walker = None

    def _walk(self) -> None:
        waiting: _Waiting = {}
        while (asked := self._asked.get()) is not None:
            pattern, offset, limit, answer = asked
            try:
                with self._lock:
                    answer.set_result(self._page(waiting, pattern, offset, limit))
            except Exception as error:
                # without its traceback, whose frames hold iterators that another thread would free
                answer.set_exception(error.with_traceback(None))
            del asked, answer

    def _page(self, waiting: _Waiting, pattern: Pattern, offset: int, limit: int) -> list[Quad] | None:
        # an iterator at or before the offset, the nearest
        at = max((o for p, o in waiting if p == pattern and o <= offset), default=0)
        named = all(not isinstance(t, BNode) for t in _terms(pattern))  # no query can name a blank node
        skipped = min(offset - at, SKIP) if named else offset - at
        found = waiting.pop((pattern, at), None) or self._quads(pattern) or iter(())
        for _ in islice(found, skipped):
            pass
        quads = [convert.quad(q) for q in islice(found, limit)] if at + skipped == offset else None
        if quads is None or len(quads) == limit:
            while len(waiting) >= WAITING:
                del waiting[next(iter(waiting))]
            waiting[pattern, at + skipped if quads is None else offset + limit] = found
        return quads

    def _quads(self, pattern: Pattern) -> Iterator[ox.Quad] | None:
        """None when a term is none that a store can hold."""
        try:
            subject, predicate, object_, graph = map(_given, _terms(pattern))
        except ValueError:
            return None
        every = self._store.quads_for_pattern
        if not pattern.every_graph:
            return every(subject, predicate, object_, graph or ox.DefaultGraph())  # type: ignore[arg-type]
        # Named graphs first, as the query of `deep_page` has them: stores in memory and on disk mix them differently.
        default = ox.DefaultGraph()
        return chain(
            (q for q in every(subject, predicate, object_, None) if q.graph_name != default),  # type: ignore[arg-type]
            every(subject, predicate, object_, default),  # type: ignore[arg-type]
        )


def _terms(pattern: Pattern) -> tuple[Term | None, ...]:
    return (pattern.subject, pattern.predicate, pattern.object, pattern.graph)


def _given(term: Term | None) -> convert.OxNode | ox.Literal | None:
    return None if term is None else convert.ox_term(term)


def deep_page(query: Callable[[Query], Answer], pattern: Pattern, offset: int, limit: int) -> list[Quad]:
    """One page by SPARQL, in the order in which the store also gives it without. Raises QueryError."""
    triple = " ".join(
        "?" + name if term is None else ntriples(term)
        for name, term in zip("spo", _terms(pattern)[:3], strict=True)
    )
    if pattern.every_graph:
        named = f"{{ GRAPH ?g {{ {triple} }} }}"
        rows = select(query, f"SELECT * {named} OFFSET {offset:d} LIMIT {limit:d}")
        if len(rows) < limit:
            before = int(select(query, f"SELECT (COUNT(*) AS ?n) {named}")[0]["n"]["value"])
            start, rest = max(offset - before, 0), limit - len(rows)
            rows += select(query, f"SELECT * {{ {triple} }} OFFSET {start:d} LIMIT {rest:d}")
    else:
        graph = "" if pattern.graph is None else f"GRAPH {ntriples(pattern.graph)} "
        rows = select(query, f"SELECT * {{ {graph}{{ {triple} }} }} OFFSET {offset:d} LIMIT {limit:d}")
    return [_row(row, pattern) for row in rows]


def select(query: Callable[[Query], Answer], text: str) -> list[dict[str, dict[str, str]]]:
    """The rows of a SELECT, as SPARQL JSON has them. Raises QueryError."""
    answer = query(Query(text))
    try:
        rows: list[dict[str, dict[str, str]]] = json.loads(answer.read())["results"]["bindings"]
    finally:
        answer.close()
    return rows


def _row(row: Mapping[str, Mapping[str, str]], pattern: Pattern) -> Quad:
    subject, predicate, object_, graph = (
        binding(row[name]) if name in row else given
        for name, given in zip("spog", _terms(pattern), strict=True)
    )
    assert isinstance(subject, IRI | BNode)
    assert isinstance(predicate, IRI)
    assert object_ is not None
    assert not isinstance(graph, Literal)
    return Quad(subject, predicate, object_, graph)
