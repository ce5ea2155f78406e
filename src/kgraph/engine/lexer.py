"""Tokens of a SPARQL text (SPARQL 1.1 Query Language, section 19.8), in one linear pass without recursion.

It serves caps and messages: how deep brackets go, which graphs FROM names, where a syntax error is. It is no
parser, and nothing that keeps the service safe rests on it (see worker.uses_service). It runs in the web process too,
so no text may take it more than one pass: a prefix is looked for in 256 characters and without stepping back, and
what a stray backslash stands before opens no string.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import urljoin

_ESCAPE = r"\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8}"
_NAME = r"[^\W\d_](?>[\w.\-\u00B7]{0,255})(?<!\.)"
_TOKEN = re.compile(
    rf"""
    (?P<space>[\x20\t\r\n]+ | \#[^\r\n]*)
  | (?P<string>'''(?:'{{0,2}}(?:[^'\\]|\\.))*''' | \"\"\"(?:\"{{0,2}}(?:[^\"\\]|\\.))*\"\"\"
      | '(?:[^'\\\r\n]|\\.)*' | \"(?:[^\"\\\r\n]|\\.)*\")
  | (?P<iri><(?:[^<>\"{{}}|^`\\\x00-\x20]|{_ESCAPE})*>)
  | (?P<language>@[A-Za-z]+(?:-[A-Za-z0-9]+)*)
  | (?P<variable>[?$]\w+)
  | (?P<name>(?:_|{_NAME})?:(?:(?:[\w:\-\u00B7]|%[0-9A-Fa-f]{{2}}|\\.|\.(?=[\w:\-%\\.]))*) )
  | (?P<word>[^\W\d]\w*)
  | (?P<number>\d+(?:\.\d*)?(?:[eE][+-]?\d+)? | \.\d+(?:[eE][+-]?\d+)?)
  | (?P<other>\\.? | \^\^|&&|\|\||!=|<=|>=|.)
    """,
    re.VERBOSE | re.DOTALL,
)


class Token(NamedTuple):
    """One token; `start` is its offset in the text."""

    kind: str
    text: str
    start: int


def tokens(text: str) -> Iterator[Token]:
    """Every token but white space and comments."""
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup
        if kind != "space" and kind is not None:
            yield Token(kind, match[0], match.start())


def lower_booleans(text: str) -> str:
    """The text with `true` and `false` in lower case: the grammar takes them in any, the engine's parser does not."""
    return _TOKEN.sub(
        lambda m: m[0].lower() if m.lastgroup == "word" and m[0].lower() in ("true", "false") else m[0], text
    )


def depth(text: str) -> int:
    """How deep brackets of any kind are nested, those in strings, IRIs and comments left out."""
    if text.count("(") + text.count("[") + text.count("{") < 20:
        return 0
    deepest = now = 0
    for token in tokens(text):
        if token.kind == "other":
            if token.text in "([{":
                now += 1
                deepest = max(deepest, now)
            elif token.text in ")]}":
                now -= 1
    return deepest


def position(text: str, offset: int) -> tuple[int, int]:
    """Line and column of an offset, both from 1."""
    line = text.count("\n", 0, offset) + 1
    return line, offset - (text.rfind("\n", 0, offset) + 1) + 1


class Prologue(NamedTuple):
    """BASE and PREFIX declarations, the first word after them, and the dataset clause."""

    base: str
    prefixes: dict[str, str]
    form: str
    default: list[str]
    named: list[str]


def prologue(text: str, base: str) -> Prologue:
    """Read the head of a query up to its WHERE. Raises ValueError where FROM names an undeclared prefix."""
    prefixes: dict[str, str] = {}
    default: list[str] = []
    named: list[str] = []
    form = ""
    found = tokens(text)
    level = 0
    for token in found:
        word = token.text.upper() if token.kind == "word" else ""
        if token.text in "([":
            level += 1
        elif token.text in ")]":
            level -= 1
        if word == "BASE" and not form:
            base = _absolute(base, next(found, token).text)
        elif word == "PREFIX" and not form:
            name, namespace = next(found, token).text, next(found, token).text
            prefixes[name.removesuffix(":")] = _absolute(base, namespace)
        elif word and not form:
            form = word
        elif token.text == "{" and not (form == "CONSTRUCT" and not default and not named):
            break
        elif token.text == "{":
            _skip_template(found)
        elif word == "FROM" and level == 0:
            target, into = next(found, token), default
            if target.text.upper() == "NAMED":
                target, into = next(found, token), named
            into.append(_resolved(target, base, prefixes))
        elif word == "WHERE" and level == 0:
            break
    return Prologue(base, prefixes, form, default, named)


def _absolute(base: str, token: str) -> str:
    """The IRI of an IRIREF token; a reference that ends in an empty fragment keeps its `#`."""
    reference = unescaped(token[1:-1])
    try:
        joined = urljoin(base, reference)
    except ValueError:  # no IRI: the engine's parser says so
        return reference
    return joined + "#" if reference.endswith("#") and not joined.endswith("#") else joined


def _skip_template(found: Iterator[Token]) -> None:
    level = 1
    for token in found:
        level += (token.text == "{") - (token.text == "}")
        if level == 0:
            return


def _resolved(token: Token, base: str, prefixes: dict[str, str]) -> str:
    if token.kind == "iri":
        return _absolute(base, token.text)
    prefix, _, local = token.text.partition(":")
    if token.kind != "name" or prefix not in prefixes:
        raise ValueError(token.text)
    return prefixes[prefix] + re.sub(r"\\(.)", r"\1", local)


def unescaped(text: str) -> str:
    r"""Text with its \uXXXX and \UXXXXXXXX escapes put in."""
    return re.sub(_ESCAPE, lambda m: chr(int(m[0][2:], 16)), text)
