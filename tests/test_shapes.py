"""Every shape bites: one mutation of the curated data for each, and the message that a curator then gets.

A line of MUTATIONS: shape | node | predicate | what it is set to (Turtle; nothing: taken out).
The node must then fail that shape, by plain pyshacl, with the shape's own message.
"""

from __future__ import annotations

import functools

import pyshacl
import pytest
from rdflib import RDF, Graph, Namespace, URIRef

from conftest import ROOT

pytestmark = pytest.mark.filterwarnings("ignore:(Dataset|ConjunctiveGraph):DeprecationWarning")

BASE = "http://localhost:8000/"
KG = Namespace(BASE + "ontology#")
S = Namespace(BASE + "shapes#")
SH = Namespace("http://www.w3.org/ns/shacl#")
PREFIXES = f"""@base <{BASE}> .
@prefix kg: <{KG}> .
@prefix rdf: <{RDF}> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix prov: <http://www.w3.org/ns/prov#> .
@prefix oa: <http://www.w3.org/ns/oa#> .
@prefix schema: <https://schema.org/> .
"""

MUTATIONS = """
label | <id/person/dina-oraz> | rdfs:label | "Dina Oraz"
description | <id/event/khojaly-1992> | dcterms:description | "One text"@en , "another"@en
note | <id/place/the-hague> | skos:editorialNote | "no language"
name | <id/place/the-hague> | kg:nameAsWritten | "Hague"@en
known-through | <id/campaign/folk-project> | kg:knownThrough | <id/passage/kazakhstan-2019-12>
participation | <id/event/moscow-ceremony-2014> | kg:participation | <id/person/leyla-aliyeva>
title | <id/campaign/justice-for-khojaly> | kg:title | "Justice for Khojaly!" , "Justice for Khojaly"
Term-label | kg:place | rdfs:label | "lieu"@fr
Term-definition | kg:place | skos:definition |
Term-example | kg:Speaker | skos:example | "an example"
Concept-scheme | kg:Speaker | skos:inScheme |
Event | <id/event/Khojaly_1992> | rdf:type | kg:Event
Event-place | <id/event/khojaly-1992> | kg:place | "Khojaly"
Event-dating | <id/event/khojaly-1992> | kg:dating | "1992-02-26"^^xsd:date
Event-partOf | <id/event/campaign-start> | kg:partOf | <id/place/moscow>
Event-concerns | <id/event/yearly-conferences> | kg:concerns | <id/person/leyla-aliyeva>
Event-presents | <id/event/kazakhstan-embassy-2019> | kg:presents | <id/campaign/justice-for-khojaly>
Event-known-through-act | <id/event/campaign-start> | kg:knownThrough | <id/statement/moscow-2014-aliyeva-more-projects>
not-part-of-itself | <id/event/campaign-start> | kg:partOf | <id/event/campaign-start>
Event-no-name | <id/event/khojaly-1992> | kg:nameAsWritten | "what happened"
Event-no-title | <id/event/khojaly-1992> | kg:title | "what happened"
Event-neutral-label | <id/event/khojaly-1992> | rdfs:label | "Khojaly events"@en
Commemoration | <id/commemoration/moscow> | rdf:type | kg:Commemoration
Commemoration-concerns | <id/event/moscow-ceremony-2014> | kg:concerns |
Recognition | <id/event/heads-57> | rdf:type | kg:Recognition
Recognition-concerns | <id/recognition/heads-57-states> | kg:concerns |
Recognition-declaredBy | <id/recognition/heads-57-states> | kg:declaredBy | <id/place/moscow>
Recognition-form | <id/recognition/heads-57-states> | kg:form | kg:Song
Recognition-term | <id/recognition/parliaments-53-countries> | kg:term | "one" , "two"
Recognition-phrase | <id/recognition/parliaments-53-countries> | kg:phrase | "by decree"@en
Campaign | <id/event/a-campaign> | rdf:type | kg:Campaign
Work-concerns | <id/creative-work/books-about-khojaly> | kg:concerns | <id/person/dina-oraz>
Participation | <id/creative-work/february-lightning-song#singer> | kg:place | <id/place/kazakhstan>
Participation-agent | <id/creative-work/february-lightning-song#singer> | kg:agent |
Participation-role | <id/creative-work/february-lightning-song#singer> | kg:role | kg:Singer , kg:Producer
Participation-capacity | <id/creative-work/february-lightning-song#singer> | kg:capacity | "singer"@en
Participation-capacityIn | <id/event/moscow-ceremony-2014#speech-leyla-aliyeva> | kg:capacityIn | <id/person/dina-oraz>
Participation-of | <id/event/lost#part> | rdf:type | kg:Participation
Dating | <id/event/khojaly-1992#night> | dcterms:date | "1992-02-26"^^xsd:date
Dating-phrase | <id/event/khojaly-1992#night> | kg:phrase |
Dating-method | <id/event/khojaly-1992#night> | kg:method | kg:Decree
Dating-anchor | <id/event/campaign-start#dating> | kg:anchor | "the ceremony"
Dating-edtf | <id/event/khojaly-1992#night> | kg:edtf | "25 to 26 February 1992"^^<http://id.loc.gov/datatypes/edtf>
Dating-earliest | <id/event/khojaly-1992#night> | kg:earliest | "1992-02-27"^^xsd:date
Dating-latest | <id/event/khojaly-1992#night> | kg:latest | "1992"^^xsd:gYear
Dating-rule | <id/event/campaign-start#dating> | kg:rule | "counted back"
Dating-derivedFrom | <id/event/campaign-start#dating> | prov:wasDerivedFrom | <id/source/moscow-2014>
Dating-of | <id/event/lost#dating> | rdf:type | kg:Dating
Dating-bounded | <id/event/kazakhstan-embassy-2019#dating> | kg:latest |
Dating-derived | <id/event/campaign-start#dating> | kg:rule |
Agent | <id/agent/someone> | rdf:type | kg:Agent
Agent-name | <id/person/dina-oraz> | kg:nameAsWritten |
Person | <id/person/dina-oraz> | rdf:type | kg:Person , kg:Organization
Person-gender | <id/person/dina-oraz> | schema:gender | "unknown"
Organization | <id/organization/united-nations> | rdf:type | kg:Organization , kg:Group
Group | <id/group/kazakh-public> | rdf:type | kg:Group , kg:Person
Place | <id/place/The_Hague> | rdf:type | kg:Place
Place-kind | <id/place/sarajevo> | kg:kind | kg:Song
Place-partOf | <id/place/moscow> | kg:partOf | <id/event/khojaly-1992>
Place-latitude | <id/place/moscow> | schema:latitude | 91.0
Place-longitude | <id/place/moscow> | schema:longitude | "37.6"
Place-match | <id/place/moscow> | skos:exactMatch | <https://sws.geonames.org/524901>
Place-country | <id/place/moscow> | schema:containedInPlace | "Russia"
Place-notation | <id/place/russia> | skos:notation | "RUS"
Place-coordinates | <id/place/moscow> | schema:longitude |
Work | <id/work/a-book> | rdf:type | kg:Work
Work-kind | <id/creative-work/monument-ankara> | kg:kind | kg:Monument , kg:Book
Work-place | <id/creative-work/monument-ankara> | kg:place | "Ankara"
Work-partOf | <id/creative-work/campaign-website> | kg:partOf | <id/place/moscow>
Claim | <id/statement/moscow-2014-aliyeva-goal> | dcterms:date | "2014-02-27"^^xsd:date
Claim-claimant | <id/statement/moscow-2014-aliyeva-goal> | kg:claimant | <id/place/moscow>
Claim-possibleClaimant | <id/statement/kazakhstan-2019-ospanov-character> | kg:possibleClaimant | "a" , "b"
Claim-act | <id/statement/moscow-2014-aliyeva-goal> | kg:act | kg:Speaker
Claim-about | <id/statement/moscow-2014-aliyeva-goal> | kg:about | "the campaign"
Claim-possiblyAbout | <id/statement/moscow-2014-aliyeva-never-again> | kg:possiblyAbout | <id/source/moscow-2014>
Claim-mentions | <id/statement/moscow-2014-aliyeva-goal> | kg:mentions | <id/source/moscow-2014>
Claim-term | <id/statement/moscow-2014-aliyeva-name-1> | kg:term | "name"@en
Claim-reports | <id/statement/moscow-2014-aliyeva-demands> | kg:reports | <id/event/khojaly-1992>
Claim-two-levels | <id/statement/moscow-2014-aliyeva-goal> | kg:reports | <id/statement/moscow-2014-aliyeva-demands>
Claim-addressee | <id/statement/kazakhstan-2019-campaign-demand> | kg:addressee | "the whole world" , "society"
Claim-capacity | <id/statement/kazakhstan-2019-ryskeldinova-duty> | kg:capacity | "As a mother"@en
Claim-someone | <id/statement/moscow-2014-aliyeva-goal> | kg:claimant |
Claim-words | <id/statement/moscow-2014-aliyeva-name-1> | kg:term |
Claim-object | <id/statement/moscow-2014-aliyeva-goal> | kg:about |
Claim-counting | <id/statement/moscow-2014-aliyeva-goal> | kg:act | kg:Counting
Tally | <id/tally/one> | rdf:type | kg:Tally
Tally-count | <id/statement/moscow-2014-aliyeva-count-1> | kg:count | "613"
Tally-comparison | <id/statement/moscow-2014-aliyeva-count-1> | kg:comparison | kg:Demand
Tally-unit | <id/statement/moscow-2014-aliyeva-count-1> | kg:unit |
Tally-phrase | <id/statement/moscow-2014-aliyeva-count-1> | kg:phrase |
Tally-scope | <id/statement/moscow-2014-aliyeva-count-1> | kg:scope | "said to have been killed"
Tally-subTallyOf | <id/statement/moscow-2014-aliyeva-count-2> | kg:subTallyOf | <id/statement/moscow-2014-aliyeva-goal>
Tally-act | <id/statement/moscow-2014-aliyeva-count-1> | kg:act | kg:Assertion
Tally-part | <id/statement/moscow-2014-aliyeva-count-2> | kg:count | 6300
Source | <id/source/Moscow> | rdf:type | kg:Source
Source-kind | <id/source/moscow-2014> | kg:kind | kg:Book
Source-standpoint | <id/source/moscow-2014> | kg:standpoint |
Source-date | <id/source/moscow-2014> | dcterms:date | "27 February 2014"
Source-language | <id/source/moscow-2014> | dcterms:language | "English"
Source-file | <id/source/moscow-2014> | dcterms:identifier |
Source-extent | <id/source/moscow-2014> | dcterms:extent | 0
Source-sha256 | <id/source/moscow-2014> | kg:sha256 | "77E6"
Passage | <id/passage/moscow-2014-2> | kg:term | "ceremony"
Passage-source | <id/passage/moscow-2014-2> | oa:hasSource | <id/place/moscow>
Passage-voice | <id/passage/moscow-2014-2> | kg:voice | <id/person/leyla-aliyeva>
Passage-possibleVoice | <id/passage/kazakhstan-2019-8> | kg:possibleVoice | <id/person/rashad-mammadov>
Passage-speaker | <id/passage/moscow-2014-9> | kg:voice | <id/event/moscow-ceremony-2014#attendance-leyla-aliyeva>
Passage-told | <id/passage/moscow-2014-2> | kg:mode | kg:Transcript
Passage-mode | <id/passage/moscow-2014-2> | kg:mode |
Passage-position | <id/passage/moscow-2014-2> | oa:hasSelector | <id/passage/moscow-2014-2#begins>
Passage-begins | <id/passage/moscow-2014-2> | kg:begins | "On February 27"
Passage-ends | <id/passage/moscow-2014-2> | kg:ends |
Passage-summary | <id/passage/moscow-2014-2> | dcterms:description | "Une cérémonie"@fr
Passage-unclear | <id/passage/kazakhstan-2019-8> | kg:possibleVoice |
Position | <id/passage/moscow-2014-2#position> | oa:exact | "On February"
Position-start | <id/passage/moscow-2014-2#position> | oa:start | 292
Position-end | <id/passage/moscow-2014-2#position> | oa:end | 292.5
Quote | <id/passage/moscow-2014-2#begins> | oa:prefix | "On"
Quote-exact | <id/passage/moscow-2014-2#begins> | oa:exact | "one two three four five"
EditorialGraph | <id/editorial> | rdf:type | kg:EditorialGraph
EditorialGraph-voice | <id/graph/editorial> | kg:voice | kg:Narrator
Graph-description | <id/graph/editorial> | dcterms:description |
ExternalGraph | <id/geonames> | rdf:type | kg:ExternalGraph
ExternalGraph-source | <id/graph/geonames> | dcterms:source | "GeoNames"
ExternalGraph-license | <id/graph/geonames> | dcterms:license |
ExternalGraph-credit | <id/graph/geonames> | dcterms:bibliographicCitation |
InferredGraph | <id/inferred> | rdf:type | kg:InferredGraph
"""
CASES = [tuple(part.strip() for part in line.split("|")) for line in MUTATIONS.strip().splitlines()]

