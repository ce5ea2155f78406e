"""What a validation found: the SHACL validation report (SHACL 3.6) as plain values, as RDF and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from kgraph.shacl import paths
from kgraph.shacl.names import RDF_TYPE, SEVERITY_RANK, SH
from kgraph.shacl.paths import Path
from kgraph.shacl.terms import to_rdflib
from kgraph.terms import IRI, BNode, Term, binding
from kgraph.terms import Literal as RdfLiteral

if TYPE_CHECKING:
    import rdflib

Judge = Literal["compiled", "pyshacl"]


@dataclass(frozen=True, slots=True)
class Result:
    """One validation result (SHACL 3.6.2).

    `source_shape` is an IRI, or a blank node whose label is drawn from the shape's content, so that it is
    the same each time the same shapes are read. `component` and `severity` are IRIs. `target_shape` and
    `target_node` say which targeted shape and which of its focus nodes led here; None where the engine does
    not tell.
    """

    focus_node: Term
    path: Path | None
    value: Term | None
    source_shape: Term
    component: str
    severity: str
    messages: tuple[RdfLiteral, ...] = ()
    detail: tuple[Result, ...] = ()
    source_constraint: Term | None = None
    target_shape: Term | None = None
    target_node: Term | None = None

    @property
    def sort_key(self) -> tuple[Any, ...]:
        """The worst first, then by shape, focus node, path, value: the same order in every run."""
        return (
            severity_rank(self.severity),
            self.severity,
            _key(self.source_shape),
            _key(self.focus_node),
            paths.sparql(self.path) if self.path else "",
            self.component,
            _key(self.value),
            _key(self.source_constraint),
            [_key(message) for message in self.messages],
            _key(self.target_shape),
            _key(self.target_node),
        )


def severity_rank(severity: str) -> float:
    """0 for sh:Violation, 2 for sh:Info; severities of the shapes' own making come right after
    sh:Violation.
    """
    return SEVERITY_RANK.get(severity, 0.5)


def _key(term: Term | None) -> tuple[str, ...]:
    """Orders terms: IRIs, blank nodes, literals, each by their parts."""
    if term is None:
        return ()
    kind = "2" if isinstance(term, RdfLiteral) else "1" if isinstance(term, BNode) else "0"
    return (kind, *(part or "" for part in term))


@dataclass(frozen=True, slots=True)
class Report:
    """A validation report. `engines` pairs each targeted shape with the engine that judged it.

    `shapes` is a digest of the shapes graph and class tree the results belong to; `scope` is `full`,
    `focus` (only the nodes asked for) or `incremental` (equal to full, found by judging only what an edit
    can reach); `notes` are sentences on how it was judged.
    """

    results: tuple[Result, ...]
    engines: tuple[tuple[Term, Judge], ...] = ()
    shapes: str = ""
    scope: Literal["full", "focus", "incremental"] = "full"
    notes: tuple[str, ...] = field(default=())

    @property
    def conforms(self) -> bool:
        """True if and only if there is no result of any severity (SHACL 3.6.1.1)."""
        return not self.results

    def to_rdf(self) -> rdflib.Graph:
        """The standard `sh:ValidationReport`. Every blank path is written anew, as SHACL 3.6.2.2 allows."""
        import rdflib

        graph = rdflib.Graph()
        graph.bind("sh", SH)
        node = rdflib.BNode()
        graph.add((node, rdflib.URIRef(RDF_TYPE), _sh("ValidationReport")))
        graph.add((node, _sh("conforms"), rdflib.Literal(self.conforms)))
        for result in self.results:
            graph.add((node, _sh("result"), _add_result(graph, result)))
        return graph

    def to_json(self) -> str:
        """The report as JSON, which `from_json` reads back without loss."""
        return json.dumps(self.as_json(), ensure_ascii=False, indent=1)

    def as_json(self, places: Sequence[tuple[str, int]] = ()) -> dict[str, Any]:
        """What `to_json` writes. `places`: file and line (0: unknown) of each result's focus node, told beside it."""
        results = [_result_json(result) for result in self.results]
        for result, (file, line) in zip(results, places, strict=False):
            result |= {"file": file} if file else {}
            result |= {"line": line} if line else {}
        return {
            "conforms": self.conforms,
            "scope": self.scope,
            "shapes": self.shapes,
            "engines": [{"shape": term_json(shape), "engine": engine} for shape, engine in self.engines],
            "notes": list(self.notes),
            "results": results,
        }

    @classmethod
    def from_json(cls, text: str) -> Report:
        """The report that `to_json` wrote. Raises ValueError or KeyError for anything else."""
        value = json.loads(text)
        return cls(
            results=tuple(_result_of(result) for result in value["results"]),
            engines=tuple((binding(entry["shape"]), entry["engine"]) for entry in value["engines"]),
            shapes=value["shapes"],
            scope=value["scope"],
            notes=tuple(value["notes"]),
        )


