"""What is served now: a site, its release and the engine over it, with the look-ups that every view shares.

A Publication holds the current Edition; `switch` puts another in its place between two requests, and every view asks
`current()` once, so that no answer mixes two releases.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, cast

from flask import current_app, g
from werkzeug.http import http_date

from kgraph.describe import Description, Kept, Lookup, Names, Reader, describe
from kgraph.describe.evidence import Texts
from kgraph.engine.protocol import Engine
from kgraph.errors import ReleaseError
from kgraph.history import changes_of
from kgraph.index import iris_at, open_index
from kgraph.iri import index_path
from kgraph.release import Release, read_log
from kgraph.roles import ROLES
from kgraph.site import Site

KEPT = 500
"""Things whose rows and addresses are kept: one answer asks for them several times."""


class Edition:
    """One release as it is served. Connections to its index are one per thread."""

    def __init__(self, site: Site, release: Release, engine: Engine) -> None:
        self.site = site
        self.release = release
        self.engine = engine
        self.base = release.manifest.base
        self.prefixes = dict(release.manifest.prefixes)
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self._describing = threading.Lock()
        self._nodes = Kept()
        self._known: dict[str, bool] = {}
        self._node_rows: dict[str, sqlite3.Row | None] = {}
        self.addresses: dict[str, str] = {}  # of things that have documents
        self.places: dict[
            Any, Any
        ] = {}  # of properties on pages, by classes and languages (kgraph.web.sections)
        self.kept: dict[Any, Any] = {}  # facets of selections
        self.names = Names(self.connect, prefixes=self.prefixes)
        files = {str(iri): site.root / str(path) for iri, path in dict(site.settings["sources"]).items()}
        self.texts = Texts(files)

    def connect(self) -> sqlite3.Connection:
        """This thread's connection to the index."""
        connection = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = open_index(self.release.index)
            self._connections.append(connection)
        return cast(sqlite3.Connection, connection)

    def close(self) -> None:
        """Close index, engine and lease. No request may be reading it."""
        for connection in self._connections:
            connection.close()
        self.engine.close()
        self.release.close()

    def rows(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        """All rows of one query on the index."""
        return self.connect().execute(sql, values).fetchall()

    @property
    def kg(self) -> str:
        """Namespace of the site's own terms."""
        return self.site.ontology_namespace

    @cached_property
    def meta(self) -> dict[str, str]:
        """The index's table of single values."""
        return {row["key"]: row["value"] for row in self.rows("SELECT key, value FROM meta")}

    @cached_property
    def kinds(self) -> dict[str, str | None]:
        """The kind of each named graph that is not a passage (there are few of those); see `graph_kind`."""
        return {
            row["iri"]: row["graph_kind"]
            for row in self.rows(
                "SELECT iri, graph_kind FROM node WHERE graph_kind IS NOT NULL AND graph_kind != 'passage' LIMIT 10000"
            )
        }

    @cached_property
    def hidden(self) -> frozenset[str]:
        """The graphs that pages never show or count."""
        return frozenset(iri for iri, kind in self.kinds.items() if kind == "inferred")

    @cached_property
    def roles(self) -> dict[str, tuple[str, ...]]:
        """Role -> properties that play it directly, best first (kgraph.roles with the site's own lines)."""
        found: dict[str, tuple[str, ...]] = dict.fromkeys(ROLES, ())
        for row in self.rows("SELECT role, property FROM role WHERE second IS NULL ORDER BY role, rank"):
            found[row["role"]] = (*found.get(row["role"], ()), row["property"])
        return found

    @cached_property
    def times(self) -> dict[int, datetime]:
        """When each release became the active one."""
        try:
            log = read_log(self.site.state)
        except ReleaseError:
            log = []
        return {a.number: parse_time(a.time) for a in log}

    @property
    def published(self) -> datetime:
        """When this release was activated; for a draft, when it was made."""
        activation = self.release.activation
        return parse_time(activation.time if activation else self.release.manifest.created)

    def node(self, iri: str) -> sqlite3.Row | None:
        """The index's row of an IRI."""
        try:
            return self._node_rows[iri]
        except KeyError:
            rows = self.rows("SELECT * FROM node WHERE iri = ?", iri)
            found = rows[0] if rows else None
            if len(self._node_rows) >= KEPT:
                self._node_rows.clear()
            self._node_rows[iri] = found
            return found

    def has(self, iri: str) -> bool:
        """Whether the index lists an IRI; remembered, since every page's menu asks."""
        if iri not in self._known:
            self._known[iri] = self.node(iri) is not None
        return self._known[iri]

    def at(self, path: str) -> list[str]:
        """The IRIs that a decoded request path stands for; several where they differ only in what was encoded."""
        return iris_at(self.connect(), path, self.base)

    def classes_of(self, iri: str) -> set[str]:
        """The classes of a thing, through subclasses too."""
        rows = self.rows(
            "SELECT c.iri FROM instance i JOIN node n ON n.id = i.node JOIN node c ON c.id = i.class WHERE n.iri = ?",
            iri,
        )
        return {row["iri"] for row in rows}

    def children(self, iri: str) -> tuple[str, ...]:
        """The hash IRIs that the page of `iri` shows."""
        rows = self.rows(
            "SELECT c.iri FROM node c JOIN node p ON p.id = c.parent WHERE p.iri = ? ORDER BY c.iri LIMIT 500",
            iri,
        )
        if not rows and self.node(iri) is None:  # a document that nothing is said about, only its parts
            path = index_path(iri, self.base)
            rows = (
                self.rows("SELECT iri FROM node WHERE path = ? ORDER BY iri LIMIT 500", path) if path else []
            )
        return tuple(row["iri"] for row in rows if row["iri"].startswith(iri + "#"))

    def describe(self, iri: str) -> Description:
        """All there is to say of an IRI. One at a time: several threads in the store are slower than one."""
        with self._describing:
            return describe(
                self.engine,
                iri,
                kg=self.kg,
                hidden=self.hidden,
                kinds={**self.kinds, **self._passage(iri)},
                hash_children=self.children(iri),
                texts=self.texts,
                arriving=self.arriving(iri),
                kept=self._nodes,
                source=self.lookup,
            )

    @cached_property
    def lookup(self) -> Lookup | None:
        """Where nodes are looked up before the store; None in a release of a kgraph that did not write that yet."""
        return Lookup(self.connect, self.base) if int(self.meta.get("schema", "1")) >= 4 else None

    def reader(self) -> Reader:
        """A reader of this release's nodes, for one answer."""
        return Reader(self.engine, self.hidden, None, self.lookup)

    def arriving(self, iri: str) -> dict[str, int] | None:
        """How many links arrive at an IRI by each property; None where the index does not say."""
        if int(self.meta.get("schema", "1")) < 2 or self.node(iri) is None:  # a release of an earlier kgraph
            return None
        rows = self.rows(
            "SELECT p.iri, a.links FROM arriving a JOIN node n ON n.id = a.node JOIN node p ON p.id = a.property"
            " WHERE n.iri = ?",
            iri,
        )
        return {row["iri"]: row["links"] for row in rows}

    def _passage(self, iri: str) -> dict[str, str | None]:
        row = self.node(iri)
        return {iri: row["graph_kind"]} if row is not None and row["graph_kind"] else {}

    def modified(self, iri: str) -> str:
        """When what is said of it last changed, as an HTTP date."""
        row = self.node(iri)
        changed = row["changed"] if row is not None else None
        number = self.release.number
        if changed and number and self._rolled_back:  # its index is older than the release that it follows
            recorded = [c.release for c in changes_of(self.site.state, iri) if c.release <= number]
            changed = max([changed, *recorded])
        return http_date(self.times.get(changed, self.published) if changed else self.published)

    @cached_property
    def _rolled_back(self) -> bool:
        log = read_log(self.site.state)
        return any(a.folder == self.release.folder.name and a.number != self.release.number for a in log)

    def shapes(self) -> list[dict[str, Any]]:
        """The outline of the site's shapes as `build` left it in the index; empty when there is none."""
        return self._shapes

    @cached_property
    def _shapes(self) -> list[dict[str, Any]]:
        return list(json.loads(self.meta.get("shapes", "[]")))


class Publication:
    """The edition that is served now. `on_switch` runs after each change.

    `notice` stands at the head of every page while a curator's files cannot be built (`kgraph serve --watch`): a
    sentence, then one line for each finding.
    """

    def __init__(self, edition: Edition, on_switch: Callable[[], None] = lambda: None) -> None:
        self.edition = edition
        self.on_switch = on_switch
        self.notice: tuple[str, ...] = ()

    def notify(self, notice: tuple[str, ...]) -> None:
        """Show another notice from the next request on."""
        if notice != self.notice:
            self.notice = notice
            self.on_switch()

    def switch(self, release: Release, engine: Engine) -> Edition:
        """Serve another release from the next request on. Gives the former edition, which its owner closes."""
        former, self.edition = self.edition, Edition(self.edition.site, release, engine)
        self.on_switch()
        return former


def publication() -> Publication:
    """The publication of the running application."""
    return cast(Publication, current_app.extensions["kgraph"])


def current() -> Edition:
    """The edition that this request is answered from (kgraph.web.history sets another for `?release=N`)."""
    if "edition" not in g:
        g.edition = publication().edition
    return cast(Edition, g.edition)


def parse_time(text: str) -> datetime:
    """An ISO 8601 time; UTC where it names no zone."""
    time = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return time if time.tzinfo else time.replace(tzinfo=UTC)
