"""What a release keeps for the build that follows it, in tables of its own in index.sqlite.

A changed file takes statements away; whether they go depends on what the other files say, and those are not read
again. So a full build notes which quads the files give more than once, which literals were written otherwise than
the store keeps them, and what each file alone told (statements, prefixes). Pages never read these tables.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from array import array
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path

import zstandard

from kgraph.build.index.oddities import Oddities
from kgraph.build.inputs import VERSIONS
from kgraph.build.packed import Block

_LAYOUT = 2
_TABLES = """
CREATE TABLE IF NOT EXISTS basis (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
-- Quads that the files give more than once: a digest of the line, and how often. Others are given once.
CREATE TABLE IF NOT EXISTS repeated (line BLOB PRIMARY KEY, times INTEGER NOT NULL) WITHOUT ROWID;
-- Statements whose literal the store keeps otherwise: as parsed, in N-Triples, and how often.
CREATE TABLE IF NOT EXISTS rewritten (statement TEXT PRIMARY KEY, times INTEGER NOT NULL) WITHOUT ROWID;
-- The blocks of each dump, in their order (kgraph.build.packed).
CREATE TABLE IF NOT EXISTS packed (
  dump TEXT, place INTEGER, first BLOB NOT NULL, lines INTEGER NOT NULL, gzip INTEGER NOT NULL,
  zstandard INTEGER NOT NULL, PRIMARY KEY (dump, place)
) WITHOUT ROWID;
"""


class Repeated:
    """Collects the quads that the files give more than once; 24 bytes each. `hidden`: the end of lines left out."""

    def __init__(self, hidden: bytes) -> None:
        self._hidden = b" " + hidden + b" .\n"
        self._keys = bytearray()
        self._times = array("q")

    def __call__(self, line: bytes, times: int) -> None:
        if not line.endswith(self._hidden):
            self._keys += key(line)
            self._times.append(times)

    def __iter__(self) -> Iterator[tuple[bytes, int]]:
        keys = self._keys
        for n, times in enumerate(self._times):
            yield bytes(keys[16 * n : 16 * n + 16]), times


@dataclass
class Basis:
    """What is kept. `parsed`: data file -> its quads, repetitions counted; `prefixes`: input file -> its prefixes.

    `blank`: a data file has a blank node. `entangled`: a data file writes into the inferred graph.
    """

    parsed: Mapping[str, int]
    prefixes: Mapping[str, Mapping[str, str]]
    blank: bool
    entangled: bool
    oddities: Oddities = field(default_factory=Oddities)

    def write(self, db: sqlite3.Connection) -> None:
        """Replace what an index keeps, but for the statements."""
        odd = [
            [kind, predicate.decode(), count, self.oddities.examples[kind, predicate].decode()]
            for (kind, predicate), count in sorted(self.oddities.counts.items())
        ]
        values = {
            "versions": _versions(),
            "parsed": dict(sorted(self.parsed.items())),
            "prefixes": {name: dict(found) for name, found in self.prefixes.items()},
            "blank": self.blank,
            "entangled": self.entangled,
            "oddities": odd,
        }
        db.executescript(_TABLES)
        db.executemany(
            "INSERT OR REPLACE INTO basis VALUES (?, ?)",
            [(name, json.dumps(value, ensure_ascii=False)) for name, value in values.items()],
        )


def read(db: sqlite3.Connection) -> Basis | None:
    """What an index keeps; None where another version wrote it, or one that kept nothing."""
    try:
        values = {name: json.loads(text) for name, text in db.execute("SELECT key, value FROM basis")}
    except sqlite3.OperationalError:
        return None
    if values.get("versions") != _versions():
        return None
    odd = Oddities()
    for kind, predicate, count, example in values["oddities"]:
        odd.counts[kind, predicate.encode()] = count
        odd.examples[kind, predicate.encode()] = example.encode()
    return Basis(values["parsed"], values["prefixes"], values["blank"], values["entangled"], odd)


def keep(
    path: Path,
    basis: Basis,
    repeated: Iterable[tuple[bytes, int]],
    rewritten: Iterable[tuple[object, object, object, int]],
    packed: Mapping[str, list[Block]],
) -> None:
    """Add the tables to an index that is written but not yet in place."""
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA journal_mode=OFF")
        db.execute("PRAGMA synchronous=OFF")
        basis.write(db)
        db.executemany("INSERT INTO repeated VALUES (?, ?)", repeated)
        rows = ((statement(s, p, o), times) for s, p, o, times in rewritten)
        db.executemany("INSERT INTO rewritten VALUES (?, ?)", rows)
        write_packed(db, packed)
        db.commit()


def write_packed(db: sqlite3.Connection, packed: Mapping[str, list[Block]]) -> None:
    """Replace the blocks of the dumps, by file."""
    db.execute("DELETE FROM packed")
    rows = ((name, place, *block) for name, blocks in packed.items() for place, block in enumerate(blocks))
    db.executemany("INSERT INTO packed VALUES (?, ?, ?, ?, ?, ?)", rows)


def read_packed(db: sqlite3.Connection) -> dict[str, list[Block]]:
    """The blocks of each dump."""
    found: dict[str, list[Block]] = {}
    for name, *block in db.execute(
        "SELECT dump, first, lines, gzip, zstandard FROM packed ORDER BY dump, place"
    ):
        found.setdefault(name, []).append(Block(*block))
    return found


def key(line: bytes) -> bytes:
    """The digest under which a line is counted: 16 bytes of BLAKE2b."""
    return blake2b(line, digest_size=16).digest()


def statement(s: object, p: object, o: object) -> str:
    """A statement as the table has it."""
    return f"{s} {p} {o} ."


def _versions() -> str:
    packers = f"zlib {zlib.ZLIB_RUNTIME_VERSION} zstandard {'.'.join(map(str, zstandard.ZSTD_VERSION))}"
    return f"{VERSIONS} basis {_LAYOUT} {packers}"
