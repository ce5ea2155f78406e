"""The files of `queries/`: that a site, whatever its ontology, can offer each as a page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import accumulate

import pyoxigraph as ox

from kgraph.build.findings import Finding
from kgraph.build.inputs import Inputs
from kgraph.build.sources import unreadable
from kgraph.errors import DataError
from kgraph.queries import parse

_POSITION = re.compile(r"error at (\d+):(\d+): ")
_BRACKETS = {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}
_DEEPEST = 100  # what the service takes; the parser is recursive, and a text of brackets would end the build


def check_queries(inputs: Inputs) -> Iterator[Finding]:
    """Query files that are no UTF-8 or no SPARQL, with a faulty header, or with the name of another."""
    named: dict[str, str] = {}
    for path in inputs.queries:
        file = path.relative_to(inputs.site.root).as_posix()
        try:
            text = path.read_text("utf-8-sig")
        except UnicodeDecodeError:
            yield Finding("query", "the file is not UTF-8", file, hint="Save it as UTF-8.")
            continue
        except OSError as error:
            raise unreadable(file, error) from error
        other = named.setdefault(path.stem, file)
        if other != file:
            yield Finding("query", f"{other} has the same name", file, hint="Rename one of them.")
        try:
            parse(path.stem, text)
        except DataError as error:
            _, _, line = error.where.rpartition(":")
            yield Finding("query", error.message, file, int(line) if line.isdecimal() else 0, hint=error.hint)
        fault = _syntax(text, inputs.site.base)
        if fault:
            yield Finding("query", "this is not SPARQL that can be read", file, hint=fault)


def _syntax(text: str, base: str) -> str:
    """Where the parser gave up; '' for a sound query, and for one that is not tried: SERVICE would call out."""
    depths = accumulate(_BRACKETS.get(character, 0) for character in text)
    if "service" in text.lower() or max(depths, default=0) > _DEEPEST:
        return ""
    try:
        ox.Store().query(text, base_iri=base)
    except SyntaxError as error:
        place = _POSITION.match(str(error))
        if place is None:
            return f"The parser says: {error}"
        return f"The fault lies at line {place[1]}, column {place[2]}, or before it."
    except RuntimeError:  # a function that the engine does not have: valid, and told when the query is run
        return ""
    return ""
