"""The index of a release brought to its state after an edit, in a copy of its own."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping

import pyoxigraph as ox

from kgraph.build import basis as kept
from kgraph.build.basis import Basis
from kgraph.build.delta.edit import Statement
from kgraph.build.delta.facets import Facets
from kgraph.build.delta.figures import write_nodes, write_statistics
from kgraph.build.delta.nodes import Reach, term
from kgraph.build.delta.rows import exchange, side
from kgraph.build.delta.statements import Change
from kgraph.build.delta.unsuited import Unsuited
from kgraph.build.index.oddities import Oddities
from kgraph.build.index.subject import Reader, iri, token
from kgraph.build.index.write import IndexInput
from kgraph.build.lines import split


class Repeats(Mapping[bytes, int]):
    """Line -> how often the files give it, where that is more than once."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def __getitem__(self, line: bytes) -> int:
        row = self._db.execute("SELECT times FROM repeated WHERE line = ?", (kept.key(line),)).fetchone()
        if row is None:
            raise KeyError(line)
        return int(row[0])

    def __iter__(self):  # type: ignore[no-untyped-def]
        raise NotImplementedError("lines are kept as digests")

    def __len__(self) -> int:
        return int(self._db.execute("SELECT count(*) FROM repeated").fetchone()[0])


def write(
    db: sqlite3.Connection,
    given: IndexInput,
    change: Change,
    above: Iterable[str],
    number: int,
    *,
    most: int,
) -> tuple[Oddities, Oddities]:
    """Bring the tables that pages read to their new state; gives what was odd about the reached subjects, and is.

    `above`: the classes that stand above others; `most`: nodes that may be made again. Raises Unsuited.
    """
    reader = Reader.of(
        given.roles, given.namespace + "nameAsWritten", given.inferred, given.namespace + "term"
    )
    reach = Reach(change, above, reader, db)
    if len(reach.again) > most:
        raise Unsuited(f"it reaches {len(reach.again):,} nodes of the index")
    ids_before, ids_after = reach.ids()
    facets = Facets(db, change, reach, ids_before, ids_after)
    before = side(reach, given, ids_before, facets, after=False)
    after = side(reach, given, ids_after, facets, after=True)
    facets.drop()
    members = exchange(db, before, after)
    write_nodes(db, given, reach, ids_before, after, number)
    write_statistics(db, change, ids_before, ids_after, members)
    db.execute("DELETE FROM prefix")
    db.executemany("INSERT INTO prefix VALUES (?, ?)", sorted(given.prefixes.items()))
    return before.oddities, after.oddities


def write_basis(db: sqlite3.Connection, basis: Basis, change: Change, raw: Mapping[Statement, int]) -> None:
    """What the next build needs."""
    basis.write(db)
    for line, times in change.times.items():
        if times > 1:
            db.execute("INSERT OR REPLACE INTO repeated VALUES (?, ?)", (kept.key(line), times))
        else:
            db.execute("DELETE FROM repeated WHERE line = ?", (kept.key(line),))
    for (s, p, o), more in raw.items():
        name = kept.statement(s, p, o)
        db.execute(
            "INSERT INTO rewritten VALUES (?, ?) ON CONFLICT (statement) DO UPDATE SET times = times + excluded.times",
            (name, more),
        )
    db.execute("DELETE FROM rewritten WHERE times = 0")


def oddities(known: Oddities, before: Oddities, after: Oddities, change: Change) -> Oddities:
    """What is odd in the release after the edit, each kind with its first subject."""
    found = Oddities()
    for key in {*known.counts, *after.counts}:
        count = known.counts.get(key, 0) - before.counts.get(key, 0) + after.counts.get(key, 0)
        if not count:
            continue
        found.counts[key] = count
        example, mine = known.examples.get(key), after.examples.get(key)
        if example is not None and (before.examples.get(key) is None or _is_odd(change, key, example)):
            found.examples[key] = min(example, mine) if mine else example
        else:
            found.examples[key] = _first(change, key)
    return found


def _is_odd(change: Change, key: tuple[str, bytes], subject: bytes) -> bool:
    return key in _look(subject, change.after.lines(term(subject)), change.after.inferred).counts


def _look(subject: bytes, lines: Iterable[bytes], inferred: ox.NamedNode) -> Oddities:
    found, hidden, values = Oddities(), token(inferred.value), []
    for line in lines:
        _, p, o, g = split(line)
        if g != hidden and o[:1] == b'"' and (p, o) not in values:
            values.append((p, o))
    found.look(subject, values)
    return found


def _first(change: Change, key: tuple[str, bytes]) -> bytes:
    """The first subject, in the order of lines, with a value of a property that is odd in this way."""
    best: bytes | None = None
    predicate = ox.NamedNode(iri(key[1]))
    for quad in change.after.stated_triples(None, predicate, None):
        if type(quad.object) is not ox.Literal:
            continue
        subject = str(quad.subject).encode()
        if best is not None and subject >= best:
            continue
        look = Oddities()
        look.look(subject, [(key[1], str(quad.object).encode())])
        if key in look.counts:
            best = subject
    if best is None:
        raise Unsuited("what is odd in the data is not what was noted")
    return best


__all__ = ["Oddities", "Repeats", "oddities", "write", "write_basis"]
