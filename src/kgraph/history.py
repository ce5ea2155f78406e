"""Which published release changed which thing: `.kgraph/history.sqlite`, made from the indexes of the releases.

Each activation is compared once with the one before it, by the digests of their things. Change streams, OAI-PMH,
sitemaps and the histories on pages read it; a release may then lose its index and its changes stay known.
The first release is not listed thing by thing: what no later release changed dates from it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from kgraph.release import Activation, read_log

NAME = "history.sqlite"

SCHEMA = """
CREATE TABLE IF NOT EXISTS recorded (release INTEGER PRIMARY KEY, data TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS change (
  iri TEXT NOT NULL,
  release INTEGER NOT NULL,
  kind TEXT NOT NULL,          -- created, updated, deleted
  label TEXT, class TEXT,      -- of a deleted thing, as it last was
  PRIMARY KEY (iri, release)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS change_release ON change(release, iri);
"""

THING = "digest IS NOT NULL AND parent IS NULL"
"""Which rows of an index's `node` are things: described, and not a part (hash IRI) of another."""

_DIFFERENCE = """
INSERT OR REPLACE INTO change
  SELECT new.iri, :release, CASE WHEN old.digest IS NULL THEN 'created' ELSE 'updated' END, NULL, NULL
  FROM new.node AS new LEFT JOIN old.node AS old ON old.iri = new.iri AND old.digest IS NOT NULL AND old.parent IS NULL
  WHERE new.digest IS NOT NULL AND new.parent IS NULL AND old.digest IS NOT new.digest
  UNION ALL
  SELECT old.iri, :release, 'deleted', old.label, (SELECT k.iri FROM old.node AS k WHERE k.id = old.kind)
  FROM old.node AS old LEFT JOIN new.node AS new ON old.iri = new.iri AND new.digest IS NOT NULL AND new.parent IS NULL
  WHERE old.digest IS NOT NULL AND old.parent IS NULL AND new.digest IS NULL
"""


@dataclass(frozen=True)
class Change:
    """One thing that one release changed. `kind`: created, updated or deleted."""

    release: int
    iri: str
    kind: str
    label: str | None = None
    class_iri: str | None = None


def record(state: Path, log: Sequence[Activation] | None = None) -> None:
    """Compare every activation that is not yet recorded with the one before it. Safe to call at any time.

    A release whose index is gone before it was recorded is passed over: its changes appear with the next one's.
    Where the folder cannot be written, nothing happens.
    """
    log = read_log(state) if log is None else log
    if not log or _recorded(state) >= log[-1].number:
        return
    try:
        connection = sqlite3.connect(f"file:{state / NAME}", uri=True, timeout=60, isolation_level=None)
    except sqlite3.Error:
        return
    with closing(connection):
        try:
            connection.executescript(SCHEMA)
            for activation in log:
                _record_one(connection, state, log, activation)
        except sqlite3.OperationalError as error:
            if "readonly" not in str(error) and "unable to open" not in str(error):
                raise


def _recorded(state: Path) -> int:
    """Number of the last activation that is recorded; 0 when none is."""
    if not (state / NAME).exists():
        return 0
    with closing(sqlite3.connect(f"file:{state / NAME}?mode=ro", uri=True, timeout=60)) as connection:
        try:
            found = connection.execute("SELECT max(release) FROM recorded").fetchone()[0]
        except sqlite3.OperationalError:  # another process is about to make the tables
            return 0
    return int(found or 0)


def _record_one(
    connection: sqlite3.Connection, state: Path, log: Sequence[Activation], activation: Activation
) -> None:
    index = _index(state, activation)
    known = connection.execute("SELECT 1 FROM recorded WHERE release = ?", (activation.number,)).fetchone()
    if known or not index.exists():
        return
    before = connection.execute(
        "SELECT max(release) FROM recorded WHERE release < ?", (activation.number,)
    ).fetchone()[0]
    earlier = next((a for a in log if a.number == before), None)
    compare = earlier is not None and earlier.data != activation.data and _index(state, earlier).exists()
    if compare and earlier is not None:
        # immutable: the indexes are never written again, and a release's folder may be read-only
        connection.execute("ATTACH ? AS old", (f"file:{_index(state, earlier)}?mode=ro&immutable=1",))
        connection.execute("ATTACH ? AS new", (f"file:{index}?mode=ro&immutable=1",))
    try:
        connection.execute("BEGIN IMMEDIATE")
        if compare:
            connection.execute(_DIFFERENCE, {"release": activation.number})
        connection.execute(
            "INSERT OR IGNORE INTO recorded VALUES (?, ?)", (activation.number, activation.data)
        )
        connection.execute("COMMIT")
    except sqlite3.Error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    finally:
        if compare:
            connection.execute("DETACH old")
            connection.execute("DETACH new")


def _index(state: Path, activation: Activation) -> Path:
    return state / "releases" / activation.folder / "index.sqlite"


def attach(index: sqlite3.Connection, state: Path) -> None:
    """Make `history.change` readable on an index connection; empty where nothing is recorded."""
    path = state / NAME
    if path.exists():
        index.execute("ATTACH ? AS history", (f"file:{path}?mode=ro",))
    else:
        index.execute("ATTACH ':memory:' AS history")
        index.execute(
            "CREATE TABLE history.change (iri TEXT, release INTEGER, kind TEXT, label TEXT, class TEXT,"
            " PRIMARY KEY (iri, release)) WITHOUT ROWID"
        )


def changes_of(state: Path, iri: str) -> list[Change]:
    """The releases after the first that changed one thing, oldest first."""
    if not (state / NAME).exists():
        return []
    with closing(sqlite3.connect(f"file:{state / NAME}?mode=ro", uri=True, timeout=60)) as connection:
        rows = connection.execute(
            "SELECT release, iri, kind, label, class FROM change WHERE iri = ? ORDER BY release", (iri,)
        ).fetchall()
    return [Change(*row) for row in rows]
