"""Facets by way of evidence and of participations: what they count is what their query gives, and they combine."""

from __future__ import annotations

import json
import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient

from kgraph.engine.protocol import Query
from web_site import client, own_site

FACET = re.compile(r"<summary>([^<]*)</summary>\s*<ul>(.*?)</ul>", re.DOTALL)
VALUE = re.compile(r'<a href="([^"]*)".*?<span class="count">(\d+)</span>', re.DOTALL)
CLASSES = (
    "Person",
    "Organization",
    "Event",
    "Commemoration",
    "Recognition",
    "Claim",
    "Tally",
    "Place",
    "Work",
)


def facets(web: FlaskClient, address: str) -> dict[str, list[tuple[str, int]]]:
    """Facet -> the address of each value, and its count."""
    text = web.get(address, headers={"Accept-Language": "en"}).text
    return {
        name: [(unescape(href), int(count)) for href, count in VALUE.findall(values)]
        for name, values in FACET.findall(text)
    }


def listed(web: FlaskClient, address: str) -> int:
    """How many things a selection says that it has."""
    found = re.search(r"<strong>(\d+) thing", web.get(address).text)
    assert found, address
    return int(found[1])


def asked(web: FlaskClient, address: str) -> int:
    """How many things the query of a selection gives."""
    found = re.search(r'href="(/sparql\?query=[^"]*)"', web.get(address).text)
    assert found, address
    query = parse_qs(urlsplit(unescape(found[1])).query)["query"][0]
    engine = web.application.extensions["kgraph"].edition.engine
    return len(json.loads(engine.query(Query(query)).read())["results"]["bindings"])


@pytest.mark.parametrize("class_", CLASSES)
def test_counts_are_those_of_the_list_and_of_its_query(class_: str) -> None:
    web = client(own_site())
    found = facets(web, f"/browse?class=kg:{class_}")
    wanted = [value for name in ("Role", "Source") for value in found.get(name, ())]
    assert wanted or class_ in ("Place", "Work", "Recognition", "Commemoration", "Organization")
    for href, count in wanted:
        assert listed(web, href) == count, href
        assert asked(web, href) == count, href


def test_people_have_roles_and_sources_and_both_combine() -> None:
    web = client(own_site())
    people = facets(web, "/browse?class=kg:Person")
    assert {"Role", "Source"} <= set(people)
    href, count = people["Role"][0]
    chosen = facets(web, href)
    assert any(h == "/browse?class=kg:Person" for h, _ in chosen["Role"]), (
        "a chosen value is taken away by its link"
    )
    for both, fewer in chosen["Source"]:
        assert fewer <= count
        assert listed(web, both) == fewer == asked(web, both)


def test_sheets_have_the_facet_of_sources() -> None:
    web = client(own_site())
    for address in ("/numbers", "/names"):
        values = facets(web, address)["Source"]
        assert len(values) == 2, address
        for href, count in values:
            text = web.get(href).text
            assert re.search(rf"\b{count} (is|are) listed", text), (href, count)
