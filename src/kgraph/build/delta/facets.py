"""Which properties are facets before and after an edit: those with at most FACET_VALUES distinct linked nodes."""

from __future__ import annotations

import sqlite3

import pyoxigraph as ox

from kgraph.build.delta.nodes import Ids, Reach, name_of, term
from kgraph.build.delta.statements import Change, View
from kgraph.build.delta.unsuited import Unsuited
from kgraph.build.lines import split
from kgraph.index import FACET_VALUES
from kgraph.terms import RDF_TYPE

_TYPE = b"<" + RDF_TYPE.encode() + b">"


class Facets:
    """The properties of the reached subjects that have too many values, by side.

    `dropped`: those that had few enough and have too many now.
    """

    def __init__(self, db: sqlite3.Connection, change: Change, reach: Reach, before: Ids, after: Ids) -> None:
        self._db = db
        self._before, self._after = before, after
        self._too_many: set[bytes] = set()
        self.dropped: set[bytes] = set()
        gained: dict[bytes, int] = {}
        lost: set[bytes] = set()
        for p, o in self._pairs(change, reach):
            was = o in before and _linked(change.before, p, o)
            now = o in after and _linked(change.after, p, o)
            if was != now:
                gained[p] = gained.get(p, 0) + now - was
            if was and not now:
                lost.add(p)
        for p in self._linking(reach) | set(gained):
            some = self._has_rows(p)
            if some and gained.get(p, 0) > 0:
                if self._objects(p) + gained[p] > FACET_VALUES and self._values(p) + gained[p] > FACET_VALUES:
                    self._too_many.add(p)
                    self.dropped.add(p)
            elif not some and p not in gained:
                self._too_many.add(p)  # it has linked nodes, and no rows
            elif not some:
                # linked nodes, and no rows: too many
                if self._objects(p) > FACET_VALUES and _exceeds(change.before, p, before, 0):
                    self._too_many.add(p)
                    if p in lost and not _exceeds(change.after, p, after):
                        raise Unsuited("a property has few enough values now to be a facet")
                elif gained[p] > FACET_VALUES:
                    self._too_many.add(p)

    def without(self) -> set[bytes]:
        """The properties whose rows are left out, on both sides; those of `dropped` are deleted as a whole."""
        return self._too_many

    def drop(self) -> None:
        """Delete the rows of properties that are no facets any more."""
        for p in self.dropped:
            where = "property = ? AND value IS NOT NULL"
            self._db.execute(f"DELETE FROM facet WHERE {where}", (self._before[p],))

    def _pairs(self, change: Change, reach: Reach) -> set[tuple[bytes, bytes]]:
        found = {(name_of(p), name_of(o)) for _, p, o in change.stated if type(o) is ox.NamedNode}
        for name in (*reach.joined, *reach.left):
            for view in (change.before, change.after):
                quads = view.stated_triples(None, None, term(name))
                found.update((name_of(quad.predicate), name) for quad in quads)
        return {(p, o) for p, o in found if p != _TYPE}

    def _linking(self, reach: Reach) -> set[bytes]:
        """Properties by which reached subjects link nodes."""
        found = set()
        for name in reach.again | reach.support:
            for after, ids in ((False, self._before), (True, self._after)):
                for line in reach.lines(name, after=after):
                    _, p, o, _ = split(line)
                    if o[:1] == b"<" and p != _TYPE and p not in found and o in ids:
                        found.add(p)
        return found

    def _has_rows(self, p: bytes) -> bool:
        where = "property = ? AND value IS NOT NULL"
        return bool(
            self._db.execute(f"SELECT 1 FROM facet WHERE {where} LIMIT 1", (self._before.get(p),)).fetchone()
        )

    def _objects(self, p: bytes) -> int:
        row = self._db.execute(
            "SELECT objects FROM property_statistic WHERE property = ?", (self._before.get(p),)
        ).fetchone()
        return row[0] if row else 0

    def _values(self, p: bytes) -> int:
        """How many distinct values the index has; 0 where there are none, or too many."""
        node = self._before.get(p)
        if node is None:
            return 0
        count, last = 0, 0
        while True:
            (last,) = self._db.execute(
                "SELECT min(value) FROM facet WHERE property = ? AND value > ?", (node, last)
            ).fetchone()
            if last is None:
                return count
            count += 1


def _linked(view: View, p: bytes, o: bytes) -> bool:
    return any(type(quad.subject) is ox.NamedNode for quad in view.stated_triples(None, term(p), term(o)))


def _exceeds(view: View, p: bytes, ids: Ids, most: int | None = None) -> bool:
    """Whether a property has more distinct linked nodes than a facet may (or `most`); looks no further than it must."""
    most = FACET_VALUES if most is None else most
    seen: set[object] = set()
    for quad in view.stated_triples(None, term(p), None):
        o = quad.object
        if type(o) is not ox.NamedNode or type(quad.subject) is not ox.NamedNode or o in seen:
            continue
        if name_of(o) in ids:
            seen.add(o)
            if len(seen) > most:
                return True
    return False
