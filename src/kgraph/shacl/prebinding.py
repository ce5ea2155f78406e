"""Pre-binding of variables in SPARQL queries (SHACL, appendix A), by inserting values.

The appendix defines evaluation with pre-bound variables as evaluation of the query in which every basic
graph pattern, path and GRAPH pattern is joined with a table of the bindings. A `VALUES` block at the head
of every group is that join, and is made here on the query's tokens; no other reading of the query is
needed. Blank nodes cannot stand in `VALUES`, so `BIND` of a function that gives the node takes its place.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from kgraph.errors import ShapesError

_TOKEN = re.compile(
    r"""
    (?P<space>\s+|\#[^\r\n]*)
  | (?P<iri><[^<>"{}|^`\\\x00-\x20]*>)
  | (?P<string>\"\"\"(?:\"{0,2}(?:[^"\\]|\\.))*\"\"\"|'''(?:'{0,2}(?:[^'\\]|\\.))*'''
      |"(?:[^"\\\n\r]|\\.)*"|'(?:[^'\\\n\r]|\\.)*')
  | (?P<variable>[?$]\w+)
  | (?P<blank>_:[\w.-]*\w)
  | (?P<name>(?:\w(?:[\w.-]*[\w-])?)?:(?:(?:[\w:]|%[0-9A-Fa-f]{2}|\\.)(?:(?:[\w.:-]|%[0-9A-Fa-f]{2}|\\.)*
      (?:[\w:-]|%[0-9A-Fa-f]{2}|\\.))?)?)
  | (?P<tag>@[A-Za-z]+(?:-[A-Za-z0-9]+)*)
  | (?P<number>[0-9]*\.?[0-9]+(?:[eE][+-]?[0-9]+)?)
  | (?P<word>\w+)
  | (?P<sign>\^\^|&&|\|\||!=|<=|>=|[{}()\[\];,.=<>!+*/|^?$-])
    """,
    re.VERBOSE | re.DOTALL,
)
_FORBIDDEN = {"MINUS", "VALUES", "SERVICE"}
_OPTIONAL_IN_SUBQUERIES = {"shapesGraph", "currentShape"}
_HINT = "See https://www.w3.org/TR/shacl/#pre-binding for what a query with pre-bound variables may hold."


@dataclass(frozen=True, slots=True)
class Token:
    """One token: its kind (a group of the pattern above) and text; `upper` is the text in capitals for
    words.
    """

    kind: str
    text: str

    @property
    def upper(self) -> str:
        return self.text.upper() if self.kind == "word" else self.text

    @property
    def variable(self) -> str:
        """The variable's name, or the empty string."""
        return self.text[1:] if self.kind == "variable" else ""


