"""What documents carry for machines: JSON-LD that says what Turtle says, schema.org in pages, typed links."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import rdflib
from flask.testing import FlaskClient
from pyld import jsonld as pyld
from rdflib.compare import isomorphic

from harvest_site import CONFIG, HEAD, client_of, release

BASE = "http://localhost:8000"
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

ODD = """
<id/odd/1> a schema:CreativeWork , <http://other.example/T> ; rdfs:label "one"@en , "eins"@de , "zwei"@de , "plain" ;
  schema:count 5 , 5.50 , 1e3 , true , "5" , "05"^^xsd:gMonth ; schema:url <http://x.example/> , "http://x.example/" ;
  <http://other.example/label> "another label property" ; <http://other.example/1> "no key" ;
  <tag:odd,2020:p> <tag:odd,2020:o> ; dct:subject [ rdfs:label "inner" ; schema:about <id/odd/1#part> ] ;
  schema:text "</script><script>alert(1)</script>" , "line\\n\\"quoted\\" \\\\ \\u0001" ; dct:type <dct:relative> .
<id/odd/1#part> rdfs:label "part"@en ; schema:isPartOf <id/odd/1> ; schema:hasPart <id/odd/1#loop> .
<id/odd/1#loop> schema:hasPart <id/odd/1#part> .
<id/odd/2> schema:description "no class at all" .
"""


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    folder = tmp_path_factory.mktemp("documents")
    (folder / "data").mkdir()
    (folder / "kgraph.toml").write_text(CONFIG.format(base=BASE + "/"))
    (folder / "data" / "odd.ttl").write_text(HEAD + ODD)
    release(folder)
    with client_of(folder) as client:
        yield client


@pytest.fixture(scope="module")
def curated(built_site: Path) -> Iterator[FlaskClient]:
    with client_of(built_site) as client:
        yield client


def things(client: FlaskClient) -> list[str]:
    sitemap = client.get("/sitemaps/1.xml.gz").data
    import gzip

    found = re.findall("<loc>([^<]+)</loc>", gzip.decompress(sitemap).decode())
    return [page.removeprefix(BASE).removesuffix(".html") for page in found if page != BASE + "/"]


def turtle(client: FlaskClient, path: str) -> rdflib.Graph:
    return rdflib.Graph().parse(data=client.get(path + ".ttl").data, format="turtle")


def without_document(graph: rdflib.Graph) -> rdflib.Graph:
    """The graph without what the document says of itself, which names its own format."""
    (document,) = graph.subjects(rdflib.FOAF.primaryTopic, None)
    graph.remove((document, None, None))
    return graph


def without_linked(graph: rdflib.Graph, said: rdflib.Graph) -> rdflib.Graph:
    """The graph without types and schemes of what it only links to, which JSON-LD leaves out."""
    for subject in set(graph.subjects()) - set(said.subjects()):
        if isinstance(subject, rdflib.URIRef):
            assert set(graph.predicates(subject)) <= {rdflib.RDF.type, rdflib.SKOS.inScheme}
            graph.remove((subject, None, None))
    return graph


def check(client: FlaskClient, path: str) -> None:
    text = client.get(path + ".jsonld").text
    by_rdflib = without_document(rdflib.Graph().parse(data=text, format="json-ld"))
    expected = without_linked(without_document(turtle(client, path)), by_rdflib)
    assert isomorphic(by_rdflib, expected), path
    lines = pyld.to_rdf(json.loads(text), {"format": "application/n-quads", "documentLoader": no_network})
    by_pyld = without_document(rdflib.Graph().parse(data=lines, format="nt"))
    assert isomorphic(by_pyld, expected), path


def no_network(url: str, options: Any) -> None:
    raise AssertionError(f"the context is to be had without {url}")


def test_json_ld_says_what_turtle_says_of_odd_data(client: FlaskClient) -> None:
    for path in things(client):
        check(client, path)
    document = client.get("/id/odd/1.jsonld").get_json(force=True)
    assert document["id"] == BASE + "/id/odd/1"
    assert set(document["type"]) == {"CreativeWork", "T"}


def test_json_ld_says_what_turtle_says_of_the_curated_graph(curated: FlaskClient) -> None:
    paths = things(curated)
    assert len(paths) > 150
    for path in paths[:: max(1, len(paths) // 40)]:
        check(curated, path)


def test_keys_are_pleasant_and_the_context_is_published(curated: FlaskClient) -> None:
    document = curated.get("/id/event/moscow-ceremony-2014.jsonld").get_json(force=True)
    assert document["type"] == "Commemoration"
    assert isinstance(document["label"], dict)
    assert document["dating"]["id"].endswith("#dating")  # parts stand where they belong
    assert "edtf" in document["dating"]
    assert document["isPrimaryTopicOf"]["inDataset"] == BASE + "/dataset"
    whole = curated.get("/context.jsonld").get_json(force=True)["@context"]
    assert document["@context"].items() <= whole.items()
    assert len(document["@context"]) < len(whole)


def test_every_document_names_dataset_and_licence(client: FlaskClient) -> None:
    dataset, licence = (
        rdflib.URIRef(BASE + "/dataset"),
        rdflib.URIRef("https://creativecommons.org/licenses/by/4.0/"),
    )
    formats = {"ttl": "turtle", "jsonld": "json-ld", "nt": "nt", "trig": "trig", "nq": "nquads"}
    for ending, name in formats.items():
        graph = rdflib.Dataset().parse(data=client.get(f"/id/odd/2.{ending}").data, format=name)
        document = rdflib.URIRef(f"{BASE}/id/odd/2.{ending}")
        found = {(str(p), o) for _, p, o, _ in graph.quads((document, None, None, None))}
        assert (str(rdflib.VOID.inDataset), dataset) in found
        assert (str(rdflib.DCTERMS.license), licence) in found


def test_evidence_in_json_ld(curated: FlaskClient) -> None:
    text = curated.get("/id/event/moscow-ceremony-2014.jsonld?evidence=1").text
    graph = rdflib.Dataset()
    lines = pyld.to_rdf(json.loads(text), {"format": "application/n-quads", "documentLoader": no_network})
    graph.parse(data=lines, format="nquads")
    trig = rdflib.Dataset().parse(data=curated.get("/id/event/moscow-ceremony-2014.trig").data, format="trig")
    named = {str(g.identifier) for g in trig.graphs()}
    assert named == {str(g.identifier) for g in graph.graphs()}
    assert any("/id/passage/" in name for name in named)


# --- schema.org ---------------------------------------------------------------------------------------------


def extracted(html: str) -> list[dict[str, Any]]:
    import extruct

    found = extruct.extract(html, syntaxes=["json-ld"])["json-ld"]
    assert isinstance(found, list)
    return found


def test_extruct_reads_the_pages_of_each_kind(curated: FlaskClient) -> None:
    kinds: dict[str, dict[str, Any]] = {}
    for path in things(curated):
        for data in extracted(curated.get(path + ".html").text):
            assert data["@context"] == "https://schema.org"
            assert data["@id"] == BASE + path
            kinds.setdefault(data["@type"], data)
    assert {"Event", "Person", "Organization", "Place", "CreativeWork", "Claim"} <= set(kinds)
    assert kinds["Claim"]["author"]
    assert all(data["name"] for data in kinds.values())


def test_the_home_page_describes_the_dataset(curated: FlaskClient) -> None:
    (data,) = extracted(curated.get("/").text)
    assert (data["@type"], data["@id"]) == ("Dataset", BASE + "/dataset")
    assert data["license"].startswith("https://creativecommons.org/")
    assert data["distribution"][0]["contentUrl"].startswith(BASE + "/dumps/")


def test_only_certain_dates_are_given(curated: FlaskClient) -> None:
    (data,) = extracted(curated.get("/id/event/moscow-ceremony-2014.html").text)
    turtle_text = curated.get("/id/event/moscow-ceremony-2014.ttl").text
    for key in ("startDate", "endDate"):
        assert key not in data or data[key] in turtle_text


def test_no_text_ends_the_data_block(client: FlaskClient) -> None:
    html = client.get("/id/odd/1.html").text
    block = html.split('<script type="application/ld+json">')[1].split("</script>")[0]
    assert "<" not in block
    assert json.loads(block)["@id"] == BASE + "/id/odd/1"


# --- Signposting --------------------------------------------------------------------------------------------


def test_the_link_set_in_both_forms(curated: FlaskClient) -> None:
    iri = BASE + "/id/event/moscow-ceremony-2014"
    address = "/linkset?iri=" + quote(iri, safe="")
    whole = curated.get(address, headers={"Accept": "application/linkset+json"}).get_json(force=True)
    (landing,) = [context for context in whole["linkset"] if context["anchor"] == iri + ".html"]
    assert landing["cite-as"] == [{"href": iri}]
    assert {"href": iri + ".ttl", "type": "text/turtle"} in landing["describedby"]
    assert {context["anchor"] for context in whole["linkset"]} >= {iri + ".ttl", iri + ".trig"}
    text = curated.get(address, headers={"Accept": "application/linkset"})
    assert text.mimetype == "application/linkset"
    assert f'<{iri}>; rel="cite-as"; anchor="{iri}.html"' in text.text
    assert curated.get("/linkset?iri=http://none.example/").status_code == 404
    assert curated.get("/linkset").status_code == 404
