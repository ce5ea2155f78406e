"""Named queries over HTTP: pages with parameters, data twins, the list, and the terms that the editor completes."""

from __future__ import annotations

import csv
import io
import json
import re

import pytest
from flask.testing import FlaskClient

from conftest import ROOT
from web_site import client, own_site, small_site

NAMES = sorted(path.stem for path in (ROOT / "queries").glob("*.rq"))


@pytest.fixture(scope="module")
def browser() -> FlaskClient:
    """A client of the project's own site."""
    return client(own_site())


def rows(text: str) -> list[list[str]]:
    """The rows of a CSV answer."""
    return list(csv.reader(io.StringIO(text)))[1:]


def test_the_list_leads_to_every_query(browser: FlaskClient) -> None:
    assert f'<a href="/queries">{len(NAMES)} questions with their answers</a>' in browser.get("/").text
    page = browser.get("/queries").text
    assert re.findall(r'<a href="/queries/([a-z0-9-]+)">', page).__len__() == len(NAMES)
    told = json.loads(browser.get("/queries.json").data)["queries"]
    assert sorted(q["name"] for q in told) == NAMES
    place = next(q for q in told if q["name"] == "events-by-place")
    assert place["parameters"] == [
        {
            "name": "place",
            "type": "iri",
            "class": "http://localhost:8000/ontology#Place",
            "label": "Place",
            "optional": False,
            "default": "http://localhost:8000/id/place/moscow",
        }
    ]


@pytest.mark.parametrize("name", NAMES)
def test_a_page_and_its_twins_say_the_same(browser: FlaskClient, name: str) -> None:
    page = browser.get(f"/queries/{name}")
    assert page.status_code == 200, page.text
    answer = rows(browser.get(f"/queries/{name}.csv").text)
    counted = re.search(r"<p>(\d+) rows?", page.text)
    assert counted
    assert int(counted[1]) == len(answer) > 0
    bindings = json.loads(browser.get(f"/queries/{name}.json").data)["results"]["bindings"]
    assert len(bindings) == len(answer)


def test_a_value_changes_the_answer_and_every_link(browser: FlaskClient) -> None:
    page = browser.get("/queries/events-by-place?place=id/place/sarajevo").text
    assert "Words on a screen in Sarajevo" in page
    assert "Ceremony in Moscow, 27 February 2014</bdi></td>" not in page
    assert '<option value="id/place/sarajevo" selected>Sarajevo</option>' in page
    twin = browser.get("/queries/events-by-place.csv?place=id/place/sarajevo")
    assert twin.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert [row[0] for row in rows(twin.text)] == ["http://localhost:8000/id/event/sarajevo-screen-2013"]
    assert '"/queries/events-by-place.csv?place=id/place/sarajevo"' in page
    [editor] = re.findall(r'href="(/sparql\?query=[^"]+)"', page)
    assert "place%2Fsarajevo" in editor
    source = browser.get("/queries/events-by-place.rq?place=id/place/sarajevo")
    assert source.headers["Content-Type"] == "application/sparql-query; charset=utf-8"
    assert "VALUES ?place { <http://localhost:8000/id/place/sarajevo> }" in source.text


@pytest.mark.parametrize(
    ("address", "status", "told"),
    [
        ("/queries/nothing", 404, "nothing at this address"),
        ("/queries/declarations.doc", 404, "nothing at this address"),
        ("/queries/declarations?colour=red", 400, "no parameter 'colour'"),
        ("/queries/events-by-place?place=%3E%20%7D%20%23", 400, "'place' cannot be"),
        ("/queries/events-by-year?year=soon", 400, "a year such as 2014"),
        ("/queries/declarations.ttl", 406, ""),
    ],
)
def test_what_cannot_be_answered_says_why(browser: FlaskClient, address: str, status: int, told: str) -> None:
    answer = browser.get(address, headers={"Accept": "application/json"})
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert told in answer.text


def test_a_value_never_becomes_markup_or_query(browser: FlaskClient) -> None:
    attack = "http://a/%22%3E%3Cscript%3E"
    for address in (
        f"/queries/events-by-place?place={attack}",
        f"/queries/events-by-place.rq?place={attack}",
    ):
        answer = browser.get(address, headers={"Accept": "text/html"})
        assert answer.status_code == 400
        assert "<script>" not in answer.text.replace("<script src", "")


def test_the_same_twin_is_not_sent_twice(browser: FlaskClient) -> None:
    for address in ("/queries/declarations.csv", "/queries/events-by-place.csv?place=id/place/sarajevo"):
        first = browser.get(address)
        again = browser.get(address, headers={"If-None-Match": first.headers["ETag"]})
        assert again.status_code == 304
        assert browser.head(address).headers["Content-Length"] == str(len(first.data))
        assert first.headers.get("Vary", "Accept-Encoding") == "Accept-Encoding"


def test_terms_come_from_the_index(browser: FlaskClient) -> None:
    told = json.loads(browser.get("/sparql/terms.json").data)
    namespace = "http://localhost:8000/ontology#"
    assert told["prefixes"]["kg"] == namespace
    assert {"iri": namespace + "Event", "label": "event"}.items() <= next(
        c for c in told["classes"] if c["iri"] == namespace + "Event"
    ).items()
    counted = rows(
        browser.get(
            "/sparql?format=csv&query=SELECT (COUNT(*) AS ?n)"
            " { ?claim <http://localhost:8000/ontology%23claimant> ?who }"
        ).text
    )
    claimant = next(p for p in told["properties"] if p["iri"] == namespace + "claimant")
    assert [[str(claimant["uses"])]] == counted


def test_a_site_without_queries_says_so() -> None:
    other = client(small_site("<http://localhost:8000/a> a <http://localhost:8000/B> ."))
    assert "/queries" not in other.get("/").text
    assert "no named queries" in other.get("/queries").text
    assert json.loads(other.get("/queries.json").data) == {"queries": []}
