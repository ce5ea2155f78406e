"""The validation report and the rules as pages: what was found, where, what to do; nothing wrong said as such."""

from __future__ import annotations

import json
import re
from functools import cache

import pytest
import rdflib
from flask import Flask
from flask.testing import FlaskClient

from web_site import client, own_site, serve, small_site, temporary

SH = rdflib.Namespace("http://www.w3.org/ns/shacl#")
HTML = {"Accept": "text/html"}
MANY = 1200
SHAPES = """
@base <http://localhost:8000/> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix ex: <http://example.org/> .
<shapes#Person> a sh:NodeShape ; sh:targetClass ex:Person ; sh:property <shapes#name> , <shapes#age> .
<shapes#name> sh:path ex:name ; sh:name "name"@en ; sh:minCount 1 ; sh:severity sh:Warning ;
  sh:message "A name is missing: give one with ex:name."@en .
<shapes#age> sh:path ex:age ; sh:maxInclusive 100 ; sh:severity sh:Info .
"""
HOSTILE = "<script>alert(1)</script>" + "x" * 5000


@cache
def warned() -> Flask:
    """A site whose data break rules of lesser severity, thousands of times."""
    folder = temporary()
    for name in ("data", "shapes"):
        (folder / name).mkdir()
    head = "@base <http://localhost:8000/> .\n@prefix ex: <http://example.org/> .\n"
    rows = [f'<id/p/{n}> a ex:Person ; ex:title "Person {n}" .\n' for n in range(MANY)]
    odd = f'<id/p/old> a ex:Person ; ex:name "Old" ; ex:age 101 , "{HOSTILE}" .\n'
    (folder / "data" / "p.ttl").write_text(head + "".join(rows) + odd, "utf-8")
    (folder / "shapes" / "s.ttl").write_text(SHAPES, "utf-8")
    (folder / "kgraph.toml").write_text('title = "Persons"\n', "utf-8")
    return serve(folder)


@pytest.fixture(scope="module")
def web() -> FlaskClient:
    return client(warned())


def text_of(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def test_results_stand_grouped_by_shape_the_worst_first_with_place_and_advice(web: FlaskClient) -> None:
    page = web.get("/report", headers=HTML)
    assert page.status_code == 200
    assert len(page.data) < 100_000
    told = text_of(page.text)
    assert f"{MANY + 2:,} findings" in told
    assert told.index("Warning: name") < told.index("Note: age")
    assert "A name is missing: give one with ex:name." in told
    assert "What to do: Add the missing values." in told
    assert "data/p.ttl:3" in told
    assert '<a href="/id/p/0">' in page.text
    assert "<script>alert" not in page.text


def test_a_group_is_paged_and_every_result_is_on_one_page(web: FlaskClient) -> None:
    address: str | None = "/report?group=1"
    seen: list[str] = []
    while address:
        page = web.get(address, headers=HTML)
        assert len(page.data) < 100_000
        seen += re.findall(r"<tr><td><code>[^<]*</code></td><td><a href=\"(/id/p/\d+)\"", page.text)
        following = re.search(r'rel="next" href="([^"]+)"', page.text)
        address = following[1].replace("&amp;", "&") if following else None
    assert sorted(seen) == sorted(f"/id/p/{n}" for n in range(MANY))


def test_an_unknown_group_says_where_the_report_is(web: FlaskClient) -> None:
    page = web.get("/report?group=9", headers=HTML)
    assert page.status_code == 404
    assert '<a href="/report">' in page.text


def test_the_report_is_had_as_rdf_and_json(web: FlaskClient) -> None:
    graph = rdflib.Graph().parse(data=web.get("/report.ttl").data, format="turtle")
    assert len(list(graph.subjects(rdflib.RDF.type, SH.ValidationResult))) == MANY + 2
    told = json.loads(web.get("/report.json").data)
    first = next(r for r in told["results"] if r["focusNode"]["value"].endswith("/p/0"))
    assert (first["file"], first["line"]) == ("data/p.ttl", 3)
    assert web.get("/report.xlsx").status_code == 404


def test_clean_data_say_what_was_checked_and_by_which_engine() -> None:
    told = text_of(client(own_site()).get("/report", headers=HTML).text)
    assert "Nothing is wrong: the data of this release keep every rule." in told
    assert re.search(r"\d+ shapes with a target, by queries on the store: .*declaration", told)


def test_a_site_without_shapes_says_so() -> None:
    web = client(
        small_site('<http://localhost:8000/id/a> <http://www.w3.org/2000/01/rdf-schema#label> "a" .')
    )
    told = web.get("/report", headers=HTML).text
    assert "Nothing was checked" in told
    assert "/shapes" not in told
    assert web.get("/shapes", headers=HTML).status_code == 404


def test_the_address_of_a_shape_leads_to_its_words_and_to_the_shapes_graph() -> None:
    web = client(own_site())
    moved = web.get("/shapes?lang=fr", headers=HTML)
    assert (moved.status_code, moved.headers["Location"]) == (303, "/shapes.html?lang=fr")
    assert web.get("/shapes", headers={"Accept": "text/turtle"}).headers["Location"] == "/shapes.ttl"
    assert web.get("/shapes", headers={"Accept": "image/png"}).status_code == 406
    graph = rdflib.Graph().parse(data=web.get("/shapes.ttl").data, format="turtle")
    page = web.get("/shapes.html", headers=HTML).text
    anchors = re.findall(r' id="([^"]+)"', page)
    assert len(anchors) == len(set(anchors))
    for shape in graph.subjects(SH.targetClass, None):
        if str(shape).startswith("http://localhost:8000/shapes#"):
            assert str(shape).partition("#")[2] in anchors
    words = text_of(page)
    assert "exactly 1; each is a concept of kg:Acts" in words
    assert "each of the class event or campaign" in words
    assert "each a text with its language; at least 1 that is a text in English" in words


def test_the_vocabulary_leads_to_the_rules_of_each_class() -> None:
    page = client(own_site()).get("/ontology.html", headers=HTML).text
    assert re.search(r'<a href="/shapes.html#Recognition">for \d+ properties</a>', page)