# Shapes that others use: what is outside its scheme fails the property that leads there.
USED_BY_OTHERS = (
    {S["English"]}
    | {
        S[f"In{name}{end}"]
        for end in ("", "-scheme")
        for name in (
            "Roles",
            "Acts",
            "Forms",
            "Voices",
            "Modes",
            "Comparisons",
            "Methods",
            "WorkKinds",
            "PlaceKinds",
        )
    }
    | {S["InSourceKinds"], S["InSourceKinds-scheme"]}
)
# Shapes that only gather others.
GATHERING = {S["Term"], S["Concept"]}


@functools.cache
def shapes() -> Graph:
    graph = Graph()
    for path in sorted((ROOT / "shapes").glob("*.ttl")):
        graph.parse(data=path.read_text(encoding="utf-8"), format="turtle")
    return graph


@functools.cache
def site() -> Graph:
    """The merge of data and ontology."""
    from rdflib import Dataset

    dataset = Dataset(default_union=True)
    for path in sorted((ROOT / "data").glob("*.trig")):
        dataset.parse(data=path.read_text(encoding="utf-8"), format="trig")
    graph = Graph()
    for triple in dataset.triples((None, None, None)):
        graph.add(triple)
    for path in sorted((ROOT / "ontology").glob("*.ttl")):
        graph.parse(data=path.read_text(encoding="utf-8"), format="turtle")
    return graph


