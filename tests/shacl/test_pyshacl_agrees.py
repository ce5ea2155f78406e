"""The compiled engine and pyshacl on random small graphs: the same results, but for the disagreements named
here.

pyshacl is run through its own front door on plain graphs, with its own targets. Each entry of KNOWN stands under
the text of the recommendation that decides for the compiled engine.
"""

from __future__ import annotations

from collections import Counter

import pyoxigraph as ox
import pytest
import rdflib
from hypothesis import given
from hypothesis import strategies as st
from strategies import data_quads, graphs, plain_literals, quads, shapes_graphs
from test_properties import relaxed

from kgraph.shacl import RawTerms, Report, shapes_graph, validate
from kgraph.shacl.graph import TermGraph
from kgraph.shacl.reference import TermGraphView, _results

COMPARISONS = ("lessThan", "minIn", "maxIn", "minEx", "maxEx")
Row = tuple[str, str, str, str]


def rows(report: Report) -> Counter[Row]:
    return Counter(
        (str(r.focus_node), r.component.split("#")[-1], str(r.value), str(r.path)) for r in report.results
    )


def by_pyshacl(lines: list[str], shapes: str) -> Counter[Row]:
    import pyshacl

    data = shapes_graph(data_quads(lines))
    graph = TermGraph.of(shapes_graph(quads(shapes))).to_rdflib()
    _, report, text = pyshacl.validate(data, shacl_graph=graph, inplace=True)
    assert isinstance(report, rdflib.Graph), text
    return rows(Report(tuple(_results(TermGraphView(report), None))))


@relaxed
@given(graphs(plain_literals), shapes_graphs(plain_literals, sparql=False))
def test_the_same_results(lines: list[str], shapes: str) -> None:
    if any(word in shapes for word in COMPARISONS):
        return  # see the tests below
    store = ox.Store()
    store.extend(data_quads(lines))
    mine = rows(validate(store, shapes_graph(quads(shapes)), engine="compiled"))
    assert mine == by_pyshacl(lines, shapes)


FAMILIES = [
    ["1", "3", "2.5", "-2", '"1.5"^^xsd:double'],
    ['"a"', '"b"', '"ab"', '"A"'],
    ['"2020-01-01"^^xsd:date', '"2021-05-01"^^xsd:date', '"2020-01-02"^^xsd:date'],
    ['"2020-01-01T10:00:00Z"^^xsd:dateTime', '"2020-01-01T11:00:00Z"^^xsd:dateTime'],
]
"""Literals that SPARQL can compare with each other."""


@relaxed
@given(st.sampled_from(FAMILIES), st.data())
def test_comparable_values_are_compared_alike(family: list[str], data: st.DataObject) -> None:
    value = st.sampled_from(family)
    line = st.builds(lambda p, o: f"ex:n {p} {o} .", st.sampled_from(["ex:p", "ex:q"]), value)
    lines = data.draw(st.lists(line, min_size=1, max_size=6))
    name = st.sampled_from(["minInclusive", "maxInclusive", "minExclusive", "maxExclusive"])
    bounds = st.builds(lambda n, v: f"sh:{n} {v}", name, value)
    orders = st.sampled_from(["sh:lessThan ex:q", "sh:lessThanOrEquals ex:q"])
    shapes = f"ex:S sh:targetNode ex:n ; sh:path ex:p ; {data.draw(st.one_of(bounds, orders))} ."
    store = ox.Store()
    store.extend(data_quads(lines))
    mine = rows(validate(store, shapes_graph(quads(shapes)), engine="compiled"))
    assert mine == by_pyshacl(lines, shapes)


