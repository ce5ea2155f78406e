"""Files into the store: every quad in its named graph and once in the default graph, the merge.

One pass in Python over what the parser streams; memory does not grow with the data, but for the labels of
blank nodes (Turtle, TriG, RDF/XML, JSON-LD: about 250 bytes each) and for literals that the store rewrites.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyoxigraph as ox

from kgraph.build.ontology import Ontology
from kgraph.build.rewrite import Rewrite
from kgraph.build.sources import Source
from kgraph.errors import EnvironmentFault, ParseError
from kgraph.shacl.raw import RawTerms
from kgraph.terms import RDF_TYPE

_DEFAULT = ox.DefaultGraph()
_TYPE = ox.NamedNode(RDF_TYPE)

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
    *,
    named: bool,
    progress: Progress = lambda n: None,
) -> Loaded:
    """Load ontology and data. `named`: keep graphs, and give each file's own triples its graph.

    A faulty file stops the storing; the files after it are still read, so that `errors` has the first error of each.
    Raises EnvironmentFault when the store cannot be written.
    """
    loaded = Loaded()
    try:
        store.bulk_extend(_quads(sources, ontology, rewrite, named, loaded, progress))
    except OSError as error:
        raise EnvironmentFault(f"the store cannot be written: {error}") from error
    return loaded


def _quads(
    sources: list[Source],
    ontology: Ontology,
    rewrite: Rewrite,
    named: bool,
    loaded: Loaded,
    progress: Progress,
) -> Iterator[ox.Quad]:
    quad_type, see = ox.Quad, loaded.raw.see
    graph = ox.NamedNode(rewrite.ontology)
    for quad in ontology.triples:
        loaded.predicates.add(quad.predicate)
        see(quad)
        yield quad
        if named:
            yield quad_type(quad.subject, quad.predicate, quad.object, graph)
    loaded.parsed += len(ontology.triples)
    predicates, literal = loaded.predicates, ox.Literal
    pairs: set[tuple[ox.NamedNode, ox.NamedNode]] = set()
    count = 0
    for source in sources:
        own = graph_of(source, rewrite.base)
        try:
            for quad in source.quads(rewrite):
                count += 1
                if not count & 0x3FFF:
                    progress(0x4000)
                if loaded.errors:
                    continue
                s, p, o, g = quad
                predicates.add(p)
                if type(s) is ox.BlankNode or type(o) is ox.BlankNode:
                    loaded.blank = True
                if type(o) is literal:
                    see(quad)
                    if (pair := (p, o.datatype)) not in pairs:
                        pairs.add(pair)
                        if type(s) is ox.NamedNode:
                            loaded.datatypes[(s.value, p.value, o.value)] = o.datatype.value
                if named:
                    if type(g) is ox.DefaultGraph:
                        yield quad
                        yield quad_type(s, p, o, own)
                    else:
                        yield quad
                        yield quad_type(s, p, o)
                else:
                    yield quad
        except ParseError as error:
            loaded.errors.append(error)
    progress(count & 0x3FFF)
    loaded.parsed += count


def inferred_graph(base: str) -> ox.NamedNode:
    """The graph of what the ontology's trees entail."""
    return ox.NamedNode(base + "id/graph/inferred")


def infer(store: ox.Store, ontology: Ontology, base: str) -> int:
    """Add what rdfs:subPropertyOf and rdfs:subClassOf entail and no file states; gives the number of triples.

    (RDF 1.1 Semantics, rules rdfs7 and rdfs9, over the transitive closure.) Each goes into the inferred graph
    and into the merge. Nothing is kept in memory.
    """
    graph = inferred_graph(base)
    if ontology.properties:
        store.bulk_extend(_twice(_by_property(store, ontology), store, graph))
    if ontology.classes:
        store.bulk_extend(_twice(_by_class(store, ontology), store, graph))
    return sum(1 for _ in store.quads_for_pattern(None, None, None, graph))


def _twice(entailed: Iterator[ox.Quad], store: ox.Store, graph: ox.NamedNode) -> Iterator[ox.Quad]:
    for quad in entailed:
        if quad not in store:
            yield quad
            yield ox.Quad(quad.subject, quad.predicate, quad.object, graph)


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
