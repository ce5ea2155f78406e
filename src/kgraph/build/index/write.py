"""index.sqlite, written in one pass over the sorted lines (the schema is kgraph.index).

Memory: a name and its number for each IRI that is a subject, a graph, a class or a property (174 bytes measured,
docs/build.md), and eight bytes for each distinct statement.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

from kgraph.build.index import blank
from kgraph.build.index.arriving import Arriving
from kgraph.build.index.dates import bounds
from kgraph.build.index.oddities import Oddities
from kgraph.build.index.subject import Reader, Subject, coordinates, iri, token
from kgraph.index import DESCRIBED_BYTES, FACET_VALUES, SCHEMA, SCHEMA_VERSION, search_text
from kgraph.iri import index_path
from kgraph.roles import Path as RolePath
from kgraph.terms import RDF_TYPE

_TYPE = token(RDF_TYPE)
_LABEL_ROLES = ("label", "alternative", "attributed")
_BATCH = 20_000


@dataclass
class IndexInput:
    """What the index is made from, beside the lines. IRIs as text; `classes` leads from a class to all above it."""

    base: str
    title: str
    languages: Sequence[str]
    namespace: str
    ontology: str
    inferred: str
    kgraph: bool
    classes: Callable[[str], set[str]]
    roles: Mapping[str, tuple[RolePath, ...]]
    prefixes: Mapping[str, str]
    shapes: Sequence[Mapping[str, Any]] = ()
    oddities: Oddities = field(default_factory=Oddities)


@dataclass
class Names:
    """The nodes: subjects of shown triples, graphs, classes, properties; found while the lines are merged."""

    ids: dict[bytes, int] = field(default_factory=dict)
    graphs: dict[bytes, int] = field(default_factory=dict)

    def add(self, name: bytes) -> int:
        """The id of a name, given when it is new."""
        found = self.ids.get(name)
        if found is None:
            found = self.ids[name] = len(self.ids) + 1
        return found


class Writer:
    """Collects the rows of one index and writes them in batches."""

    def __init__(self, connection: sqlite3.Connection, given: IndexInput, names: Names) -> None:
        self.db = connection
        self.given = given
        self.names = names
        self.reader = Reader.of(
            given.roles,
            given.namespace + "nameAsWritten",
            given.inferred,
            given.namespace + "term",
        )
        self.base = b"<" + given.base.encode()
        self.rows: dict[str, list[tuple[Any, ...]]] = {}
        self.arriving = Arriving(connection)
        self.subjects: dict[bytes, int] = {}
        self.objects: defaultdict[bytes, array[int]] = defaultdict(lambda: array("q"))
        self.facets: dict[bytes, set[int] | None] = {}
        self.above: dict[bytes, list[bytes]] = {}
        self.act = token(given.namespace + "act")
        self.naming = token(given.namespace + "Naming")
        self.about = token(given.namespace + "about")
        self.term = token(given.namespace + "term")
        self.agent = token(given.namespace + "agent")
        self.role = token(given.namespace + "role")

    def put(self, table: str, *row: Any) -> None:
        """Add a row; written when a batch is full."""
        rows = self.rows.setdefault(table, [])
        rows.append(row)
        if len(rows) >= _BATCH:
            self.flush(table)

    def flush(self, table: str) -> None:
        """Write what is held for a table."""
        rows = self.rows.get(table)
        if rows:
            marks = ",".join("?" * len(rows[0]))
            self.db.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)
            rows.clear()

    def classes_above(self, class_: bytes) -> list[bytes]:
        """Tokens of every class above one."""
        found = self.above.get(class_)
        if found is None:
            found = self.above[class_] = [token(c) for c in sorted(self.given.classes(iri(class_)))]
        return found

    def subject(self, found: Subject) -> None:
        """The rows of one subject."""
        self._count(found)
        node = self.names.ids.get(found.token)
        ids = self.names.ids
        for line in found.blank:
            self.put("blank_line", found.token, line)
        self.arriving.add(ids, found.links)
        hop = node if node is not None else None
        for text in found.texts:
            if text.role == "value":
                self.put("hop_value", found.token, text.property, text.text, text.language)
        if hop is None or not found.outgoing:
            return
        node = hop
        lines = b"\n".join(found.lines).replace(self.base, b"\x01")
        if not found.blank and len(lines) <= DESCRIBED_BYTES:
            self.put("described", node, lines)
        labels = [t for t in found.texts if t.role in _LABEL_ROLES]
        name = best(self.given.languages, [t for t in labels if t.role == "label"])
        description = best(self.given.languages, [t for t in found.texts if t.role == "description"])
        for t in labels:
            via = ids.get(t.graph) if t.role == "attributed" else None
            self.put("label", node, t.role, t.text, t.language, via)
        self._instances(node, found)
        self.put(
            "shown",
            node,
            name.text if name else None,
            name.language if name else None,
            description.text if description else None,
            self._kind(found.types),
            found.outgoing,
            found.digest,
        )
        for role, rank, second, target in found.hops:
            self.put("hop", node, role, rank, target, second)
        self._links(node, found)
        self._times(node, found)
        self._coordinates(node, found)
        if self.given.kgraph:
            self._evidence(node, found)
            if (self.act, self.naming) in found.links:
                self._naming(node, found)

    def _count(self, found: Subject) -> None:
        self.given.oddities.look(found.token, found.values)
        objects, seen = self.objects, set()
        for pairs in (found.links, found.values):
            for p, o in pairs:
                objects[p].append(hash(o))
                seen.add(p)
        for p in seen:
            self.subjects[p] = self.subjects.get(p, 0) + 1

    def _instances(self, node: int, found: Subject) -> None:
        ids = self.names.ids
        direct = {ids[t] for t in found.types if t in ids}
        indirect = {self.names.add(a) for t in found.types for a in self.classes_above(t)} - direct
        for class_ in direct:
            self.put("instance", class_, node, 1)
        for class_ in indirect:
            self.put("instance", class_, node, 0)

    def _kind(self, types: list[bytes]) -> int | None:
        known = [t for t in types if t in self.names.ids]
        if not known:
            return None
        return self.names.ids[min(known, key=lambda t: (-len(self.classes_above(t)), t))]

    def _links(self, node: int, found: Subject) -> None:
        ids = self.names.ids
        for p, o in found.links:
            target = ids.get(o)
            if target is None:
                continue
            for role, _ in self.reader.uses[p].texts:
                if role in ("dating", "place"):
                    self.put("link", node, role, ids[p], target)
            if p == _TYPE:
                continue
            values = self.facets.setdefault(p, set())
            if values is None:
                continue
            values.add(target)
            if len(values) > FACET_VALUES:
                self.facets[p] = None
            else:
                self.put("facet", ids[p], target, None, node)

    def _times(self, node: int, found: Subject) -> None:
        own: dict[str, str] = {}
        for t in found.texts:
            if t.role in ("start", "end", "date"):
                days = bounds(t.text)
                if days:
                    self.put("date", node, self.names.add(t.property), *days, None)
                    self.put("facet", self.names.add(t.property), None, days[0][:4], node)
            elif t.role in ("edtf", "earliest", "latest"):
                own.setdefault(t.role, t.text)
        if own:
            first, last = bounds(own.get("earliest", "")), bounds(own.get("latest", ""))
            self.put("dating", node, first[0] if first else None, last[1] if last else None, own.get("edtf"))

    def _coordinates(self, node: int, found: Subject) -> None:
        place = coordinates({t.role: t.text for t in reversed(found.texts)})
        if place:
            self.put("location", node, node, *place)

    def _evidence(self, node: int, found: Subject) -> None:
        ids = self.names.ids
        if b"#" not in found.token:
            for graph in sorted(g for g in found.graphs if g in ids):
                self.put("stated", node, ids[graph])
        for agent in (o for p, o in found.links if p == self.agent and o in ids):
            for role in (o for p, o in found.links if p == self.role and o in ids):
                self.put("played", node, ids[agent], ids[role])

    def _naming(self, node: int, found: Subject) -> None:
        terms = {(t.text, t.language) for t in found.texts if t.property == self.term}
        for p, o in found.links:
            if p == self.about and o in self.names.ids:
                for text, language in sorted(terms, key=str):
                    self.put("label", self.names.ids[o], "attributed", text, language, node)


def best(languages: Sequence[str], texts: Sequence[Any]) -> Any:
    """The preferred of some texts: by language of the site, then none, then any; then by rank; then by text."""
    if len(texts) < 2:
        return texts[0] if texts else None
    order = {language: n for n, language in enumerate(languages)}

    def key(t: Any) -> tuple[Any, ...]:
        language = t.language or ""
        exact = order.get(language, order.get(language.partition("-")[0], len(order) + bool(language)))
        return (exact, t.rank, language, t.text)

    return min(texts, key=key)


TEMPORARY = """
CREATE TEMP TABLE shown (node INTEGER PRIMARY KEY, label, language, description, kind, outgoing, digest);
CREATE TEMP TABLE hop (node, role, rank, target, second);
CREATE TEMP TABLE hop_value (node, property, text, language);
CREATE TEMP TABLE link (node, role, property, target);
CREATE TEMP TABLE dating (node INTEGER PRIMARY KEY, earliest, latest, edtf);
"""


def write_index(
    path: Path,
    lines: Iterable[bytes],
    names: Names,
    given: IndexInput,
    progress: Callable[[int], None] = lambda n: None,
) -> None:
    """Write the index of a release from its sorted lines and the names found in them."""
    db = sqlite3.connect(path)
    try:
        db.executescript(
            "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA temp_store=FILE;"
            f"PRAGMA cache_size=-65536; PRAGMA user_version={SCHEMA_VERSION};"
        )
        db.executescript(SCHEMA + TEMPORARY + blank.SCHEMA)
        indexes = db.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql NOT NULL"
        ).fetchall()
        for name, _ in indexes:  # made anew when the rows are there: sorting them once is quicker
            db.execute(f"DROP INDEX {name}")
        for class_ in sorted(names.ids):
            if class_[:1] == b"<" and given.classes(iri(class_)):
                for above in given.classes(iri(class_)):
                    names.add(token(above))
        writer = Writer(db, given, names)
        done = 0
        for subject, group in groupby(lines, key=lambda line: line.partition(b" ")[0]):
            own = list(group)
            writer.subject(writer.reader.read(subject, own))
            done += len(own)
            if done > 50_000:
                progress(done)
                done = 0
        progress(done)
        finish(writer)
        for _, statement in indexes:
            db.execute(statement)
        db.commit()
        db.execute("ANALYZE")
        db.commit()
    finally:
        db.close()


def finish(writer: Writer) -> None:
    """What can be told only after the last line: counts, labels by way of other nodes, datings, places, search."""
    from kgraph.build.index.finish import (
        write_datings,
        write_hops,
        write_meta,
        write_nodes,
        write_search,
        write_statistics,
    )

    for table in list(writer.rows):
        writer.flush(table)
    blank.write_digests(writer.db, writer.names.ids)
    write_nodes(writer)
    write_hops(writer)
    write_datings(writer)
    write_statistics(writer)
    write_search(writer)
    write_meta(writer)


def combined(own: bytes, children: Sequence[bytes]) -> bytes:
    """The digest of a node with its hash children (sorted by IRI)."""
    return hashlib.sha256(b"".join((own, *children))).digest() if children else own


def meta(given: IndexInput) -> dict[str, str]:
    """What the meta table holds."""
    return {
        "schema": str(SCHEMA_VERSION),
        "base": given.base,
        "title": given.title,
        "ontology": given.ontology,
        "namespace": given.namespace,
        "shapes": json.dumps(list(given.shapes), ensure_ascii=False),
        "languages": json.dumps(list(given.languages)),
    }


__all__ = [
    "IndexInput",
    "Names",
    "Writer",
    "best",
    "combined",
    "index_path",
    "meta",
    "search_text",
    "write_index",
]
