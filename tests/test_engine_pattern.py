"""Statements by pattern: pages that join to the whole, near and deep, whoever asks in which order."""

from __future__ import annotations

from pathlib import Path
from threading import Lock, Thread

import pyoxigraph as ox
import pytest

from kgraph.engine import Answer, Pattern, Query
from kgraph.engine import pattern as pattern_module
from kgraph.engine.pattern import PatternReader, deep_page
from kgraph.terms import IRI, BNode, Literal, Quad

EX = "http://example.org/"
SIZE = 2500


@pytest.fixture(scope="module")
def store() -> ox.Store:
    quads = []
    for i in range(SIZE):
        graph = ox.DefaultGraph() if i % 3 else ox.NamedNode(f"{EX}g{i % 2}")
        quads.append(ox.Quad(ox.NamedNode(f"{EX}s{i}"), ox.NamedNode(EX + "p"), ox.Literal(i), graph))
    quads.append(ox.Quad(ox.BlankNode("b1"), ox.NamedNode(EX + "q"), ox.Literal("é", language="fr")))
    store = ox.Store()
    store.extend(quads)
    return store


def ask(store: ox.Store) -> object:
    def query(query: Query) -> Answer:
        found = store.query(query.text)
        assert isinstance(found, ox.QuerySolutions)
        body = found.serialize(format=ox.QueryResultsFormat.JSON)
        assert body is not None
        return Answer("solutions", "", len(body), None, 0.0, iter([body]), lambda: None)

    return query


PATTERNS = [
    Pattern(),
    Pattern(every_graph=True),
    Pattern(predicate=IRI(EX + "p")),
    Pattern(predicate=IRI(EX + "p"), every_graph=True),
    Pattern(graph=IRI(EX + "g1")),
    Pattern(subject=IRI(EX + "s7")),
    Pattern(object=Literal("7", "http://www.w3.org/2001/XMLSchema#integer")),
    Pattern(subject=BNode("b1")),
    Pattern(object=Literal("é", "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString", "fr")),
]


def pages(reader: PatternReader, pattern: Pattern, limit: int) -> list[Quad]:
    found: list[Quad] = []
    while True:
        page = reader.page(pattern, len(found), limit)
        assert page is not None
        found += page
        if len(page) < limit:
            return found


@pytest.mark.parametrize("pattern", PATTERNS, ids=repr)
def test_pages_join_to_the_whole(store: ox.Store, pattern: Pattern) -> None:
    reader = PatternReader(store, Lock())
    whole = pages(reader, pattern, SIZE * 2)
    assert whole
    assert len(set(whole)) == len(whole) == reader.count(pattern, SIZE * 2)
    assert pages(reader, pattern, 97) == whole
    assert reader.page(pattern, 3, 5) == whole[3:8]
    assert reader.page(pattern, 0, 5) == whole[:5]


@pytest.mark.parametrize("pattern", [p for p in PATTERNS if not isinstance(p.subject, BNode)], ids=repr)
def test_a_query_gives_the_same_page_in_the_same_order(store: ox.Store, pattern: Pattern) -> None:
    whole = pages(PatternReader(store, Lock()), pattern, SIZE * 2)
    start = len(whole) // 2
    assert deep_page(ask(store), pattern, start, 50) == whole[start : start + 50]  # type: ignore[arg-type]


def test_a_deep_page_is_left_to_a_query_unless_a_harvester_comes_by(
    store: ox.Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pattern_module, "SKIP", 100)
    reader = PatternReader(store, Lock())
    assert reader.page(Pattern(), 500, 10) is None
    assert len(pages(reader, Pattern(), 60)) > 1000


def test_a_harvester_that_comes_from_another_process_is_caught_up_with(
    store: ox.Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pattern_module, "SKIP", 100)
    reader = PatternReader(store, Lock())
    whole = pages(PatternReader(store, Lock()), Pattern(), SIZE * 2)
    found = {start: reader.page(Pattern(), start, 40) for start in range(500, 1300, 40)}
    assert [start for start, page in found.items() if page is None] == list(range(500, 780, 40))
    assert all(page == whole[start : start + 40] for start, page in found.items() if page is not None)
    assert reader.page(Pattern(), SIZE * 9, 40) is None
    reader.close()


def test_two_harvesters_do_not_disturb_each_other(store: ox.Store) -> None:
    reader = PatternReader(store, Lock())
    first, second = [], []
    for start in range(0, 1600, 40):
        first += reader.page(Pattern(), start, 40) or []
        second += reader.page(Pattern(), start, 40) or []
    assert first == second == (reader.page(Pattern(), 0, 1600) or [])


def test_pages_may_be_asked_for_from_any_thread(store: ox.Store) -> None:
    reader = PatternReader(store, Lock())
    whole = pages(reader, Pattern(), SIZE * 2)
    found: dict[int, list[Quad]] = {}
    for start in range(0, 1600, 40):  # each page by a thread of its own, ended before the next begins
        thread = Thread(target=lambda at=start: found.update({at: reader.page(Pattern(), at, 40) or []}))
        thread.start()
        thread.join()
    assert [q for page in found.values() for q in page] == whole[:1600]
    reader.close()


def test_more_harvests_than_iterators_wait(store: ox.Store) -> None:
    reader = PatternReader(store, Lock())
    whole = pages(reader, Pattern(), SIZE * 2)
    for start in range(0, 400, 20):
        for ahead in range(3 * pattern_module.WAITING):
            assert reader.page(Pattern(), start + ahead, 20) == whole[start + ahead :][:20]
    reader.close()


def test_a_term_that_is_none_matches_nothing(store: ox.Store) -> None:
    reader = PatternReader(store, Lock())
    assert reader.page(Pattern(subject=IRI("not an iri")), 0, 10) == []
    assert reader.count(Pattern(predicate=IRI("x y")), 10) == 0


def test_the_store_is_one_folder_read_only(tmp_path: Path, store: ox.Store) -> None:
    path = tmp_path / "store"
    written = ox.Store(str(path))
    written.bulk_extend(store)
    written.flush()
    del written
    reader = PatternReader(ox.Store.read_only(str(path)), Lock())
    for pattern in PATTERNS:
        if not isinstance(pattern.subject, BNode):
            whole = pages(reader, pattern, SIZE * 2)
            assert pages(reader, pattern, 333) == whole
            read_only = ox.Store.read_only(str(path))
            deep = deep_page(ask(read_only), pattern, len(whole) // 3, 9)  # type: ignore[arg-type]
            assert deep == whole[len(whole) // 3 :][:9]
