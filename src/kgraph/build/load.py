"""Files into the store: every quad in its named graph and once in the default graph, the merge.

One pass in Python over what the parser streams, which gives the sorted lines, too. In memory are a slice that is parsed
and one that is stored; beside them the labels of blank nodes (Turtle, TriG, RDF/XML, JSON-LD) and the literals that the
store rewrites, which grow with the data.
"""

from __future__ import annotations

import gc
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Self

import pyoxigraph as ox

from kgraph.build.lines import Runs
from kgraph.build.ontology import Ontology
from kgraph.build.rewrite import Rewrite
from kgraph.build.sources import Source
from kgraph.errors import EnvironmentFault, ParseError
from kgraph.shacl.raw import REWRITTEN_TYPES, RawTerms

_DEFAULT = ox.DefaultGraph()
_BLANK = ox.BlankNode
SLICE = 200_000
"""Quads that are sorted, or stored, at a time."""
WAITING = 48
"""Slices that may wait on disk for the store; each holds a file open."""

Progress = Callable[[int], None]


@dataclass
class Loaded:
    """What a load saw: quads as parsed, predicates, files that failed, and the literals to be judged as parsed.

    `blank`: whether any data file has a blank node. `parsed_of`: data file -> its quads. `datatypes` has one place
    (subject, predicate, value) for each datatype and predicate; blank subjects are left out.
    """

    parsed: int = 0
    predicates: set[ox.NamedNode] = field(default_factory=set)
    errors: list[ParseError] = field(default_factory=list)
    raw: RawTerms = field(default_factory=RawTerms)
    blank: bool = False
    parsed_of: dict[str, int] = field(default_factory=dict)
    datatypes: dict[tuple[str, str, str], str] = field(default_factory=dict)


def graph_of(source: Source, base: str) -> ox.NamedNode:
    """The graph of the triples that a file has outside any graph."""
    return ox.NamedNode(f"{base}id/graph/{source.slug}")


def load(
    loader: Loader,
    sources: list[Source],
    ontology: Ontology,
    rewrite: Rewrite,
    *,
    named: bool,
    progress: Progress = lambda n: None,
) -> Loaded:
    """Give ontology and data to the loader. `named`: keep graphs, and give each file's own triples its graph.

    A faulty file stops the storing; the files after it are still read, so that `errors` has the first error of each.
    Raises EnvironmentFault when the store cannot be written.
    """
    loaded = Loaded()
    for quad in quads_of(sources, ontology, rewrite, named, loaded, progress):
        loader.add(quad)
    loader.flush()
    return loaded


class Loader:
    """Puts quads into the store, with `named` each into the default graph, too, and their lines into runs.

    It works by slices, each a file on disk: while a thread without the interpreter's lock stores one, the next are
    parsed, sorted and merged. A slice with blank nodes takes the slower way that keeps their labels. Terms must be as
    the store keeps them. All is stored after `finish`.
    """

    def __init__(self, store: ox.Store, runs: Runs, *, named: bool) -> None:
        self._store = store
        self._runs = runs
        self._named = named
        self._held: list[ox.Quad] = []
        self._lines: list[bytes] = []
        self._thread = ThreadPoolExecutor(1)
        self._storing: deque[Future[None]] = deque()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self._thread.shutdown(cancel_futures=True)

    def add(self, quad: ox.Quad) -> None:
        """Add one quad; its graph is that of its line."""
        self._held.append(quad)
        if len(self._held) >= SLICE:
            self.flush()

    def entail(self, line: bytes) -> None:
        """Add a line with its graph to the store alone: whoever merges the runs has it already."""
        self._lines.append(line)
        if len(self._lines) >= SLICE:
            self.flush()

    def flush(self) -> None:
        """Sort what is held into a run, and have it stored."""
        if self._held:
            data = ox.serialize(self._held, format=ox.RdfFormat.N_QUADS) or b""
            blank = b"_:" in data and any(
                type(q.subject) is _BLANK or type(q.object) is _BLANK or type(q.graph_name) is _BLANK
                for q in self._held
            )
            self._held.clear()
            self._submit(self._runs.add(data.splitlines(keepends=True)), blank, self._named)
        if self._lines:
            blank = any(line.startswith(b"_:") or b" _:" in line for line in self._lines)
            path = self._runs.folder / "entailed"
            with path.open("wb") as stream:
                stream.writelines(self._lines)
            self._lines.clear()
            self._submit(path, blank, True)
            path.unlink()

    def finish(self) -> None:
        """Wait until all is stored. Raises EnvironmentFault."""
        self.flush()
        while self._storing:
            self._wait()

    def _submit(self, path: Path, blank: bool, twice: bool) -> None:
        while len(self._storing) >= WAITING:
            self._wait()
        self._storing.append(self._thread.submit(self._put, path.open("rb"), blank, twice))

    def _put(self, stream: IO[bytes], blank: bool, twice: bool) -> None:
        with stream:
            if not blank:
                data = stream.read()
                if twice:
                    lines = data.splitlines(keepends=True)
                    data += b"".join([line[: line.rindex(b" ", 0, -3)] + b" .\n" for line in lines])
                self._store.bulk_load(data, ox.RdfFormat.N_QUADS, lenient=True)
                return
            quads = list(ox.parse(stream, ox.RdfFormat.N_QUADS, lenient=True))
        if twice:
            quads += [ox.Quad(q.subject, q.predicate, q.object) for q in quads]
        self._store.bulk_extend(quads)

    def _wait(self) -> None:
        try:
            self._storing.popleft().result()
        except OSError as error:
            raise EnvironmentFault(f"the store cannot be written: {error}") from error


