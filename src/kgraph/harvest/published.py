"""One published release as harvesters see it, and its things in the order in which they changed."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from kgraph.engine import Engine
from kgraph.history import attach, record
from kgraph.index import iris_at, open_index
from kgraph.iri import address, document_address, exact, index_path
from kgraph.release import Activation, Release
from kgraph.site import Site
from kgraph.terms import IRI, BNode, Node, Quad

_KEPT = 500


@dataclass(frozen=True)
class Item:
    """A thing as it last changed. `kind`: created, updated or deleted; `time` is UTC, ISO 8601 with Z."""

    iri: str
    release: int
    time: str
    kind: str
    label: str | None = None
    class_iri: str | None = None


@dataclass(frozen=True, eq=False)
class Published:
    """A release with its engine and the log up to it. Connections to the index are one per thread."""

    site: Site
    release: Release
    engine: Engine
    log: Sequence[Activation]
    _local: threading.local = field(default_factory=threading.local, repr=False, compare=False)
    _addresses: dict[str, str] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, site: Site, release: Release, engine: Engine, log: Sequence[Activation]) -> Published:
        """With what the log says up to this release."""
        number = release.number
        return cls(site, release, engine, tuple(a for a in log if number is None or a.number <= number))

    @property
    def base(self) -> str:
        """What the IRIs of the site's own things begin with."""
        return self.release.manifest.base

    @property
    def address(self) -> str:
        """Where the site is reached."""
        return self.site.address

    @property
    def dataset(self) -> str:
        """IRI of the dataset."""
        return self.base + "dataset"

    @property
    def index(self) -> sqlite3.Connection:
        """This thread's connection to the release's index."""
        connection = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = open_index(self.release.index)
            self._local.historical = False
        return connection

    @property
    def historical(self) -> sqlite3.Connection:
        """The same with the history (`history.change`); what is not recorded yet is compared now.

        Apart, since pages must not wait for it when a large release is new.
        """
        connection = self.index
        if not self._local.historical:
            record(self.site.state)
            attach(connection, self.site.state)
            self._local.historical = True
        return connection

    def rows(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        """The rows of one query on the index, or on the index and the history."""
        connection = self.historical if "history." in sql else self.index
        return connection.execute(sql, values).fetchall()

    @property
    def number(self) -> int:
        """The release's number; a draft stands after the last release."""
        return self.release.number or (self.log[-1].number + 1 if self.log else 1)

    @property
    def time(self) -> str:
        """When the release was activated; of a draft, when it was made."""
        return self.release.activation.time if self.release.activation else self.release.manifest.created

    @cached_property
    def times(self) -> dict[int, str]:
        """When each release was activated."""
        return {a.number: a.time for a in self.log}

    @cached_property
    def steps(self) -> tuple[int, ...]:
        """The releases in which things last changed, oldest first; the first holds what never changed since."""
        found = self.rows("SELECT DISTINCT release FROM history.change WHERE release <= ?", self.number)
        first = self.log[0].number if self.log else self.number
        return tuple(sorted({first, *(row["release"] for row in found)}))

    @cached_property
    def inferred(self) -> frozenset[str]:
        """The graphs of entailed statements, which are never harvested as the site's own."""
        return frozenset(
            row["iri"] for row in self.rows("SELECT iri FROM node WHERE graph_kind = 'inferred'")
        )

    def document(self, iri: str, suffix: str = "") -> str:
        """Absolute address at which a thing is found; with a suffix, that of one of its documents."""
        found = self._addresses.get(iri)
        if found is None:
            path = index_path(iri, self.base)
            shared = path is not None and len(iris_at(self.index, path, self.base)) > 1
            found = exact(iri) if shared else address(iri, self.base, self.site.ontology_namespace)
            if len(self._addresses) >= _KEPT:
                self._addresses.clear()
            self._addresses[iri] = found  # the links of one page ask for a dozen documents of one thing
        found = document_address(found, suffix) if suffix else found.partition("#")[0]
        return self.address + found[1:]

    def at_step(
        self, release: int, after: str = "", limit: int = 250, *, of: str | None = None
    ) -> list[Item]:
        """The things that this release was the last to change, by IRI, after the given one. `of`: of this class."""
        time = self.times.get(release, self.time)
        if release == self.steps[0]:
            member = (
                " AND EXISTS (SELECT 1 FROM instance i WHERE i.node = n.id AND i.class ="
                " (SELECT id FROM node WHERE iri = ?))"
            )
            rows = self.rows(
                "SELECT iri FROM node n WHERE digest IS NOT NULL AND parent IS NULL AND iri > ? AND NOT EXISTS"
                " (SELECT 1 FROM history.change c WHERE c.iri = n.iri AND c.release <= ?)"
                f"{member if of else ''} ORDER BY iri LIMIT ?",
                *(after, self.number, *([of] if of else []), limit),
            )
            return [Item(row["iri"], release, time, "created") for row in rows]
        member = (
            " AND (c.class = ? OR EXISTS (SELECT 1 FROM instance i JOIN node n ON n.id = i.node"
            " WHERE n.iri = c.iri AND i.class = (SELECT id FROM node WHERE iri = ?)))"
        )
        rows = self.rows(
            "SELECT iri, kind, label, class FROM history.change c WHERE release = ? AND iri > ? AND NOT EXISTS"
            " (SELECT 1 FROM history.change d WHERE d.iri = c.iri AND d.release > c.release AND d.release <= ?)"
            f"{member if of else ''} ORDER BY iri LIMIT ?",
            *(release, after, self.number, *([of, of] if of else []), limit),
        )
        return [Item(row["iri"], release, time, row["kind"], row["label"], row["class"]) for row in rows]

    def changed(self, iri: str) -> Item | None:
        """How a thing last changed; None for what never was one."""
        rows = self.rows(
            "SELECT release, kind, label, class FROM history.change WHERE iri = ? AND release <= ?"
            " ORDER BY release DESC LIMIT 1",
            iri,
            self.number,
        )
        if rows:
            r = rows[0]
            time = self.times.get(r["release"], self.time)
            return Item(iri, r["release"], time, r["kind"], r["label"], r["class"])
        if self.rows("SELECT 1 FROM node WHERE iri = ? AND digest IS NOT NULL AND parent IS NULL", iri):
            return Item(iri, self.steps[0], self.times.get(self.steps[0], self.time), "created")
        return None

    def statements(self, iri: str) -> list[Quad]:
        """What the merge says of a thing: its triples, those of its parts (hash IRIs) and of their blank nodes.

        Entailed triples are left out.
        """
        parts = self.rows(
            "SELECT c.iri FROM node c JOIN node p ON p.id = c.parent WHERE p.iri = ? ORDER BY c.iri", iri
        )
        found: list[Quad] = []
        seen: set[Node] = set()
        waiting: list[Node] = [IRI(iri), *(IRI(row["iri"]) for row in parts)]
        while waiting:
            subject = waiting.pop(0)
            if subject in seen:
                continue
            seen.add(subject)
            mine = list(self.shown(self.engine.outgoing(subject)))
            found += mine
            waiting += (q.object for q in mine if isinstance(q.object, BNode))
        return found

    def shown(self, quads: Sequence[Quad]) -> Iterator[Quad]:
        """Those of the merge that are more than entailed, of all quads of a subject."""
        inferred = {q[:3] for q in quads if q.graph and q.graph.value in self.inferred}
        if inferred:
            inferred -= {q[:3] for q in quads if q.graph and q.graph.value not in self.inferred}
        return (q for q in quads if q.graph is None and q[:3] not in inferred)
