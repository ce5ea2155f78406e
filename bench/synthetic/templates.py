"""Pieces of TriG that are filled in by text formatting: the same piece as TriG, N-Quads and N-Triples.

The pieces stand in templates.trig, whose whole text is valid TriG. Each is parsed once; after that a piece costs one
`%` operation, which is what lets plain Python write some hundred thousand triples a second.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyoxigraph as ox

BASE = "http://localhost:8000/"
_PREFIX = re.compile(r"^@prefix (\w+): <([^>]+)>", re.MULTILINE)
_VALUE = re.compile(r"~([a-z0-9_]+)~")
_NUMBER = re.compile(r'"(~[a-z0-9_]+~)"\^\^xsd:(?:integer|decimal)\b')  # TriG writes numbers without quotes
_FILE_GRAPH = f"<{BASE}id/graph/%(file)s>"


@dataclass(frozen=True)
class Piece:
    """Format strings for one piece, ending in a line end, and what it adds.

    `triples` is what the merge of all graphs gains by it, `quads` what the graphs gain.
    """

    trig: str
    nq: str
    nt: str
    triples: int
    quads: int

    def text(self, syntax: str) -> str:
        """The format string for 'trig', 'nq' or 'nt'."""
        return {"trig": self.trig, "nq": self.nq, "nt": self.nt}[syntax]


def _format(text: str) -> str:
    return _VALUE.sub(r"%(\1)s", text.replace("%", "%%"))


def _piece(prefixes: str, text: str, repeats: bool) -> Piece:
    quads = list(ox.parse(prefixes + text, ox.RdfFormat.TRIG))
    triples = list(dict.fromkeys((q.subject, q.predicate, q.object) for q in quads))
    nt = "" if repeats else "".join(f"{_format(' '.join(map(str, t)))} .\n" for t in triples)
    graph = {
        q: _FILE_GRAPH if isinstance(q.graph_name, ox.DefaultGraph) else _format(str(q.graph_name))
        for q in quads
    }
    nq = "".join(
        f"{_format(' '.join(map(str, (q.subject, q.predicate, q.object))))} {graph[q]} .\n" for q in quads
    )
    return Piece(_format(_NUMBER.sub(r"\1", text)), nq, nt, 0 if repeats else len(triples), len(quads))


def filled(text: str, values: Mapping[str, Any]) -> str:
    """A text with its `~x~` filled in."""
    return _format(text) % values


def load(path: Path) -> tuple[Mapping[str, str], Mapping[str, Piece]]:
    """The prefixes that a file of pieces declares, and its pieces by title."""
    head, *parts = path.read_text("utf-8").split("\n#=== ")
    lines = "".join(line + "\n" for line in head.splitlines() if line.startswith("@"))
    pieces = {}
    for part in parts:
        title, _, text = part.partition("\n")
        title = title.removesuffix(" repeats")
        pieces[title] = _piece(lines, text + "\n", part.startswith(title + " repeats"))
    return dict(_PREFIX.findall(lines)), pieces


def head(prefixes: Mapping[str, str]) -> str:
    """The beginning of a TriG file."""
    return f"@base <{BASE}> .\n" + "".join(f"@prefix {name}: <{iri}> .\n" for name, iri in prefixes.items())
