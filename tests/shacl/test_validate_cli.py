"""`kgraph validate` through the command line."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pyoxigraph as ox
import pytest

from kgraph.cli import run

HEAD = """@base <http://localhost:8000/> .
@prefix ex: <http://example.org/> . @prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
"""
SHAPES = (
    HEAD
    + """ ex:BookShape a sh:NodeShape ; sh:targetClass ex:Book ; sh:property [ sh:path ex:title ;
sh:minCount 1 ] , [ sh:path ex:pages ; sh:maxCount 1 ; sh:severity sh:Warning ] .
"""
)
DATA = (
    HEAD
    + """
ex:one a ex:Book ; ex:title "One" .

ex:two a ex:Book ; rdfs:label "The second" ;
  ex:pages 7 , 8 .
"""
)


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "shapes.ttl").write_text(SHAPES)
    (tmp_path / "data.ttl").write_text(DATA)
    (tmp_path / "good.nt").write_text('<http://x/a> <http://x/b> "c" .\n')
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_text_is_grouped_and_the_worst_comes_first(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["validate", "data.ttl", "--shapes", "shapes.ttl"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Violation: ex:BookShape ex:title (MinCount)"
    assert lines[1] == "  There is no value. Add the missing values."
    assert lines[3].split() == ["data.ttl:7", "ex:two", "The", "second"]
    assert lines[5].startswith("Warning: ex:BookShape ex:pages (MaxCount)")
    assert lines[-1] == "The data do not conform: 2 results, 1 of severity Violation, 1 of severity Warning."


def test_exit_codes(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["validate", "good.nt", "--shapes", "shapes.ttl"]) == 0
    assert "The data conform" in capsys.readouterr().out
    (files / "broken.ttl").write_text("ex:a")
    (files / "recursive.ttl").write_text(HEAD + "ex:S sh:targetNode ex:n ; sh:node ex:S .")
    (files / "data.txt").write_text("")
    for arguments in (
        ["broken.ttl", "--shapes", "shapes.ttl"],
        ["data.ttl", "--shapes", "recursive.ttl"],
        ["data.txt", "--shapes", "shapes.ttl"],
        ["missing.ttl", "--shapes", "shapes.ttl"],
        ["data.ttl"],
    ):
        assert run(["validate", *arguments]) == 2, arguments
        assert capsys.readouterr().err


@pytest.mark.parametrize("engine", ["auto", "compiled", "pyshacl"])
def test_every_engine_and_format(files: Path, engine: str, capsys: pytest.CaptureFixture[str]) -> None:
    common = ["validate", "data.ttl", "--shapes", "shapes.ttl", "--engine", engine, "--format"]
    assert run([*common, "json"]) == 1
    value = json.loads(capsys.readouterr().out)
    assert value["conforms"] is False
    assert len(value["results"]) == 2
    assert run([*common, "turtle"]) == 1
    quads = list(ox.parse(capsys.readouterr().out, format=ox.RdfFormat.TURTLE))
    assert sum(quad.predicate.value.endswith("#result") for quad in quads) == 2


def test_any_syntax_and_compression(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    triples = list(ox.parse(DATA, format=ox.RdfFormat.TURTLE))
    named = [ox.Quad(t.subject, t.predicate, t.object, ox.NamedNode("http://x/g")) for t in triples]
    names = []
    for ending, form, quads in (
        ("nt", ox.RdfFormat.N_TRIPLES, triples),
        ("rdf", ox.RdfFormat.RDF_XML, triples),
        ("nq", ox.RdfFormat.N_QUADS, named),
        ("trig", ox.RdfFormat.TRIG, named),
        ("jsonld", ox.RdfFormat.JSON_LD, named),
    ):
        body = ox.serialize(quads, format=form)
        assert body is not None
        (files / f"copy.{ending}").write_bytes(body)
        (files / f"copy.{ending}.gz").write_bytes(gzip.compress(body))
        names += [f"copy.{ending}", f"copy.{ending}.gz"]
    for name in names:
        assert run(["validate", name, "--shapes", "shapes.ttl", "--format", "json"]) == 1, name
        assert len(json.loads(capsys.readouterr().out)["results"]) == 2, name


def test_shapes_that_judge_nothing_are_told(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (files / "untargeted.ttl").write_text(HEAD + "ex:S sh:property [ sh:path ex:p ; sh:minCount 1 ] .")
    assert run(["validate", "good.nt", "--shapes", "shapes.ttl"]) == 0
    told = "<http://example.org/BookShape> judged nothing: the data have no node that it targets."
    assert f"Note: {told}" in capsys.readouterr().out
    assert run(["validate", "good.nt", "--shapes", "untargeted.ttl"]) == 0
    assert "no shape that has a target" in capsys.readouterr().out
    assert run(["validate", "data.ttl", "--shapes", "shapes.ttl"]) == 1
    assert "Note:" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("shape", "said"),
    [
        ('sh:property [ sh:path ex:p ; sh:minCount "1" ]', 'sh:minCount has the value "1"'),
        ("sh:property [ sh:path ex:p ; sh:minCont 1 ]", "SHACL has no sh:minCont"),
        (
            "sh:sparql [ sh:select 'SELECT $this WHERE { $this zz:p ?x }' ]",
            "the query uses the prefix zz:, which is not declared",
        ),
    ],
)
def test_a_faulty_shape_is_named(
    files: Path, shape: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (files / "faulty.ttl").write_text(HEAD + f"ex:S sh:targetClass ex:Book ; {shape} .")
    assert run(["validate", "data.ttl", "--shapes", "faulty.ttl"]) == 2
    told = capsys.readouterr().err
    assert said in told
    assert "<http://example.org/S>" in told
    assert "_:" not in told
