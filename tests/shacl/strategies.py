"""Random small graphs, shapes and edits, as Turtle."""

from __future__ import annotations

from functools import cache

import pyoxigraph as ox
from hypothesis import strategies as st

EX = "http://example.org/"
PREFIXES = (
    f"@prefix ex: <{EX}> . @prefix sh: <http://www.w3.org/ns/shacl#> . "
    "@prefix xsd: <http://www.w3.org/2001/XMLSchema#> . "
    "@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> . "
    f'ex: sh:declare [ sh:prefix "ex" ; sh:namespace "{EX}"^^xsd:anyURI ] . '
)

NODES = [f"ex:n{i}" for i in range(5)]
PREDICATES = ["ex:p", "ex:q", "ex:r"]
CLASSES = ["ex:A", "ex:B", "ex:C"]
PLAIN = ['"x"', '"xy"', '"x"@en', '"y"@en', '"x"@de-AT', "1", "3", "2.5", '"a"^^xsd:integer', '"2020-01-01"^^xsd:date',
         '"2021-01-01"^^xsd:date', "true", '"3"^^ex:own']  # fmt: skip
REWRITTEN = ["03", '"3"^^xsd:int', '"2.50"^^xsd:decimal', '"1"^^xsd:boolean', "1.0e0"]

nodes = st.sampled_from(NODES)
data_nodes = st.sampled_from([*NODES, "_:b0"])
predicates = st.sampled_from(PREDICATES)
classes = st.sampled_from(CLASSES)
literals = st.sampled_from(PLAIN + REWRITTEN)
plain_literals = st.sampled_from(PLAIN)


