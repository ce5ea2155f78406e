"""What answers SPARQL: one protocol, kept by the embedded pool and by a remote server alike.

Two sides. `query` takes a visitor's text and may be given anything; it runs in a worker (or on the
remote server) under a deadline. The other methods are the pages' own fixed look-ups on trusted
patterns: they answer in process where the store is embedded, in tenths of a millisecond.

Errors: every failure of `query` is one of the QueryError classes in kgraph.errors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, Protocol

from kgraph.media import RdfFormat, ResultFormat
from kgraph.terms import IRI, Node, Quad, Term

Form = Literal["solutions", "boolean", "graph"]


@dataclass(frozen=True)
class Query:
    """A SPARQL 1.1 Protocol query operation (section 2.1).

    `default_graphs` / `named_graphs` are the dataset of the request, which overrides FROM; both None
    when the request names none. `results`, `boolean` and `rdf` are the syntaxes for SELECT, for ASK and for
    CONSTRUCT and DESCRIBE (None: the client takes none, NotWritable); `arrived` is time.monotonic() at arrival,
    from which `deadline` seconds count (None: the setting); `result` is how many bytes the answer may have, where
    that is less than the setting; `counted`: whether rows are counted, which takes a tenth of a large result's time.
    """

    text: str
    default_graphs: tuple[str, ...] | None = None
    named_graphs: tuple[str, ...] | None = None
    results: ResultFormat | None = ResultFormat.JSON
    boolean: ResultFormat | None = ResultFormat.JSON
    rdf: RdfFormat | None = RdfFormat.TURTLE
    arrived: float | None = None
    deadline: float | None = None
    result: int | None = None
    counted: bool = True


@dataclass(frozen=True)
class Answer:
    """A whole answer, complete before its first byte is sent.

    `body` gives the bytes in pieces of at most 256 kB (memory or a temporary file; `close` frees it). `rows`: of a
    table or a graph; None for yes or no, where nobody counts, and where they cannot be told.
    """

    form: Form
    media_type: str
    size: int
    rows: int | None
    seconds: float
    body: Iterator[bytes]
    close: Callable[[], None]

    def read(self) -> bytes:
        """All of the body; for small answers and tests."""
        return b"".join(self.body)


@dataclass(frozen=True)
class IncomingGroup:
    """Links that arrive at a node by one property: how many, and the first subjects (see `incoming_page`)."""

    predicate: IRI
    count: int
    subjects: tuple[Node, ...]


@dataclass(frozen=True)
class Pattern:
    """Which quads: None matches every term. `graph` None is the default graph (the merge), as in Quad;
    `every_graph` asks for all graphs instead, the merge included."""

    subject: Node | None = None
    predicate: IRI | None = None
    object: Term | None = None
    graph: Node | None = None
    every_graph: bool = False


class Engine(Protocol):
    """An engine over one release or one remote endpoint. Safe to call from several threads."""

    def query(self, query: Query) -> Answer:
        """Run a visitor's query. Raises QueryError."""

    def outgoing(self, subject: Node, *, limit: int | None = None) -> list[Quad]:
        """Every quad with this subject, in every graph, the default graph (merge) included."""

    def incoming(self, node: Node, *, per_property: int = 25) -> list[IncomingGroup]:
        """Links that arrive (default graph, inferred left out), grouped by property, most first."""

    def incoming_page(
        self, node: Node, predicate: IRI, *, offset: int = 0, limit: int = 100, total: int | None = None
    ) -> tuple[int, list[Node]]:
        """How many subjects link by this property, and one page of them.

        `total`: how many there are, where the caller knows it; nothing is counted then, and a first page costs the
        same however many they are. Sorted by IRI up to a hundred, beyond it in the engine's own order, stable within
        a release.
        """

    def graph(self, name: Node | None, *, limit: int | None = None) -> Iterator[Quad]:
        """The quads of one graph (None: the default graph)."""

    def page(self, pattern: Pattern, *, offset: int = 0, limit: int = 100) -> list[Quad]:
        """One page of the quads that match, in the engine's own order, stable within a release.

        Cheap for who asks page after page; a page far into the graph is searched for under the rules and
        with the errors (QueryError) of `query`.
        """

    def count(self, pattern: Pattern, *, most: int = 2000) -> int:
        """How many quads match, counted up to `most`."""

    def contains_graph(self, name: Node) -> bool:
        """Whether this named graph exists."""

    def close(self) -> None:
        """End workers and release files."""
