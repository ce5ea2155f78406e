"""`kgraph build` and `kgraph check`, through the command line, on small sites made here."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from pathlib import Path

import pyoxigraph as ox
import pytest

from kgraph.build.index.arriving import Arriving
from kgraph.cli import run
from kgraph.index import open_index
from kgraph.release import open_active, read_log
from kgraph.site import load_site

ONTOLOGY = """@base <http://localhost:8000/> .
@prefix kg: <http://localhost:8000/ontology#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
kg:Feast a rdfs:Class ; rdfs:label "feast"@en ; rdfs:subClassOf kg:Gathering .
kg:Gathering a rdfs:Class ; rdfs:label "gathering"@en ; rdfs:subClassOf <https://schema.org/Event> .
kg:at rdfs:subPropertyOf <https://schema.org/location> .
"""
DATA = """@base <http://localhost:8000/> .
@prefix kg: <http://localhost:8000/ontology#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
<id/place/hill> rdfs:label "Hill"@en , "Hügel"@de ; <http://www.w3.org/2003/01/geo/wgs84_pos#lat> 50.5 ;
  <http://www.w3.org/2003/01/geo/wgs84_pos#long> 7.25 .
<id/passage/one> {
  <id/event/feast> a kg:Feast ; kg:at <id/place/hill> ; <https://schema.org/startDate> "2014-02"^^xsd:gYearMonth .
}
<id/passage/two> { <id/event/feast> a kg:Feast ; kg:size "007"^^xsd:int . }
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    for name, text in {
        "kgraph.toml": 'title = "Feasts"\n',
        "ontology/terms.ttl": ONTOLOGY,
        "data/feasts.trig": DATA,
    }.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
    return tmp_path


def rows(site: Path, sql: str) -> list[tuple[object, ...]]:
    release = open_active(site / ".kgraph")
    try:
        connection = open_index(release.index)
        connection.row_factory = None
        found = connection.execute(sql).fetchall()
        connection.close()
        return found
    finally:
        release.close()


def test_a_release_is_made_and_made_once(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["build", str(site)]) == 0
    assert "Release 1: Feasts" in capsys.readouterr().out
    assert run(["build", str(site)]) == 0
    assert "Nothing has changed: release 1" in capsys.readouterr().out
    assert len(read_log(site / ".kgraph")) == 1


def test_the_manifest_counts(site: Path) -> None:
    run(["build", str(site)])
    release = open_active(site / ".kgraph")
    manifest = release.manifest
    release.close()
    # 7 + 4 + 1 ontology lines ... each file's graphs; the type of the feast stands in two graphs
    assert (manifest.quads, manifest.triples, manifest.inferred) == (16, 15, 3)
    assert manifest.graphs == 5
    assert manifest.rewritten == 1
    assert manifest.prefixes["kg"] == "http://localhost:8000/ontology#"
    assert set(manifest.files) >= {"index.sqlite", "dumps/data.nq.gz", "report.json", "ontology.ttl"}


def test_class_membership_follows_the_ontology(site: Path) -> None:
    run(["build", str(site)])
    assert rows(
        site,
        "SELECT c.iri, i.direct FROM instance i JOIN node c ON c.id = i.class JOIN node n ON n.id = i.node"
        " WHERE n.path = '/id/event/feast' ORDER BY c.iri",
    ) == [
        ("http://localhost:8000/ontology#Feast", 1),
        ("http://localhost:8000/ontology#Gathering", 0),
        ("https://schema.org/Event", 0),
    ]