def ordered(results: Iterable[Result]) -> tuple[Result, ...]:
    """The results in the report's order."""
    return tuple(sorted(results, key=lambda result: result.sort_key))


def _sh(name: str) -> rdflib.URIRef:
    import rdflib

    return rdflib.URIRef(SH + name)


def _add_result(graph: rdflib.Graph, result: Result) -> rdflib.BNode:
    import rdflib

    node = rdflib.BNode()
    graph.add((node, rdflib.URIRef(RDF_TYPE), _sh("ValidationResult")))
    graph.add((node, _sh("focusNode"), to_rdflib(result.focus_node)))
    graph.add((node, _sh("resultSeverity"), rdflib.URIRef(result.severity)))
    graph.add((node, _sh("sourceShape"), to_rdflib(result.source_shape)))
    graph.add((node, _sh("sourceConstraintComponent"), rdflib.URIRef(result.component)))
    if result.path is not None:
        graph.add((node, _sh("resultPath"), paths.add_to(graph, result.path)))
    if result.value is not None:
        graph.add((node, _sh("value"), to_rdflib(result.value)))
    if result.source_constraint is not None:
        graph.add((node, _sh("sourceConstraint"), to_rdflib(result.source_constraint)))
    for message in result.messages:
        graph.add((node, _sh("resultMessage"), to_rdflib(message)))
    for detail in result.detail:
        graph.add((node, _sh("detail"), _add_result(graph, detail)))
    return node


def term_json(term: Term) -> dict[str, str]:
    """A term as in SPARQL 1.1 Query Results JSON, section 3.2.2."""
    if isinstance(term, IRI):
        return {"type": "uri", "value": term.value}
    if isinstance(term, BNode):
        return {"type": "bnode", "value": term.value}
    if term.language:
        return {"type": "literal", "value": term.value, "xml:lang": term.language}
    return {"type": "literal", "value": term.value, "datatype": term.datatype}


_TERM_FIELDS = {
    "focusNode": "focus_node",
    "value": "value",
    "sourceShape": "source_shape",
    "sourceConstraint": "source_constraint",
    "targetShape": "target_shape",
    "targetNode": "target_node",
}


def _result_json(result: Result) -> dict[str, Any]:
    value: dict[str, Any] = {"severity": result.severity, "component": result.component}
    for name, attribute in _TERM_FIELDS.items():
        term = getattr(result, attribute)
        if term is not None:
            value[name] = term_json(term)
    if result.path is not None:
        value["path"] = paths.to_json(result.path)
    value["messages"] = [term_json(message) for message in result.messages]
    if result.detail:
        value["detail"] = [_result_json(detail) for detail in result.detail]
    return value


def _result_of(value: dict[str, Any]) -> Result:
    terms: dict[str, Any] = {
        attribute: binding(value[name]) if name in value else None for name, attribute in _TERM_FIELDS.items()
    }
    return Result(
        path=paths.from_json(value["path"]) if "path" in value else None,
        component=value["component"],
        severity=value["severity"],
        messages=tuple(binding(message) for message in value["messages"]),  # type: ignore[misc]
        detail=tuple(_result_of(detail) for detail in value.get("detail", ())),
        **terms,
    )
