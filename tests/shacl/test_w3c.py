"""The W3C SHACL test suite, walked by manifest: full result sets, not only whether the data conform.

Compared for each result: focus node, path, value, constraint component, severity, and the source shape
where it has an IRI. Blank nodes compare as one. Results are counted, so a result reported twice must be
expected twice.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pyoxigraph as ox
import pytest
from sorted_subjects import SortedSubjects
from tests.conftest import SHARED, need_shared

from kgraph.errors import ShapesError
from kgraph.shacl import RawTerms, Report, shapes_graph, validate
from kgraph.shacl import paths as shacl_paths
from kgraph.shacl.graph import TermGraph, read_path
from kgraph.terms import BNode, Term, ntriples

SUITE = "suites/data-shapes/data-shapes-test-suite/tests"
MF = "http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#"
SHT = "http://www.w3.org/ns/shacl-test#"
SH = "http://www.w3.org/ns/shacl#"
DASH = ox.NamedNode("http://datashapes.org/dash")

CORE, SPARQL = 98, 22

PYSHACL_FAILS: dict[str, str] = {
    "core/property/uniqueLang-002": 'it takes "1"^^xsd:boolean for true; SHACL 4.4.5 names the literal true',
    "sparql/node/prefixes-001": "it does not follow owl:imports from sh:prefixes (SHACL 5.2.1)",
    "sparql/pre-binding/shapesGraph-001": "it does not bind $shapesGraph (SHACL 5.3.1)",
}


def parsed(path: Path) -> list[ox.Quad]:
    return list(ox.parse(path=str(path), format=ox.RdfFormat.TURTLE, base_iri=path.as_uri()))


def files_of(manifest: Path) -> list[Path]:
    """The files that the manifest includes, its own sub-manifests followed."""
    quads = parsed(manifest)
    found = [
        Path(q.object.value.removeprefix("file://")) for q in quads if q.predicate.value == MF + "include"
    ]
    if any(q.predicate.value == MF + "entries" for q in quads):
        return [manifest]
    return [test for path in sorted(found) for test in files_of(path)]


def cases(part: str) -> list[str]:
    root = SHARED / SUITE
    if not root.exists():
        return []
    return [str(path.relative_to(root).with_suffix("")) for path in files_of(root / part / "manifest.ttl")]


def run(
    name: str, engine: str, *, sieved: bool = False
) -> tuple[Report | None, Counter[tuple[str, ...]] | None]:
    """The report (None: failure) and the expected results (None: failure expected)."""
    path = need_shared(SUITE) / f"{name}.ttl"
    graph = shapes_graph(parsed(path))
    index = TermGraph.of(graph)
    ((entry, _),) = [(s, o) for s, o in index.pairs(MF + "action")]
    (action,) = index.objects(entry, MF + "action")
    (result,) = index.objects(entry, MF + "result")

    def file_of(kind: str) -> Path:
        return Path(index.objects(action, SHT + kind)[0].value.removeprefix("file://"))

    shapes = shapes_graph(parsed(file_of("shapesGraph")))
    # Tests name the DASH vocabulary as an import and use nothing of it; a word on it stands for having read
    # it.
    shapes += shapes_graph([ox.Triple(DASH, ox.NamedNode(SH + "name"), ox.Literal("DASH"))])
    raw, store = RawTerms(), ox.Store()
    store.extend(raw.watch(parsed(file_of("dataGraph"))))
    try:
        subjects = SortedSubjects(store) if sieved else None
        report = validate(store, shapes, engine=engine, raw=raw, subjects=subjects)
    except ShapesError:
        report = None
    if result == ox.NamedNode(SHT + "Failure"):
        return report, None
    wanted: Counter[tuple[str, ...]] = Counter()
    for each in index.objects(result, SH + "result"):
        row = [index.objects(each, SH + field) for field in FIELDS]
        paths = index.objects(each, SH + "resultPath")
        wanted[
            (
                *(show(values[0]) if values else "" for values in row),
                shacl_paths.sparql(read_path(index, paths[0])) if paths else "",
            )
        ] += 1
    return report, wanted


FIELDS = ("focusNode", "value", "sourceConstraintComponent", "resultSeverity", "sourceShape")


def show(term: object) -> str:
    return "_:" if isinstance(term, ox.BlankNode | BNode) else str(term)


def rows(report: Report) -> Counter[tuple[str, ...]]:
    def text(term: Term | None) -> str:
        return "" if term is None else "_:" if isinstance(term, BNode) else ntriples(term)

    return Counter(
        (
            text(r.focus_node),
            text(r.value),
            f"<{r.component}>",
            f"<{r.severity}>",
            text(r.source_shape),
            shacl_paths.sparql(r.path) if r.path else "",
        )
        for r in report.results
    )


def check(name: str, engine: str, *, sieved: bool = False) -> None:
    report, wanted = run(name, engine, sieved=sieved)
    if wanted is None:
        assert report is None
        return
    assert report is not None
    assert rows(report) == wanted
    assert report.conforms == (not wanted)


def test_the_suite_is_whole() -> None:
    need_shared(SUITE)
    assert (len(cases("core")), len(cases("sparql"))) == (CORE, SPARQL)


def with_known(names: list[str], known: dict[str, str]) -> list[object]:
    return [
        pytest.param(name, marks=pytest.mark.xfail(reason=known[name], strict=True))
        if name in known
        else name
        for name in names
    ]


@pytest.mark.parametrize("name", with_known(cases("core") + cases("sparql"), PYSHACL_FAILS))
def test_pyshacl_passes(name: str) -> None:
    check(name, "pyshacl")


@pytest.mark.parametrize("name", cases("core") + cases("sparql"))
def test_compiled_passes_alone(name: str) -> None:
    check(name, "compiled")


@pytest.mark.parametrize("name", cases("core") + cases("sparql"))
def test_auto_passes(name: str) -> None:
    check(name, "auto")


@pytest.mark.parametrize("name", cases("core") + cases("sparql"))
def test_sieved_passes(name: str) -> None:
    check(name, "auto", sieved=True)