def test_roles_give_labels_dates_and_places(site: Path) -> None:
    run(["build", str(site)])
    assert rows(site, "SELECT label, language FROM node WHERE path = '/id/place/hill'") == [("Hill", "en")]
    assert rows(site, "SELECT earliest, latest FROM date") == [("2014-02-01", "2014-02-28")]
    assert rows(
        site,
        "SELECT n.path, p.path, latitude, longitude FROM location l JOIN node n ON n.id = l.node"
        " JOIN node p ON p.id = l.place ORDER BY n.path",
    ) == [
        ("/id/event/feast", "/id/place/hill", 50.5, 7.25),
        ("/id/place/hill", "/id/place/hill", 50.5, 7.25),
    ]
    assert rows(site, "SELECT outgoing, incoming FROM node WHERE path = '/id/event/feast'") == [(4, 0)]
    assert rows(site, "SELECT incoming FROM node WHERE path = '/id/place/hill'") == [(1,)]
    assert rows(site, "SELECT text FROM label WHERE rowid IN (SELECT rowid FROM label_search('hugel'))") == [
        ("Hügel",)
    ]


def test_the_base_is_rewritten(site: Path) -> None:
    (site / "kgraph.toml").write_text(
        'base_iri = "https://example.org/"\nontology_iri = "https://example.org/terms/"\n', "utf-8"
    )
    assert run(["build", str(site)]) == 0
    iris = {iri for (iri,) in rows(site, "SELECT iri FROM node")}
    assert {"https://example.org/id/event/feast", "https://example.org/terms/Feast"} <= iris
    assert not [iri for iri in iris if str(iri).startswith("http://localhost")]


def test_every_faulty_file_is_named(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["build", str(site)])
    capsys.readouterr()
    (site / "data/a.ttl").write_text("<x> <http://p> 1 .\n", "utf-8")
    (site / "data/b.nt").write_text("<http://a> <http://b> <http://c> .\n<http://a> nonsense .\n", "utf-8")
    assert run(["build", str(site)]) == 1
    error = capsys.readouterr().err
    assert "data/a.ttl:1:1: error [parse] a relative IRI, and the file sets no base" in error
    assert "data/b.nt:2:12: error [parse]" in error
    assert "nothing was released" in error
    assert len(read_log(site / ".kgraph")) == 1
    assert list((site / ".kgraph/drafts").iterdir()) == []
    assert len(list((site / ".kgraph/releases").iterdir())) == 1


