"""The curated data by themselves, with plain rdflib and pyshacl: terms, graphs, evidence, neutral words, shapes."""

from __future__ import annotations

import functools
import re

import pyshacl
import pytest
from rdflib import OWL, RDF, RDFS, XSD, BNode, Dataset, Graph, Literal, Namespace, URIRef
from rdflib.term import Node

from conftest import ROOT

# rdflib warns of its own use of names that it is about to drop.
pytestmark = pytest.mark.filterwarnings("ignore:(Dataset|ConjunctiveGraph):DeprecationWarning")

BASE = "http://localhost:8000/"
KG = Namespace(BASE + "ontology#")
OA = Namespace("http://www.w3.org/ns/oa#")
SH = Namespace("http://www.w3.org/ns/shacl#")
SKOS = Namespace("http://www.w3.org/2004/02/skos/core#")
DCTERMS = Namespace("http://purl.org/dc/terms/")

SUPER = ("https://schema.org/", "http://www.w3.org/ns/prov#", str(DCTERMS), str(OA), str(KG))
CLOSE = (
    "http://www.cidoc-crm.org/cidoc-crm/",
    "http://semanticweb.cs.vu.nl/2009/11/sem/",
    "http://www.w3.org/ns/org#",
    "http://xmlns.com/foaf/0.1/",
)
DATATYPES = {XSD.string, RDF.langString, XSD.integer, XSD.decimal, XSD.boolean, XSD.date, XSD.dateTime}
DATATYPES |= {XSD.gYear, XSD.gYearMonth, XSD.anyURI, URIRef("http://id.loc.gov/datatypes/edtf")}
SKELETON = ("kind", "place", "dating", "partOf", "concerns", "title", "nameAsWritten", "participation")
SKELETON += (
    "knownThrough",
    "declaredBy",
    "form",
    "phrase",
    "term",
    "agent",
    "role",
    "capacity",
    "capacityIn",
)
THINGS = ("Event", "Commemoration", "Recognition", "Campaign", "Person", "Organization", "Group", "Place")
THINGS += ("Work", "Participation")
# Words that would take a side. They may stand in quotation marks, as somebody's.
NOT_OURS = (
    r"recogni[sz]es?|claims?|claimed|alleg\w+|victims?|hero\w*|aggress\w+|occup\w+|liberat\w+|genocide\w*"
)
NOT_OURS += r"|massacre\w*|traged\w+|tragic|atrocit\w+|terror\w*|martyr\w*|he|she|his|her|him"


@functools.cache
def data() -> Dataset:
    dataset = Dataset(default_union=True)
    for path in sorted((ROOT / "data").glob("*.trig")):
        dataset.parse(data=path.read_text(encoding="utf-8"), format="trig")
    return dataset


def merged(*folders: str) -> Graph:
    graph = Graph()
    for folder in folders:
        for path in sorted((ROOT / folder).glob("*.ttl")):
            graph.parse(data=path.read_text(encoding="utf-8"), format="turtle")
    return graph


@functools.cache
def ontology() -> Graph:
    return merged("ontology")


@functools.cache
def everything() -> Graph:
    """The RDF merge of the data and the ontology: what the shapes are checked against."""
    graph = merged("ontology")
    for triple in data().triples((None, None, None)):
        graph.add(triple)
    return graph


def iris(*graphs: Graph | Dataset) -> set[URIRef]:
    found: set[Node] = set()
    for graph in graphs:
        for triple in graph.triples((None, None, None)):
            found.update(triple)
            found.update(t.datatype for t in triple if isinstance(t, Literal) and t.datatype)
    return {t for t in found if isinstance(t, URIRef)}


def spoken(passage: Node) -> bool:
    """Whether someone speaks, or may be speaking, in the passage."""
    return data().value(passage, KG.voice) not in (KG.Narrator, KG.Page)


def typed(*classes: str) -> set[Node]:
    return {s for name in classes for s in data().subjects(RDF.type, KG[name])}


