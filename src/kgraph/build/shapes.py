"""SHACL within a build: the site's shapes read and rewritten, results turned into findings."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import pyoxigraph as ox

from kgraph.build.findings import Finding
from kgraph.build.ontology import Ontology
from kgraph.build.rewrite import Rewrite
from kgraph.build.sources import Source
from kgraph.errors import ParseError
from kgraph.terms import IRI, XSD, Literal, Term, ntriples

if TYPE_CHECKING:
    import rdflib

    from kgraph.shacl import Report
    from kgraph.shacl.sieve import Subjects

_IRI = re.compile(r"<([^<>]*)>")
_SH = "http://www.w3.org/ns/shacl#"
_TEXTS = {_SH + name for name in ("select", "ask", "construct")}


def read_shapes(sources: Iterable[Source], rewrite: Rewrite) -> tuple[list[ox.Quad], list[ParseError]]:
    """The triples of every shapes file, the base rewritten in terms and in the queries they hold."""
    triples: list[ox.Quad] = []
    errors = []
    for source in sources:
        try:
            for quad in source.quads(rewrite):
                o = quad.object
                if quad.predicate.value in _TEXTS and type(o) is ox.Literal:
                    o = ox.Literal(rewrite.text(o.value))
                triples.append(ox.Quad(quad.subject, quad.predicate, o))
        except ParseError as error:
            errors.append(error)
    return triples, errors


@lru_cache(maxsize=4)
def graph(triples: tuple[ox.Quad, ...]) -> rdflib.Graph:
    """Shapes, or an ontology, as kgraph.shacl takes them; kept, since every draft of a watched site needs the same."""
    from kgraph.shacl import shapes_graph

    return shapes_graph(triples)


def judge(
    store: ox.Store,
    shapes: list[ox.Quad],
    ontology: Ontology,
    raw: object,
    engine: str = "auto",
    subjects: Subjects | None = None,
) -> Report:
    """Validate the merge by an engine of kgraph.shacl; `subjects` has it as sorted tokens. Raises ShapesError."""
    from kgraph.shacl import RawTerms, validate

    assert isinstance(raw, RawTerms)
    return validate(
        store,
        graph(tuple(shapes)),
        raw=raw,
        ontology=graph(tuple(ontology.triples)),
        engine=engine,  # type: ignore[arg-type]
        subjects=subjects,
    )


def empty_report() -> Report:
    """The report of a site that has no shapes."""
    from kgraph.shacl import Report

    return Report((), notes=("The site has no shapes.",))


def report_turtle(report: Report) -> str:
    """The SHACL report as Turtle; without rdflib where there is nothing in it."""
    if report.conforms:
        return "@prefix sh: <http://www.w3.org/ns/shacl#> .\n[] a sh:ValidationReport ; sh:conforms true .\n"
    return str(report.to_rdf().serialize(format="turtle"))


def report_json(report: Report, places: Sequence[tuple[str, int]]) -> str:
    """The SHACL report with its groups and the places of its results, for whoever shows it."""
    from kgraph.shacl import render

    return render.report_json(report, places)


def findings(report: Report, short: Callable[[str], str]) -> list[Finding]:
    """One finding a result: the shape's own message, and the value it is about. `short` writes an IRI briefly."""
    rank = {"Violation": "error", "Warning": "warning", "Info": "note"}
    found = []
    for result in report.results:
        severity = rank.get(result.severity.rpartition("#")[2], "error")
        messages = sorted(m.value for m in result.messages if (m.language or "en").startswith("en"))
        message = "; ".join(messages or sorted(m.value for m in result.messages))
        path = _IRI.sub(lambda m: short(m.group(1)), show_path(result.path))
        if path:
            message = f"{path}: {message}"
        if result.value is not None and result.value != result.focus_node:
            shown = short(result.value.value) if isinstance(result.value, IRI) else show(result.value)
            message += f" (found {shown})"
        subject = result.focus_node.value if not isinstance(result.focus_node, Literal) else ""
        if not isinstance(result.focus_node, IRI):
            subject = f"_:{result.focus_node.value}" if subject else ""
        value = "" if result.value is None or result.value == result.focus_node else result.value.value
        at = (getattr(result.path, "iri", ""), value, "")
        found.append(Finding("shacl", message, subject=subject, severity=severity, at=at))  # type: ignore[arg-type]
    return found


def show(term: Term) -> str:
    """A term for a message, cut at 80 characters."""
    text = ntriples(term)
    if isinstance(term, Literal):
        name = term.datatype.removeprefix(XSD)
        text = (
            term.value
            if name in ("integer", "decimal", "boolean")
            else text.replace(f"<{XSD}{name}>", f"xsd:{name}")
        )
    return text if len(text) <= 80 else text[:77] + "..."


def show_path(path: object) -> str:
    """A property path in SPARQL's syntax, or nothing."""
    if path is None:
        return ""
    from kgraph.shacl import paths

    return paths.sparql(path)  # type: ignore[arg-type]