NODE = "ex:S sh:targetNode ex:n ; "
PATH = NODE + "sh:path ex:p ; "
KNOWN = {
    # Pairs that SPARQL's < cannot compare are violations (SHACL 4.3.1 and 4.5.3; SPARQL 1.1, 17.3).
    "two IRIs": (PATH + "sh:lessThan ex:q .", "ex:n ex:p ex:a ; ex:q ex:b .", 1, 0),
    "string and language": (PATH + "sh:lessThan ex:q .", 'ex:n ex:p "x"@en ; ex:q "y" .', 1, 0),
    "date and number": (
        PATH + "sh:lessThan ex:q .",
        'ex:n ex:p "2020-01-01"^^xsd:date ; ex:q 3000 .',
        1,
        0,
    ),
    "ill-typed": (
        PATH + "sh:lessThanOrEquals ex:q .",
        'ex:n ex:p "a"^^xsd:integer ; ex:q "a"^^xsd:integer .',
        1,
        0,
    ),
    "time zones": (
        PATH + "sh:lessThan ex:q .",
        'ex:n ex:p "2020-01-01T00:00:00"^^xsd:dateTime ; ex:q "2020-01-01T05:00:00Z"^^xsd:dateTime .',
        1,
        0,
    ),
    # A decimal is compared with a double as a double (SPARQL 1.1, 17.3).
    "decimal and double": (PATH + "sh:maxInclusive 0.1 .", "ex:n ex:p 0.1e0 .", 0, 1),
    # XSD's lexical spaces have no white space (RDF 1.1 Concepts, 5.1) and no "nan".
    "white space": (PATH + "sh:datatype xsd:integer .", 'ex:n ex:p " 1 "^^xsd:integer .', 1, 0),
    "nan": (PATH + "sh:datatype xsd:float .", 'ex:n ex:p "nan"^^xsd:float .', 1, 0),
    # SHACL 4.4.3 has the regular expressions and flags of SPARQL's REGEX.
    "end of text": (PATH + 'sh:pattern "^b$" .', 'ex:n ex:p "b\\n" .', 1, 0),
    "flag q": (PATH + 'sh:pattern "a.c" ; sh:flags "q" .', 'ex:n ex:p "abc" .', 1, 0),
    "flag x": (PATH + 'sh:pattern "a b" ; sh:flags "x" .', 'ex:n ex:p "ab" .', 0, 1),
    "flag s": (PATH + 'sh:pattern "a.b" ; sh:flags "s" .', 'ex:n ex:p "a\\nb" .', 0, 1),
    # SHACL 4.4.1: a blank node has no length.
    "length of a blank node": (PATH + "sh:minLength 0 .", "ex:n ex:p _:b .", 1, 0),
    # SHACL 4.4.4: langMatches, so a range of two parts matches tags of three.
    "language range": (PATH + 'sh:languageIn ( "en-GB" ) .', 'ex:n ex:p "a"@en-gb-oed .', 0, 1),
    # SHACL 2.3.1.4: the inverse of a sequence begins at its end.
    "inverse sequence": (
        NODE + "sh:path [ sh:inversePath ( ex:p ex:q ) ] ; sh:hasValue ex:m .",
        "ex:m ex:p ex:o . ex:o ex:q ex:n .",
        0,
        1,
    ),
    # SHACL 2.1.3.3 and 2.1: a class with constraints is a shape, whether it is typed as one or not.
    "implicit target": ("ex:A a rdfs:Class ; sh:nodeKind sh:Literal .", "ex:m a ex:A .", 1, 0),
    # SHACL 6.2: each value of a component's only parameter is a constraint.
    "two values of a parameter": (
        PATH + "ex:most 3 , 4 . ex:C a sh:ConstraintComponent ; sh:parameter [ sh:path ex:most ] ; "
        'sh:validator [ a sh:SPARQLAskValidator ; sh:ask "ASK { FILTER($value <= $most) }" ] .',
        "ex:n ex:p 5 .",
        2,
        1,
    ),
}
"""What pyshacl 0.40.1 judges otherwise: shapes, data, how many results the recommendation has, and pyshacl."""


@pytest.mark.parametrize("case", KNOWN)
def test_known_disagreements(case: str) -> None:
    shapes, data, mine, theirs = KNOWN[case]
    store = ox.Store()
    store.extend(data_quads([data]))
    raw = RawTerms()
    list(raw.watch(data_quads([data])))
    found = rows(validate(store, shapes_graph(quads(shapes)), raw=raw))
    assert (found.total(), by_pyshacl([data], shapes).total()) == (mine, theirs)
