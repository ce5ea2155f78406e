"""The report's forms, and literals as parsed."""

from __future__ import annotations

import pyoxigraph as ox
import pytest

from kgraph.errors import ShapesError
from kgraph.shacl import RawTerms, Report, shapes_graph, validate
from kgraph.shacl.raw import Canonical

EX = "http://example.org/"
PREFIXES = (
    f"@prefix ex: <{EX}> . @prefix sh: <http://www.w3.org/ns/shacl#> . "
    "@prefix xsd: <http://www.w3.org/2001/XMLSchema#> . @prefix owl: <http://www.w3.org/2002/07/owl#> . "
)
SHAPES = """
ex:Thing-shape a sh:NodeShape ; sh:targetClass ex:Thing ;
  sh:property [ sh:path ex:size ; sh:datatype xsd:int ; sh:maxCount 1 ] ,
    [ sh:path ( ex:part [ sh:inversePath ex:of ] ) ; sh:nodeKind sh:IRI ] .
"""


def quads(turtle: str) -> list[ox.Quad]:
    return list(ox.parse(PREFIXES + turtle, format=ox.RdfFormat.TURTLE))


def report(data: str, shapes: str = SHAPES, *, keep: bool = True) -> Report:
    raw, store = RawTerms(), ox.Store()
    store.extend(raw.watch(quads(data)))
    return validate(store, shapes_graph(quads(shapes)), raw=raw if keep else None)


def test_literals_are_judged_as_parsed() -> None:
    assert report('ex:a a ex:Thing ; ex:size "007"^^xsd:int .').conforms
    (found,) = report('ex:a a ex:Thing ; ex:size "007"^^xsd:integer .').results
    assert found.value is not None
    assert found.value.value == "007"
    # Two terms in the file, one value in the store.
    both = report('ex:a a ex:Thing ; ex:size "7"^^xsd:int , "7"^^xsd:integer .')
    assert sorted(r.component.split("#")[1] for r in both.results) == [
        "DatatypeConstraintComponent",
        "MaxCountConstraintComponent",
    ]


def test_without_raw_terms_the_store_is_judged() -> None:
    assert not report('ex:a a ex:Thing ; ex:size "7"^^xsd:int .', keep=False).conforms


def test_raw_terms_remember_only_what_the_store_rewrites() -> None:
    raw = RawTerms()
    for quad in quads('ex:a ex:b "x", "y"@en, 1, 1.5, true, "2020-01-01"^^xsd:date, "z"^^ex:own .'):
        raw.see(quad)
    assert len(raw) == 0
    for quad in quads('ex:a ex:b 01, 1.50, "1"^^xsd:boolean, "1"^^xsd:int, "x"^^xsd:int .'):
        raw.see(quad)
    assert len(raw) == 4


def test_json_loses_nothing() -> None:
    found = report('ex:a a ex:Thing ; ex:size "x"@EN ; ex:part [ ex:y 1 ] . ex:q ex:of ex:p .')
    assert not found.conforms
    assert Report.from_json(found.to_json()) == found


def test_the_same_shapes_have_the_same_digest_and_labels() -> None:
    data = 'ex:a a ex:Thing ; ex:size "x" .'
    assert report(data) == report(data)
    assert report(data).shapes != report(data, SHAPES.replace("xsd:int", "xsd:byte")).shapes


def test_an_unread_import_is_an_error() -> None:
    with pytest.raises(ShapesError, match="imports"):
        report("ex:a a ex:Thing .", SHAPES + "ex: owl:imports ex:other .")


def test_canonical_is_what_the_store_gives_back() -> None:
    forms = {
        "integer": "0 -0 +7 7 007 -12 99999999999999999999 9223372036854775808 1.0 x",
        "int": "7 007 300 x",
        "byte": "00 300",
        "nonNegativeInteger": "-1 5",
        "decimal": "1 1.0 1.50 -0.5 0.5 .5 5. +1 -0 -0.0 0.0 1.1234567890123456789012 99999999999999999999.5 100 x",
        "double": "1 1.0 1e0 1E400 -INF NaN 1.5 1e21 1e-7 +1",
        "float": "1.0 INF 3.4 x",
        "boolean": "true false 1 0 TRUE",
        "date": "2020-01-01 2020-02-31 2020-01-01Z 2020-01-01+00:00 0000-01-01 -0044-03-15 12020-01-01",
        "dateTime": "2020-01-01T00:00:00 2020-01-01T24:00:00 2020-01-01T00:00:00.000Z 2020-01-01T00:00:00Z "
        "2020-13-01T00:00:00Z 2020-01-01T23:59:60Z 2020-01-01T00:00:00+01:00 2020-01-01T00:00:00-00:00",
        "dateTimeStamp": "2020-01-01T00:00:00Z",
        "time": "10:00:00 24:00:00 10:00:00.50",
        "gYear": "2020 0000 -0044 2020Z 12020 02020",
        "gYearMonth": "2020-01 2020-13 2020-01+00:00",
        "gMonth": "--05",
        "duration": "P1Y P12M PT60M P0D",
        "yearMonthDuration": "P12M",
        "dayTimeDuration": "PT60M PT3600S",
        "string": "007",
        "anyURI": "http://x/%7e",
    }
    place = ox.NamedNode("urn:x")
    canonical = Canonical()
    for name, texts in forms.items():
        for text in (*texts.split(), " 7"):
            literal = ox.Literal(text, datatype=ox.NamedNode(f"http://www.w3.org/2001/XMLSchema#{name}"))
            store = ox.Store()
            store.add(ox.Quad(place, place, literal))
            assert canonical(literal) == next(iter(store)).object, literal


def test_a_literal_is_found_by_its_parsed_form_only() -> None:
    shapes = (
        "ex:S sh:targetObjectsOf ex:q ; sh:property [ sh:path [ sh:inversePath ex:r ] ; sh:maxCount 0 ] ."
    )
    assert report("ex:n ex:q 03 ; ex:r 3 .", shapes).conforms
    assert not report("ex:n ex:q 03 ; ex:r 03 .", shapes).conforms
    assert not report("ex:n ex:q 3 ; ex:r 3 .", shapes).conforms
