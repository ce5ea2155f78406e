"""HTTP as DESIGN section 5 has it: things, documents, negotiation, conditions, errors."""

from __future__ import annotations

import gzip
import html
import json
import re
from typing import Any
from urllib.parse import quote

import pytest
import rdflib
from flask.testing import FlaskClient

from kgraph.media import RdfFormat
from kgraph.web.negotiate import VARIANTS, accepts_gzip, choose, choose_language
from web_site import client, own_site, small_site

EVENT = "/id/event/moscow-ceremony-2014"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"
TYPES = [kind for _suffix, kind in VARIANTS]


@pytest.fixture(scope="module")
def web() -> FlaskClient:
    return client(own_site())


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [
        (None, "text/html"),
        ("", "text/html"),
        ("*/*", "text/html"),
        (BROWSER, "text/html"),
        ("text/turtle", "text/turtle"),
        ("text/turtle;charset=utf-8", "text/turtle"),
        ("TEXT/TURTLE", "text/turtle"),
        ("text/html;q=0.5, text/turtle", "text/turtle"),
        ("text/html;q=0, */*", "text/turtle"),
        ("text/*;q=0, application/*", "application/ld+json"),
        ("application/json", "application/ld+json"),
        ('application/ld+json;profile="http://www.w3.org/ns/json-ld#compacted"', "application/ld+json"),
        ("application/xml;q=0.9,application/rdf+xml;q=0.1", "application/rdf+xml"),
        ("text/plain, application/n-quads;q=0.2", "application/n-triples"),
        ("image/png", None),
        ("application/xml", None),
        ("text/xml", None),
        ("text/html;q=0", None),
        ("nonsense", "text/html"),
    ],
)
def test_the_choice_follows_accept(accept: str | None, wanted: str | None) -> None:
    chosen = choose(accept, TYPES)
    assert (TYPES[chosen] if chosen is not None else None) == wanted


def test_languages_and_encodings() -> None:
    assert choose_language("de, fr-CA;q=0.8, en;q=0.3", ("en", "fr")) == 1
    assert choose_language("de", ("en", "fr")) == 0
    assert choose_language("fr;q=0", ("en", "fr")) == 0
    assert accepts_gzip("br, gzip;q=0.5")
    assert not accepts_gzip("gzip;q=0, *;q=1")
    assert not accepts_gzip("br")


@pytest.mark.parametrize(("suffix", "kind"), VARIANTS)
def test_a_thing_leads_to_its_document(web: FlaskClient, suffix: str, kind: str) -> None:
    moved = web.get(EVENT, headers={"Accept": kind})
    assert moved.status_code == 303
    assert moved.headers["Location"] == f"{EVENT}.{suffix}"
    assert moved.headers["Vary"] == "Accept, Accept-Datetime"
    assert 'rel="alternate"' in moved.headers["Link"]
    assert 'rel="describedby"' in moved.headers["Link"]
    document = web.get(moved.headers["Location"])
    assert document.status_code == 200
    assert document.content_type.partition(";")[0] == kind
    varies = set(document.headers["Vary"].split(", ")) - {"Accept-Language"}
    assert varies == {"Accept-Datetime", "Accept-Encoding"}
    assert document.headers["Last-Modified"].endswith("GMT")
    assert f'<http://localhost:8000{EVENT}.{suffix}>; rel="canonical"' in document.headers["Link"]
    assert document.headers["Access-Control-Allow-Origin"] == "*"


