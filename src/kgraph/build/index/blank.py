"""Digests of things that lead to blank nodes: what the blank nodes say counts, their labels do not.

A label comes from the node's place in a file, so it changes when anything before it does. Each blank node is told
apart by what stands around it (colour refinement; Weisfeiler and Leman 1968), round after round, until no round tells
more apart. Equal descriptions give equal digests; only highly symmetric ones that differ could be taken for equal.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Mapping

from kgraph.build.lines import Line, split

MOST = 1000
"""Blank nodes of one thing whose lines count; those that only they lead to do not."""

SCHEMA = "CREATE TEMP TABLE blank_line (subject BLOB, line BLOB);"
"""The shown lines that hold a blank node, by their subject."""

_BATCH = 10_000


def write_digests(db: sqlite3.Connection, ids: Mapping[bytes, int]) -> None:
    """Take what blank nodes say into the digests of the table `shown`."""
    db.execute("CREATE INDEX temp.blank_line_subject ON blank_line(subject)")
    rows: list[tuple[bytes, int]] = []
    # an IRI begins with <, which is before _
    for (thing,) in db.execute(
        "SELECT DISTINCT subject FROM blank_line WHERE subject < X'5F' ORDER BY subject"
    ):
        node = ids[thing]
        (own,) = db.execute("SELECT digest FROM shown WHERE node = ?", (node,)).fetchone()
        rows.append((digest(own, _around(db, thing)), node))
        if len(rows) >= _BATCH:
            db.executemany("UPDATE shown SET digest = ? WHERE node = ?", rows)
            rows = []
    db.executemany("UPDATE shown SET digest = ? WHERE node = ?", rows)


def _around(db: sqlite3.Connection, thing: bytes) -> list[Line]:
    """The lines of a thing that hold a blank node, and all lines of the blank nodes that they lead to."""
    found: list[Line] = []
    waiting, seen = [thing], {thing}
    while waiting:
        lines = db.execute("SELECT line FROM blank_line WHERE subject = ?", (waiting.pop(),)).fetchall()
        mine = [split(line) for (line,) in lines]
        found += mine
        for target in sorted({line.object for line in mine if line.object[:2] == b"_:"} - seen):
            if len(seen) <= MOST:
                seen.add(target)
                waiting.append(target)
    return found


def digest(own: bytes, lines: Iterable[Line]) -> bytes:
    """SHA-256 of the digest of a thing's other lines and of these, whatever the labels in them are."""
    lines = list(lines)
    nodes = {term for line in lines for term in (line.subject, line.object) if term[:2] == b"_:"}
    colours = dict.fromkeys(nodes, b"_:")
    told_apart = 0
    while len(set(colours.values())) > told_apart:
        told_apart = len(set(colours.values()))
        sides: dict[bytes, list[bytes]] = {node: [colours[node]] for node in nodes}
        for line in lines:
            if line.subject in nodes:
                sides[line.subject].append(b">" + _named(line, colours))
            if line.object in nodes:
                sides[line.object].append(b"<" + _named(line, colours))
        colours = {node: _short(sorted(side)) for node, side in sides.items()}
    return hashlib.sha256(own + b"".join(sorted(_named(line, colours) for line in lines))).digest()


def _short(parts: Iterable[bytes]) -> bytes:
    return b"_:" + hashlib.sha256(b"".join(parts)).hexdigest().encode()


def _named(line: Line, colours: Mapping[bytes, bytes]) -> bytes:
    """The line with colours for labels; a blank graph that nothing is said of has none."""
    subject, predicate, object_, graph = line
    subject, object_ = colours.get(subject, subject), colours.get(object_, object_)
    graph = colours.get(graph, b"_:" if graph[:2] == b"_:" else graph)
    return b" ".join((subject, predicate, object_, graph)) + b"\n"