def quads_of(
    sources: list[Source],
    ontology: Ontology,
    rewrite: Rewrite,
    named: bool,
    loaded: Loaded,
    progress: Progress = lambda n: None,
) -> Iterator[ox.Quad]:
    """The quads of ontology and data in their graphs, literals as the store keeps them; `loaded` is filled."""
    quad_type, raw, default = ox.Quad, loaded.raw, ox.DefaultGraph
    graph = ox.NamedNode(rewrite.ontology) if named else _DEFAULT
    for quad in ontology.triples:
        loaded.predicates.add(quad.predicate)
        stored = raw.see(quad)
        yield quad_type(quad.subject, quad.predicate, quad.object if stored is None else stored, graph)
    loaded.parsed += len(ontology.triples)
    predicates, literal, blank, rewritten = loaded.predicates, ox.Literal, ox.BlankNode, REWRITTEN_TYPES
    pairs: set[tuple[ox.NamedNode, ox.NamedNode]] = set()
    count = 0
    for source in sources:
        own = graph_of(source, rewrite.base) if named else _DEFAULT
        before = count
        try:
            for quad in source.quads(rewrite):
                count += 1
                if not count & 0x3FFF:
                    progress(0x4000)
                if loaded.errors:
                    continue
                s, p, o, g = quad
                predicates.add(p)
                if type(s) is blank or type(o) is blank:
                    loaded.blank = True
                stored = None
                if type(o) is literal:
                    datatype = o.datatype
                    if datatype.value in rewritten:
                        stored = raw.see(quad)
                    if (pair := (p, datatype)) not in pairs:
                        pairs.add(pair)
                        if type(s) is ox.NamedNode:
                            loaded.datatypes[(s.value, p.value, o.value)] = datatype.value
                if type(g) is default and named:
                    quad = quad_type(s, p, o if stored is None else stored, own)
                elif stored is not None:
                    quad = quad_type(s, p, stored, g)
                yield quad
        except ParseError as error:
            loaded.errors.append(error)
        loaded.parsed_of[source.name] = count - before
    progress(count & 0x3FFF)
    loaded.parsed += count


def inferred_graph(base: str) -> ox.NamedNode:
    """The graph of what the ontology's trees entail."""
    return ox.NamedNode(base + "id/graph/inferred")


def new_store(folder: Path) -> ox.Store:
    """A store in an empty folder. Raises EnvironmentFault."""
    try:
        return ox.Store(folder)
    except OSError:
        gc.collect()  # a store of an earlier build in this process may wait for that to be closed
    try:
        return ox.Store(folder)
    except OSError as error:
        raise EnvironmentFault(f"the store cannot be made: {error}", where=str(folder)) from error