def test_every_syntax_says_the_same(web: FlaskClient) -> None:
    def said(graph: rdflib.Graph) -> set[Any]:
        """Without what a document says of itself: its topic, dataset and licence (it names its own format)."""
        return {t for t in graph if str(t[0]).rpartition(".")[2] not in {f.ending for f in RdfFormat}}

    merged = [
        rdflib.Graph().parse(data=web.get(f"{EVENT}.{f.ending}").text, format=n)
        for f, n in ((RdfFormat.TURTLE, "turtle"), (RdfFormat.NTRIPLES, "nt"), (RdfFormat.RDFXML, "xml"))
    ]
    assert len(merged[0]) > 5
    assert said(merged[0]) == said(merged[1]) == said(merged[2])
    lines = [line for line in web.get(f"{EVENT}.nq").text.splitlines() if line and f"{EVENT}.nq>" not in line]
    triples = "\n".join(line[: line.rindex("<")] + "." for line in lines)
    in_graphs = rdflib.Graph().parse(data=triples, format="nt")
    described = set(in_graphs.subjects())
    assert said(in_graphs) == {t for t in said(merged[0]) if t[0] in described}
    linked = {t for t in said(merged[0]) if t[0] not in described}  # which the merge gives the kinds of
    assert {t[1] for t in linked} == {rdflib.RDF.type, rdflib.SKOS.inScheme}
    assert {t[0] for t in linked} <= set(in_graphs.objects())
    assert any(line.endswith("<http://localhost:8000/id/passage/moscow-2014-2> .") for line in lines)


def test_inferred_triples_are_not_in_documents(web: FlaskClient) -> None:
    assert "schema.org/Event" not in web.get(f"{EVENT}.nq").text


def test_head_equals_get_and_conditions_hold(web: FlaskClient) -> None:
    for _again in range(2):  # the second answer comes from the byte cache
        got, head = web.get(f"{EVENT}.html"), web.head(f"{EVENT}.html")
        assert head.data == b""
        assert dict(head.headers) == dict(got.headers)
        tag = got.headers["ETag"]
        assert not tag.startswith("W/")
        for condition in (tag, f'"other", {tag}', "*", "W/" + tag):
            same = web.get(f"{EVENT}.html", headers={"If-None-Match": condition})
            assert same.status_code == 304
            assert same.data == b""
            assert same.headers["ETag"] == tag
        assert web.get(f"{EVENT}.html", headers={"If-None-Match": '"x"'}).status_code == 200
        since = {"If-Modified-Since": got.headers["Last-Modified"]}
        assert web.get(f"{EVENT}.html", headers=since).status_code == 304


def test_compressed_answers_have_their_own_tag(web: FlaskClient) -> None:
    plain = web.get(f"{EVENT}.html")
    packed = web.get(f"{EVENT}.html", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["ETag"] != plain.headers["ETag"]
    assert len(packed.data) < len(plain.data) / 2
    assert "Accept-Encoding" in plain.headers["Vary"]


def test_not_acceptable_lists_the_variants(web: FlaskClient) -> None:
    answer = web.get(EVENT, headers={"Accept": "image/png"})
    assert answer.status_code == 406
    told = json.loads(answer.data)
    assert [v["type"] for v in told["variants"]] == TYPES
    assert answer.content_type == "application/problem+json"


def test_unknown_is_404_in_one_shape_with_near_matches(web: FlaskClient) -> None:
    for path in ("/id/event/moscow-ceremony-2015", "/id/event/moscow-ceremony-2015.html", "/no/such/thing"):
        for _again in range(2):
            machine = web.get(path, headers={"Accept": "application/json"})
            assert machine.status_code == 404
            told = json.loads(machine.data)
            page = web.get(path, headers={"Accept": BROWSER})
            assert page.status_code == 404
            assert "Accept" in page.headers["Vary"]
            assert told["title"] in page.text
            assert told["hint"] in page.text
    assert {"href": EVENT, "label": "Ceremony in Moscow, 27 February 2014"}.items() <= {
        **json.loads(web.get("/id/event/moscow-ceremony-2015").data)["near"][0]
    }.items() or EVENT in web.get("/id/event/moscow-ceremony-2015").text


def test_entity_shows_any_iri_exactly(web: FlaskClient) -> None:
    iri = "http://localhost:8000" + EVENT
    moved = web.get("/entity?iri=" + quote(iri, safe=""), headers={"Accept": "text/turtle"})
    assert (moved.status_code, moved.headers["Location"]) == (303, EVENT + ".ttl")
    assert web.get("/entity").status_code == 400
    assert web.get("/entity?iri=http://nowhere.example/x").status_code == 404
    term = web.get("/entity?iri=kg:Event", headers={"Accept": "text/html"})
    assert (term.status_code, term.headers["Location"]) == (303, "/ontology.html#Event")


def test_other_methods_are_refused_in_the_same_shape(web: FlaskClient) -> None:
    answer = web.post(EVENT + ".html")
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]
    assert json.loads(answer.data)["status"] == 405
    preflight = web.options(
        EVENT, headers={"Access-Control-Request-Method": "GET", "Origin": "http://a.example"}
    )
    assert preflight.status_code == 204
    assert "GET" in preflight.headers["Access-Control-Allow-Methods"]


