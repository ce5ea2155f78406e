"""The benchmark generator: same seed, same bytes; the size asked for; valid, and like our own graph; memory flat."""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
import subprocess
import sys
import tracemalloc
from collections import Counter
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest

from conftest import ROOT

sys.path.insert(0, str(ROOT / "bench"))
from synthetic.stream import stream
from synthetic.writing import Output, Part

KG = "http://localhost:8000/ontology#"
SIZE = 30_000


def generate(*arguments: object) -> dict[str, Any]:
    """Run the generator; what it prints."""
    command = [sys.executable, str(ROOT / "bench" / "generate.py"), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    printed: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return printed


def digests(folder: Path) -> dict[str, str]:
    """SHA-256 of every file."""
    return {
        p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(folder.rglob("*"))
        if p.is_file()
    }


def quads(site: Path) -> set[ox.Quad]:
    """All quads of a site's data; triples outside any graph stand in their file's editorial graph, as in a release."""
    found = set()
    for path in sorted((site / "data").iterdir()):
        name = path.name.partition(".")[0]
        own = ox.NamedNode(f"http://localhost:8000/id/graph/{name}")
        data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        syntax = ox.RdfFormat.from_extension(path.name.removesuffix(".gz").rpartition(".")[2])
        for quad in ox.parse(data, syntax):
            default = isinstance(quad.graph_name, ox.DefaultGraph)
            found.add(ox.Quad(quad.subject, quad.predicate, quad.object, own) if default else quad)
    return found


def merge(quads: set[ox.Quad]) -> set[tuple[Any, ...]]:
    """The triples of the merge."""
    return {(q.subject, q.predicate, q.object) for q in quads}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site of SIZE triples in several files."""
    folder = tmp_path_factory.mktemp("generated") / "site"
    generate("--triples", SIZE, "--seed", 7, "--per-file", 8000, "--out", folder)
    return folder


@pytest.fixture(scope="module")
def graph(site: Path) -> set[ox.Quad]:
    """Its quads."""
    return quads(site)


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(site: Path, tmp_path: Path) -> None:
    generate("--triples", SIZE, "--seed", 7, "--per-file", 8000, "--out", tmp_path / "again")
    generate("--triples", SIZE, "--seed", 8, "--per-file", 8000, "--out", tmp_path / "other")
    assert digests(tmp_path / "again") == digests(site)
    changed = {k for k, v in digests(tmp_path / "other").items() if v != digests(site).get(k)}
    assert {p for p in digests(site) if p.startswith("data/")} <= changed


@pytest.mark.parametrize("triples", [1000, 1001, 2500, 12_345, 50_000])
def test_the_merge_has_exactly_the_size_asked_for(tmp_path: Path, triples: int) -> None:
    printed = generate("--triples", triples, "--out", tmp_path / "site", "--per-file", 5000)
    found = quads(tmp_path / "site")
    assert len(merge(found)) == printed["triples"] == triples
    assert len(found) == printed["quads"] > triples


def test_every_syntax_and_the_flat_files_hold_the_same_graph(
    site: Path, graph: set[ox.Quad], tmp_path: Path
) -> None:
    arguments = ["--triples", SIZE, "--seed", 7, "--per-file", 8000]
    generate(*arguments, "--out", tmp_path / "nq", "--format", "nq", "--gzip")
    generate(*arguments, "--out", tmp_path / "nt", "--format", "nt")
    generate(*arguments, "--flat", tmp_path / "flat.nq")
    generate(*arguments, "--flat", tmp_path / "flat.nt.gz")
    assert quads(tmp_path / "nq") == graph
    assert merge(quads(tmp_path / "nt")) == merge(graph)
    assert set(ox.parse(path=str(tmp_path / "flat.nq"))) == graph
    lines = gzip.decompress((tmp_path / "flat.nt.gz").read_bytes())
    assert {q.triple for q in ox.parse(lines, ox.RdfFormat.N_TRIPLES)} == {q.triple for q in graph}
    assert len(lines.splitlines()) == SIZE


@pytest.mark.filterwarnings("ignore:(Dataset|ConjunctiveGraph):DeprecationWarning")
def test_rdflib_reads_the_same_triples(site: Path) -> None:
    # rdflib 7 calls its own deprecated names when it parses, hence the filter
    import rdflib

    path = site / "data" / "pages-00001.trig"
    dataset = rdflib.Dataset(default_union=True)
    dataset.parse(data=path.read_text("utf-8"), format="trig")
    ours = {(q.subject, q.predicate, q.object) for q in ox.parse(path=str(path))}
    assert len({(s, p, o) for s, p, o, _ in dataset.quads()}) == len(ours)


def test_it_looks_like_our_own_graph(graph: set[ox.Quad]) -> None:
    ours = {q for path in (ROOT / "data").glob("*.trig") for q in ox.parse(path=str(path))}
    invented = {
        "http://www.w3.org/2004/02/skos/core#closeMatch"
    }  # exactMatch would lead to a real place of GeoNames
    assert {q.predicate.value for q in graph} <= {q.predicate.value for q in ours} | invented
    types = {q.object.value for q in graph if q.predicate.value.endswith("#type")}
    assert types == {q.object.value for q in ours if q.predicate.value.endswith("#type")}
    languages = {q.object.language for q in graph if isinstance(q.object, ox.Literal)}
    assert languages == {None, "en", "fr", "es", "ru", "ar"}
    assert not any(isinstance(term, ox.BlankNode) for q in graph for term in (q.subject, q.object))
    things = {q.subject.value.removeprefix("http://localhost:8000/id/") for q in graph}
    assert all(c in "abcdefghijklmnopqrstuvwxyz0123456789-/#" for thing in things for c in thing)


def test_every_thing_that_is_spoken_of_is_described(graph: set[ox.Quad]) -> None:
    described = {q.subject for q in graph if q.predicate.value.endswith("#type")}
    spoken_of = {q.object for q in graph if "/id/" in str(q.object) and isinstance(q.object, ox.NamedNode)}
    assert spoken_of <= described
    graphs = {q.graph_name for q in graph}
    assert graphs <= described
    passages = {q.subject for q in graph if q.object == ox.NamedNode(KG + "Passage")}
    assert passages <= graphs


def test_few_things_have_many_incoming_links(graph: set[ox.Quad]) -> None:
    degrees = Counter(
        q.object for q in graph if "/id/event/" in str(q.object) or "/id/place/" in str(q.object)
    )
    most = degrees.most_common(1)[0][1]
    assert most > SIZE / 500
    assert sorted(degrees.values())[len(degrees) // 2] < most / 20


def results(data: set[tuple[Any, ...]]) -> Counter[tuple[str, str, str]]:
    """(component, focus, path) of what pyshacl alone finds in the merge, the ontology beside it."""
    import pyshacl
    import rdflib
    from rdflib.namespace import SH

    graph = rdflib.Graph()
    lines = "".join(f"{' '.join(map(str, triple))} .\n" for triple in data)
    graph.parse(data=lines, format="nt")
    shapes = rdflib.Graph()
    for path in sorted((ROOT / "ontology").glob("*.ttl")):
        graph.parse(data=path.read_text("utf-8"), format="turtle")
    for path in sorted((ROOT / "shapes").glob("*.ttl")):
        shapes.parse(data=path.read_text("utf-8"), format="turtle")
    _, report, _ = pyshacl.validate(graph, shacl_graph=shapes)
    assert isinstance(report, rdflib.Graph)
    top = report.objects(report.value(None, rdflib.RDF.type, SH.ValidationReport), SH.result)
    return Counter(
        (
            str(report.value(result, SH.sourceConstraintComponent)),
            str(report.value(result, SH.focusNode)),
            str(report.value(result, SH.resultPath) or ""),
        )
        for result in top
    )


def test_it_conforms_to_the_shapes_and_so_does_an_edited_one(tmp_path: Path) -> None:
    generate("--triples", 8000, "--out", tmp_path / "site")
    assert not results(merge(quads(tmp_path / "site")))
    generate("--change", tmp_path / "site", "--triples", 1000)
    assert not results(merge(quads(tmp_path / "site")))


def test_planted_defects_are_what_pyshacl_finds_and_nothing_else(tmp_path: Path) -> None:
    printed = generate("--triples", 6000, "--seed", 3, "--out", tmp_path / "site", "--defects", 32)
    planted = json.loads((tmp_path / "site" / "defects.json").read_text("utf-8"))
    found = results(merge(quads(tmp_path / "site")))
    assert found == Counter((d["component"], d["focus"], d["path"]) for d in planted)
    assert len(planted) == 32
    assert len({d["component"] for d in planted}) == 16
    assert len(merge(quads(tmp_path / "site"))) == printed["triples"]


def test_kgraph_check_passes_a_generated_site_and_names_each_planted_defect(
    site: Path, tmp_path: Path
) -> None:
    from kgraph.build.findings import Rejected
    from kgraph.build.pipeline import check
    from kgraph.site import load_site

    shutil.copytree(site, tmp_path / "good")
    assert check(load_site(tmp_path / "good")).findings == []
    generate("--triples", 6000, "--out", tmp_path / "bad", "--defects", 16)
    planted = json.loads((tmp_path / "bad" / "defects.json").read_text("utf-8"))
    with pytest.raises(Rejected) as caught:
        check(load_site(tmp_path / "bad"))
    assert {f.subject for f in caught.value.findings} == {d["focus"] for d in planted}
    assert len(caught.value.findings) == len(planted)


def test_an_edit_changes_one_file_by_the_triples_asked_for(site: Path, tmp_path: Path) -> None:
    edited, again = tmp_path / "edited", tmp_path / "again"
    shutil.copytree(site, edited)
    shutil.copytree(site, again)
    files = set()
    for edit in (1, 2, 3):
        before, digests_before = merge(quads(edited)), digests(edited)
        printed = generate("--change", edited, "--triples", 1000, "--edit", edit)
        assert generate("--change", again, "--triples", 1000, "--edit", edit) == printed
        after, digests_after = merge(quads(edited)), digests(edited)
        assert [p for p in digests_after if digests_after[p] != digests_before.get(p)] == [printed["file"]]
        assert (len(before - after), len(after - before)) == (printed["removed"], printed["added"])
        assert printed["removed"] + printed["added"] == 1000
        files.add(printed["file"])
    assert len(files) > 1
    assert digests(again) == digests(edited)


def test_a_new_folder_is_asked_for(site: Path) -> None:
    before = digests(site)
    with pytest.raises(subprocess.CalledProcessError) as caught:
        generate("--triples", 5000, "--out", site)
    assert caught.value.returncode == 2
    assert "exists" in caught.value.stderr
    assert digests(site) == before


def peak(triples: int) -> int:
    """Bytes of Python memory that a graph of this size takes to make."""
    tracemalloc.start()
    try:
        output = Output("trig")
        output.begin(Part("", 0))
        with open("/dev/null", "wb") as nowhere:
            for _, name, values in stream(3, triples, 10_000):
                output.piece(name, values)
                if output.full:
                    output.flush(nowhere)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_graph() -> None:
    peak(20_000)  # what is loaded and cached once
    small, large = peak(200_000), peak(800_000)
    assert large < small * 1.25
