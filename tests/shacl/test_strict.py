"""Shapes that cannot be judged are errors, never a pass."""

from __future__ import annotations

from typing import Any

import pyoxigraph as ox
import pytest
import rdflib
from strategies import quads

from kgraph.errors import ShapesError
from kgraph.shacl import Report, Result, reference, shapes_graph, validate

DATA = "ex:n a ex:A ; ex:p 1 , ex:m ."


def judge(shape: str, data: str = DATA, engine: str = "auto") -> Report:
    store = ox.Store()
    store.extend(quads(data))
    return validate(store, shapes_graph(quads(f"ex:S sh:targetClass ex:A . {shape}")), engine=engine)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("shape", "said"),
    [
        ("ex:S sh:rule [] .", "not known"),
        ("ex:S sh:property [ sh:path ex:p ; sh:minListLength 1 ] .", "SHACL has no sh:minListLength"),
        ("ex:T sh:targetClas ex:A .", "SHACL has no sh:targetClas"),
        ("ex:T a sh:NodeShap .", "SHACL has no sh:NodeShap"),
        ("ex:S sh:severity sh:Eror .", "SHACL has no sh:Eror"),
        ("ex:S sh:node ex:Undescribed .", "say nothing of it"),
        ("ex:T sh:or ( ex:Undescribed ) .", "say nothing of it"),
        ("<urn:g> sh:entailment <http://www.w3.org/ns/entailment/RDFS> .", "entailment regime"),
        ("ex:S sh:property [ sh:path ex:p ; <http://datashapes.org/dash#singleLine> true ] .", "not known"),
        ("ex:S sh:targetNode [] .", "targetNode"),
        ("ex:S sh:property [ sh:nodeKind sh:IRI ] .", "no sh:path"),
        ("ex:S a sh:PropertyShape .", "no sh:path"),
        ("ex:S a sh:NodeShape ; sh:path ex:p .", "node shape has"),
        ("ex:S sh:path ex:p , ex:q .", "several values"),
        ("ex:S sh:path [] .", "ill-formed"),
        ("ex:S sh:path ( ex:p ) .", "fewer than two"),
        ("ex:S sh:path [ sh:inversePath ex:p ; sh:zeroOrMorePath ex:q ] .", "mixes"),
        ("ex:S sh:minCount 1 .", "node shape"),
        ('ex:S sh:path ex:p ; sh:minCount "one" .', "minCount"),
        ("ex:S sh:path ex:p ; sh:minCount 1 , 2 .", "2 values"),
        ("ex:S sh:nodeKind ex:Other .", "nodeKind"),
        ('ex:S sh:class "A" .', "sh:class"),
        ("ex:S sh:datatype xsd:string , xsd:date .", "2 values"),
        ('ex:S sh:pattern "(" .', "regular expression"),
        ('ex:S sh:pattern "[a-z-[m]]" .', "inside"),
        ('ex:S sh:pattern "a" ; sh:flags "w" .', "flags"),
        ("ex:S sh:in ex:A .", "list is ill-formed"),
        ("ex:S sh:and ( ex:T ) . ex:T sh:node ex:S .", "recursive"),
        ("ex:S sh:property ex:P . ex:P sh:path ex:p ; sh:node ex:S .", "recursive"),
        ("ex:S sh:node [ sh:path ex:p ] .", "property shape"),
        ("ex:S sh:closed 1 .", "closed"),
        ('ex:S sh:deactivated "1"^^xsd:boolean .', "true"),
        ("ex:S sh:severity 'high' .", "severity"),
        ("ex:S sh:message ex:m .", "message"),
        ("ex:S sh:sparql [ sh:select 'SELECT ?x WHERE { ?x ?p ?o }' ] .", "this"),
        ("ex:S sh:sparql [ sh:select 'SELECT $this WHERE { $this <urn:p> }' ] .", "not SPARQL"),
        ("ex:S sh:sparql [ sh:select 'SELECT $this WHERE { $this ex:p 1 }' ] .", "the prefix ex:"),
        ("ex:S sh:sparql [ sh:select 'ASK { $this ?p ?o }' ] .", "another form"),
        ("ex:S sh:sparql [ sh:message 'no query' ] .", "no sh:select"),
        ("ex:S sh:sparql [ sh:select 'SELECT $this WHERE { $this $PATH ?v }' ] .", "PATH"),
        (
            "ex:S sh:sparql [ sh:select 'SELECT $this WHERE { $this ?p ?o \\\\u004dINUS { $this ?p 1 } }' ] .",
            "escape",
        ),
        (
            "ex:S ex:most 1 . ex:C a sh:ConstraintComponent ; sh:parameter [ sh:path ex:most ] .",
            "no validator",
        ),
    ],
)
@pytest.mark.parametrize("engine", ["auto", "pyshacl"])
def test_refused(shape: str, said: str, engine: str) -> None:
    with pytest.raises(ShapesError, match=said):
        judge(shape, engine=engine)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        (
            "SELECT $this ?failure WHERE { $this a ex:A . BIND(true AS ?failure) }",
            "a failure at <http://example.org/n>",
        ),
        ("SELECT $this WHERE { $this ex:p ?x . FILTER(!ex:own(?x)) }", "cannot be run"),
    ],
)
def test_a_query_that_fails_gives_no_verdict(query: str, said: str) -> None:
    """SHACL 5.3.1: a failure where a solution has true as ?failure."""
    for shape in ("ex:S sh:sparql {} .", "ex:S sh:not [ sh:sparql {} ] ."):
        with pytest.raises(ShapesError, match=said):
            judge(shape.format(f'[ sh:prefixes ex: ; sh:select "{query}" ]'))


