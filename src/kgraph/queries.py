"""Named queries: the header of a query file, and the safe binding of its parameters.

A file of `queries/` is a whole SPARQL query that runs as it is. Comments at its head describe it:

    # title: Events by place
    # description: Events that took place in a place or in what is part of it.
    # parameter: place kg:Place "Place"
    # parameter: from date optional "Not before"

A parameter is `NAME TYPE ["optional"] "LABEL"`. TYPE is `iri`, `text`, `integer`, `year`, `date`, or a prefixed
name: then the value is the IRI of a thing of that class. Its default stands in the query itself, on a line
`VALUES ?NAME { term }`, which is the only part that binding replaces; `UNDEF` is the value that an optional
parameter has when it is left empty. Values are checked by their type and written as RDF terms
(SPARQL 1.1 Query, section 10.2.2), so no value becomes query text.

Errors: DataError for a faulty header, UsageError for a value that a parameter does not take.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from kgraph.errors import DataError, UsageError
from kgraph.iri import is_iri
from kgraph.terms import IRI, XSD, Literal, ntriples

TYPES = ("iri", "text", "integer", "year", "date")
UNDEF = "UNDEF"
MAX_TEXT = 1000

_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_HEADER = re.compile(r"#\s*(title|description|parameter):\s*(.*)")
_PARAMETER = re.compile(r'([A-Za-z][A-Za-z0-9_]*)\s+([A-Za-z][\w:-]*)(\s+optional)?\s+"([^"]+)"')
_PREFIX = re.compile(r"^\s*PREFIX\s+([A-Za-z][\w-]*)?:\s*<([^<>]*)>", re.IGNORECASE | re.MULTILINE)
_TERM = re.compile(
    r'<(?P<iri>[^<>"\s]*)>|"(?P<text>[^"\\]*)"(?:\^\^xsd:(?P<type>\w+))?|(?P<integer>-?\d+)|UNDEF'
)
_DATATYPES = {"text": None, "year": "gYear", "date": "date"}


@dataclass(frozen=True)
class Parameter:
    """One parameter. `kind` is one of TYPES; `of` the class of the things it takes, for kind 'iri'.

    `default` is as a person would write it: an IRI, a number, a date; empty for an optional one left open.
    """

    name: str
    kind: str
    label: str
    optional: bool
    default: str
    of: str | None = None


@dataclass(frozen=True)
class NamedQuery:
    """A query of the site. `name` is the file's name without ending, `text` its whole text."""

    name: str
    title: str
    description: str
    parameters: tuple[Parameter, ...]
    text: str

    def bind(self, values: Mapping[str, str], base: str) -> str:
        """The query with these values; a parameter that is not given, or given empty, keeps its default.

        An optional parameter given empty is left open. An IRI may be given relative to `base`.
        Raises UsageError for an unknown parameter and for a value that is not of its type.
        """
        known = {p.name: p for p in self.parameters}
        if unknown := sorted(set(values) - set(known)):
            raise UsageError(
                f"the query has no parameter '{unknown[0]}'",
                where=self.name,
                hint="It takes " + (", ".join(known) or "none") + ".",
            )
        text = self.text
        for name, value in values.items():
            parameter = known[name]
            if value.strip() or parameter.optional:
                line = _values_line(name).search(text)
                assert line, f"{self.name} lost the VALUES line of {name}"
                text = (
                    text[: line.start(2)] + serialised(parameter, value.strip(), base) + text[line.end(2) :]
                )
        return text


def parse(name: str, text: str) -> NamedQuery:
    """Read a query file's header. Raises DataError, which names the line."""
    if not _NAME.fullmatch(name):
        raise DataError(
            "the name of a query file is made of a-z, 0-9 and hyphens", where=f"{name}.rq", hint="Rename it."
        )
    prefixes: dict[str, str] = dict(_PREFIX.findall(text))
    title, description = "", []
    parameters: dict[str, Parameter] = {}
    for number, line in enumerate(text.splitlines(), 1):
        found = _HEADER.fullmatch(line.strip())
        if not line.startswith("#"):
            break
        if not found:
            continue
        key, value = found.groups()
        if key == "title":
            title = value.strip()
        elif key == "description":
            description.append(value.strip())
        else:
            parameter = _parameter(value.strip(), text, prefixes, f"{name}.rq:{number}")
            parameters[parameter.name] = parameter
    return NamedQuery(name, title or name, " ".join(description), tuple(parameters.values()), text)


