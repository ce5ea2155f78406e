"""The embedded engine: pages read the store in process, visitors' queries run in killable workers."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from threading import Lock
from typing import Any

from kgraph.engine import guard
from kgraph.engine.limits import Limits
from kgraph.engine.outcome import recorded
from kgraph.engine.pattern import PatternReader, deep_page
from kgraph.engine.pool import Pool
from kgraph.engine.protocol import Answer, IncomingGroup, Pattern, Query
from kgraph.engine.reader import StoreReader, open_store
from kgraph.engine.spool import Spool
from kgraph.errors import (
    NotWritable,
    QueryCrashed,
    QueryError,
    QueryMemory,
    QueryRefused,
    QueryRequestError,
    QuerySyntaxError,
    QueryUnsupported,
    ResultTooLarge,
)
from kgraph.terms import IRI, Node, Quad

INFERRED = "id/graph/inferred"
"""Where, under the base, the graph of entailed triples lies (DESIGN: evidence)."""


class EmbeddedEngine:
    """An Engine over one release's store folder. `base` resolves relative IRIs and names the inferred graph.

    `on_demand`: no query worker is started before the first query.
    """

    def __init__(
        self,
        store: Path,
        *,
        base: str,
        prefixes: Mapping[str, str] | None = None,
        limits: Limits | None = None,
        on_demand: bool = False,
    ) -> None:
        self.limits = limits or Limits()
        opened = open_store(store)
        self._reader = StoreReader(opened, base + INFERRED)
        self._patterns = PatternReader(opened, self._reader.lock)
        self._start: dict[str, Any] = {
            "store": str(store),
            "base": base,
            "prefixes": dict(prefixes or {}),
            "merge": self.limits.merge,
            "memory": self.limits.memory,
        }
        self._starting = Lock()
        self._pool = None if on_demand else Pool(self._start, self.limits)

    def query(self, query: Query) -> Answer:
        """Run a visitor's query. Raises QueryError."""
        return recorded(query, self._query)

    def _query(self, query: Query) -> Answer:
        arrived = time.monotonic() if query.arrived is None else query.arrived
        guard.check(query.text, self.limits)
        spool = Spool()
        request: dict[str, Any] = {
            "text": query.text,
            "cap": self.limits.result if query.result is None else min(query.result, self.limits.result),
            "counted": query.counted,
            "default": query.default_graphs,
            "named": query.named_graphs,
            "results": query.results and query.results.name,
            "boolean": query.boolean and query.boolean.name,
            "rdf": query.rdf and query.rdf.name,
        }
        deadline = self.limits.deadline if query.deadline is None else query.deadline
        try:
            ended = self._workers().run(request, arrived, deadline, spool)
            if "error" in ended:
                raise self._failure(ended, request["cap"])
        except BaseException:
            spool.close()
            raise
        return Answer(
            form=ended["form"],
            media_type=ended["media"],
            size=spool.size,
            rows=ended["rows"],
            seconds=time.monotonic() - arrived,
            body=spool.read(),
            close=spool.close,
        )

    def _workers(self) -> Pool:
        with self._starting:
            if self._pool is None:
                self._pool = Pool(self._start, self.limits)
            return self._pool

    def _failure(self, ended: Mapping[str, Any], cap: int) -> QueryError:
        message, hint = ended.get("message", ""), ended.get("hint", "")
        match ended["error"]:
            case "syntax":
                return QuerySyntaxError(message, hint=hint, line=ended["line"], column=ended["column"])
            case "unsupported":
                return QueryUnsupported(message)
            case "request":
                return QueryRequestError(message, hint=hint)
            case "refused":
                return QueryRefused(message, hint=hint)
            case "not-writable":
                return NotWritable(message, hint=hint)
            case "too-large":
                return ResultTooLarge(
                    f"the result has more than {cap >> 20} MiB; nothing of it was sent",
                    hint="Add a LIMIT, or take the dumps for the whole of the data.",
                )
            case "memory":
                return QueryMemory(
                    f"the query needed more than {self.limits.memory >> 20} MiB of memory and was stopped",
                    hint="Sort or group fewer rows, or join fewer patterns; a LIMIT inside a subquery helps.",
                )
            case _:
                return QueryCrashed(f"the engine failed on this query: {message}")

    def outgoing(self, subject: Node, *, limit: int | None = None) -> list[Quad]:
        """Every quad with this subject, in every graph, the default graph (merge) included."""
        return self._reader.outgoing(subject, limit=limit)

    def incoming(self, node: Node, *, per_property: int = 25) -> list[IncomingGroup]:
        """Links that arrive (default graph, inferred left out), grouped by property, most first."""
        return self._reader.incoming(node, per_property=per_property)

    def incoming_page(
        self, node: Node, predicate: IRI, *, offset: int = 0, limit: int = 100, total: int | None = None
    ) -> tuple[int, list[Node]]:
        """How many subjects link by this property (`total`, if that is known), and one page of them."""
        return self._reader.incoming_page(node, predicate, offset=offset, limit=limit, total=total)

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

    def workers(self) -> list[int]:
        """Process ids of the query workers, for tests and supervision."""
        return self._pool.processes() if self._pool else []

    def close(self) -> None:
        """End workers and release files."""
        self._patterns.close()
        if self._pool:
            self._pool.close()
