"""The nodes and the counts of an index after an edit."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable

import pyoxigraph as ox

from kgraph.build.delta.nodes import Ids, Reach, name_of, term
from kgraph.build.delta.rows import Side, children
from kgraph.build.delta.statements import Change, Triple
from kgraph.build.delta.unsuited import Unsuited
from kgraph.build.index.finish import _KINDS
from kgraph.build.index.subject import iri, token
from kgraph.build.index.write import IndexInput, combined
from kgraph.iri import index_path


def write_nodes(
    db: sqlite3.Connection, given: IndexInput, reach: Reach, before: Ids, after: Side, number: int
) -> None:
    """The rows of the reached nodes; `number` is the release's, for what it changes."""
    ids = after.ids
    arriving = _arriving(reach.change, before, ids)
    for (target, property_), links in arriving.items():
        if db.execute("UPDATE node SET incoming = incoming + ? WHERE id = ?", (links, target)).rowcount != 1:
            raise Unsuited("the index is not that of its store")
        _arrive(db, target, property_, links)
    names = sorted(name for name in reach.again if name[:1] == b"<")
    for name in names:
        node, was = ids.get(name), before.get(name)
        if node is None:
            db.execute("DELETE FROM node WHERE id = ?", (was,))
            db.execute("UPDATE node SET parent = NULL WHERE parent = ?", (was,))
            db.execute("DELETE FROM arriving WHERE node = ?", (was,))
            continue
        if was is None:
            _insert(db, given, reach, ids, name)
        label, language, description, kind, outgoing, _ = after.shown[node]
        db.execute(
            "UPDATE node SET label = ?, language = ?, description = ?, kind = ?, outgoing = ?, graph_kind = ?"
            " WHERE id = ?",
            (label, language, description, kind, outgoing, _graph_kind(db, given, reach, ids, name), node),
        )
    _digests(db, names, after, number)


def _digests(db: sqlite3.Connection, names: Iterable[bytes], after: Side, number: int) -> None:
    """Own digests first: those of nodes with hash children are made from them."""
    ids = after.ids
    now = {name: after.shown[ids[name]][5] for name in names if name in ids}
    for name, own in now.items():
        if b"#" in name:
            digest = own
        else:
            below = {token(text): digest for _, text, digest in children(db, name)}
            below.update({each: now[each] for each in below if each in now})
            parts = [digest for _, digest in sorted(below.items()) if digest]
            digest = combined(own or b"", parts) if parts else own
        db.execute(
            "UPDATE node SET changed = CASE WHEN ?1 IS NULL THEN NULL WHEN digest IS ?1 THEN changed ELSE ?2 END,"
            " digest = ?1 WHERE id = ?3",
            (digest, number, ids[name]),
        )


def _insert(db: sqlite3.Connection, given: IndexInput, reach: Reach, ids: Ids, name: bytes) -> None:
    text, node = iri(name), ids[name]
    parent = ids.get(name.partition(b"#")[0] + b">") if b"#" in name else None
    links = [(q.subject, q.predicate) for q in reach.change.after.stated_triples(None, None, term(name))]
    for property_, number in Counter(p for _, p in links).items():
        _arrive(db, node, ids[name_of(property_)], number)
    db.execute(
        "INSERT INTO node (id, iri, path, parent, outgoing, incoming) VALUES (?, ?, ?, ?, 0, ?)",
        (node, text, index_path(text, given.base), parent, len(links)),
    )
    if b"#" not in name:
        for child, _, _ in children(db, name):
            db.execute("UPDATE node SET parent = ? WHERE id = ?", (node, child))


def _graph_kind(db: sqlite3.Connection, given: IndexInput, reach: Reach, ids: Ids, name: bytes) -> str | None:
    """The kind of a graph, as kgraph.build.index.finish.graph_kinds finds it."""
    store = reach.change.after.store
    if next(store.quads_for_pattern(None, None, None, term(name)), None) is None:
        return None
    if iri(name) == given.inferred:
        return "inferred"
    if iri(name) == given.ontology:
        return "ontology"
    found = "file"
    for class_, kind in _KINDS.items() if given.kgraph else ():
        member = (ids.get(token(given.namespace + class_)), ids[name])
        if db.execute("SELECT 1 FROM instance WHERE class = ? AND node = ?", member).fetchone():
            found = kind
    return found