def load(paths: Iterable[Path]) -> tuple[NamedQuery, ...]:
    """Read query files, sorted by title. Raises DataError for a faulty header and for two files of one name."""
    found: dict[str, NamedQuery] = {}
    for path in paths:
        if path.stem in found:
            raise DataError("two query files have this name", where=path.name, hint="Rename one of them.")
        try:
            found[path.stem] = parse(path.stem, path.read_text("utf-8"))
        except UnicodeDecodeError as error:
            raise DataError("not UTF-8", where=str(path)) from error
    return tuple(sorted(found.values(), key=lambda q: (q.title.casefold(), q.name)))


def serialised(parameter: Parameter, value: str, base: str) -> str:
    """A value as an RDF term in SPARQL syntax. Raises UsageError when it is not of the parameter's type."""
    if not value and parameter.optional:
        return UNDEF
    if parameter.kind == "iri":
        iri = value if re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", value) else base + value.lstrip("/")
        if not is_iri(iri):
            raise _refused(parameter, value, "an IRI, or its part after " + base)
        return ntriples(IRI(iri))
    if parameter.kind == "integer":
        if not re.fullmatch(r"[+-]?[0-9]{1,18}", value):
            raise _refused(parameter, value, "a whole number")
        return str(int(value))
    if parameter.kind == "year":
        if not re.fullmatch(r"-?[0-9]{4,9}", value):
            raise _refused(parameter, value, "a year such as 2014")
        return ntriples(Literal(value, XSD + "gYear"))
    if parameter.kind == "date":
        try:
            return ntriples(Literal(date.fromisoformat(value).isoformat(), XSD + "date"))
        except ValueError:
            raise _refused(parameter, value, "a day such as 2014-02-27") from None
    if len(value) > MAX_TEXT or any(ord(c) < 32 or 0xD800 <= ord(c) < 0xE000 for c in value):
        raise _refused(parameter, value[:40], f"a text of at most {MAX_TEXT} characters on one line")
    return ntriples(Literal(value))


def _refused(parameter: Parameter, value: str, wanted: str) -> UsageError:
    return UsageError(f"'{parameter.name}' cannot be {value!r}", hint=f"It takes {wanted}.")


def _values_line(name: str) -> re.Pattern[str]:
    return re.compile(rf"^([ \t]*VALUES \?{name} \{{ )(.*)( \}}[ \t]*)$", re.MULTILINE)


def _parameter(value: str, text: str, prefixes: Mapping[str, str], where: str) -> Parameter:
    given = _PARAMETER.fullmatch(value)
    if not given:
        raise DataError(
            "this parameter cannot be read",
            where=where,
            hint='Write: # parameter: name type "Label", with type '
            + ", ".join(TYPES)
            + " or a class such as kg:Place.",
        )
    name, kind, optional, label = given[1], given[2], bool(given[3]), given[4]
    of = None
    if ":" in kind:
        prefix, _, local = kind.partition(":")
        if prefix not in prefixes:
            raise DataError(f"the query declares no prefix '{prefix}:'", where=where)
        kind, of = "iri", prefixes[prefix] + local
    elif kind not in TYPES:
        raise DataError(f"unknown type '{kind}'", where=where, hint="Known: " + ", ".join(TYPES))
    lines = _values_line(name).findall(text)
    if len(lines) != 1:
        raise DataError(
            f"the query needs one line 'VALUES ?{name} {{ ... }}' for its parameter and has {len(lines)}",
            where=where,
            hint="It stands on a line of its own and holds the default value.",
        )
    return Parameter(name, kind, label, optional, _default(kind, optional, lines[0][1], name, where), of)


def _default(kind: str, optional: bool, written: str, name: str, where: str) -> str:
    """What a person would type for the term of the VALUES line; DataError when it is not of the type."""
    term = _TERM.fullmatch(written)
    if term and written == UNDEF and optional:
        return ""
    if term and kind == "iri" and term["iri"] is not None:
        return term["iri"]
    if term and kind == "integer" and term["integer"] is not None:
        return term["integer"]
    if term and kind in _DATATYPES and term["text"] is not None and term["type"] == _DATATYPES[kind]:
        return term["text"]
    raise DataError(f"the default of '{name}' is not of its type: {written}", where=where)
