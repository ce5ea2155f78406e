"""Real clients against a running server: each harvest door as its own kind of machine uses it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conftest import ROOT, missing, need_program
from harvest_server import free_port, running
from harvest_site import person, release, write_site

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # the clients' own
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]

SIZE = 600
PERSON = "https://schema.org/Person"


class Sample:
    """A site of 600 made-up people and the port at which it is served, release after release."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.base = f"http://127.0.0.1:{self.port}/"
        self.people = {n: person(n) for n in range(SIZE)}
        self.release()

    def release(self) -> None:
        write_site(self.folder, self.people, base=self.base)
        release(self.folder)


@pytest.fixture
def sample(tmp_path: Path) -> Sample:
    return Sample(tmp_path)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    sample = Sample(tmp_path_factory.mktemp("served"))
    with running(sample.folder, sample.port) as address:
        yield address


def node(script: str, *arguments: str) -> Any:
    """Run a script of tests/node; what it prints last is JSON."""
    program = need_program("node", how="install Node.js 20 or newer")
    if not (ROOT / "tests" / "node" / "node_modules").is_dir():
        missing("tests/node/node_modules", "run `npm ci` in tests/node")
    done = subprocess.run(
        [program, ROOT / "tests" / "node" / script, *arguments], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.strip().splitlines()[-1])


# --- Linked Data Event Streams -----------------------------------------------------------------------------


def test_ldes_client_replicates_and_then_gets_only_what_is_new(sample: Sample, tmp_path: Path) -> None:
    state = str(tmp_path / "state")
    with running(sample.folder, sample.port) as address:
        first = node("replicate.mjs", address + "ldes", state)
        again = node("replicate.mjs", address + "ldes", state)
    assert len(first) == SIZE
    assert set(first.values()) == {1}
    assert again == {}
    del sample.people[7]
    sample.people[3] = person(3, born="1949-12-31")
    sample.people[SIZE] = person(SIZE)
    sample.release()
    with running(sample.folder, sample.port) as address:
        changed = node("replicate.mjs", address + "ldes", state)
        afresh = node("replicate.mjs", address + "ldes", str(tmp_path / "other"))
    at = sample.base + "id/person/p"
    assert changed == {f"{at}0003?release=2": 1, f"{at}0007?release=2": 1, f"{at}{SIZE:04d}?release=2": 1}
    assert len(afresh) == SIZE + 1
    assert set(afresh.values()) == {1}


# --- Pattern fragments -------------------------------------------------------------------------------------


def test_comunica_queries_fragments_and_the_sparql_service_alike(served: str) -> None:
    prefixes = "PREFIX schema: <https://schema.org/> PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#> "
    queries = [
        "SELECT (COUNT(*) AS ?n) { ?s a schema:Person }",
        f"SELECT ?l {{ ?a schema:knows <{served}id/person/p0003> ; rdfs:label ?l }} ORDER BY ?l LIMIT 5",
        'SELECT ?s { ?s rdfs:label "Person 42"@en }',
        f"SELECT ?p ?o {{ <{served}id/person/p0042#address> ?p ?o }} ORDER BY ?p",
        "SELECT ?s { ?s schema:birthDate ?d ; schema:address ?a . ?a schema:latitude 44.5 }",
    ]
    fragments = node("comunica.mjs", served + "fragments", *(prefixes + q for q in queries))
    assert node("comunica.mjs", f"sparql@{served}sparql", *(prefixes + q for q in queries)) == fragments
    assert fragments[0] == [{"n": str(SIZE)}]
    assert [len(rows) for rows in fragments[1:]] == [5, 1, 2, 1]
    assert fragments[1][0] == {"l": "Person 102"}
    assert fragments[4] == [{"s": f"{served}id/person/p0044"}]


# --- OAI-PMH -----------------------------------------------------------------------------------------------


