"""What a SPARQL-based constraint reads, for incremental validation: its triple patterns, seen from ?this or
?value.

Only queries whose patterns are plain to read are taken apart: groups, OPTIONAL, UNION, FILTER with EXISTS,
paths without negation; no subqueries, GRAPH, variable predicates, collections or bracketed blank nodes. Any
other query is taken to read everything.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache

from kgraph.shacl.model import Query
from kgraph.shacl.names import RDF_TYPE
from kgraph.shacl.paths import Alternative, Inverse, Path, Predicate, Repeat, Sequence
from kgraph.shacl.prebinding import QueryText, Token

_OPAQUE_WORDS = frozenset(
    {"GRAPH", "FROM", "LIMIT", "OFFSET", "NOW", "RAND", "UUID", "STRUUID", "BNODE", "SELECT", "ASK"}
)
_LITERAL_KINDS = frozenset({"string", "number"})


class Opaque(Exception):
    """The query cannot be taken apart."""


@dataclass(frozen=True, slots=True)
class Step:
    """From the focus node (or the value node) over `way`, the path is read forwards or backwards."""

    of_value: bool
    way: Path | None
    path: Path
    forward: bool


@dataclass(slots=True)
class _Group:
    """The triple patterns of a group and the groups within it."""

    triples: list[tuple[str, Path, str]] = field(default_factory=list)
    inner: list[_Group] = field(default_factory=list)


_Ways = dict[str, tuple[bool, Path | None]]
"""Variable -> whether it is reached from ?value (else from ?this), and over which path."""


@lru_cache(maxsize=1024)
def query_steps(query: Query) -> tuple[Step, ...] | None:
    """The steps of a query, or None where it may read anything."""
    names = {"this", *dict(query.bound)} | ({"value"} if query.asks else set())
    text = QueryText(query.text, names, query.name)
    try:
        group = _Parser(text).parse()
        ways: _Ways = {"?this": (False, None)}
        if query.asks:
            ways["?value"] = (True, None)
        return tuple(_steps(group, ways, frozenset(f"?{name}" for name, _ in query.bound)))
    except (Opaque, IndexError):
        return None


def _steps(group: _Group, ways: _Ways, fixed: frozenset[str]) -> list[Step]:
    """Steps of a group, given the ways to the variables of the groups around it.

    A pattern is reached over patterns of its own group or of those around it, because only these must hold
    together with it.
    """
    found: list[Step] = []
    ways = dict(ways)
    left = list(group.triples)
    while left:
        ready = next((triple for triple in left if triple[0] in ways or triple[2] in ways), None)
        if ready is None:
            raise Opaque  # a pattern that hangs on nothing: any statement may make or break it
        left.remove(ready)
        subject, path, value = ready
        forward = subject in ways
        start, end = (subject, value) if forward else (value, subject)
        of_value, way = ways[start]
        found.append(Step(of_value, way, path, forward))
        if end.startswith("?") and end not in ways and end not in fixed:
            step = path if forward else Inverse(path)
            ways[end] = (of_value, step if way is None else Sequence((way, step)))
    for inner in group.inner:
        found.extend(_steps(inner, ways, fixed))
    return found


class _Parser:
    """Reads the triple patterns of a query's tokens (SPARQL 1.1, sections 4.2, 5 and 9.1)."""

    def __init__(self, text: QueryText) -> None:
        self.tokens = [token for token in text.tokens if token.kind != "space"]
        self.prefixes: dict[str, str] = {}
        self.at = 0

    def peek(self) -> Token:
        return self.tokens[self.at]

    def take(self) -> Token:
        token = self.tokens[self.at]
        self.at += 1
        return token

    def parse(self) -> _Group:
        while self.peek().upper in ("PREFIX", "BASE"):
            if self.take().upper == "BASE":
                raise Opaque
            name, iri = self.take().text, self.take().text
            self.prefixes[name.removesuffix(":")] = iri[1:-1]
        words = [token.upper for token in self.tokens if token.kind == "word"]
        if words.count("SELECT") + words.count("ASK") != 1 or (_OPAQUE_WORDS - {"SELECT", "ASK"}) & set(
            words
        ):
            raise Opaque
        while self.peek().text != "{":
            self.take()
        return self.group()

    def group(self) -> _Group:
        group = _Group()
        self.take()
        while self.peek().text != "}":
            token = self.peek()
            if token.text == "{":
                group.inner.append(self.group())
            elif token.kind == "word" and token.upper in ("OPTIONAL", "UNION"):
                self.take()
            elif token.kind == "word" and token.upper in ("FILTER", "BIND"):
                self.take()
                self.expression(group)
            elif token.text == ".":
                self.take()
            else:
                self.triples(group)
        self.take()
        return group

    def expression(self, group: _Group) -> None:
        """A constraint: skipped, but for the groups of EXISTS in it."""
        while self.peek().text not in ("(", "{"):
            self.take()
        if self.peek().text == "{":
            group.inner.append(self.group())
            return
        depth = 0
        while True:
            token = self.peek()
            if token.text == "{":
                group.inner.append(self.group())
                continue
            self.take()
            depth += {"(": 1, ")": -1}.get(token.text, 0)
            if depth == 0:
                return

    def triples(self, group: _Group) -> None:
        subject = self.term()
        while True:
            path = self.path()
            group.triples.append((subject, path, self.term()))
            while self.peek().text == ",":
                self.take()
                group.triples.append((subject, path, self.term()))
            if self.peek().text != ";":
                return
            while self.peek().text == ";":
                self.take()
            if self.peek().text in (".", "}"):
                return

    def term(self) -> str:
        """A variable as `?name`; any other term as a text that no variable has."""
        token = self.take()
        if token.variable:
            return f"?{token.variable}"
        if token.kind == "blank":
            return f"?{token.text}"
        if token.kind in ("iri", "name"):
            return self.iri(token)
        if token.text in ("+", "-") and self.peek().kind == "number":
            token = self.take()
        if token.kind in _LITERAL_KINDS or token.text in ("true", "false"):
            if self.peek().kind == "tag":
                self.take()
            elif self.peek().text == "^^":
                self.take()
                self.take()
            return '"'
        raise Opaque

    def iri(self, token: Token) -> str:
        if token.kind == "iri":
            return token.text[1:-1]
        if token.kind != "name" or "\\" in token.text:
            raise Opaque
        prefix, _, local = token.text.partition(":")
        if prefix not in self.prefixes:
            raise Opaque
        return self.prefixes[prefix] + local

    def path(self) -> Path:
        options = [self.sequence()]
        while self.peek().text == "|":
            self.take()
            options.append(self.sequence())
        return options[0] if len(options) == 1 else Alternative(tuple(options))

    def sequence(self) -> Path:
        steps = [self.element()]
        while self.peek().text == "/":
            self.take()
            steps.append(self.element())
        return steps[0] if len(steps) == 1 else Sequence(tuple(steps))

    def element(self) -> Path:
        if self.peek().text == "^":
            self.take()
            return Inverse(self.element())
        token = self.take()
        path: Path
        if token.text == "(":
            path = self.path()
            if self.take().text != ")":
                raise Opaque
        elif token.kind in ("iri", "name"):
            path = Predicate(self.iri(token))
        elif token.kind == "word" and re.fullmatch("a", token.text):
            path = Predicate(RDF_TYPE)
        else:
            raise Opaque
        if self.peek().text in ("*", "+", "?"):
            path = Repeat(path, self.take().text)
        return path
