"""Where the blocks of a Turtle or TriG file begin, for messages that name a line.

No parser in Python tells the line of a triple. So a faulty file is read again: it is cut into statements by
its tokens (RDF 1.1 Turtle, section 6.5; TriG, section 4), and each candidate is parsed by the real parser before its
line is believed. A file that cannot be cut gives no line; it never gives a wrong one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pyoxigraph as ox

_NAME = r"(?:[\w:\-]|%[0-9A-Fa-f]{2}|\\[_~.\-!$&'()*+,;=/?\#@%])"
_TOKEN = re.compile(
    rf"""
    (?P<space>\s+|\#[^\n]*)
    |(?P<string>\"\"\"(?:[^"\\]|\\.|"(?!""))*\"\"\"|'''(?:[^'\\]|\\.|'(?!''))*'''
        |"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
    |(?P<iri><(?:[^\x00-\x20<>"{{}}|^`\\]|\\u[0-9A-Fa-f]{{4}}|\\U[0-9A-Fa-f]{{8}})*>)
    |(?P<at>@[A-Za-z]+(?:-[A-Za-z0-9]+)*)
    |(?P<bnode>_:\w(?:[\w.\-]*[\w\-])?)
    |(?P<name>(?:[^\W\d_](?:[\w.\-]*[\w\-])?)?:(?:{_NAME}(?:(?:{_NAME}|\.)*{_NAME})?)?)
    |(?P<number>[+-]?(?:\d+\.?\d*[eE][+-]?\d+|\.\d+[eE][+-]?\d+|\d*\.\d+|\d+))
    |(?P<word>[A-Za-z]+)
    |(?P<mark>\^\^|[.;,\[\](){{}}])
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True)
class Block:
    """One statement with its first subject, or a whole graph (`subject` None). Offsets into the file's text."""

    subject: str | None
    graph: str | None
    start: int
    end: int
    header: str

    def quads(self, text: str) -> list[ox.Quad]:
        """What the real parser makes of it; nothing where it makes nothing."""
        body = text[self.start : self.end]
        if self.subject is not None:
            body += " ."
        if self.graph and self.subject is not None:
            body = f"{self.graph} {{ {body} }}"
        try:
            return list(ox.parse(f"{self.header}\n{body}", ox.RdfFormat.TRIG))
        except SyntaxError:
            return []


def line_of(text: str, offset: int) -> int:
    """The line of an offset, counted from 1."""
    return text.count("\n", 0, offset) + 1


def blocks(text: str) -> Iterator[Block]:
    """The statements and graphs of a file, as far as its tokens can be told."""
    header: list[str] = []
    graph: tuple[str, int] | None = None
    tokens = _tokens(text)
    held: list[str] = []
    start, depth = -1, 0
    for kind, piece, at in tokens:
        if not held:
            start = at
        if piece == "}" and depth == 0:
            if held and graph:
                yield Block(held[0], graph[0], start, at, "\n".join(header))
            if graph:
                yield Block(None, graph[0], graph[1], at + 1, "\n".join(header))
            graph, held = None, []
            continue
        if piece == "{" and depth == 0:
            name = [h for h in held if h.upper() != "GRAPH"]
            graph, held = (name[0] if name else "", start if held else at), []
            continue
        held.append(piece)
        if kind == "mark" and piece in "[(":
            depth += 1
        elif kind == "mark" and piece in "])":
            depth -= 1
        directive = held[0].upper()
        sparql = directive in ("PREFIX", "BASE")
        if sparql and kind == "iri":
            header.append(text[start : at + len(piece)])
            held = []
        elif kind == "mark" and piece == "." and depth == 0:
            if directive in ("@PREFIX", "@BASE"):
                header.append(text[start : at + 1])
            else:
                yield Block(held[0], graph[0] if graph else None, start, at, "\n".join(header))
            held = []


def _tokens(text: str) -> Iterator[tuple[str, str, int]]:
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if not match:
            return
        kind = match.lastgroup or ""
        if kind != "space":
            yield kind, match.group(), position
        position = match.end()