def neutral(value: str) -> str | None:
    """The first word of ours that takes a side, if any; words in quotation marks are somebody's."""
    found = re.search(rf"\b({NOT_OURS})\b", re.sub(r"“[^”]*”", "", value), re.IGNORECASE)
    return found.group() if found else None


def test_every_term_in_use_is_defined() -> None:
    defined = set(ontology().subjects(RDFS.isDefinedBy, URIRef(BASE + "ontology")))
    shapes = merged("shapes")
    in_text = {KG[n] for q in shapes.objects(None, SH.select) for n in re.findall(r"\bkg:(\w+)", str(q))}
    for path in (ROOT / "queries").rglob("*.rq"):
        in_text |= {KG[n] for n in re.findall(r"\bkg:(\w+)", path.read_text(encoding="utf-8"))}
    used = {t for t in iris(data(), shapes, ontology()) if t.startswith(str(KG)) and t != URIRef(str(KG))}
    assert used | in_text == defined


def test_terms_of_other_vocabularies_are_those_listed() -> None:
    rows = re.findall(
        r"^\| `\w+` \| (\S+) \| (.+) \|$", (ROOT / "docs/model.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    listed = {URIRef(ns + term) for ns, terms in rows for term in re.findall(r"`(\w+)`", terms)}
    used = set(data().predicates()) | set(data().objects(None, RDF.type))
    assert {t for t in used if not t.startswith(str(KG))} == listed


def test_super_terms_and_close_matches_come_from_the_vocabularies_agreed() -> None:
    for predicate in (RDFS.subClassOf, RDFS.subPropertyOf):
        for term, above in ontology().subject_objects(predicate):
            assert str(above).startswith(SUPER), term
    for term, near in ontology().subject_objects(SKOS.closeMatch):
        assert str(near).startswith(CLOSE), term
    assert ontology().value(URIRef(BASE + "ontology"), OWL.versionInfo)


def test_the_ontology_stays_small() -> None:
    count = {t: len(set(ontology().subjects(RDF.type, t))) for t in (OWL.Class, OWL.ObjectProperty)}
    count[OWL.DatatypeProperty] = len(set(ontology().subjects(RDF.type, OWL.DatatypeProperty)))
    properties = count[OWL.ObjectProperty] + count[OWL.DatatypeProperty]
    assert (count[OWL.Class], properties) == (19, 44)
    schemes, concepts = (
        len(set(ontology().subjects(RDF.type, SKOS[n]))) for n in ("ConceptScheme", "Concept")
    )
    first = " ".join((ROOT / "docs/model.md").read_text(encoding="utf-8").split()[:60])
    assert f"({count[OWL.Class]} classes, {properties} properties)" in first
    assert f"({schemes} SKOS schemes, {concepts} concepts)" in first


def test_properties_join_what_the_ontology_says() -> None:
    """The domain and range that it gives for readers are those of the data."""
    domain, range_ = (URIRef("https://schema.org/" + n) for n in ("domainIncludes", "rangeIncludes"))
    for property_ in set(data().predicates()):
        if not property_.startswith(str(KG)):
            continue
        for subject, value in data().subject_objects(property_):
            assert kinds(subject) & set(ontology().objects(property_, domain)), (subject, property_)
            assert kinds(value) & set(ontology().objects(property_, range_)), (subject, property_, value)


def kinds(term: Node) -> set[Node]:
    """The classes of a thing, through subclasses, or the datatype of a literal."""
    if isinstance(term, Literal):
        return {RDF.langString if term.language else term.datatype or XSD.string}
    direct = {*data().objects(term, RDF.type), *ontology().objects(term, RDF.type)}
    return {above for c in direct for above in ontology().transitive_objects(c, RDFS.subClassOf)}


def test_examples_of_terms_are_in_the_data() -> None:
    """What an example names is there; an example that is a statement is one of the data."""
    known = {str(i).removeprefix(BASE) for i in iris(data())}
    stated = 0
    for term, example in ontology().subject_objects(SKOS.example):
        for name in re.findall(r"\bid/[\w/#-]+", str(example)):
            assert name in known, f"{term}: {name}"
        if found := re.fullmatch(r"(id/\S+) kg:(\w+) (id/\S+|kg:\w+)", str(example)):
            stated += 1
            subject, name, value = found.groups()
            object_ = KG[value.removeprefix("kg:")] if value.startswith("kg:") else URIRef(BASE + value)
            assert (URIRef(BASE + subject), KG[name], object_) in data(), example
    assert stated > 20


def test_every_term_is_used_but_for_the_kinds_of_source_that_are_absent() -> None:
    for kind in (OWL.ObjectProperty, OWL.DatatypeProperty):
        assert set(ontology().subjects(RDF.type, kind)) <= set(data().predicates())
    members = {c for s in set(data().subjects()) for c in kinds(s)}
    assert set(ontology().subjects(RDF.type, OWL.Class)) <= members
    concepts = set(ontology().subjects(RDF.type, SKOS.Concept))
    unused = concepts - set(data().objects())
    assert {str(ontology().value(c, SKOS.inScheme)) for c in unused} == {str(KG.SourceKinds)}


def test_literals_have_only_datatypes_that_the_store_keeps() -> None:
    for term in set(data().objects()) | set(ontology().objects()):
        if isinstance(term, Literal):
            datatype = RDF.langString if term.language else term.datatype or XSD.string
            assert datatype in DATATYPES, term
            assert str(term) == str(term).strip(), repr(term)


def test_there_are_no_blank_nodes() -> None:
    for quad in data().quads():
        assert not [t for t in quad if isinstance(t, BNode)], quad
    assert not [t for triple in ontology() for t in triple if isinstance(t, BNode)]


def test_every_file_stands_on_its_own() -> None:
    for folder, ending in (("data", "trig"), ("ontology", "ttl"), ("shapes", "ttl")):
        for path in (ROOT / folder).glob(f"*.{ending}"):
            lines = path.read_text(encoding="utf-8").splitlines()
            first = next(line for line in lines if not line.startswith("#"))
            assert first == f"@base <{BASE}> .", path.name


def test_every_graph_is_described_and_typed() -> None:
    named = {URIRef(g.identifier) for g in data().graphs() if len(g)} - {data().default_graph.identifier}
    of_files = {URIRef(f"{BASE}id/graph/{p.stem}") for p in (ROOT / "data").glob("*.trig")}
    assert typed("Passage", "ExternalGraph") == named
    assert typed("EditorialGraph") == of_files
    for graph in typed("Passage", "EditorialGraph", "ExternalGraph", "InferredGraph"):
        assert data().value(graph, RDFS.label), graph
        assert data().value(graph, DCTERMS.description), graph


def test_every_thing_that_is_named_is_described_with_type_and_label() -> None:
    for iri in iris(data()):
        if iri.startswith(BASE + "id/"):
            assert data().value(iri, RDF.type), f"{iri} has no type"
            selector = data().value(iri, RDF.type) in (OA.TextPositionSelector, OA.TextQuoteSelector)
            assert selector or data().value(iri, RDFS.label), f"{iri} has no label"


def test_what_is_known_only_through_speech_says_so() -> None:
    told = {
        s
        for s, _, _, graph in data().quads()
        if graph == URIRef(BASE + "id/graph/geonames") or (graph in typed("Passage") and not spoken(graph))
    }
    only_said = typed(*THINGS) - told
    assert len(only_said) > 30
    for thing in only_said:
        assert data().value(thing, KG.knownThrough), f"{thing} is known only through speech"
    for thing, claim in data().subject_objects(KG.knownThrough):
        assert thing in only_said, f"{thing} is told by a narrator, page or external graph as well"
        shared = [g for g in typed("Passage") if (thing, KG.knownThrough, claim) in data().graph(g)]
        assert shared, thing
        assert all((claim, None, None) in data().graph(g) for g in shared), thing


def test_where_someone_speaks_things_have_a_bare_skeleton_beside_a_statement() -> None:
    allowed = {KG[n] for n in SKELETON} | {RDF.type}
    things, statements = typed(*THINGS), typed("Claim", "Tally")
    for passage in filter(spoken, typed("Passage")):
        graph = data().graph(passage)
        assert set(graph.subjects()) & statements, f"{passage} holds no statement"
        for subject, predicate, _ in graph:
            if subject in things:
                assert predicate in allowed, f"{passage}: {subject} {predicate}"
            # in which country or place something lies is no statement of ours because a speaker says so
            assert predicate != KG.partOf or subject not in typed("Place"), f"{passage}: {subject}"


def test_demands_and_predictions_make_no_event() -> None:
    for thing, claim in data().subject_objects(KG.knownThrough):
        if thing in typed("Event", "Commemoration", "Recognition"):
            assert data().value(claim, KG.act) not in (KG.Demand, KG.Prediction), thing


def test_statements_are_made_where_their_claimant_speaks() -> None:
    for passage in typed("Passage"):
        voices = {*data().objects(passage, KG.voice), *data().objects(passage, KG.possibleVoice)}
        speakers = {data().value(v, KG.agent) for v in voices} - {None}
        if voices & {KG.Narrator, KG.Page}:
            speakers.add(data().value(passage, OA.hasSource))
        graph = data().graph(passage)
        reported = set(graph.objects(None, KG.reports))
        for claim in (
            set(graph.subjects(RDF.type, KG.Claim)) | set(graph.subjects(RDF.type, KG.Tally))
        ) - reported:
            said_by = {*graph.objects(claim, KG.claimant), *graph.objects(claim, KG.possibleClaimant)}
            # In an indirect report the wording is the page's, so that the page may be meant as well.
            source = {data().value(passage, OA.hasSource)}
            assert said_by <= speakers | (
                source if data().value(passage, KG.mode) == KG.IndirectReport else set()
            ), claim


def test_a_name_in_an_indirect_report_may_be_the_pages_own() -> None:
    """There the wording is the source's: that the speaker used the very name is open."""
    checked = 0
    for passage in data().subjects(KG.mode, KG.IndirectReport):
        source = data().value(passage, OA.hasSource)
        for claim in data().graph(passage).subjects(KG.act, KG.Naming):
            checked += 1
            assert source in set(data().objects(claim, KG.possibleClaimant)), claim
    assert checked == 2


def test_labels_and_texts_of_ours_take_no_side() -> None:
    own = [RDFS.label, DCTERMS.description, SKOS.editorialNote, KG.rule, KG.scope, KG.standpoint]
    for predicate in own:
        for subject, value in data().subject_objects(predicate):
            if value.language == "en":
                assert not neutral(str(value)), f"{subject}: {neutral(str(value))!r} in {value!r}"


def test_terms_of_speakers_are_never_a_label_or_slug_of_an_event() -> None:
    acts = (KG.Naming, KG.Characterisation, KG.Attribution)
    terms = {
        str(term).lower()
        for act in acts
        for claim in data().subjects(KG.act, act)
        for term in data().objects(claim, KG["term"])
    }
    assert "khojaly genocide" in terms
    for event in typed("Event", "Commemoration", "Recognition"):
        for label in data().objects(event, RDFS.label):
            assert not [t for t in terms if t in str(label).lower()], label
    for iri in iris(data()):
        if iri.startswith(BASE + "id/"):
            assert not neutral(iri.replace("-", " ").replace("#", " ")), iri


def test_data_ontology_and_shapes_conform_under_plain_pyshacl() -> None:
    conforms, _, report = pyshacl.validate(everything(), shacl_graph=merged("shapes"), meta_shacl=True)
    assert conforms, report