def parsed(turtle: str) -> Graph:
    return Graph().parse(data=PREFIXES + turtle, format="turtle")


def leading_to(shape: URIRef) -> Graph:
    """All shapes, of which only those that lead to this one keep their target.

    (Quick; with `focus_nodes` or `use_shapes` pyshacl skips what nested shapes say.)
    """
    graph = Graph() + shapes()
    for other in set(graph.subjects(SH.targetClass)) - {shape, *graph.subjects(SH.property, shape)}:
        graph.remove((other, SH.targetClass, None))
    return graph


@pytest.mark.parametrize(("shape", "node", "predicate", "objects"), CASES, ids=[case[0] for case in CASES])
def test_a_shape_bites(shape: str, node: str, predicate: str, objects: str) -> None:
    pattern = next(iter(parsed(f"{node} {predicate} {objects or '0'} .")))
    subject, path = pattern[0], pattern[1]
    before = list(site().triples((subject, path, None)))
    after = list(parsed(f"{node} {predicate} {objects} .")) if objects else []
    assert set(before) != set(after), "the mutation changes nothing"
    try:
        site().remove((subject, path, None))
        for triple in after:
            site().add(triple)
        conforms, report, _ = pyshacl.validate(site(), shacl_graph=leading_to(S[shape]))
    finally:
        site().remove((subject, path, None))
        for triple in before:
            site().add(triple)
    assert not conforms
    results = [r for r in report.subjects(SH.sourceShape, S[shape]) if (r, SH.focusNode, subject) in report]
    assert results, [str(s) for s in report.objects(None, SH.sourceShape)]
    query = shapes().value(S[shape], SH.sparql)
    expected = shapes().value(query or S[shape], SH.message)
    assert {str(report.value(r, SH.resultMessage)) for r in results} == {str(expected)}


