"""A selection: the things of a class that hold some words and some facet values; listed, counted, dated, located.

All of it comes from the index. A page is asked for by a cursor (the sort key and id of the last row), so that paging
deep costs no more than paging at the start.
"""

from __future__ import annotations

import json
import sqlite3
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from kgraph.search.names import match_expression

SORTS: Mapping[str, str] = {
    "name": "coalesce(n.label, n.iri) COLLATE NOCASE",
    "date": "coalesce((SELECT min(coalesce(d.earliest, d.latest)) FROM date d WHERE d.node = n.id), '9999')",
    "links": "-n.incoming",
}
"""Sort -> key, ascending; the id breaks ties."""

YEAR = "year"
SOURCE = "source"
"""A facet by evidence: the sources with a passage that states something of a thing."""
ROLE = "role"
"""A facet of agents: the roles in which they take part in something."""
_HAS_SOURCE = "(SELECT id FROM node WHERE iri = 'http://www.w3.org/ns/oa#hasSource')"
_BY_WAY = {
    SOURCE: f"SELECT s.node, f.value FROM stated s JOIN facet f ON f.node = s.graph AND f.property = {_HAS_SOURCE}",
    ROLE: "SELECT p.agent AS node, p.role AS value FROM played p",
}
"""Facet that no property of the thing itself gives -> its pairs of node and value."""
_SAMPLE = 2000


@dataclass(frozen=True)
class FacetValue:
    """A value to filter by: an IRI, or a year as text; and how many things of the selection have it."""

    value: str
    count: int
    chosen: bool


@dataclass(frozen=True)
class Facet:
    """The values of one property within a selection, the most frequent first. `more`: there are others."""

    property: str
    values: tuple[FacetValue, ...]
    more: bool


@dataclass(frozen=True)
class Page:
    """A page of IRIs and the cursor of the one after it."""

    iris: tuple[str, ...]
    following: str | None


@dataclass(frozen=True)
class Dated:
    """A thing with the days that its dating allows (an open end is None) and the EDTF expression, where it has one."""

    iri: str
    earliest: str | None
    latest: str | None
    edtf: str | None = None


@dataclass(frozen=True)
class Located:
    """A place with the things of the selection that are there."""

    place: str
    latitude: float
    longitude: float
    things: tuple[str, ...]
    count: int