class QueryText:
    """A SELECT or ASK query of a shapes graph, ready to have variables bound in it.

    Raises ShapesError where the query breaks a rule of the appendix, for the variables named in `bound`.
    """

    def __init__(self, text: str, bound: Iterable[str], where: str) -> None:
        self.where = where
        self.tokens = list(_tokens(text, where))
        self.bound = frozenset(bound)
        self.variables = frozenset(token.variable for token in self.tokens if token.variable)
        self._solid = [i for i, token in enumerate(self.tokens) if token.kind != "space"]
        self._check()
        self._pieces = self._cut()

    def filled(self, table: str, first: str = "") -> str:
        """The query with `table` at the head of every group, and `first` at the head of the outermost."""
        head, *rest = self._pieces
        return table.join([head, first + rest[0], *rest[1:]])

    def _refuse(self, what: str) -> ShapesError:
        return ShapesError(f"the query {what}", where=self.where, hint=_HINT)

    def _check(self) -> None:
        solid = [self.tokens[i] for i in self._solid]
        for token, following in zip(solid, [*solid[1:], Token("end", "")], strict=True):
            if token.upper in _FORBIDDEN and token.kind == "word":
                raise self._refuse(f"uses {token.upper}")
            if token.upper == "AS" and token.kind == "word" and following.variable in self.bound:
                raise self._refuse(f"assigns ?{following.variable}, which is bound before")
        forms = [token.upper for token in solid if token.kind == "word"]
        while forms and forms[0] in ("PREFIX", "BASE"):
            forms.pop(0)
        if not forms or forms[0] not in ("SELECT", "ASK"):
            raise self._refuse("is neither SELECT nor ASK")
        self.asks = forms[0] == "ASK"
        for at, token in enumerate(solid):
            if token.upper == "SELECT" and token.kind == "word" and at and solid[at - 1].text == "{":
                needed = (self.bound & self.variables) - _OPTIONAL_IN_SUBQUERIES
                missing = sorted(needed - self._projected(solid[at + 1 :]))
                if missing:
                    raise self._refuse(f"has a subquery that does not return ?{missing[0]}")

    @staticmethod
    def _projected(tokens: list[Token]) -> set[str]:
        """The variables that a SELECT clause returns; none for `*`, which the appendix does not count."""
        found: set[str] = set()
        depth = 0
        for token in tokens:
            if token.text in ("(", ")"):
                depth += 1 if token.text == "(" else -1
            elif depth == 0:
                if token.text in ("{", "*") or token.upper == "WHERE":
                    break
                if token.variable:
                    found.add(token.variable)
        return found

    @property
    def undeclared(self) -> list[str]:
        """The prefixes that names have and no PREFIX declares."""
        solid = [self.tokens[i] for i in self._solid]
        declared = {b.text for a, b in pairwise(solid) if a.upper == "PREFIX"}
        used = {token.text.partition(":")[0] + ":" for token in solid if token.kind == "name"}
        return sorted(each.removesuffix(":") for each in used - declared)

    def projects(self, name: str) -> bool:
        """Whether the outermost SELECT returns the variable."""
        solid = [self.tokens[i] for i in self._solid]
        start = next(i for i, token in enumerate(solid) if token.upper == "SELECT" and token.kind == "word")
        following = solid[start + 1]
        if following.upper in ("DISTINCT", "REDUCED"):
            following = solid[start + 2]
        return following.text == "*" or name in self._projected(solid[start + 1 :])

    def _cut(self) -> list[str]:
        """The text, cut after each brace that opens a group (and not a subquery)."""
        pieces, current = [], ""
        following = dict(zip(self._solid, [*self._solid[1:], None], strict=True))
        for i, token in enumerate(self.tokens):
            current += token.text
            if token.text == "{" and token.kind == "sign":
                after = following[i]
                if after is None or self.tokens[after].upper != "SELECT":
                    pieces.append(current + " ")
                    current = " "
        return [*pieces, current]

    def findable(self) -> bool:
        """Whether the query without bindings finds every ?this that it finds with them.

        True only where that is plain to see: one SELECT without modifiers or aggregates, without GRAPH,
        UNION or BIND of ?this, and ?this in a triple pattern (no path of zero length) of every group that
        names it.
        """
        solid = [self.tokens[i] for i in self._solid]
        words = [token.upper for token in solid if token.kind == "word"]
        plain = not self.asks and words.count("SELECT") == 1
        modifiers = {
            "GROUP",
            "HAVING",
            "LIMIT",
            "OFFSET",
            "UNION",
            "GRAPH",
            "BIND",
            "COUNT",
            "SUM",
            "MIN",
            "MAX",
            "AVG",
            "SAMPLE",
            "GROUP_CONCAT",
            "FROM",
            "RAND",
            "UUID",
            "STRUUID",
            "BNODE",
            "NOW",
        }
        if not plain or modifiers & set(words):
            return False
        start = next(i for i, token in enumerate(solid) if token.text == "{")
        end = max(i for i, token in enumerate(solid) if token.text == "}")
        return _group_binds(solid[start + 1 : end], "this")


def _group_binds(tokens: list[Token], name: str) -> bool:
    """Whether a group's own triple patterns bind the variable, and so do those of its inner groups that
    name it.
    """
    own: list[Token] = []
    at = 0
    while at < len(tokens):
        token = tokens[at]
        if token.text == "{":
            end = _closing(tokens, at, "{", "}")
            inner = tokens[at + 1 : end]
            if any(each.variable == name for each in inner) and not _group_binds(inner, name):
                return False
            at = end + 1
        elif token.upper == "FILTER" and token.kind == "word":
            at += 1
            while tokens[at].text not in ("(", "{"):
                at += 1  # a function's name, or [NOT] EXISTS
            end = _closing(tokens, at, "(", ")") if tokens[at].text == "(" else _closing(tokens, at, "{", "}")
            if not _exists_groups_bind(tokens[at : end + 1], name):
                return False
            at = end + 1
        else:
            own.append(token)
            at += 1
    zero_length = any(token.text in ("*", "?") for token in own)
    return not zero_length and any(token.variable == name for token in own)


def _exists_groups_bind(tokens: list[Token], name: str) -> bool:
    """The same for the EXISTS groups of a filter, which must also be free of joins.

    A join in EXISTS is made anew, for the whole graph, at each row; bound to one node it is quick.
    """
    at = 0
    while at < len(tokens):
        if tokens[at].text == "{":
            end = _closing(tokens, at, "{", "}")
            inner = tokens[at + 1 : end]
            if any(each.variable == name for each in inner) and not _group_binds(inner, name):
                return False
            if any(each.text in ("{", ";", ",", "/", "|") for each in inner):
                return False
            if any(each.text == "." for each in inner[:-1]):
                return False
            at = end
        at += 1
    return True


def _closing(tokens: list[Token], at: int, opening: str, closing: str) -> int:
    depth = 0
    for i in range(at, len(tokens)):
        if tokens[i].text == opening:
            depth += 1
        elif tokens[i].text == closing:
            depth -= 1
            if depth == 0:
                return i
    return len(tokens)


def _tokens(text: str, where: str) -> Iterable[Token]:
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise ShapesError(f"the query cannot be read at {text[at : at + 20]!r}", where=where, hint=_HINT)
        yield Token(match.lastgroup, match.group())
        at = match.end()


def replace_path(text: str, path: str, where: str) -> str:
    """The query with $PATH replaced (SHACL 5.3.1)."""
    return "".join(path if token.variable == "PATH" else token.text for token in _tokens(text, where))


def mentions(text: str, name: str, where: str) -> bool:
    """Whether the query names the variable."""
    return any(token.variable == name for token in _tokens(text, where))