def test_every_shape_has_its_mutation() -> None:
    all_shapes = set(shapes().subjects(RDF.type, SH.NodeShape)) | set(
        shapes().subjects(RDF.type, SH.PropertyShape)
    )
    named = {s for s in all_shapes if isinstance(s, URIRef)}
    assert {S[case[0]] for case in CASES} == named - USED_BY_OTHERS - GATHERING


def test_shapes_speak_to_a_curator() -> None:
    for shape in shapes().subjects(RDF.type, SH.PropertyShape):
        if shape in USED_BY_OTHERS or not isinstance(shape, URIRef):
            continue
        for needed in (SH.name, SH.message, SH.group, SH.order):
            assert shapes().value(shape, needed) is not None, f"{shape} has no {needed}"
    for shape in shapes().subjects(RDF.type, SH.NodeShape):
        target = shapes().value(shape, SH.targetClass)
        if target and shape not in GATHERING:
            query = shapes().value(shape, SH.sparql)
            assert shapes().value(query or shape, SH.message), shape
    assert len(set(shapes().subject_objects(SH.sparql))) <= 2


def test_every_class_has_a_shape() -> None:
    from rdflib import OWL

    classes = set(site().subjects(RDF.type, OWL.Class))
    assert classes <= set(shapes().objects(None, SH.targetClass))
