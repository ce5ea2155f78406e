"""Declarations, numbers and names with four thousand rows each: paged, complete, and each page within its size."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient

from kgraph.web.language import LANGUAGES
from web_site import client, own_site, small_site

ROWS = 4000
LIMIT = 100_000
SHEETS = ("/declarations", "/numbers", "/names")
HEAD = """@base <http://localhost:8000/> .
@prefix kg: <http://localhost:8000/ontology#> .
@prefix oa: <http://www.w3.org/ns/oa#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
kg:Naming rdfs:label "naming"@en .
<id/event/one> rdfs:label "An event with a name of some length, 1 and 2 May 1990"@en .
"""


def passage(number: int) -> str:
    return f"""<id/source/{number % 40}> a kg:Source ; rdfs:label "Report number {number % 40} of a meeting"@en ;
  dcterms:date "20{number % 40:02}-05-01"^^xsd:date .
<id/person/{number}> a kg:Person ; rdfs:label "A speaker whose number is {number}"@en .
<id/passage/{number}> oa:hasSource <id/source/{number % 40}> ; kg:voice <id/person/{number}> ; kg:mode kg:Quotation ;
  rdfs:label "Report number {number % 40}, passage {number}"@en ;
  dcterms:description "One sentence that says in our words what this passage, with the number {number}, says."@en ;
  oa:hasSelector <id/passage/{number}#p> ; kg:begins <id/passage/{number}#b> ; kg:ends <id/passage/{number}#e> .
<id/passage/{number}#p> a oa:TextPositionSelector ; oa:start {number} ; oa:end {number + 90} .
<id/passage/{number}#b> oa:exact "the first few words" .
<id/passage/{number}#e> oa:exact "and the last ones" .
"""


def rows(number: int) -> str:
    by = f"kg:claimant <id/person/{number % 100}> ; kg:about <id/event/one>"
    return f"""<id/passage/{number % 100}> {{
<id/statement/c{number}> a kg:Tally ; {by} ; kg:count {number + 1} ; kg:unit "persons of some kind" ;
  rdfs:label "A speaker states the number {number + 1}"@en .
<id/statement/n{number}> a kg:Claim ; {by} ; kg:act kg:Naming ; kg:term "a name with number {number}"@en ;
  rdfs:label "A speaker uses a name with number {number}"@en .
<id/recognition/{number}> a kg:Recognition ; kg:declaredBy <id/organization/{number % 50}> ; kg:term "a term" ;
  kg:form kg:Resolution ; kg:concerns <id/event/one> ; kg:knownThrough <id/statement/n{number}> ;
  dcterms:date "20{number % 40:02}-01-{number % 28 + 1:02}"^^xsd:date ; rdfs:label "Declaration {number}"@en .
}}
"""


@cache
def site() -> Flask:
    passages = "".join(passage(number) for number in range(100))
    return small_site(HEAD + passages + "".join(rows(number) for number in range(ROWS)), "trig")


def get(web: FlaskClient, address: str) -> str:
    answer = web.get(address)
    assert answer.status_code == 200, address
    assert len(answer.data) < LIMIT, f"{address}: {len(answer.data)} bytes"
    return answer.text


def pages(web: FlaskClient, address: str, most: int) -> Iterator[str]:
    """The first pages of a sheet, by the links that a reader follows."""
    for _ in range(most):
        text = get(web, address)
        yield text
        following = re.search(r'<a rel="next" href="([^"]*)"', text)
        if not following:
            return
        address = unescape(following[1])


def subjects(text: str) -> list[str]:
    """What the rows of a page are about."""
    found = []
    for row in re.findall(r"<tr.*?</tr>", text, re.DOTALL)[1:]:
        link = re.search(r'<p class="by"><a href="(/id/(?:statement|recognition)/[^"]*)"', row)
        assert link, row
        found.append(link[1])
    return found


@pytest.mark.parametrize("address", SHEETS)
def test_every_page_is_small_and_says_how_many_there_are(address: str) -> None:
    web = client(site())
    for language in ("en", "ru", "ar"):
        for text in pages(web, f"{address}?lang={language}", 2):
            assert 0 < len(subjects(text)) <= 40
            assert language != "en" or "4,000 are listed" in text or "4000 are listed" in text


@pytest.mark.parametrize("address", SHEETS)
def test_paging_gives_every_row_once(address: str) -> None:
    found = [one for text in pages(client(site()), f"{address}?lang=en", 120) for one in subjects(text)]
    assert len(found) == len(set(found)) == ROWS


def test_a_selection_of_few_rows_is_paged_in_the_order_of_its_sources() -> None:
    web = client(site())
    one = "/numbers?f=kg:claimant~http://localhost:8000/id/person/3"
    found = [one for text in pages(web, one, 5) for one in subjects(text)]
    assert len(found) == len(set(found)) == 40
    several = "/numbers?f=kg:about~http://localhost:8000/id/event/one&q=1"
    assert subjects(get(web, several))


@pytest.mark.parametrize(
    "address", ["/browse?class=kg:Claim", "/id/event/one.html", "/id/source/3.html", "/sources"]
)
def test_other_pages_of_it_are_small(address: str) -> None:
    get(client(site()), address)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_largest_pages_of_the_own_site_leave_room_in_every_language(language: str) -> None:
    web = client(own_site())
    for address in ("/id/event/khojaly-1992.html", "/id/person/leyla-aliyeva.html", "/ontology.html"):
        assert len(get(web, f"{address}?lang={language}").encode()) < 95_000, address
