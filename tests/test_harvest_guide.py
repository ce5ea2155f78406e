"""The page for machines and /llms.txt: every example on them works."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from harvest_site import client_of

BASE = "http://localhost:8000"


@pytest.fixture(scope="module")
def client(built_site: Path) -> Iterator[FlaskClient]:
    with client_of(built_site) as client:
        yield client


def test_every_example_of_the_page_works(client: FlaskClient) -> None:
    html = client.get("/machines").text
    examples = re.findall(r"curl -L (?:-H 'Accept: ([^']+)' )?'([^']+)'", unescape(html))
    assert len(examples) >= 20
    for accept, address in examples:
        assert address.startswith(BASE + "/")
        headers = {"Accept": accept} if accept else {}
        answer = client.get(address.removeprefix(BASE), headers=headers, follow_redirects=True)
        assert answer.status_code == 200, address
        assert answer.data, address
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        if accept:
            assert answer.mimetype == accept, address


def test_it_is_linked_from_the_home_page(client: FlaskClient) -> None:
    assert 'href="/machines"' in client.get("/").text


def test_llms_txt(client: FlaskClient) -> None:
    answer = client.get("/llms.txt")
    assert answer.text.startswith("# ")
    assert "not stated as a fact" in answer.text
    for address in re.findall(r"\]\((http[^)]+)\)", answer.text):
        assert client.get(address.removeprefix(BASE), follow_redirects=True).status_code == 200, address


def test_head_equals_get_at_every_door(client: FlaskClient) -> None:
    for path in (
        "/machines",
        "/llms.txt",
        "/robots.txt",
        "/sitemap.xml",
        "/ldes",
        "/catalog.ttl",
        "/context.jsonld",
    ):
        got, head = client.get(path), client.head(path)
        assert head.status_code == got.status_code == 200
        assert head.data == b""
        for name in ("Content-Type", "ETag", "Content-Length"):
            assert head.headers[name] == got.headers[name], (path, name)
        again = client.get(path, headers={"If-None-Match": got.headers["ETag"]})
        assert again.status_code == 304


@pytest.mark.parametrize(
    "path",
    [
        "/fragments?page=2",
        "/ldes/1?after=x",
        "/oai?verb=ListRecords&metadataPrefix=rdf",
        "/reconcile?query=Moscow",
    ],
)
def test_pages_among_many_are_packed_too(client: FlaskClient, path: str) -> None:
    plain = client.get(path)
    packed = client.get(path, headers={"Accept-Encoding": "gzip"})
    assert "Accept-Encoding" in packed.headers["Vary"]
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["ETag"] != plain.headers["ETag"]
    assert len(packed.data) < len(plain.data) / 2
    told = re.compile(rb"<responseDate>[^<]+")  # of each answer its own
    assert told.sub(b"", gzip.decompress(packed.data)) == told.sub(b"", plain.data)
    head = client.head(path, headers={"Accept-Encoding": "gzip"})
    assert (head.headers["Content-Encoding"], head.data) == ("gzip", b"")
    if "oai" not in path:
        same = {"Accept-Encoding": "gzip", "If-None-Match": packed.headers["ETag"]}
        again = client.get(path, headers=same)
        assert (again.status_code, again.data) == (304, b"")
        assert client.get(path, headers={**same, "Accept-Encoding": "identity"}).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/fragments?subject=not%20an%20iri",
        "/fragments?object=%22open",
        "/fragments?predicate=%22literal%22",
        "/fragments?page=0",
        "/fragments?page=-1",
        "/fragments?subject=%22a%22",
        "/fragments?object=%221%22%5E%5Ebad",
    ],
)
def test_a_wrong_pattern_is_told_what_is_wrong(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 400
    assert answer.get_json()["detail"]


def test_odd_but_valid_requests_find_nothing(client: FlaskClient) -> None:
    for path in (
        "/fragments?subject=urn:none",
        "/fragments?object=%22%00%22",
        "/fragments?graph=urn:none",
        f"/fragments?subject={BASE}/.well-known/genid/none",
        "/fragments?subject=%3Fs&page=99999",
    ):
        answer = client.get(path)
        assert answer.status_code in (200, 400), path
    for path in ("/ldes/99", "/ldes/x", "/sitemaps/9.xml.gz", "/dumps/99", "/dumps/1/..", "/ldes/-1"):
        assert client.get(path).status_code == 404, path
    assert client.get("/fragments", headers={"Accept": "image/png"}).status_code == 406
