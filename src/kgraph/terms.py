"""RDF terms as plain values, so that pages and indexes need no RDF library (RDF 1.1 Concepts, section 3)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

XSD = "http://www.w3.org/2001/XMLSchema#"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
XSD_STRING = XSD + "string"
RDF_TYPE = RDF + "type"
RDF_LANGSTRING = RDF + "langString"

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class IRI(NamedTuple):
    """An absolute IRI, exactly as stored."""

    value: str


class BNode(NamedTuple):
    """A blank node; `value` is its label in the store, stable within a release."""

    value: str


class Literal(NamedTuple):
    """A literal: lexical form, datatype IRI, and language tag (lower case) for rdf:langString."""

    value: str
    datatype: str = XSD_STRING
    language: str | None = None


Term = IRI | BNode | Literal
Node = IRI | BNode


class Quad(NamedTuple):
    """A statement in a graph; `graph` is None for the default graph (the merge)."""

    subject: Node
    predicate: IRI
    object: Term
    graph: Node | None


def written(term: Mapping[str, Any]) -> str:
    """The text of a term of SPARQL's JSON, as a table shows it; a triple term, which only queries make, as three."""
    value = term["value"]
    if isinstance(value, str):
        return value
    return "<<( " + " ".join(written(value[part]) for part in ("subject", "predicate", "object")) + " )>>"


def visible(text: str) -> str:
    """A text for a terminal, which takes no orders from it: control characters as \\x1b, but for line ends and tabs."""
    return _CONTROL.sub(lambda match: f"\\x{ord(match[0]):02x}", text)


def binding(term: Mapping[str, str]) -> Term:
    """A term as SPARQL 1.1 Query Results JSON has it (section 3.2.2)."""
    if term["type"] == "uri":
        return IRI(term["value"])
    if term["type"] == "bnode":
        return BNode(term["value"])
    language = term.get("xml:lang")
    datatype = RDF_LANGSTRING if language else term.get("datatype", XSD_STRING)
    return Literal(term["value"], datatype, language)


_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}
_TO_ESCAPE = re.compile(r'["\\\n\r\t\x08\f]')


def ntriples(term: Term) -> str:
    """The term in N-Triples syntax (RDF 1.1 N-Triples, section 2); also valid in SPARQL."""
    if isinstance(term, IRI):
        return f"<{term.value}>"
    if isinstance(term, BNode):
        return f"_:{term.value}"
    value = term.value
    if _TO_ESCAPE.search(value):  # most have nothing to escape
        value = _TO_ESCAPE.sub(lambda found: _ESCAPES[found[0]], value)
    text = f'"{value}"'
    if term.language:
        return f"{text}@{term.language}"
    return text if term.datatype == XSD_STRING else f"{text}^^<{term.datatype}>"


_TERM = re.compile(
    r'<([^>]*)>|_:(\S+)|"((?:[^"\\]|\\.)*)"(?:@([A-Za-z0-9-]+)|\^\^<([^>]*)>)?',
)
_ESCAPED = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))", re.DOTALL)
_MEANT = {escape[1]: char for char, escape in _ESCAPES.items()} | {"'": "'"}


def read_term(token: str) -> Term:
    """The term of one token of N-Quads (RDF 1.1 N-Quads, section 2), as `build` writes it."""
    if token[0] == "<":
        return IRI(_unescaped(token[1:-1]) if "\\" in token else token[1:-1])
    if token[0] == "_":
        return BNode(token[2:])
    end = token.rindex('"')
    text, tail = token[1:end], token[end + 1 :]
    if "\\" in text:
        text = _unescaped(text)
    if tail[:1] == "@":
        return Literal(text, RDF_LANGSTRING, tail[1:].partition("--")[0])
    return Literal(text, tail[3:-1] if tail else XSD_STRING)


def read_nquads(line: str) -> Quad:
    """A line of N-Quads (RDF 1.1 N-Quads, section 2), as `build` writes it. Raises ValueError."""
    found: list[Term] = []
    for iri, blank, text, language, datatype in _TERM.findall(line):
        if iri:
            found.append(IRI(_unescaped(iri)))
        elif blank:
            found.append(BNode(blank))
        else:
            given = RDF_LANGSTRING if language else _unescaped(datatype) or XSD_STRING
            found.append(Literal(_unescaped(text), given, language or None))
    if len(found) not in (3, 4):
        raise ValueError(f"not a statement: {line[:100]}")
    subject, predicate, value = found[:3]
    graph = found[3] if len(found) == 4 else None
    if isinstance(subject, Literal) or not isinstance(predicate, IRI) or isinstance(graph, Literal):
        raise ValueError(f"not a statement: {line[:100]}")
    return Quad(subject, predicate, value, graph)


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda m: _MEANT[m[3]] if m[3] else chr(int(m[1] or m[2], 16)), text)
