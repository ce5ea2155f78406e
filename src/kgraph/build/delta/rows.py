"""The rows of an index that an edit changes.

The subjects that the edit reaches are indexed twice, as they were and as they are, by the code of the full build, each
time into a small index in memory. What these two differ in is what the real index loses and gains.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from kgraph.build.delta.facets import Facets
from kgraph.build.delta.nodes import Ids, Reach, SideNames
from kgraph.build.delta.unsuited import Unsuited
from kgraph.build.index import blank
from kgraph.build.index.finish import write_datings, write_hops
from kgraph.build.index.oddities import Oddities
from kgraph.build.index.subject import iri
from kgraph.build.index.write import TEMPORARY, IndexInput, Writer
from kgraph.index import SCHEMA, search_text

Row = tuple[Any, ...]
_TABLES = {
    "described": ("node", "lines"),
    "label": ("node", "role", "text", "language", "via"),
    "instance": ("class", "node", "direct"),
    "date": ("node", "property", "earliest", "latest", "edtf"),
    "location": ("node", "place", "latitude", "longitude"),
    "facet": ("property", "value", "text", "node"),
    "stated": ("node", "graph"),
    "played": ("node", "agent", "role"),
}
"""The tables whose rows belong to a subject."""


@dataclass
class Side:
    """What the reached subjects give on one side.

    `shown`: id -> label, language, description, kind, outgoing, digest.
    """

    ids: Ids
    rows: dict[str, Counter[Row]]
    shown: dict[int, Row]
    oddities: Oddities


def side(reach: Reach, given: IndexInput, ids: Ids, facets: Facets, *, after: bool) -> Side:
    """Index the reached subjects as they are on one side."""
    given = replace(given, oddities=Oddities())
    db = sqlite3.connect(":memory:")
    try:
        db.executescript(SCHEMA + TEMPORARY + blank.SCHEMA)
        writer = Writer(db, given, SideNames(ids))
        writer.facets.update(dict.fromkeys(facets.without()))
        for name in sorted(reach.again | reach.support):
            lines = reach.lines(name, after=after)
            if lines:
                writer.subject(writer.reader.read(name, lines))
        for table in list(writer.rows):
            writer.flush(table)
        blank.write_digests(db, ids)
        shown = {name: ids.get(name) for name in reach.again | reach.support}
        db.executemany(
            "INSERT INTO node (id, iri, label, language, description, kind, outgoing, digest)"
            " SELECT ?1, ?2, s.label, s.language, s.description, s.kind, coalesce(s.outgoing, 0), s.digest"
            " FROM (SELECT 1) LEFT JOIN shown s ON s.node = ?1",
            [(node, iri(name)) for name, node in shown.items() if node is not None],
        )
        write_hops(writer)
        write_datings(writer)
        writer.flush("facet")
        rows = {
            table: Counter(db.execute(f"SELECT {', '.join(columns)} FROM {table}").fetchall())
            for table, columns in _TABLES.items()
        }
        found = db.execute("SELECT id, label, language, description, kind, outgoing, digest FROM node")
        return Side(ids, rows, {row[0]: row[1:] for row in found}, given.oddities)
    finally:
        db.close()


def exchange(db: sqlite3.Connection, before: Side, after: Side) -> Counter[int]:
    """Take out the rows that only `before` has, put in those that only `after` has.

    Gives how many members each class gains. Raises Unsuited where a row that should go is not there.
    """
    members: Counter[int] = Counter()
    for table, columns in _TABLES.items():
        was, now = before.rows[table], after.rows[table]
        gone, come = list((was - now).elements()), list((now - was).elements())
        if table == "label":
            _unsearch(db, gone)
        else:
            for row in gone:
                _remove(db, table, columns, row)
        if table == "instance":
            members.subtract(row[0] for row in gone)
            members.update(row[0] for row in come)
        _add(db, table, columns, come)
    return members


def _add(db: sqlite3.Connection, table: str, columns: Iterable[str], rows: list[Row]) -> None:
    names = ", ".join(columns)
    marks = ", ".join("?" * len(_TABLES[table]))
    for row in rows:
        cursor = db.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", row)
        if table == "label":
            text = search_text(row[2])
            db.execute("INSERT INTO label_search(rowid, text) VALUES (?, ?)", (cursor.lastrowid, text))


def _where(columns: Iterable[str], row: Row) -> str:
    """Indexed columns are compared by =, which an index serves."""
    return " AND ".join(
        f"{name} {'=' if value is not None else 'IS'} ?" for name, value in zip(columns, row, strict=True)
    )


def _remove(db: sqlite3.Connection, table: str, columns: tuple[str, ...], row: Row) -> None:
    where = _where(columns, row)
    if table != "instance":
        where = f"rowid = (SELECT rowid FROM {table} WHERE {where} LIMIT 1)"
    if db.execute(f"DELETE FROM {table} WHERE {where}", row).rowcount != 1:
        raise Unsuited("the index is not that of its store")


def _unsearch(db: sqlite3.Connection, rows: list[Row]) -> None:
    columns = _TABLES["label"]
    for row in rows:
        found = db.execute(f"SELECT rowid FROM label WHERE {_where(columns, row)} LIMIT 1", row).fetchone()
        if found is None:
            raise Unsuited("the index is not that of its store")
        db.execute(
            "INSERT INTO label_search(label_search, rowid, text) VALUES ('delete', ?, ?)",
            (found[0], search_text(row[2])),
        )
        db.execute("DELETE FROM label WHERE rowid = ?", found)


def children(db: sqlite3.Connection, name: bytes) -> Iterator[tuple[int, str, bytes | None]]:
    """Id, IRI and digest of the nodes whose IRI is this one's with a # and more."""
    text = iri(name)
    yield from db.execute(
        "SELECT id, iri, digest FROM node WHERE iri >= ? AND iri < ?", (text + "#", text + "$")
    ).fetchall()
