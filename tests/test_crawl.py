"""The running server as clients meet it: every IRI resolves, documents conform, queries give their answers."""

from __future__ import annotations

import csv
import functools
import http.client
import io
import json
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

import pyoxigraph as ox
import pytest

from conftest import ROOT
from kgraph.iri import WRITTEN_BASE

if TYPE_CHECKING:
    from playwright.sync_api import Browser
    from rdflib import Graph

QUERIES = sorted((ROOT / "queries").glob("*.rq"))
EVENT = "id/event/khojaly-1992"


class Client:
    """Requests over one connection, redirections followed; what a linked-data client does."""

    def __init__(self, address: str) -> None:
        self.host = urlsplit(address).netloc
        self.connection = http.client.HTTPConnection(self.host, timeout=60)

    def get(self, path: str, accept: str = "text/turtle") -> tuple[list[int], str, bytes]:
        """The statuses met, the media type, the body."""
        statuses = []
        for _hop in range(5):
            self.connection.request("GET", path, headers={"Accept": accept})
            answer = self.connection.getresponse()
            body = answer.read()
            statuses.append(answer.status)
            if answer.status != 303:
                break
            path = answer.getheader("Location") or ""
            assert path.startswith("/"), "a document is on the host that was asked"
        return statuses, (answer.getheader("Content-Type") or "").partition(";")[0], body


@pytest.fixture(scope="module")
def web(live_site: str) -> Iterator[Client]:
    """A client of the running server."""
    client = Client(live_site)
    yield client
    client.connection.close()


def local(iri: str) -> str:
    """The path of an IRI under the base, percent-encoded."""
    return "/" + quote(iri.removeprefix(WRITTEN_BASE).partition("#")[0], safe="/:@!$&'()*+,;=-._~?%")


def iris(terms: Iterator[object]) -> set[str]:
    """The IRIs under the base among terms, fragments kept; addresses of the service itself too."""
    return {t.value for t in terms if isinstance(t, ox.NamedNode) and t.value.startswith(WRITTEN_BASE)}


def terms(body: bytes, syntax: ox.RdfFormat) -> Iterator[object]:
    """Every term of a document, graph names included."""
    for quad in ox.parse(body, format=syntax, base_iri="http://nowhere.example/"):
        yield from (quad.subject, quad.predicate, quad.object, quad.graph_name)


@dataclass
class Crawl:
    """What following every IRI gave: the Turtle of each document, and what did not resolve."""

    found: set[str] = field(default_factory=set)
    documents: dict[str, bytes] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def crawl(web: Client) -> Crawl:
    """Everything that can be reached from the whole graph, the service's description and the vocabulary."""
    everything = "CONSTRUCT { ?s ?p ?o } WHERE { { ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } } }"
    crawl = Crawl()
    for path in (f"/sparql?query={quote(everything)}&format=nt", "/sparql", "/ontology"):
        statuses, kind, body = web.get(path, "application/n-triples")
        assert (statuses[-1], kind) == (200, "application/n-triples"), path
        crawl.found |= iris(terms(body, ox.RdfFormat.N_TRIPLES))
    names = quote("SELECT DISTINCT ?g WHERE { GRAPH ?g { ?s ?p ?o } }")
    graphs = json.loads(web.get(f"/sparql?query={names}", "application/sparql-results+json")[2])
    crawl.found |= {row["g"]["value"] for row in graphs["results"]["bindings"]}
    done: set[str] = set()
    while waiting := {iri.partition("#")[0] for iri in crawl.found} - done:
        for iri in sorted(waiting):
            done.add(iri)
            statuses, kind, body = web.get(local(iri), "text/turtle, */*;q=0.5")
            thing = iri.startswith((WRITTEN_BASE + "id/", WRITTEN_BASE + "ontology"))
            if statuses[-1] != 200 or (thing and kind != "text/turtle"):
                crawl.broken.append(f"{iri}: {statuses} {kind}")
            if statuses[-1] != 200 or kind != "text/turtle":
                continue  # a dump, a page: it resolves, and holds no more IRIs to follow
            crawl.documents[iri] = body
            crawl.found |= iris(terms(body, ox.RdfFormat.TURTLE))
    return crawl


def test_every_iri_of_every_answer_resolves(crawl: Crawl) -> None:
    assert crawl.broken == []
    assert len(crawl.documents) > 200
    subjects = {
        quad.subject.value
        for body in crawl.documents.values()
        for quad in ox.parse(body, format=ox.RdfFormat.TURTLE)
        if isinstance(quad.subject, ox.NamedNode)
    }
    assert {iri for iri in crawl.found if "#" in iri and not iri.endswith("#")} - subjects == set(), (
        "its document describes a part"
    )


