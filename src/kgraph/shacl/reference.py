"""pyshacl behind the same report: the reference engine, and the judge of what is not compiled.

It is given plain rdflib graphs in memory only: over other stores its answers are wrong and slow.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

import pyoxigraph as ox

from kgraph.errors import ShapesError
from kgraph.shacl.graph import TermGraph, read_path
from kgraph.shacl.names import RDF_TYPE, SH
from kgraph.shacl.report import Result
from kgraph.shacl.terms import OxTerm, plain, to_rdflib
from kgraph.terms import Literal, Term

if TYPE_CHECKING:
    import rdflib

_TARGETS = ("targetNode", "targetClass", "targetSubjectsOf", "targetObjectsOf")


def judge_shape(
    data: rdflib.Graph, shapes: TermGraph, shape: OxTerm, focus: Collection[OxTerm]
) -> list[Result]:
    """The results of one shape for the given focus nodes; the targets of all shapes are set aside.

    Raises ShapesError when pyshacl refuses the shapes.
    """
    import rdflib

    graph = shapes.to_rdflib()
    for name in _TARGETS:
        graph.remove((None, rdflib.URIRef(SH + name), None))
    for cls in ("http://www.w3.org/2000/01/rdf-schema#Class", "http://www.w3.org/2002/07/owl#Class"):
        graph.remove((None, rdflib.URIRef(RDF_TYPE), rdflib.URIRef(cls)))
    node = to_rdflib(plain(shape))
    for each in focus:
        graph.add((node, rdflib.URIRef(SH + "targetNode"), to_rdflib(plain(each))))
    return _run(data, graph, plain(shape)) if focus else []


def _run(data: rdflib.Graph, shapes: rdflib.Graph, target: Term | None) -> list[Result]:
    import pyshacl

    try:
        _, graph, text = pyshacl.validate(
            data, shacl_graph=shapes, inplace=True, inference="none", advanced=False, do_owl_imports=False
        )
    except Exception as error:  # whatever it is, there is no verdict: pyshacl has no one base class for this
        raise _refused(str(error) or type(error).__name__) from error
    if not hasattr(graph, "triples"):
        raise _refused(str(graph if isinstance(graph, Exception) else text))
    return _results(TermGraphView(graph), target)


def _refused(why: str) -> ShapesError:
    return ShapesError(
        f"pyshacl refuses the shapes: {why.strip()}",
        where="shapes",
        hint="Correct the shapes graph; no verdict is given on the data.",
    )


class TermGraphView(TermGraph):
    """A report graph, its blank nodes left as pyshacl labelled them (it keeps those of shapes and data)."""

    def __init__(self, graph: rdflib.Graph) -> None:
        from kgraph.shacl.terms import from_rdflib, ox_term

        self._forward = {}
        self._backward = {}
        for s, p, o in graph:
            subject, predicate, value = ox_term(from_rdflib(s)), str(p), ox_term(from_rdflib(o))
            self._forward.setdefault(subject, {}).setdefault(predicate, []).append(value)
            self._backward.setdefault(predicate, []).append((subject, value))  # type: ignore[arg-type]


def _results(report: TermGraph, target: Term | None) -> list[Result]:
    return [_result(report, node, target) for _, node in report.pairs(SH + "result")]


def _result(report: TermGraph, node: OxTerm, target: Term | None) -> Result:
    def one(name: str) -> Term | None:
        found = report.objects(node, SH + name)
        return plain(found[0]) if found else None

    def iri(name: str) -> str:
        (found,) = report.objects(node, SH + name)
        return found.value

    paths = report.objects(node, SH + "resultPath")
    focus, shape = one("focusNode"), one("sourceShape")
    assert focus is not None
    assert shape is not None
    messages = sorted(
        Literal(m.value, m.datatype.value, m.language)
        for m in report.objects(node, SH + "resultMessage")
        if isinstance(m, ox.Literal)
    )
    return Result(
        focus_node=focus,
        path=read_path(report, paths[0]) if paths else None,
        value=one("value"),
        source_shape=shape,
        component=iri("sourceConstraintComponent"),
        severity=iri("resultSeverity"),
        messages=tuple(messages),
        detail=tuple(_result(report, each, target) for each in report.objects(node, SH + "detail")),
        source_constraint=one("sourceConstraint"),
        target_shape=target,
    )
