"""Regular expressions of sh:pattern (SPARQL 1.1, section 17.4.3.14; XPath and XQuery Functions, section
5.6.1).

The store's engine knows all of that language but a few forms. A pattern is compiled where both read it
alike; where the store cannot read it, its shape goes to pyshacl; a pattern that would be read in another
sense is refused.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from functools import lru_cache

import pyoxigraph as ox

from kgraph.errors import ShapesError
from kgraph.shacl.terms import OxTerm

_EMPTY = ox.Store()
_REMEMBERED = 65536
_matched: dict[tuple[str, str, str], bool] = {}
_MORE = "Rewrite it without that; see https://www.w3.org/TR/xpath-functions/#regex-syntax."


def check_pattern(node: OxTerm, pattern: str, flags: str) -> None:
    """Raise ShapesError for a pattern that no engine here reads, or that would be read in another sense."""
    where = f"shape {node}"
    if not re.fullmatch("[smixq]*", flags):
        raise ShapesError(f"sh:flags {flags!r} are not known", where=where, hint="Use s, m, i, x and q.")
    if "q" not in flags and _ambiguous(pattern):
        raise ShapesError(
            f"the pattern {pattern!r} has a bracket or a doubled sign inside [ ]", where=where, hint=_MORE
        )
    if not in_store(pattern, flags):
        try:
            re.compile(pattern)
        except re.error as error:
            raise ShapesError(
                f"the pattern {pattern!r} is not a regular expression: {error}", where=where, hint=_MORE
            ) from error


def _ambiguous(pattern: str) -> bool:
    """Whether a character class holds what XPath and the store read differently: `[`, `&&`, `--`, `~~`."""
    inside, at = False, 0
    while at < len(pattern):
        if pattern[at] == "\\":
            at += 2
            continue
        if not inside and pattern[at] == "[":
            inside = True
            at += 2 if pattern[at + 1 : at + 2] == "^" else 1
            continue
        if inside and pattern[at] == "]":
            inside = False
        elif inside and (pattern[at] == "[" or pattern[at : at + 2] in ("&&", "--", "~~")):
            return True
        at += 1
    return False


@lru_cache(maxsize=4096)
def in_store(pattern: str, flags: str) -> bool:
    """Whether the store can read the pattern."""
    solutions = _EMPTY.query(f"SELECT (REGEX('', {call_of(pattern, flags)}) AS ?read) {{}}")
    return next(iter(solutions))["read"] is not None  # type: ignore[arg-type]


def call_of(pattern: str, flags: str) -> str:
    """The pattern and flags as arguments of REGEX."""
    return f"{ox.Literal(pattern)}, {ox.Literal(flags)}" if flags else str(ox.Literal(pattern))


def matches(text: str, pattern: str, flags: str) -> bool:
    """Whether the text matches, by the store's engine; the last answers are remembered."""
    known = _matched.get((text, pattern, flags))
    if known is None:
        foresee([text], pattern, flags)
        known = _matched[text, pattern, flags]
    return known


def foresee(texts: Collection[str], pattern: str, flags: str) -> None:
    """Find out at once what `matches` will be asked."""
    if len(_matched) >= _REMEMBERED:
        _matched.clear()
    against = unmatched(texts, pattern, flags)
    _matched.update({(text, pattern, flags): text not in against for text in texts})


def unmatched(texts: Iterable[str], pattern: str, flags: str) -> set[str]:
    """The texts that do not match; one question for all is many times as fast as one for each."""
    table = " ".join(str(ox.Literal(text)) for text in texts)
    test = f"COALESCE(REGEX(?text, {call_of(pattern, flags)}), false)"
    rows = _EMPTY.query(f"SELECT ?text {{ VALUES ?text {{ {table} }} FILTER(!{test}) }}")
    assert isinstance(rows, ox.QuerySolutions)
    return {row[0].value for row in rows}