def test_check_releases_nothing(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", str(site)]) == 0
    assert "Nothing is wrong" in capsys.readouterr().out
    assert not (site / ".kgraph/log.jsonl").exists()
    assert list((site / ".kgraph/drafts").iterdir()) == []


def test_triples_alone_stay_in_the_default_graph(tmp_path: Path) -> None:
    (tmp_path / "things.nt").write_text(
        '<http://a/1> <http://a/p> _:x .\n_:x <http://a/p> "x"@EN .\n', "utf-8"
    )
    assert run(["build", str(tmp_path / "things.nt")]) == 0
    release = open_active(tmp_path / ".kgraph" / "things.nt")
    assert (release.manifest.quads, release.manifest.triples, release.manifest.graphs) == (2, 2, 0)
    assert not release.manifest.named_graphs
    release.close()


def test_the_same_files_give_the_same_data_digest(site: Path) -> None:
    run(["build", str(site)])
    run(["build", "--force", str(site)])
    first, second = read_log(site / ".kgraph")
    assert first.data == second.data
    assert first.folder != second.folder


def test_a_folder_without_rdf_is_a_mistake(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["build", str(tmp_path)]) == 2
    assert "no RDF files found" in capsys.readouterr().err


def test_a_second_builder_is_told_to_wait(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from kgraph.release import building

    with building(site / ".kgraph"):
        assert run(["build", str(site)]) == 3
    assert "another process is building this site" in capsys.readouterr().err


def test_the_dumps_hold_the_same_statements(site: Path) -> None:
    import gzip
    import io
    import tarfile

    import pyoxigraph as ox
    import zstandard

    run(["build", str(site)])
    dumps = next((site / ".kgraph/releases").iterdir()) / "dumps"
    lines = gzip.decompress((dumps / "data.nq.gz").read_bytes())
    assert lines.splitlines() == sorted(lines.splitlines())
    trig = gzip.decompress((dumps / "data.trig.gz").read_bytes())
    assert set(ox.parse(trig, ox.RdfFormat.TRIG)) == set(ox.parse(lines, ox.RdfFormat.N_QUADS))
    assert b"\nkg:" in trig or b"kg:Feast" in trig
    for name, content in (("data.nq.zst", lines), ("data.trig.zst", trig)):
        assert zstandard.ZstdDecompressor().stream_reader((dumps / name).read_bytes()).read() == content
        assert f"dumps/{name}" in json.loads((dumps.parent / "manifest.json").read_text())["files"]
    with tarfile.open(fileobj=io.BytesIO((dumps / "files.tar.gz").read_bytes())) as archive:
        assert archive.getnames() == ["data/feasts.trig", "kgraph.toml", "ontology/terms.ttl"]


def test_the_dump_of_triples_alone_is_whole(site: Path) -> None:
    import gzip

    import pyoxigraph as ox

    (site / "data/feasts.trig").unlink()
    (site / "data/more.nt").write_text(
        "<http://localhost:8000/id/x> <http://localhost:8000/ontology#at> <http://localhost:8000/id/y> .\n"
    )
    run(["build", str(site)])
    release = open_active(site / ".kgraph")
    assert (release.manifest.inferred, release.manifest.graphs, release.manifest.named_graphs) == (
        1,
        1,
        False,
    )
    dumps = release.folder / "dumps"
    release.close()
    quads = set(ox.parse(gzip.decompress((dumps / "data.nq.gz").read_bytes()), ox.RdfFormat.N_QUADS))
    assert quads == set(ox.parse(gzip.decompress((dumps / "data.trig.gz").read_bytes()), ox.RdfFormat.TRIG))
    assert len(quads) == 9


def test_the_graph_of_a_line_is_told_from_a_literal_that_looks_like_one() -> None:
    from kgraph.build.lines import graph_token, split

    graphs = (b"<http://a/g>", b"_:g1", b"")
    objects = (
        b"<http://a/o>",
        b"_:b",
        b'"<http://a/g>"',
        b'"x <http://a/g>"@en',
        b'" . <http://a/g> ."^^<http://a/d>',
    )
    for object_ in (*objects, b'"a\\" <http://a/g> "', b'""', b'" "'):
        for graph in graphs:
            line = b"<http://a/s> <http://a/p> " + object_ + (b" " + graph if graph else b"") + b" .\n"
            assert graph_token(line) == graph, line
            assert split(line).graph == graph


def test_what_is_odd_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = '<http://a/1> <http://a/p> "x " .\n'
    (tmp_path / "one.nt").write_text(line + line + '<http://a/1> <http://a/q> "http://a/2" .\n')
    (tmp_path / "two.nt").write_text(
        line
        + '<http://a/2> <http://a/when> "1920-00-00"^^<http://www.w3.org/2001/XMLSchema#date> .\n'
        + '<http://a/2> <http://a/when> "1920-01-02"^^<http://www.w3.org/2001/XMLSchema#date> .\n'
    )
    assert run(["build", str(tmp_path)]) == 0
    notes = [line for line in capsys.readouterr().err.splitlines() if "note [odd]" in line]
    assert notes == [
        "note [odd] 2 of 6 statements in the files are repetitions; each is kept once",
        "note [odd] <http://a/1>: values of <http://a/p> begin or end with a space: 1; here is one",
        "note [odd] <http://a/1>: values of <http://a/q> are texts that look like IRIs, which no one can follow as"
        " links: 1; here is one",
        "note [odd] <http://a/2>: values of <http://a/when> are no dates, though the datatype says so: 1; here is one",
    ]


def test_the_index_says_its_version(site: Path) -> None:
    run(["build", str(site)])
    release = open_active(site / ".kgraph")
    connection = sqlite3.connect(release.index)
    assert connection.execute("PRAGMA user_version").fetchone() == (4,)
    connection.close()
    manifest = json.loads((release.folder / "manifest.json").read_text())
    assert manifest["files"]["index.sqlite"]["bytes"] == release.index.stat().st_size
    release.close()


def test_links_that_arrive_are_counted_by_property(site: Path) -> None:
    run(["build", str(site)])
    found = rows(
        site,
        "SELECT n.iri, p.iri, a.links FROM arriving a JOIN node n ON n.id = a.node JOIN node p ON p.id = a.property",
    )
    release = open_active(load_site(site).state)
    store = ox.Store.read_only(str(release.store))
    inferred = ox.NamedNode("http://localhost:8000/id/graph/inferred")
    nodes = {iri for (iri,) in rows(site, "SELECT iri FROM node")}
    counted = Counter(
        (q.object.value, q.predicate.value)
        for q in store.quads_for_pattern(None, None, None, ox.DefaultGraph())
        if isinstance(q.object, ox.NamedNode)
        and q.object.value in nodes
        and ox.Quad(q.subject, q.predicate, q.object, inferred) not in store
    )
    release.close()
    assert len(found) == 5
    assert {(n, p): links for n, p, links in found} == counted


def test_links_beyond_what_is_held_are_added_up() -> None:
    db = sqlite3.connect(":memory:")
    db.execute("CREATE TABLE arriving (node, property, links)")
    arriving = Arriving(db, pairs=2)
    ids = {b"<p>": 1, b"<q>": 2, b"<a>": 3, b"<b>": 4}
    for _ in range(5):
        arriving.add(ids, [(b"<p>", b"<a>"), (b"<q>", b"<a>"), (b"<p>", b"<b>"), (b"<p>", b"<unknown>")])
    arriving.write()
    assert db.execute("SELECT * FROM arriving ORDER BY 1, 2").fetchall() == [(3, 1, 5), (3, 2, 5), (4, 1, 5)]


def test_shapes_and_checks_meet_properties_that_nothing_describes(site: Path) -> None:
    """A property in use gets its name after the merge, and may be a value, too."""
    (site / "shapes").mkdir()
    (site / "shapes/things.ttl").write_text(
        "@base <http://localhost:8000/> . @prefix sh: <http://www.w3.org/ns/shacl#> .\n"
        "@prefix kg: <http://localhost:8000/ontology#> .\n"
        "<shapes#Feast> a sh:NodeShape ; sh:targetClass kg:Feast ; sh:property [\n"
        "  sh:path kg:about ; sh:class kg:Feast ; sh:severity sh:Warning ] .\n"
    )
    (site / "data/more.trig").write_text(
        "@base <http://localhost:8000/> . @prefix kg: <http://localhost:8000/ontology#> .\n"
        "<id/passage/one> { <id/event/feast> kg:about kg:size , kg:about , <id/event/feast> . }\n"
    )
    assert run(["build", str(site)]) == 0
    release = open_active(site / ".kgraph")
    report = json.loads((release.folder / "report.json").read_text("utf-8"))
    release.close()
    base = "http://localhost:8000/ontology#"
    assert {base + "size", base + "about"} == {
        result["value"]["value"] if isinstance(result["value"], dict) else result["value"]
        for result in report["results"]
    }


def test_a_build_leaves_no_store_open(site: Path) -> None:
    """The next build in the same process has a folder of the same name; a store is closed when nobody refers to it."""
    import gc
    import os

    import pyoxigraph as ox

    from kgraph.build.pipeline import build
    from kgraph.site import load_site

    (site / "shapes").mkdir()
    (site / "shapes/things.ttl").write_text(
        "@base <http://localhost:8000/> . @prefix sh: <http://www.w3.org/ns/shacl#> .\n"
        "@prefix kg: <http://localhost:8000/ontology#> .\n"
        "<shapes#Feast> a sh:NodeShape ; sh:targetClass kg:Feast ; sh:property [\n"
        "  sh:path kg:at ; sh:class kg:Hill ; sh:node [ sh:property [ sh:path kg:at ; sh:maxCount 0 ] ] ;\n"
        "  sh:severity sh:Warning ] .\n"
    )
    gc.disable()  # so that only what nobody refers to is closed
    try:
        build(load_site(site))
        again = site / ".kgraph/drafts" / f"building-{os.getpid()}" / "store"
        again.mkdir(parents=True)
        ox.Store(again)  # refused while a store of that path is open in this process
    finally:
        gc.enable()