def statements(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """One statement of a data graph."""
    return st.one_of(
        st.builds(lambda s, p, o: f"{s} {p} {o} .", data_nodes, predicates, st.one_of(data_nodes, values)),
        st.builds(lambda s, c: f"{s} a {c} .", data_nodes, classes),
    )


def graphs(values: st.SearchStrategy[str] = literals) -> st.SearchStrategy[list[str]]:
    """A data graph: sometimes with ex:B below ex:A."""
    tree = st.sampled_from([[], ["ex:B rdfs:subClassOf ex:A ."]])
    return st.builds(lambda lines, more: lines + more, st.lists(statements(values), max_size=14), tree)


paths = st.recursive(
    predicates,
    lambda inner: st.one_of(
        st.builds(lambda a: f"[ sh:inversePath {a} ]", inner),
        st.builds(lambda a, b: f"( {a} {b} )", inner, inner),
        st.builds(lambda a, b: f"[ sh:alternativePath ( {a} {b} ) ]", inner, inner),
        st.builds(
            lambda k, a: f"[ sh:{k} {a} ]",
            st.sampled_from(["zeroOrMorePath", "oneOrMorePath", "zeroOrOnePath"]),
            inner,
        ),
    ),
    max_leaves=3,
)

QUERIES = [
    "SELECT $this ?value WHERE { $this ex:p ?value . ?value ex:q ?other }",
    "SELECT $this WHERE { $this ex:p ?x . FILTER NOT EXISTS { $this ex:q ?x } }",
    "SELECT $this ?value WHERE { ?value ex:q/ex:p $this . OPTIONAL { $this ex:r ?r } FILTER(!bound(?r)) }",
    "SELECT $this (?y AS ?value) WHERE { { $this ex:p ?y } UNION { ?y ex:r $this } FILTER EXISTS { ?y a ex:A } }",
    "SELECT $this WHERE { FILTER NOT EXISTS { $this ex:q ?a . ?a ex:p ?b } }",
    "SELECT $this WHERE { $this ex:p ?a } GROUP BY $this HAVING (COUNT(?a) > 1)",
    "SELECT $this WHERE { OPTIONAL { $this ex:r ?a FILTER(isIRI($this)) } FILTER(!bound(?a)) }",
    "SELECT $this ?value WHERE { $this ex:p* ?value . FILTER(isLiteral(?value)) }",
    "SELECT $this ?value WHERE { $this (ex:p|^ex:q)+ ?value . ?value a ex:B }",
]


@cache
def node_constraints(depth: int, values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """A constraint that a node shape and a property shape may have."""
    simple = [
        st.builds(lambda c: f"sh:class {c}", classes),
        st.sampled_from(["integer", "string", "int", "decimal", "date", "boolean", "double"]).map(
            lambda t: f"sh:datatype xsd:{t}"
        ),
        st.just("sh:datatype ex:own"),
        st.sampled_from(["IRI", "Literal", "BlankNode", "BlankNodeOrIRI", "IRIOrLiteral"]).map(
            lambda k: f"sh:nodeKind sh:{k}"
        ),
        st.builds(
            lambda k, v: f"sh:{k} {v}",
            st.sampled_from(["minInclusive", "minExclusive", "maxInclusive", "maxExclusive"]),
            st.sampled_from(["1", "2.5", '"x"', '"2020-06-01"^^xsd:date']),
        ),
        st.sampled_from(
            ["sh:minLength 2", "sh:maxLength 1", 'sh:pattern "^[xn]"', 'sh:pattern "X" ; sh:flags "i"']
        ),
        st.sampled_from(['sh:languageIn ( "en" )', 'sh:languageIn ( "de" "fr" )', 'sh:languageIn ( "*" )']),
        st.builds(lambda p: f"sh:equals {p}", predicates),
        st.builds(lambda p: f"sh:disjoint {p}", predicates),
        st.builds(lambda a, b: f"sh:in ( {a} {b} )", nodes, values),
        st.builds(lambda v: f"sh:hasValue {v}", st.one_of(nodes, values)),
    ]
    if depth == 0:
        return st.one_of(simple)
    inner = shapes(depth - 1, values)
    return st.one_of(
        *simple,
        st.builds(lambda s: f"sh:not {s}", inner),
        st.builds(
            lambda k, a, b: f"sh:{k} ( {a} {b} )", st.sampled_from(["and", "or", "xone"]), inner, inner
        ),
        st.builds(lambda s: f"sh:node {s}", node_shapes(depth - 1, values)),
        st.builds(lambda s: f"sh:property {s}", property_shapes(depth - 1, values)),
        st.builds(lambda p: f"sh:closed true ; sh:property [ sh:path {p} ]", predicates),
        st.builds(disjoint_siblings, predicates, inner, inner, st.integers(0, 1)),
        st.just("sh:deactivated true"),
    )


def disjoint_siblings(predicate: str, one: str, other: str, most: int) -> str:
    """Two property shapes whose values must not be counted twice (SHACL 4.7.3)."""
    kept = f"sh:path {predicate} ; sh:qualifiedValueShapesDisjoint true ; sh:qualifiedValueShape"
    least = f"[ {kept} {one} ; sh:qualifiedMinCount 1 ]"
    return f"sh:property {least} , [ {kept} {other} ; sh:qualifiedMaxCount {most} ]"


@cache
def property_constraints(depth: int, values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """A constraint that a property shape may have."""
    only = [
        st.integers(0, 2).map(lambda n: f"sh:minCount {n}"),
        st.integers(0, 2).map(lambda n: f"sh:maxCount {n}"),
        st.just("sh:uniqueLang true"),
        st.builds(lambda k, p: f"sh:{k} {p}", st.sampled_from(["lessThan", "lessThanOrEquals"]), predicates),
    ]
    if depth:
        only.append(
            st.builds(
                lambda s, k, n: f"sh:qualifiedValueShape {s} ; sh:qualified{k}Count {n}",
                shapes(depth - 1, values),
                st.sampled_from(["Min", "Max"]),
                st.integers(0, 2),
            )
        )
    return st.one_of(*only, node_constraints(depth, values))


def _brackets(lines: list[str]) -> str:
    """A blank shape; a parameter that SHACL allows once comes once."""
    kept: dict[str, str] = {}
    for line in lines:
        key = line.split()[0]
        repeatable = key in (
            "sh:not",
            "sh:and",
            "sh:or",
            "sh:xone",
            "sh:node",
            "sh:property",
            "sh:class",
            "sh:sparql",
        )
        kept[key if not repeatable else line] = line
    return "[ " + " ; ".join(kept.values()) + " ]"


@cache
def node_shapes(depth: int, values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.lists(node_constraints(depth, values), min_size=1, max_size=2).map(_brackets)


@cache
def property_shapes(depth: int, values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds(
        lambda path, lines: _brackets([f"sh:path {path}", *lines]),
        paths,
        st.lists(property_constraints(depth, values), min_size=1, max_size=2),
    )


@cache
def shapes(depth: int, values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(node_shapes(depth, values), property_shapes(depth, values))


targets = st.one_of(
    classes.map(lambda c: f"sh:targetClass {c}"),
    nodes.map(lambda n: f"sh:targetNode {n}"),
    predicates.map(lambda p: f"sh:targetSubjectsOf {p}"),
    predicates.map(lambda p: f"sh:targetObjectsOf {p}"),
)
queries = st.sampled_from(QUERIES).map(lambda q: f'sh:sparql [ sh:prefixes ex: ; sh:select "{q}" ]')


@st.composite
def shapes_graphs(
    draw: st.DrawFn, values: st.SearchStrategy[str] = literals, *, depth: int = 2, sparql: bool = True
) -> str:
    """One or two targeted shapes."""
    lines = []
    for number in range(draw(st.integers(1, 2))):
        body = draw(shapes(depth, values))[2:-2]
        extra = [draw(targets)]
        if sparql and draw(st.booleans()):
            extra.append(draw(queries))
        if "sh:targetNode" not in body:
            lines.append(f"ex:Shape{number} " + " ; ".join([body, *extra]) + " .")
    return "\n".join(lines)


def quads(turtle: str) -> list[ox.Quad]:
    return list(ox.parse(PREFIXES + turtle, format=ox.RdfFormat.TURTLE))


def data_quads(lines: list[str]) -> list[ox.Quad]:
    """The data without the prefix declaration that the shapes need."""
    head = PREFIXES[: PREFIXES.index("ex: sh:declare")]
    return list(ox.parse(head + " ".join(lines), format=ox.RdfFormat.TURTLE))