def test_every_page_has_the_safety_headers(web: FlaskClient) -> None:
    for path in ("/", "/about", "/search?q=a", "/ontology.html", EVENT + ".html", "/nothing"):
        headers = web.get(path, headers={"Accept": BROWSER}).headers
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "unsafe-inline" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"


def test_the_ontology_is_one_file(web: FlaskClient) -> None:
    moved = web.get("/ontology", headers={"Accept": "text/turtle"})
    assert (moved.status_code, moved.headers["Location"]) == (303, "/ontology.ttl")
    graph = rdflib.Graph().parse(data=web.get("/ontology.ttl").text, format="turtle")
    terms = {s for s in graph.subjects() if str(s).startswith("http://localhost:8000/ontology#")}
    assert len(terms) > 50
    page = web.get("/ontology.html").text
    for term in terms:
        assert f'id="{str(term).partition("#")[2]}"' in page


def test_static_files_are_hashed_and_kept(web: FlaskClient) -> None:
    page = web.get("/").text
    href = next(part for part in page.split('"') if part.startswith("/static/style."))
    style = web.get(href)
    assert style.status_code == 200
    assert "immutable" in style.headers["Cache-Control"]
    assert web.get("/static/style.css").status_code == 404


ODD = """
<http://localhost:8000/a%2Fb> <http://www.w3.org/2000/01/rdf-schema#label> "encoded slash" .
<http://localhost:8000/a/b> <http://www.w3.org/2000/01/rdf-schema#label> "plain slash" .
<http://localhost:8000/x> <http://www.w3.org/2000/01/rdf-schema#label> "thing x" .
<http://localhost:8000/x.ttl> <http://www.w3.org/2000/01/rdf-schema#label> "thing x dot ttl" .
<http://localhost:8000/about> <http://www.w3.org/2000/01/rdf-schema#label> "a thing named about" .
<http://localhost:8000/caf%C3%A9> <http://www.w3.org/2000/01/rdf-schema#label> "percent" .
<http://localhost:8000/th\u00e9> <http://www.w3.org/2000/01/rdf-schema#label> "unicode" .
<http://localhost:8000/q?a=b&c> <http://www.w3.org/2000/01/rdf-schema#label> "with a query" .
<http://localhost:8000//two//slashes/> <http://www.w3.org/2000/01/rdf-schema#label> "slashes" .
<http://localhost:8000/doc#one> <http://www.w3.org/2000/01/rdf-schema#label> "hash one" .
<http://localhost:8000/doc#two> <http://www.w3.org/2000/01/rdf-schema#label> "hash two" .
<http://localhost:8000/a/../b> <http://www.w3.org/2000/01/rdf-schema#label> "dots" .
<http://localhost:8000/a/%2E/b> <http://www.w3.org/2000/01/rdf-schema#label> "encoded dot" .
<http://localhost:8000/line%0Abreak> <http://www.w3.org/2000/01/rdf-schema#label> "line break" .
<urn:isbn:123> <http://www.w3.org/2000/01/rdf-schema#label> "a book" .
"""


@pytest.fixture(scope="module")
def odd() -> FlaskClient:
    return client(small_site(ODD, "nt"))


def test_odd_iris_all_have_a_page(odd: FlaskClient) -> None:
    for line in ODD.strip().splitlines():
        iri, label = line[1:].partition(">")[0], line.split('"')[1]
        page = odd.get(
            "/entity?iri=" + quote(iri, safe=""), headers={"Accept": "text/html"}, follow_redirects=True
        )
        assert page.status_code == 200, iri
        assert label in page.text, iri
        turtle = odd.get(
            "/entity?iri=" + quote(iri, safe=""), headers={"Accept": "text/turtle"}, follow_redirects=True
        )
        assert label in turtle.text, iri


