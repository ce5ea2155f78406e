"""Which published release changed which thing: `.kgraph/history.sqlite`, made from the indexes of the releases.

Each activation is compared once with the one before it, by the digests of their things. Change streams, OAI-PMH,
sitemaps and the histories on pages read it; a release may then lose its index and its changes stay known.
The first release is not listed thing by thing: what no later release changed dates from it.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from kgraph.errors import ReleaseError
from kgraph.release import Activation, read_log

NAME = "history.sqlite"
ASIDE = "history.damaged"

_log = logging.getLogger("kgraph")

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
    Where the folder cannot be written, nothing happens. A damaged file is put aside and made again.
    Raises ReleaseError.
    """
    log = read_log(state) if log is None else log
    try:
        try:
            _record(state, log)
        except sqlite3.OperationalError:  # locked, disk full: the file itself is sound
            raise
        except sqlite3.DatabaseError as error:
            _log.warning("%s is damaged (%s): put aside as %s and made again", NAME, error, ASIDE)
            (state / NAME).replace(state / ASIDE)
            _record(state, log)
    except (sqlite3.DatabaseError, OSError) as error:
        raise _damaged(state, error) from error


def _record(state: Path, log: Sequence[Activation]) -> None:
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
    """Number of the last activation that is recorded; 0 when none is. Asked for by every page: read once a change."""
    try:
        as_it_is = (state / NAME).stat()
    except FileNotFoundError:
        return 0
    key = (str(state), as_it_is.st_ino, as_it_is.st_size, as_it_is.st_mtime_ns)
    found = _last.get(key)
    if found is None:
        found = _read_recorded(state)
        _last.clear()
        _last[key] = found
    return found


_last: dict[tuple[str, int, int, int], int] = {}


def _read_recorded(state: Path) -> int:
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
    """The releases after the first that changed one thing, oldest first. Raises ReleaseError."""
    rows = _select(
        state, "SELECT release, iri, kind, label, class FROM change WHERE iri = ? ORDER BY release", (iri,)
    )
    return [Change(*row) for row in rows]


def counts(state: Path) -> dict[int, dict[str, int]]:
    """Release -> kind of change -> how many things. Raises ReleaseError."""
    found: dict[int, dict[str, int]] = {}
    for release, kind, number in _select(
        state, "SELECT release, kind, count(*) FROM change GROUP BY release, kind"
    ):
        found.setdefault(release, {})[kind] = number
    return found


def changed_between(state: Path, since: int, to: int, limit: int) -> tuple[list[Change], int]:
    """The things that changed from release `since` to release `to` (which may be the earlier), by IRI; and how many.

    `kind` is what became of a thing on the whole, `release` the one that changed it last. What came and went between
    is left out; what was changed and changed back is updated. Raises ReleaseError.
    """
    low, high = sorted((since, to))
    first = (
        "kind"
        if high - low == 1  # one step: a thing's only change
        else f"(SELECT kind FROM change d WHERE d.iri = c.iri AND d.release > {low:d} ORDER BY d.release LIMIT 1)"
    )
    changed = (
        f"(SELECT max(release) AS release, iri, kind, label, class, {first} AS first FROM change c"
        " WHERE release > ? AND release <= ? GROUP BY iri) WHERE first != 'created' OR kind != 'deleted'"
    )
    total = _select(state, f"SELECT count(*) FROM {changed}", (low, high))
    rows = _select(
        state,
        f"SELECT release, iri, kind, label, class, first FROM {changed} ORDER BY iri LIMIT ?",
        (low, high, limit),
    )
    found = []
    for *row, before in rows:
        change = Change(*row)
        had, has = before != "created", change.kind != "deleted"
        if since > to:
            had, has = has, had
        found.append(replace(change, kind="updated" if had and has else "created" if has else "deleted"))
    return found, total[0][0] if total else 0


@dataclass(frozen=True)
class Version:
    """A state of a thing. `kind`: created, updated or deleted; `releases` have it, oldest first."""

    kind: str
    releases: tuple[int, ...]


def versions(state: Path, iri: str, numbers: Sequence[int], *, known: bool) -> list[Version]:
    """The states of a thing over the releases of these numbers, oldest first; none when it never was one.

    `known`: the last of them has it, which settles what no change tells. Raises ReleaseError.
    """
    changes = [c for c in changes_of(state, iri) if numbers and numbers[0] < c.release <= numbers[-1]]
    if not changes and not known:
        return []
    steps: list[tuple[str, int]] = [(c.kind, c.release) for c in changes]
    if not steps or steps[0][0] != "created":
        steps.insert(0, ("created", numbers[0]))
    ends = [*(release for _kind, release in steps[1:]), numbers[-1] + 1]
    found = []
    for (kind, release), end in zip(steps, ends, strict=True):
        found.append(Version(kind, tuple(n for n in numbers if release <= n < end)))
    return found


def _select(state: Path, sql: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
    path = state / NAME
    if not path.exists():
        return []
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=60)) as connection:
            return connection.execute(sql, values).fetchall()
    except sqlite3.OperationalError as error:
        if "no such table" in str(error):  # another process is about to make the tables
            return []
        raise _damaged(state, error) from error
    except sqlite3.DatabaseError as error:
        raise _damaged(state, error) from error


def _damaged(state: Path, error: Exception) -> ReleaseError:
    return ReleaseError(
        f"the history cannot be read: {error}",
        where=str(state / NAME),
        hint="Take the file away: it is made again from the indexes of the releases that are kept.",
    )
