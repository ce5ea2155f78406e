"""The nodes of an index before and after an edit: who is one, under which id, and who has to be looked at again."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator

import pyoxigraph as ox

from kgraph.build.delta.statements import Change, View
from kgraph.build.delta.unsuited import Unsuited
from kgraph.build.index.subject import Reader, iri, token
from kgraph.build.index.write import Names
from kgraph.build.lines import split
from kgraph.terms import RDF_TYPE

_TYPE = ox.NamedNode(RDF_TYPE)
_DATING = frozenset(("edtf", "earliest", "latest"))
_MOST_BLANK = 20_000
_PLACING = frozenset(("latitude", "longitude", "point"))


def term(name: bytes) -> ox.NamedNode | ox.BlankNode:
    """The term of a token."""
    return ox.NamedNode(iri(name)) if name[:1] == b"<" else ox.BlankNode(name[2:].decode())


def name_of(node: object) -> bytes:
    """The token of an IRI or blank node."""
    return str(node).encode()


class Ids(dict[bytes, int]):
    """Token -> id on one side of an edit: what the index has, but for `changed` (None: no node on this side)."""

    def __init__(self, db: sqlite3.Connection, changed: dict[bytes, int | None]) -> None:
        super().__init__()
        self._db = db
        self._changed = changed
        self._known: dict[bytes, int | None] = {}

    def get(self, name: bytes, default: int | None = None) -> int | None:  # type: ignore[override]
        """The id of a node."""
        if name in self._changed:
            return self._changed[name]
        if name not in self._known:
            row = None
            if name[:1] == b"<":
                row = self._db.execute("SELECT id FROM node WHERE iri = ?", (iri(name),)).fetchone()
            self._known[name] = row[0] if row else None
        found = self._known[name]
        return default if found is None else found

    def __contains__(self, name: object) -> bool:
        return self.get(name) is not None  # type: ignore[arg-type]

    def __getitem__(self, name: bytes) -> int:
        found = self.get(name)
        if found is None:
            raise Unsuited("the index is not that of its store")
        return found


class SideNames(Names):
    """The names on one side; no name is ever new here."""

    def __init__(self, ids: Ids) -> None:
        super().__init__(ids)

    def add(self, name: bytes) -> int:
        """The id of a name."""
        return self.ids[name]


class Reach:
    """How far an edit reaches into the index.

    `joined` and `left`: names that become nodes and cease to be. `again`: names whose rows are made again, with those
    that their rows are made from.
    """

    def __init__(self, change: Change, above: Iterable[str], reader: Reader, db: sqlite3.Connection) -> None:
        """`above`: every class that the ontology has above another; those are always nodes."""
        self.change = change
        self.reader = reader
        self.db = db
        self._lines: dict[tuple[bool, bytes], list[bytes]] = {}
        self._always = {token(class_) for class_ in above}
        self.joined, self.left = self._membership()
        self.again = self._again()
        self.support = self._support()

    def lines(self, name: bytes, *, after: bool) -> list[bytes]:
        """The sorted lines of a subject on one side."""
        found = self._lines.get((after, name))
        if found is None:
            view = self.change.after if after else self.change.before
            found = self._lines[after, name] = view.lines(term(name))
        return found

    def ids(self) -> tuple[Ids, Ids]:
        """The ids before and after; those that join get new ones, in the order of their names."""
        (last,) = self.db.execute("SELECT max(id) FROM node").fetchone()
        before: dict[bytes, int | None] = dict.fromkeys(self.joined)
        after: dict[bytes, int | None] = {}
        for n, name in enumerate(sorted(self.joined), (last or 0) + 1):
            after[name] = n
        after.update(dict.fromkeys(self.left))
        return Ids(self.db, before), Ids(self.db, after)

    def _membership(self) -> tuple[set[bytes], set[bytes]]:
        asked: set[bytes] = set()
        for quad in self.change.quads:
            for node in (quad.subject, quad.predicate, quad.graph_name):
                if type(node) is ox.NamedNode:
                    asked.add(name_of(node))
            if quad.predicate == _TYPE and type(quad.object) is ox.NamedNode:
                asked.add(name_of(quad.object))
        known = Ids(self.db, {})
        joined, left = set(), set()
        for name in asked:
            was, now = name in known, self._is_node(name)
            if now and not was:
                joined.add(name)
            elif was and not now:
                left.add(name)
        return joined, left

    def _is_node(self, name: bytes) -> bool:
        """Whether a name is a node after the edit (see kgraph.build.index.write.Names)."""
        view, node = self.change.after, ox.NamedNode(iri(name))
        return (
            view.stated(node)
            or name in self._always
            or any(True for _ in view.store.quads_for_pattern(None, None, None, node))
            or any(True for _ in view.store.quads_for_pattern(None, _TYPE, node, ox.DefaultGraph()))
            or self._used(node)
        )

    def _used(self, predicate: ox.NamedNode) -> bool:
        """Whether a file states a triple with this predicate; counted, since most of its triples may be inferred."""
        row = self.db.execute(
            "SELECT s.triples FROM property_statistic s JOIN node n ON n.id = s.property WHERE n.iri = ?",
            (predicate.value,),
        ).fetchone()
        return (row[0] if row else 0) + self.change.uses[predicate] > 0

    def _again(self) -> set[bytes]:
        found = {*self.joined, *self.left}
        for quad in self.change.quads:
            found.add(name_of(quad.subject))
            if type(quad.graph_name) is ox.NamedNode:
                found.add(name_of(quad.graph_name))
        for name in (*self.joined, *self.left):
            found.update(self._linking(name))
        found.update(self._dependent())
        found.update(self._speaking())
        for name in list(found):
            parent = name.partition(b"#")[0] + b">"
            if name[:1] == b"<" and b"#" in name:
                found.add(parent)
        return found

    def _views(self) -> tuple[View, View]:
        return self.change.before, self.change.after

    def _linking(self, name: bytes, predicates: Iterable[bytes | None] = (None,)) -> Iterator[bytes]:
        for predicate in predicates:
            for view in self._views():
                p = None if predicate is None else term(predicate)
                for quad in view.stated_triples(None, p, term(name)):
                    yield name_of(quad.subject)

    def _dependent(self) -> set[bytes]:
        """Subjects whose rows show what stands at another node: labels and coordinates, datings, places."""
        direct, firsts, seconds = self.reader.direct, self.reader.firsts, self.reader.seconds
        hopped, dated, placed = set(), set(), set()
        for quad in self.change.quads:
            p, s = name_of(quad.predicate), name_of(quad.subject)
            roles = {role for role, _ in direct.get(p, ())}
            if p in seconds:
                hopped.add(s)
            if roles & _DATING:
                dated.add(s)
            if roles & _PLACING or p in firsts:
                placed.add(s)
        found = {name for s in hopped for name in self._linking(s, firsts)}
        placed |= found
        for names, role in ((dated, "dating"), (placed, "place")):
            links = [p for p, roles in direct.items() if any(r == role for r, _ in roles)]
            found |= {name for s in names for name in self._linking(s, links)}
        return found

    def _speaking(self) -> set[bytes]:
        """Things that lead to blank nodes of which something else is said: their digests take that in."""
        changed = {name_of(q.subject) for q in self.change.quads if type(q.subject) is ox.BlankNode}
        front, seen, found = list(changed), set(changed), set()
        while front:
            for name in self._linking(front.pop()):
                if name[:1] == b"<":
                    found.add(name)
                elif name not in seen:
                    seen.add(name)
                    front.append(name)
            if len(seen) > _MOST_BLANK:
                raise Unsuited("very many blank nodes lead to each other")
        return found

    def _support(self) -> set[bytes]:
        """What the rows are made from beside their own lines; the same on both sides."""
        direct, firsts = self.reader.direct, self.reader.firsts
        links = {p for p, roles in direct.items() if any(r in ("dating", "place") for r, _ in roles)}
        found: set[bytes] = set()
        front = set(self.again)
        for predicates in ({*links, *firsts}, set(firsts)):
            targets = set()
            for name in front:
                for after in (False, True):
                    for line in self.lines(name, after=after):
                        _, p, o, _ = split(line)
                        if p in predicates and o[:1] != b'"':
                            targets.add(o)
            front = targets - found
            found |= targets
        return (found | self._blank(self.again)) - self.again

    def _blank(self, names: Iterable[bytes]) -> set[bytes]:
        """The blank nodes that these lead to, by way of blank nodes."""
        found: set[bytes] = set()
        front = list(names)
        while front:
            name = front.pop()
            for after in (False, True):
                for line in self.lines(name, after=after):
                    target = split(line).object
                    if target[:2] == b"_:" and target not in found:
                        found.add(target)
                        front.append(target)
            if len(found) > _MOST_BLANK:
                raise Unsuited("it reaches very many blank nodes")
        return found
