"""SHACL property paths (SHACL 2.3.1): their tree, and the tree as SPARQL, as JSON and as RDF."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kgraph.shacl.names import RDF_FIRST, RDF_NIL, RDF_REST, SH

if TYPE_CHECKING:
    import rdflib


@dataclass(frozen=True, slots=True)
class Predicate:
    """One step forward over the predicate `iri`."""

    iri: str


@dataclass(frozen=True, slots=True)
class Inverse:
    """The path walked backwards."""

    path: Path


@dataclass(frozen=True, slots=True)
class Sequence:
    """The steps one after the other; two at least."""

    steps: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Alternative:
    """Any of the options; two at least."""

    options: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """`?` (zero or one), `*` (zero or more) or `+` (one or more)."""

    path: Path
    mark: str


Path = Predicate | Inverse | Sequence | Alternative | Repeat

_REPEATS = {"?": "zeroOrOnePath", "*": "zeroOrMorePath", "+": "oneOrMorePath"}


def sparql(path: Path) -> str:
    """The path in SPARQL's syntax (SPARQL 1.1, section 9.1), with full IRIs."""
    match path:
        case Predicate(iri):
            return f"<{iri}>"
        case Inverse(inner):
            return f"^{_grouped(inner)}"
        case Sequence(steps):
            return "/".join(_grouped(step) for step in steps)
        case Alternative(options):
            return "|".join(_grouped(option) for option in options)
        case Repeat(inner, mark):
            return f"{_grouped(inner)}{mark}"


def _grouped(path: Path) -> str:
    text = sparql(path)
    return text if isinstance(path, Predicate) else f"({text})"


def to_json(path: Path) -> Any:
    """The path as JSON: an IRI for a predicate, else one object with the operator's name."""
    match path:
        case Predicate(iri):
            return iri
        case Inverse(inner):
            return {"inversePath": to_json(inner)}
        case Sequence(steps):
            return {"sequence": [to_json(step) for step in steps]}
        case Alternative(options):
            return {"alternativePath": [to_json(option) for option in options]}
        case Repeat(inner, mark):
            return {_REPEATS[mark]: to_json(inner)}


def from_json(value: Any) -> Path:
    """The inverse of `to_json`."""
    if isinstance(value, str):
        return Predicate(value)
    ((name, inner),) = value.items()
    if name == "inversePath":
        return Inverse(from_json(inner))
    if name == "sequence":
        return Sequence(tuple(from_json(step) for step in inner))
    if name == "alternativePath":
        return Alternative(tuple(from_json(option) for option in inner))
    return Repeat(from_json(inner), next(mark for mark, text in _REPEATS.items() if text == name))


def add_to(graph: rdflib.Graph, path: Path) -> rdflib.URIRef | rdflib.BNode:
    """Write the path into `graph` as SHACL 2.3.1 has it; the node it stands at."""
    import rdflib

    match path:
        case Predicate(iri):
            return rdflib.URIRef(iri)
        case Inverse(inner):
            name, value = "inversePath", add_to(graph, inner)
        case Sequence(steps):
            return _add_list(graph, steps)
        case Alternative(options):
            name, value = "alternativePath", _add_list(graph, options)
        case Repeat(inner, mark):
            name, value = _REPEATS[mark], add_to(graph, inner)
    node = rdflib.BNode()
    graph.add((node, rdflib.URIRef(SH + name), value))
    return node


def _add_list(graph: rdflib.Graph, members: tuple[Path, ...]) -> rdflib.URIRef | rdflib.BNode:
    import rdflib

    rest: rdflib.URIRef | rdflib.BNode = rdflib.URIRef(RDF_NIL)
    for member in reversed(members):
        node = rdflib.BNode()
        graph.add((node, rdflib.URIRef(RDF_FIRST), add_to(graph, member)))
        graph.add((node, rdflib.URIRef(RDF_REST), rest))
        rest = node
    return rest
