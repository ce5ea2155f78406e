"""Files into the store: every quad in its named graph and once in the default graph, the merge.

One pass in Python over what the parser streams, which gives the sorted lines, too; memory does not grow with the
data, but for the labels of blank nodes (Turtle, TriG, RDF/XML, JSON-LD: about 250 bytes each) and for literals
that the store rewrites.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Self

import pyoxigraph as ox

from kgraph.build.lines import Runs
from kgraph.build.ontology import Ontology
from kgraph.build.rewrite import Rewrite
from kgraph.build.sources import Source
from kgraph.errors import EnvironmentFault, ParseError
from kgraph.shacl.raw import REWRITTEN_TYPES, RawTerms
from kgraph.terms import RDF_TYPE

_DEFAULT = ox.DefaultGraph()
_TYPE = ox.NamedNode(RDF_TYPE)
_BLANK = ox.BlankNode
SLICE = 200_000
"""Quads that are stored and sorted at a time; about 400 MB with their copies."""

Progress = Callable[[int], None]


@dataclass
class Loaded:
    """What a load saw: quads as parsed, predicates, files that failed, and the literals to be judged as parsed.

    `blank`: whether any data file has a blank node. `datatypes` has one place (subject, predicate, value) for each
    datatype and predicate; blank subjects are left out.
    """

    parsed: int = 0
    predicates: set[ox.NamedNode] = field(default_factory=set)
    errors: list[ParseError] = field(default_factory=list)
    raw: RawTerms = field(default_factory=RawTerms)
    blank: bool = False
    datatypes: dict[tuple[str, str, str], str] = field(default_factory=dict)


def graph_of(source: Source, base: str) -> ox.NamedNode:
    """The graph of the triples that a file has outside any graph."""
    return ox.NamedNode(f"{base}id/graph/{source.slug}")


def load(
    store: ox.Store,
    sources: list[Source],
    ontology: Ontology,
    rewrite: Rewrite,
    runs: Runs,
    *,
    named: bool,
    progress: Progress = lambda n: None,
) -> Loaded:
    """Load ontology and data, and add their canonical lines to `runs`. `named`: keep graphs, and give each file's
    own triples its graph.

    A faulty file stops the storing; the files after it are still read, so that `errors` has the first error of each.
    Raises EnvironmentFault when the store cannot be written.
    """
    loaded = Loaded()
    with Loader(store, runs, named=named) as loader:
        for quad in _quads(sources, ontology, rewrite, named, loaded, progress):
            loader.add(quad)
    return loaded


class Loader:
    """Puts quads into the store, with `named` each into the default graph, too, and their lines into runs.

    It works by slices: while a thread without the interpreter's lock stores one, the next is parsed. A slice with
    blank nodes takes the slower way that keeps their labels. Terms must be as the store keeps them.
    """

    def __init__(self, store: ox.Store, runs: Runs, *, named: bool) -> None:
        self._store = store
        self._runs = runs
        self._named = named
        self._held: list[ox.Quad] = []
        self._thread = ThreadPoolExecutor(1)
        self._storing: Future[None] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        try:
            if kind is None:
                self._flush()
                self._wait()
        finally:
            self._thread.shutdown()

    def add(self, quad: ox.Quad) -> None:
        """Add one quad; its graph is that of its line."""
        self._held.append(quad)
        if len(self._held) >= SLICE:
            self._flush()

    def _flush(self) -> None:
        if not self._held:
            return
        held, self._held = self._held, []
        data = ox.serialize(held, format=ox.RdfFormat.N_QUADS) or b""
        lines = data.splitlines(keepends=True)
        blank = b"_:" in data and any(
            type(q.subject) is _BLANK or type(q.object) is _BLANK or type(q.graph_name) is _BLANK
            for q in held
        )
        if blank:
            if self._named:
                held += [ox.Quad(q.subject, q.predicate, q.object) for q in held]
            task: Callable[[], None] = partial(self._store.bulk_extend, held)
        else:
            if self._named:
                data += b"".join([line[: line.rindex(b" ", 0, -3)] + b" .\n" for line in lines])
            task = partial(self._store.bulk_load, data, ox.RdfFormat.N_QUADS, lenient=True)
        self._wait()
        self._storing = self._thread.submit(task)
        self._runs.add(lines)

    def _wait(self) -> None:
        if self._storing is None:
            return
        try:
            self._storing.result()
        except OSError as error:
            raise EnvironmentFault(f"the store cannot be written: {error}") from error
        self._storing = None


def _quads(
    sources: list[Source],
    ontology: Ontology,
    rewrite: Rewrite,
    named: bool,
    loaded: Loaded,
    progress: Progress,
) -> Iterator[ox.Quad]:
    """The quads of ontology and data in their graphs, literals as the store keeps them."""
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
    progress(count & 0x3FFF)
    loaded.parsed += count


def inferred_graph(base: str) -> ox.NamedNode:
    """The graph of what the ontology's trees entail."""
    return ox.NamedNode(base + "id/graph/inferred")


def infer(store: ox.Store, ontology: Ontology, base: str, runs: Runs) -> int:
    """Add what rdfs:subPropertyOf and rdfs:subClassOf entail and no file states; gives the number of triples.

    (RDF 1.1 Semantics, rules rdfs7 and rdfs9, over the transitive closure.) Each goes into the inferred graph
    and into the merge. Nothing is kept in memory.
    """
    graph = inferred_graph(base)
    for entailed in (_by_property, _by_class):
        with Loader(store, runs, named=True) as loader:
            for quad in entailed(store, ontology):
                if quad not in store:
                    loader.add(ox.Quad(quad.subject, quad.predicate, quad.object, graph))
    return count(store, graph)


def count(store: ox.Store, graph: ox.NamedNode | ox.DefaultGraph) -> int:
    """The number of triples of a graph."""
    where = f"GRAPH {graph} {{ ?s ?p ?o }}" if isinstance(graph, ox.NamedNode) else "?s ?p ?o"
    found = store.query(f"SELECT (COUNT(*) AS ?n) {{ {where} }}")
    assert isinstance(found, ox.QuerySolutions)
    return int(next(found)["n"].value)


def _by_property(store: ox.Store, ontology: Ontology) -> Iterator[ox.Quad]:
    for below in sorted(ontology.properties):
        above = [ox.NamedNode(iri) for iri in sorted(ontology.above_property(below))]
        for quad in store.quads_for_pattern(None, ox.NamedNode(below), None, _DEFAULT):
            for predicate in above:
                yield ox.Quad(quad.subject, predicate, quad.object)


def _by_class(store: ox.Store, ontology: Ontology) -> Iterator[ox.Quad]:
    for below in sorted(ontology.classes):
        above = [ox.NamedNode(iri) for iri in sorted(ontology.above_class(below))]
        for quad in store.quads_for_pattern(None, _TYPE, ox.NamedNode(below), _DEFAULT):
            for class_ in above:
                yield ox.Quad(quad.subject, _TYPE, class_)


def new_store(folder: Path) -> ox.Store:
    """A store in an empty folder. Raises EnvironmentFault."""
    try:
        return ox.Store(folder)
    except OSError as error:
        raise EnvironmentFault(f"the store cannot be made: {error}", where=str(folder)) from error