def test_a_solution_names_the_path_also_at_a_property_shape() -> None:
    """SHACL 5.3.2: the binding of ?path comes before sh:path."""
    query = "SELECT $this (ex:q AS ?path) WHERE { $this $PATH ex:m }"
    report = judge(
        f'ex:S sh:property [ sh:path ex:p ; sh:sparql [ sh:prefixes ex: ; sh:select "{query}" ] ] .'
    )
    assert [getattr(result.path, "iri", "") for result in report.results] == ["http://example.org/q"]


def test_a_pattern_the_store_cannot_read_goes_to_pyshacl_and_is_named() -> None:
    report = judge('ex:S sh:property [ sh:path ex:p ; sh:pattern "^(?!h)" ] .')
    assert [judge for _, judge in report.engines] == ["pyshacl"]
    assert "cannot read the pattern" in report.notes[0]
    assert [result.value.value for result in report.results if result.value] == ["http://example.org/m"]
    with pytest.raises(ShapesError, match="cannot be compiled"):
        judge('ex:S sh:property [ sh:path ex:p ; sh:pattern "^(?!h)" ] .', engine="compiled")


@pytest.mark.parametrize(
    ("shape", "given"),
    [
        ('ex:S sh:property [ sh:path ex:p ; sh:pattern "^(?!h)" ] .', {"p", "type"}),
        (
            'ex:S sh:property [ sh:path ( ex:q [ sh:inversePath ex:r ] ) ; sh:pattern "^(?!h)" ] .',
            {"q", "r", "type"},
        ),
        (
            'ex:S sh:closed true ; sh:property [ sh:path ex:p ; sh:pattern "^(?!h)" ] .',
            {"p", "q", "r", "s", "type"},
        ),
    ],
    ids=["one predicate", "a path", "a closed shape"],
)
def test_pyshacl_is_given_what_the_shape_reads(
    shape: str, given: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[set[str]] = []
    judged = reference.judge_shape

    def noting(data: rdflib.Graph, *rest: Any) -> list[Result]:
        seen.append({str(p).rpartition("/")[2].rpartition("#")[2] for p in data.predicates()})
        return judged(data, *rest)

    monkeypatch.setattr(reference, "judge_shape", noting)
    judge(shape, DATA + " ex:n ex:q ex:x . ex:y ex:r ex:x . ex:z ex:s 1 .")
    assert [names - {"declare", "prefix", "namespace"} for names in seen] == [given]


def test_results_say_what_sh_node_found() -> None:
    report = judge("ex:S sh:property [ sh:path ex:p ; sh:node ex:T ] . ex:T sh:nodeKind sh:IRI .")
    (result,) = report.results
    assert [detail.component.split("#")[1] for detail in result.detail] == ["NodeKindConstraintComponent"]
    assert "detail" in report.to_json()
    assert len(list(report.to_rdf().subject_objects(predicate=None))) > 10


def test_messages_carry_the_bindings() -> None:
    query = "SELECT $this ?value WHERE { $this ex:p ?value . FILTER(isIRI(?value)) }"
    shape = f'ex:S sh:sparql [ sh:prefixes ex: ; sh:message "{{$this}} has {{?value}}"@en ; sh:select "{query}" ] .'
    (result,) = judge(shape).results
    assert result.messages[0].value == "http://example.org/n has http://example.org/m"
    (named,) = judge(shape + ' ex:S sh:message "Own words" .').results
    assert named.messages[0].value == "Own words"


def test_focus_judges_only_these() -> None:
    from kgraph.terms import IRI

    store = ox.Store()
    store.extend(quads("ex:a a ex:A . ex:b a ex:A ."))
    shapes = shapes_graph(quads("ex:S sh:targetClass ex:A ; sh:property [ sh:path ex:p ; sh:minCount 1 ] ."))
    report = validate(store, shapes, focus=[IRI("http://example.org/a"), IRI("http://example.org/other")])
    assert [result.focus_node.value for result in report.results] == ["http://example.org/a"]
    assert report.scope == "focus"


def test_an_ontology_kept_apart_gives_the_class_tree() -> None:
    store = ox.Store()
    store.extend(quads("ex:n a ex:B ."))
    shapes = shapes_graph(quads("ex:S sh:targetClass ex:A ; sh:property [ sh:path ex:p ; sh:minCount 1 ] ."))
    tree = shapes_graph(quads("ex:B rdfs:subClassOf ex:A ."))
    assert validate(store, shapes).conforms
    for engine in ("compiled", "pyshacl"):
        assert len(validate(store, shapes, ontology=tree, engine=engine).results) == 1  # type: ignore[arg-type]