@dataclass(frozen=True)
class Selection:
    """Things of `class_iri` (through subclasses too) with these words in a name and these facet values.

    `chosen` leads from a property's IRI, or YEAR, SOURCE or ROLE, to a value: an IRI or a four-digit year.
    """

    class_iri: str
    text: str = ""
    chosen: tuple[tuple[str, str], ...] = ()

    def _where(self, *, leave_out: str | None = None) -> tuple[str, list[Any]]:
        parts = ["i.class = (SELECT id FROM node WHERE iri = ?)"]
        values: list[Any] = [self.class_iri]
        expression = match_expression(self.text)
        if expression:
            parts.append(
                "i.node IN (SELECT l.node FROM label_search s JOIN label l ON l.rowid = s.rowid"
                " WHERE label_search MATCH ?)"
            )
            values.append(expression)
        for property_, value in self.chosen:
            if property_ == leave_out:
                continue
            if property_ == YEAR:
                parts.append("i.node IN (SELECT f.node FROM facet f WHERE f.text = ? AND f.value IS NULL)")
                values.append(value)
            elif property_ in _BY_WAY:
                parts.append(
                    f"i.node IN (SELECT w.node FROM ({_BY_WAY[property_]}) w"
                    " WHERE w.value = (SELECT id FROM node WHERE iri = ?))"
                )
                values.append(value)
            else:
                parts.append(
                    "i.node IN (SELECT f.node FROM facet f WHERE f.property = (SELECT id FROM node WHERE iri = ?)"
                    " AND f.value = (SELECT id FROM node WHERE iri = ?))"
                )
                values += [property_, value]
        return " AND ".join(parts), values

    def count(self, connection: sqlite3.Connection) -> int:
        """How many things."""
        where, values = self._where()
        return int(connection.execute(f"SELECT count(*) FROM instance i WHERE {where}", values).fetchone()[0])

    def page(
        self, connection: sqlite3.Connection, *, sort: str = "name", after: str | None = None, limit: int = 50
    ) -> Page:
        """One page. A cursor that cannot be read starts at the beginning."""
        where, values = self._where()
        key = SORTS.get(sort, SORTS["name"])
        cursor = _read_cursor(after)
        if cursor:
            where += f" AND ({key}, n.id) > (?, ?)"
            values += cursor
        rows = connection.execute(
            f"SELECT n.id, n.iri, {key} AS key FROM instance i JOIN node n ON n.id = i.node WHERE {where}"
            f" ORDER BY {key}, n.id LIMIT ?",
            [*values, limit + 1],
        ).fetchall()
        shown = rows[:limit]
        following = _cursor(shown[-1]["key"], shown[-1]["id"]) if len(rows) > limit else None
        return Page(tuple(row["iri"] for row in shown), following)

    def all(self, connection: sqlite3.Connection, *, limit: int) -> list[str]:
        """IRIs of all, by name; for downloads."""
        return list(self.page(connection, limit=limit).iris)

    def facets(
        self, connection: sqlite3.Connection, first: Sequence[str], without: Iterable[str], *, most: int = 6
    ) -> list[Facet]:
        """Facets that tell the things apart, those in `first` before others. `without` are never offered."""
        class_ = "(SELECT id FROM node WHERE iri = ?)"
        used = connection.execute(
            "SELECT p.iri, p.id, count(*) AS n, count(DISTINCT f.value) AS kinds, sum(f.text IS NOT NULL) AS years"
            " FROM facet f JOIN node p ON p.id = f.property WHERE f.node IN"
            f" (SELECT node FROM instance WHERE class = {class_} LIMIT {_SAMPLE}) GROUP BY p.id",
            (self.class_iri,),
        ).fetchall()
        hidden = set(without)
        rank = {iri: place for place, iri in enumerate(first)}
        kept = {p for p, _ in self.chosen}
        # a property whose values are nearly all different tells nothing as a facet
        telling = [
            r for r in used if r["kinds"] and (r["iri"] in kept or (r["n"] > 1 and r["kinds"] < 0.8 * r["n"]))
        ]
        usable = [r for r in telling if r["iri"] not in hidden]
        usable.sort(key=lambda r: (rank.get(r["iri"], len(rank)), -r["n"], r["iri"]))
        found = [self._facet(connection, row["iri"], row["id"]) for row in usable[:most]]
        if any(row["years"] for row in used):
            found.insert(0, self._years(connection))
        if {"stated", "played"} <= _tables(connection):
            ways = [self._by_way(connection, name) for name in (ROLE, SOURCE)]
            found += [f for f in ways if len(f.values) > 1 or f.property in kept]
        return [f for f in found if f.values]

    def _by_way(self, connection: sqlite3.Connection, name: str) -> Facet:
        where, values = self._where(leave_out=name)
        chosen = {v for p, v in self.chosen if p == name}
        rows = connection.execute(
            f"SELECT v.iri, count(DISTINCT w.node) AS n FROM ({_BY_WAY[name]}) w JOIN node v ON v.id = w.value"
            f" WHERE w.node IN (SELECT i.node FROM instance i WHERE {where})"
            " GROUP BY v.id ORDER BY n DESC, v.iri LIMIT 13",
            values,
        ).fetchall()
        return Facet(name, _values([(r["iri"], r["n"]) for r in rows], chosen), len(rows) > 12)

    def _facet(self, connection: sqlite3.Connection, iri: str, id_: int) -> Facet:
        where, values = self._where(leave_out=iri)
        chosen = {v for p, v in self.chosen if p == iri}
        rows = connection.execute(
            "SELECT v.iri, count(*) AS n FROM facet f JOIN node v ON v.id = f.value"
            f" WHERE f.property = ? AND f.node IN (SELECT i.node FROM instance i WHERE {where})"
            " GROUP BY v.id ORDER BY n DESC, v.iri LIMIT 13",
            [id_, *values],
        ).fetchall()
        return Facet(iri, _values([(r["iri"], r["n"]) for r in rows], chosen), len(rows) > 12)

    def _years(self, connection: sqlite3.Connection) -> Facet:
        where, values = self._where(leave_out=YEAR)
        chosen = {v for p, v in self.chosen if p == YEAR}
        rows = connection.execute(
            "SELECT f.text, count(DISTINCT f.node) AS n FROM facet f WHERE f.value IS NULL AND f.text IS NOT NULL"
            f" AND f.node IN (SELECT i.node FROM instance i WHERE {where}) GROUP BY f.text ORDER BY f.text LIMIT 61",
            values,
        ).fetchall()
        found = [(r["text"], r["n"]) for r in rows]
        return Facet(YEAR, _values(found, chosen, 60), len(rows) > 60)

    def dated(self, connection: sqlite3.Connection, *, limit: int = 400) -> list[Dated]:
        """The things with a date, by their first day: each by its most exact dating alone."""
        where, values = self._where()
        rows = connection.execute(
            "SELECT n.iri, d.earliest, d.latest, d.edtf FROM instance i JOIN node n ON n.id = i.node"
            f" JOIN date d ON d.node = n.id WHERE {where} AND (d.earliest IS NOT NULL OR d.latest IS NOT NULL)"
            " ORDER BY coalesce(d.earliest, d.latest), n.iri LIMIT ?",
            [*values, 4 * limit],
        )
        best: dict[str, Dated] = {}
        for row in rows:
            one = Dated(row["iri"], row["earliest"], row["latest"], row["edtf"])
            old = best.get(one.iri)
            if old is None or width(one.earliest, one.latest) < width(old.earliest, old.latest):
                best[one.iri] = one
        return sorted(best.values(), key=lambda d: (d.earliest or d.latest or "", d.iri))[:limit]

    def located(self, connection: sqlite3.Connection, *, limit: int = 400, each: int = 30) -> list[Located]:
        """The places with coordinates where things of the selection are."""
        where, values = self._where()
        rows = connection.execute(
            "SELECT p.iri AS place, o.latitude, o.longitude, n.iri FROM instance i JOIN location o ON o.node = i.node"
            f" JOIN node p ON p.id = o.place JOIN node n ON n.id = i.node WHERE {where}"
            " AND o.latitude IS NOT NULL ORDER BY p.iri, n.iri LIMIT 20000",
            values,
        )
        places: dict[str, tuple[float, float, list[str]]] = {}
        for row in rows:
            places.setdefault(row["place"], (row["latitude"], row["longitude"], []))[2].append(row["iri"])
        return [
            Located(place, latitude, longitude, tuple(things[:each]), len(things))
            for place, (latitude, longitude, things) in list(places.items())[:limit]
        ]


def _tables(connection: sqlite3.Connection) -> set[str]:
    """The tables of an index; those of earlier releases have fewer."""
    return {row["name"] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def width(earliest: str | None, latest: str | None) -> int:
    """Days that a dating leaves open; an open end is wider than any that is bounded."""
    try:
        if earliest and latest:
            return (date.fromisoformat(latest) - date.fromisoformat(earliest)).days
    except ValueError:
        pass
    return 10_000_000 if earliest or latest else 20_000_000


def _values(rows: list[tuple[str, int]], chosen: set[str], most: int = 12) -> tuple[FacetValue, ...]:
    return tuple(FacetValue(value, count, value in chosen) for value, count in rows[:most])


def _cursor(key: Any, id_: int) -> str:
    return urlsafe_b64encode(json.dumps([key, id_], ensure_ascii=False).encode()).decode().rstrip("=")


def _read_cursor(text: str | None) -> list[Any] | None:
    if not text or len(text) > 4000:
        return None
    try:
        key, id_ = json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except ValueError:
        return None
    return [key, id_] if isinstance(key, str | int) and isinstance(id_, int) else None
