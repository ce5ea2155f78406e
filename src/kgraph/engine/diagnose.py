"""Where a syntax error is. The engine's parser gives the end of its furthest look-ahead, which may lie in a later
word or line; white space put between two tokens shows whether the fault lies before or after them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from kgraph.engine import lexer

_PAD = " " * 64  # longer than any keyword, so that no look-ahead crosses it
_POSITION = re.compile(r"error at (\d+):(\d+): expected (.*)", re.DOTALL)
_RULE = re.compile(r"[A-Z][a-z]+ [\w ]+")  # a sentence of the parser's, not a keyword or a set of characters
_ATTEMPTS = 24

Parse = Callable[[str], str]
"""Parses a text and gives the parser's message, '' when the text is valid."""


def syntax_error(
    text: str, message: str, parse: Parse, base: str, known: Mapping[str, str]
) -> dict[str, object]:
    """What is wrong with an invalid query, for a person: message, hint, line and column (0 where unknown)."""
    quote = next((t for t in lexer.tokens(text) if t.kind == "other" and t.text in "\"'"), None)
    if quote:
        hint = 'A string ends on its line; write \\n for a line end, or quote it three times: """...""".'
        return _report(text, quote.start, "a string is not closed", hint)
    if not _POSITION.match(message):
        return {"message": message, "hint": "", "line": 0, "column": 0}
    found = list(lexer.tokens(text))
    place = _first_wrong(text, found, parse, message)
    undeclared = _undeclared(text, base)
    if undeclared and (place is None or undeclared.start <= found[place].start):
        prefix = undeclared.text.partition(":")[0]
        hint = f"Add PREFIX {prefix}: <{known[prefix]}>" if prefix in known else "Declare it with PREFIX."
        return _report(text, undeclared.start, f"the prefix '{prefix}:' is not declared", hint)
    rules = [r for r in _expected(message) if _RULE.fullmatch(r)]
    if place is None and rules:  # a rule on the whole query, broken at no one token
        return {"message": rules[0], "hint": "", "line": 0, "column": 0}
    if place is None:
        return _report(
            text, len(text.rstrip()), "the query ends too early", "Close every bracket and string."
        )
    what = f"'{_cut(found[place].text)}' is not expected here"
    return _report(text, found[place].start, f"{what} ({rules[0]})" if rules else what, "")


def _first_wrong(text: str, found: list[lexer.Token], parse: Parse, message: str) -> int | None:
    """The token at which parsing fails, by halving; None when it fails at the end."""
    before = _offset(text, message)
    low, high = 0, len(found)
    for _ in range(_ATTEMPTS):
        if low >= high:
            break
        middle = (low + high + 1) // 2
        cut = found[middle].start if middle < len(found) else len(text)
        padded = text[:cut] + _PAD + text[cut:]
        after = _offset(padded, parse(padded))
        if after >= max(before, cut) + len(_PAD) // 2:
            low = middle
        else:
            high = middle - 1
    return low if low < len(found) else None


def _offset(text: str, message: str) -> int:
    match = _POSITION.match(message)
    if not match:
        return 0
    lines = text.split("\n")
    return sum(len(line) + 1 for line in lines[: int(match[1]) - 1]) + int(match[2]) - 1


def _expected(message: str) -> list[str]:
    match = _POSITION.match(message)
    return match[3].removeprefix("one of ").split(", ") if match else []


def _undeclared(text: str, base: str) -> lexer.Token | None:
    try:
        declared = set(lexer.prologue(text, base).prefixes)
    except ValueError:
        declared = set()
    before = ""
    for token in lexer.tokens(text):
        if token.kind == "name" and not token.text.startswith("_:"):
            prefix = token.text.partition(":")[0]
            if before == "PREFIX":
                declared.add(prefix)
            elif prefix not in declared:
                return token
        before = token.text.upper()
    return None


def _report(text: str, offset: int, message: str, hint: str) -> dict[str, object]:
    line, column = lexer.position(text, offset)
    return {"message": message, "hint": hint, "line": line, "column": column}


def _cut(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"
