"""The statements of nodes from the index's table `described`, many nodes at a time.

The store decodes each term of each quad by look-ups of its own (240 microseconds a node: docs/benchmarks.md), so what
pages show of a node stands in the index too, and the store is asked for what has no row there.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterable

from kgraph.describe.node import Node, Statement, in_order
from kgraph.terms import IRI, read_term

_BATCH = 500


class Lookup:
    """Nodes of one release. `connect` gives this thread's connection to the index, `base` is the release's."""

    def __init__(self, connect: Callable[[], sqlite3.Connection], base: str) -> None:
        self._connect = connect
        self._base = "<" + base

    def of(self, iris: Iterable[str], properties: Iterable[str] = ()) -> dict[str, Node]:
        """A Node for each of these IRIs whose statements the index has. `properties`: with these alone."""
        wanted = tuple(f"<{p}> ".replace(self._base, "\x01") for p in properties)
        asked = list(dict.fromkeys(iris))
        connection = self._connect()
        found = {}
        for start in range(0, len(asked), _BATCH):
            part = asked[start : start + _BATCH]
            rows = connection.execute(
                "SELECT n.iri, d.lines FROM node n JOIN described d ON d.node = n.id"
                f" WHERE n.iri IN ({','.join('?' * len(part))})",
                part,
            )
            for iri, lines in rows:
                text = lines.decode()
                if wanted:
                    text = "\n".join(line for line in text.split("\n") if line.startswith(wanted))
                if text:
                    found[iri] = read(IRI(iri), text.replace("\x01", self._base))
        return found


def read(resource: IRI, lines: str) -> Node:
    """A node from its lines (their form is told in kgraph.index)."""
    node = Node(resource, size=lines.count("\n") + 1)
    values: list[Statement] = []
    predicate = written = property_ = ""
    graphs: tuple[str, ...] = ()
    for p, o, g in _LINE.findall(lines):
        if g != "=":
            graphs = () if g == "-" else (_iri(g),)
        if p != predicate:
            predicate, written, property_ = p, "", _iri(p)
            values = node.properties[property_] = []
        if o != written:
            written = o
            values.append(Statement(property_, read_term(o), graphs))
        elif graphs:
            last = values[-1]
            values[-1] = Statement(property_, last.object, tuple(sorted(last.graphs + graphs)))
    for values in node.properties.values():
        if len(values) > 1:
            values.sort(key=in_order)
    return node


_LINE = re.compile(r"([^ \n]+) (.+) ([^ \n]+)")  # a literal may hold spaces, IRIs hold none


def _iri(token: str) -> str:
    return read_term(token).value if "\\" in token else token[1:-1]