def _arriving(change: Change, before: Ids, after: Ids) -> Counter[tuple[int, int]]:
    """How many links more arrive, by property, at nodes that were there before and still are."""
    found: Counter[tuple[int, int]] = Counter()
    for (_, p, o), gained in change.stated.items():
        if type(o) is ox.NamedNode:
            node, property_ = before.get(name_of(o)), before.get(name_of(p))
            if node is not None and after.get(name_of(o)) is not None:
                found[node, after[name_of(p)] if property_ is None else property_] += 1 if gained else -1
    return found


def _arrive(db: sqlite3.Connection, node: int, property_: int, links: int) -> None:
    db.execute(
        "INSERT INTO arriving VALUES (?, ?, ?)"
        " ON CONFLICT (node, property) DO UPDATE SET links = links + excluded.links",
        (node, property_, links),
    )
    db.execute("DELETE FROM arriving WHERE node = ? AND property = ? AND links = 0", (node, property_))


def write_statistics(
    db: sqlite3.Connection, change: Change, before: Ids, after: Ids, members: Counter[int]
) -> None:
    """Counts by class, by property and by graph."""
    for class_, more in members.items():
        _count(db, "class_statistic", ("class", "entities"), class_, (more,))
    for p, counts in _by_property(change).items():
        name = name_of(p)
        node = before.get(name)
        node = after[name] if node is None else node
        _count(db, "property_statistic", ("property", "triples", "subjects", "objects"), node, counts)
    graphs: Counter[bytes] = Counter()
    for quad, gained in change.quads.items():
        if type(quad.graph_name) is ox.NamedNode:
            graphs[name_of(quad.graph_name)] += 1 if gained else -1
    for name, more in graphs.items():
        node = before.get(name)
        node = after[name] if node is None else node
        _count(db, "graph_statistic", ("graph", "triples"), node, (more,))


def _count(
    db: sqlite3.Connection, table: str, columns: tuple[str, ...], node: int, more: tuple[int, ...]
) -> None:
    """Add to the counts of a node; the row goes when its first count is 0."""
    key, first = columns[:2]
    marks = ", ".join("?" * len(columns))
    sums = ", ".join(f"{name} = {name} + excluded.{name}" for name in columns[1:])
    db.execute(
        f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks}) ON CONFLICT ({key}) DO UPDATE SET {sums}",
        (node, *more),
    )
    db.execute(f"DELETE FROM {table} WHERE {key} = ? AND {first} = 0", (node,))


def _by_property(change: Change) -> dict[ox.NamedNode, tuple[int, int, int]]:
    """Property -> how many triples, subjects and objects more."""
    triples: Counter[ox.NamedNode] = Counter()
    subjects: set[tuple[ox.NamedNode, object]] = set()
    objects: set[tuple[ox.NamedNode, object]] = set()
    for (s, p, o), gained in change.stated.items():
        triples[p] += 1 if gained else -1
        subjects.add((p, s))
        objects.add((p, o))
    more_subjects: Counter[ox.NamedNode] = Counter()
    for p, subject in subjects:
        more_subjects[p] += change.after.stated(subject, p) - change.before.stated(subject, p)
    more_objects: Counter[ox.NamedNode] = Counter()
    for p, value in objects:
        more_objects[p] += change.after.stated(None, p, value) - change.before.stated(None, p, value)
    return {p: (triples[p], more_subjects[p], more_objects[p]) for p in triples}


def distinct_graphs(change: Change) -> int:
    """How many named graphs more there are."""
    found = 0
    for graph in {quad.graph_name for quad in change.quads}:
        if type(graph) is not ox.DefaultGraph:
            found += _holds(change.after.store, graph) - _holds(change.before.store, graph)
    return found


def _holds(store: ox.Store, graph: object) -> bool:
    return next(store.quads_for_pattern(None, None, None, graph), None) is not None  # type: ignore[arg-type]


__all__ = ["Triple", "distinct_graphs", "write_nodes", "write_statistics"]