def test_no_address_leads_to_another_host(odd: FlaskClient) -> None:
    for path in ("//two//slashes/", "/a/../b", "/a/%252E/b", "/line%250Abreak"):
        moved = odd.get(f"/entity?iri=http://localhost:8000{path}")
        assert moved.headers["Location"].startswith("/entity.html?iri="), path


def test_the_addresses_told_to_machines_are_those_of_the_pages(odd: FlaskClient) -> None:
    listed = gzip.decompress(odd.get("/sitemaps/1.xml.gz").data).decode()
    addresses = [html.unescape(text) for text in re.findall("<loc>(.*?)</loc>", listed)]
    assert (
        len(addresses) == len(set(addresses)) == 12
    )  # the home page, the things; no hash IRIs, no query strings
    for address in addresses:
        path = address.removeprefix("http://localhost:8000")
        assert odd.get(path).status_code == 200, address


def test_the_setting_address_is_the_scheme_and_host_of_absolute_links(odd: FlaskClient) -> None:
    given = {"Host": "found.example"}
    assert "<http://found.example/x>" in odd.get("/timemap/x", headers=given).text
    sample = '<http://localhost:8000/x> <http://localhost:8000/p> "x" .'
    told = client(small_site(sample, "nt", address="https://data.example/"))
    assert "<https://data.example/x>" in told.get("/timemap/x", headers=given).text
    assert "<https://data.example/sparql>" in told.get("/sparql", headers=given).text
    assert "found.example" not in told.get("/timemap/x", headers=given).text


def test_an_exact_iri_wins_over_thing_and_suffix(odd: FlaskClient) -> None:
    assert odd.get("/x.ttl").headers["Location"] == "/x.ttl.html"
    assert odd.get("/x.nt").status_code == 200
    assert "thing x dot ttl" in odd.get("/x.ttl.html").text


def test_the_application_wins_over_things(odd: FlaskClient) -> None:
    assert "a thing named about" not in odd.get("/about").text
    assert "a thing named about" in odd.get("/entity.html?iri=http://localhost:8000/about").text


def test_iris_that_look_the_same_on_the_wire_are_offered(odd: FlaskClient) -> None:
    answer = odd.get("/a/b")
    assert answer.status_code == 300
    assert "/entity?iri=http://localhost:8000/a%252Fb" in answer.text
    assert "/entity?iri=http://localhost:8000/a/b" in answer.text


def test_hash_iris_are_shown_within_their_document(odd: FlaskClient) -> None:
    page = odd.get("/doc.html")
    assert page.status_code == 200
    assert "hash one" in page.text
    assert "hash two" in page.text


def test_unknown_query_strings_never_reach_the_cache(web: FlaskClient) -> None:
    first = web.get(EVENT + ".html?utm=1")
    assert first.status_code == 200
    assert first.text == web.get(EVENT + ".html").text


@pytest.mark.parametrize(
    "text", ["Hojali", "Xocalı", "Khojali", "Khodschali", "Chodschali", "Hodzhaly", "Khocali", "Xojaly"]
)
def test_a_name_transliterated_otherwise_is_offered_as_the_index_spells_it(text: str) -> None:
    web = client(own_site())
    page = web.get("/search", query_string={"q": text}, headers={"Accept": "text/html"}).text
    offered = re.findall(
        r'<a href="/search\?q=([^"]+)"', page.partition("Nearly the same")[2].partition("</p>")[0]
    )
    assert "khojaly" in offered
    for word in offered:
        assert int(json.loads(web.get("/search.json", query_string={"q": word}).data)["total"]) > 0


def test_nothing_is_offered_for_what_is_like_nothing() -> None:
    assert (
        "Nearly the same"
        not in client(own_site()).get("/search?q=zzzzqqq", headers={"Accept": "text/html"}).text
    )


def test_a_short_page_tells_all_of_a_passage_under_each_statement() -> None:
    page = client(own_site()).get("/id/recognition/parliaments-53-countries.html?lang=en").text
    cards = [card for card in page.split('<details class="ev')[1:] if '">Passage</a>' in card]
    assert len(cards) >= 3
    for card in cards:
        body = card.partition("</details>")[0]
        assert "Who speaks:" in body
        assert "Characters " in body