def test_sickle_harvests_everything_and_then_what_is_new(sample: Sample) -> None:
    from sickle import Sickle
    from sickle.oaiexceptions import (
        BadResumptionToken,
        CannotDisseminateFormat,
        IdDoesNotExist,
        NoRecordsMatch,
    )

    at = sample.base + "id/person/p"
    with running(sample.folder, sample.port) as address:
        sickle = Sickle(address + "oai", timeout=20)
        assert sickle.Identify().deletedRecord == "persistent"
        assert {f.metadataPrefix for f in sickle.ListMetadataFormats()} == {"oai_dc", "rdf"}
        records = list(sickle.ListRecords(metadataPrefix="oai_dc"))
        assert [r.header.identifier for r in records] == sorted({f"{at}{n:04d}" for n in range(SIZE)})
        assert records[3].metadata["title"] == ["Person 3"]
        assert records[3].metadata["rights"] == ["https://creativecommons.org/licenses/by/4.0/"]
        rdf = list(sickle.ListRecords(metadataPrefix="rdf", set="Person"))
        assert len({r.header.identifier for r in rdf}) == SIZE
        assert "birthDate" in rdf[0].raw
        assert {"Person"} == {s.setSpec for s in sickle.ListSets()}
        (first,) = {r.header.datestamp for r in records}
        with pytest.raises(IdDoesNotExist):
            sickle.GetRecord(identifier=at + "none", metadataPrefix="oai_dc")
        with pytest.raises(CannotDisseminateFormat):
            sickle.GetRecord(identifier=at + "0001", metadataPrefix="marc")
        with pytest.raises(BadResumptionToken):
            list(sickle.ListRecords(resumptionToken="e30="))
        with pytest.raises(NoRecordsMatch):
            sickle.ListIdentifiers(metadataPrefix="oai_dc", **{"from": "2100-01-01"})
    del sample.people[7]
    sample.people[3] = person(3, born="1949-12-31")
    sample.release()
    with running(sample.folder, sample.port) as address:
        sickle = Sickle(address + "oai", timeout=20)
        headers = list(sickle.ListIdentifiers(metadataPrefix="oai_dc"))
        assert len({h.identifier for h in headers}) == len(headers) == SIZE
        (later,) = {h.datestamp for h in headers} - {first}
        new = list(sickle.ListRecords(metadataPrefix="oai_dc", **{"from": later}))
        assert {(r.header.identifier, r.header.deleted) for r in new} == {
            (at + "0003", False),
            (at + "0007", True),
        }
        gone = sickle.GetRecord(identifier=at + "0007", metadataPrefix="oai_dc")
        assert gone.header.deleted
        assert gone.header.setSpecs == ["Person"]


# --- Sitemaps and the feed ---------------------------------------------------------------------------------


def test_a_sitemap_reader_finds_every_page(served: str) -> None:
    import urllib.request

    from usp.tree import sitemap_tree_for_homepage

    pages = list(sitemap_tree_for_homepage(served).all_pages())
    assert {p.url for p in pages} == {served, *(f"{served}id/person/p{n:04d}.html" for n in range(SIZE))}
    with urllib.request.urlopen(pages[1].url) as answer:
        assert (answer.status, answer.url) == (200, pages[1].url)
    assert all(p.last_modified is not None and p.last_modified.tzinfo is not None for p in pages)


def test_the_feed_is_atom(served: str) -> None:
    import urllib.request
    from xml.etree import ElementTree

    with urllib.request.urlopen(served + "changes.atom") as answer:
        feed = ElementTree.fromstring(answer.read())
    names = {"a": "http://www.w3.org/2005/Atom"}
    assert feed.findtext("a:entry/a:title", namespaces=names) == "Release 1"
    assert "600 things" in str(feed.findtext("a:entry/a:content", namespaces=names))


# --- FAIR Signposting --------------------------------------------------------------------------------------


def test_the_signposting_client_finds_its_way(served: str) -> None:
    import urllib.request

    from signposting import find_signposting_http, find_signposting_linkset

    iri = served + "id/person/p0003"
    request = urllib.request.Request(iri, headers={"Accept": "text/html"})
    with urllib.request.urlopen(request) as landing:
        page = landing.url
    signs = find_signposting_http(page)
    assert page == iri + ".html"
    assert signs.citeAs is not None
    assert str(signs.citeAs.target) == iri  # and that led to this page
    described = {(str(s.target), str(s.type)) for s in signs.describedBy}
    assert (iri + ".ttl", "text/turtle") in described
    assert {str(s.target) for s in signs.types} == {"https://schema.org/AboutPage", PERSON}
    assert signs.license is not None
    assert str(signs.license.target) == "https://creativecommons.org/licenses/by/4.0/"
    assert len(signs.authors) == 1
    (item,) = signs.items
    assert str(item.type) == "application/trig"
    (linkset,) = signs.linksets
    level2 = find_signposting_linkset(str(linkset.target))
    assert {str(s.target) for s in level2.for_context(page).describedBy} == {
        target for target, _ in described
    }
    for target in [*(t for t, _ in described), str(item.target)]:
        with urllib.request.urlopen(target) as answer:
            assert answer.status == 200
        back = find_signposting_http(target)
        assert str(next(iter(back.linksets)).target) == str(linkset.target)