@functools.cache
def rules() -> tuple[Graph, Graph]:
    """Ontology and shapes, read once."""
    from rdflib import Graph

    ontology, shapes = Graph(), Graph()
    for path in (ROOT / "ontology").glob("*.ttl"):
        ontology.parse(path)
    for path in (ROOT / "shapes").glob("*.ttl"):
        shapes.parse(path)
    assert len(shapes) > 100
    return ontology, shapes


def shape_results(data: Graph, focus: list[str] | None = None) -> list[tuple[str, str]]:
    """What pyshacl finds of `data` with the ontology: constraint component and focus node of each violation."""
    import pyshacl
    from rdflib import RDF, SH

    ontology, shapes = rules()
    _conforms, report, _text = pyshacl.validate(data + ontology, shacl_graph=shapes, focus_nodes=focus)
    return [
        (
            str(report.value(r, SH.sourceConstraintComponent)).rpartition("#")[2],
            str(report.value(r, SH.focusNode)),
        )
        for r in report.subjects(RDF.type, SH.ValidationResult)
        if report.value(r, SH.resultSeverity) == SH.Violation
    ]


def test_every_thing_leads_to_turtle_that_rdflib_parses_and_that_conforms(crawl: Crawl, web: Client) -> None:
    """Each document alone, by every constraint: a thing and its parts are judged, what they link to is in its own."""
    from rdflib import Graph

    statuses, kind, _body = web.get("/" + EVENT)
    assert (statuses, kind) == ([303, 200], "text/turtle")
    judged = 0
    for iri, body in sorted(crawl.documents.items()):
        if not iri.startswith(WRITTEN_BASE + "id/"):
            continue
        graph = Graph().parse(data=body.decode(), format="turtle")
        parts = sorted({str(s) for s in graph.subjects() if str(s).startswith(iri + "#")})
        assert shape_results(graph, [iri, *parts]) == [], iri
        judged += 1
    assert judged > 200


def test_a_document_is_judged_by_every_constraint(crawl: Crawl) -> None:
    from rdflib import RDF, Graph, Namespace, URIRef

    kg = Namespace(WRITTEN_BASE + "ontology#")
    iri = WRITTEN_BASE + EVENT
    graph = Graph().parse(data=crawl.documents[iri].decode(), format="turtle")
    for place in list(graph.objects(URIRef(iri), kg.place)):
        graph.remove((place, RDF.type, None))
    assert shape_results(graph, [iri]) == [("ClassConstraintComponent", iri)]


def test_all_documents_together_conform(crawl: Crawl) -> None:
    from rdflib import Graph

    whole = Graph()
    for body in crawl.documents.values():
        whole.parse(data=body.decode(), format="turtle")
    assert shape_results(whole) == []


@pytest.mark.parametrize("path", QUERIES, ids=lambda p: p.stem)
def test_sparqlwrapper_gets_the_expected_answer(live_site: str, path: Path) -> None:
    from SPARQLWrapper import JSON, POST, SPARQLWrapper

    client = SPARQLWrapper(live_site + "/sparql")
    client.setMethod(POST)
    client.setReturnFormat(JSON)
    client.setQuery(path.read_text("utf-8"))
    assert client.queryType == "SELECT", (
        "SPARQLWrapper guesses the kind of query from words, comments included"
    )
    result = client.queryAndConvert()
    expected = (ROOT / "tests" / "expected" / f"{path.stem}.csv").read_text("utf-8")
    wanted, *rows = csv.reader(io.StringIO(expected))
    got = [
        [row[name]["value"].replace(WRITTEN_BASE, "") if name in row else "" for name in wanted]
        for row in result["results"]["bindings"]
    ]
    assert got == rows


def test_the_same_thing_is_readable_without_javascript(live_site: str, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{live_site}/{EVENT}")
    assert "Khojaly, 25-26 February 1992" in page.locator("h1").inner_text()
    text = page.locator("main").inner_text()
    assert "Leyla Aliyeva" in text
    assert "613" in text
    context.close()


def test_the_address_of_the_readme_answers(live_site: str) -> None:
    with urllib.request.urlopen(live_site + "/", timeout=30) as answer:
        assert "text/html" in answer.headers["Content-Type"]
