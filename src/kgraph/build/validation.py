"""Any RDF files judged by any shapes files, with no site: what `kgraph validate` does."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from kgraph.build.findings import Finding
from kgraph.build.places import with_places
from kgraph.build.rewrite import Rewrite
from kgraph.build.sources import Source
from kgraph.errors import UsageError
from kgraph.media import COMPRESSIONS, RdfFormat
from kgraph.roles import ROLES
from kgraph.shacl import RawTerms, Report, Result, idle, shapes_graph, validate
from kgraph.shacl.render import Place
from kgraph.terms import IRI, BNode, Term, ntriples

_REWRITE = Rewrite()
_LABELS = tuple(ox.NamedNode(path[0]) for path in ROLES["label"] if len(path) == 1)


@dataclass
class Validation:
    """A report, and what the files say of where its nodes stand and what they are called."""

    report: Report
    store: ox.Store
    data: Sequence[Source]
    shapes: Sequence[Source]
    _places: dict[Term, Place] = field(default_factory=dict)

    def short(self, iri: str) -> str:
        """An IRI with the files' prefixes, or in angle brackets."""
        for source in (*self.shapes, *self.data):
            for prefix, namespace in source.prefixes.items():
                if prefix and iri.startswith(namespace) and re.fullmatch(r"[\w.-]+", iri[len(namespace) :]):
                    return f"{prefix}:{iri[len(namespace) :]}"
        return f"<{iri}>"

    def place(self, result: Result) -> Place:
        """File, line and label of a result's focus node; the files are read again when this is first asked."""
        if not self._places:
            results = self.report.results
            findings = [Finding("shacl", "", subject=_name(each.focus_node)) for each in results]
            placed = with_places(findings, self.data, _REWRITE)
            for each, at in zip(results, placed, strict=True):
                self._places[each.focus_node] = Place(at.file, at.line, self._label(each.focus_node))
        return self._places[result.focus_node]

    def _label(self, node: Term) -> str:
        """A label in English or without a language, else any."""
        if not isinstance(node, IRI):
            return ""
        for predicate in _LABELS:
            quads = self.store.quads_for_pattern(ox.NamedNode(node.value), predicate, None, ox.DefaultGraph())
            labels = [quad.object for quad in quads if isinstance(quad.object, ox.Literal)]
            if labels:
                return min(labels, key=lambda label: (_foreign(label), label.value)).value
        return ""


def validate_files(data: Sequence[Path], shapes: Sequence[Path], engine: Any = "auto") -> Validation:
    """Judge the statements of all data files, whatever graph they stand in, as one graph.

    Raises ParseError, EnvironmentFault, ShapesError, and UsageError for a file whose ending names no syntax.
    """
    files, shape_files = [_source(path) for path in data], [_source(path) for path in shapes]
    graph = shapes_graph(quad for source in shape_files for quad in source.quads(_REWRITE))
    store, raw = ox.Store(), RawTerms()
    for source in files:
        quads = raw.watch(source.quads(_REWRITE))
        store.bulk_extend(ox.Quad(quad.subject, quad.predicate, quad.object) for quad in quads)
    report = validate(store, graph, engine=engine, raw=raw)
    notes = tuple(
        f"{ntriples(node)} judged nothing: the data have no node that it targets."
        for node in idle(store, graph, raw)
    )
    if not report.engines:
        notes = ("The shapes files hold no shape that has a target, so nothing was judged.",)
    return Validation(replace(report, notes=(*report.notes, *notes)), store, files, shape_files)


def _source(path: Path) -> Source:
    endings = path.name.lower().split(".")[1:]
    if endings and endings[-1] in COMPRESSIONS:
        endings.pop()
    if not endings or RdfFormat.of_ending(endings[-1]) is None:
        known = ", ".join(f".{each.ending}" for each in RdfFormat)
        raise UsageError(
            "the file's ending names no RDF syntax",
            where=str(path),
            hint=f"Known are {known}, each also with .gz or .zst.",
        )
    source = Source.of(path, path.parent)
    source.name = str(path)
    return source


def _name(node: Term) -> str:
    if isinstance(node, IRI):
        return node.value
    return f"_:{node.value}" if isinstance(node, BNode) else ""


def _foreign(label: ox.Literal) -> bool:
    return bool(label.language) and not (label.language or "").startswith("en")
