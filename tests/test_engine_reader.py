"""The pages' look-ups: every graph's quads, links grouped and counted, hubs paged, inferred links left out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest

from kgraph.engine.embedded import EmbeddedEngine
from kgraph.engine.reader import StoreReader
from kgraph.errors import ReleaseError
from kgraph.terms import IRI, BNode, Literal, Quad

BASE = "http://example.org/"
G = ox.NamedNode(BASE + "id/passage/1")
INFERRED = ox.NamedNode(BASE + "id/graph/inferred")
P, Q, TYPE = (ox.NamedNode(BASE + name) for name in ("p", "q", "type"))
HUB, SMALL, BIG = (ox.NamedNode(BASE + name) for name in ("hub", "small", "big"))
MANY = 2500


def thing(number: int) -> ox.NamedNode:
    return ox.NamedNode(f"{BASE}thing/{number:05d}")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("reader") / "store"
    store = ox.Store(str(folder))
    quads = [
        *(ox.Quad(thing(n), P, SMALL, g) for n in range(5) for g in (G, ox.DefaultGraph())),
        *(ox.Quad(thing(9), P, SMALL, g) for g in (INFERRED, ox.DefaultGraph())),
        *(ox.Quad(thing(n), P, HUB, ox.DefaultGraph()) for n in range(400)),
        *(ox.Quad(thing(n), Q, HUB, g) for n in range(350) for g in (INFERRED, ox.DefaultGraph())),
        *(ox.Quad(thing(n), TYPE, BIG, ox.DefaultGraph()) for n in range(MANY)),
        *(ox.Quad(thing(n), TYPE, BIG, INFERRED) for n in range(7)),
        ox.Quad(ox.BlankNode("b"), P, ox.BlankNode("c")),
        ox.Quad(thing(1), Q, ox.Literal("x", language="en"), G),
    ]
    store.bulk_extend(quads)
    store.flush()
    return folder


@pytest.fixture(scope="module")
def engine(store: Path) -> Iterator[EmbeddedEngine]:
    engine = EmbeddedEngine(store, base=BASE)
    yield engine
    engine.close()


def iri(number: int) -> IRI:
    return IRI(thing(number).value)


def test_outgoing_has_every_graph(engine: EmbeddedEngine):
    found = engine.outgoing(iri(1))
    assert Quad(iri(1), IRI(P.value), IRI(SMALL.value), IRI(G.value)) in found
    assert Quad(iri(1), IRI(P.value), IRI(SMALL.value), None) in found
    text = Literal("x", "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString", "en")
    assert Quad(iri(1), IRI(Q.value), text, IRI(G.value)) in found
    assert len(engine.outgoing(iri(1), limit=2)) == 2


def test_incoming_leaves_the_inferred_out(engine: EmbeddedEngine):
    (group,) = engine.incoming(IRI(SMALL.value), per_property=3)
    assert (group.predicate, group.count) == (IRI(P.value), 5)
    assert group.subjects == (iri(0), iri(1), iri(2))
    assert engine.incoming_page(IRI(SMALL.value), IRI(P.value), offset=3) == (5, [iri(3), iri(4)])


def test_a_hub_is_counted_and_the_inferred_left_out(engine: EmbeddedEngine):
    (group,) = engine.incoming(IRI(HUB.value))
    assert (group.predicate.value, group.count) == (P.value, 400)
    count, subjects = engine.incoming_page(IRI(HUB.value), IRI(P.value), limit=400)
    assert (count, sorted(subjects)) == (400, [iri(n) for n in range(400)])
    assert group.subjects == tuple(subjects[:25])
    assert engine.incoming_page(IRI(HUB.value), IRI(P.value), offset=398) == (400, subjects[398:])
    assert engine.incoming_page(IRI(HUB.value), IRI(Q.value)) == (0, [])


def test_pages_of_a_great_hub_have_each_link_once(engine: EmbeddedEngine):
    (group,) = engine.incoming(IRI(BIG.value))
    assert group.count == MANY - 7
    pages = [
        engine.incoming_page(IRI(BIG.value), IRI(TYPE.value), offset=n, limit=100, total=total)
        for n in range(0, MANY, 100)
        for total in (MANY - 7,)
    ]
    assert {count for count, _ in pages} == {MANY - 7}
    subjects = [s for _, page in pages for s in page]
    assert sorted(subjects) == [iri(n) for n in range(7, MANY)]
    assert group.subjects == tuple(subjects[:25])


class Counted:
    """A store that counts the quads that are read and runs no query."""

    def __init__(self, store: ox.Store) -> None:
        self.store = store
        self.quads = 0

    def quads_for_pattern(self, *pattern: Any) -> Iterator[ox.Quad]:
        for quad in self.store.quads_for_pattern(*pattern):
            self.quads += 1
            yield quad

    def contains_named_graph(self, name: ox.NamedNode) -> bool:
        return self.store.contains_named_graph(name)

    def __contains__(self, quad: ox.Quad) -> bool:
        return quad in self.store


def test_a_first_page_reads_no_more_than_it_shows(engine: EmbeddedEngine, store: Path):
    counted = Counted(ox.Store.read_only(str(store)))
    reader = StoreReader(counted, INFERRED.value)  # type: ignore[arg-type]
    count, subjects = reader.incoming_page(IRI(BIG.value), IRI(TYPE.value), limit=25, total=MANY - 7)
    assert (count, len(subjects)) == (MANY - 7, 25)
    assert counted.quads <= 25 + 7


def test_blank_nodes_are_nodes_too(engine: EmbeddedEngine):
    (quad,) = engine.outgoing(BNode("b"))
    assert isinstance(quad.object, BNode)
    (group,) = engine.incoming(quad.object)
    assert group.subjects == (BNode("b"),)


def test_graphs(engine: EmbeddedEngine):
    assert engine.contains_graph(IRI(G.value))
    assert not engine.contains_graph(IRI(BASE + "none"))
    assert len(list(engine.graph(IRI(G.value)))) == 6
    assert len(list(engine.graph(None, limit=10))) == 10
    assert len(list(engine.graph(None))) > 3000


@pytest.mark.parametrize("name", ["", "a b", "x", "http://e.org/> } #", "\ud800"])
def test_what_is_no_iri_has_nothing(engine: EmbeddedEngine, name: str):
    assert engine.outgoing(IRI(name)) == []
    assert engine.incoming(IRI(name)) == []
    assert engine.incoming_page(IRI(name), IRI(name)) == (0, [])
    assert list(engine.graph(IRI(name))) == []
    assert not engine.contains_graph(IRI(name))


def test_a_missing_store_is_named(tmp_path: Path):
    with pytest.raises(ReleaseError, match="missing"):
        EmbeddedEngine(tmp_path / "store", base=BASE)
