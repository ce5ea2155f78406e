"""Doors and histories where releases meet: doors of the current one, members of the stream, a draft in its place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.http import http_date
from werkzeug.test import TestResponse

from harvest_site import client_of, person, three_releases, write_site
from kgraph.build.pipeline import draft
from kgraph.engine import open_engine
from kgraph.release import compared, open_release, read_log
from kgraph.site import load_site
from kgraph.web import create_app
from kgraph.web.edition import parse_time


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    folder = tmp_path_factory.mktemp("releases")
    three_releases(folder, size=20)
    with client_of(folder) as client:
        yield client


MEMBER = r"<http://localhost:8000(/id[^>]+)> <[^>]+type> <[^>]+activitystreams#(\w+)> \."
DOORS = [
    "/ldes",
    "/ldes/1",
    "/fragments",
    "/catalog.ttl",
    "/sitemap.xml",
    "/changes.atom",
    "/dumps/2",
    "/reconcile",
]


@pytest.mark.parametrize("path", DOORS)
@pytest.mark.parametrize(
    ("text", "status", "said"),
    [("x", 400, "number"), ("9", 404, "/releases"), ("1", 400, "/dumps/1"), ("3", 200, "")],
)
def test_doors_of_the_current_release_say_so(
    web: FlaskClient, path: str, text: str, status: int, said: str
) -> None:
    answer = web.get(f"{path}?release={text}")
    assert answer.status_code == status
    assert said in answer.text


def test_the_page_of_the_doors_and_oai_have_their_own_words(web: FlaskClient) -> None:
    assert web.get("/machines?release=1").status_code == 200
    assert "badArgument" in web.get("/oai?verb=Identify&release=1").text


def test_each_member_of_the_stream_is_read_at_its_own_address(web: FlaskClient) -> None:
    members = {}
    for number in (1, 2, 3):
        page = web.get(f"/ldes/{number}").text
        for member, kind in re.findall(
            r"<http://localhost:8000(/id[^>]+)> <[^>]+type> <[^>]+activitystreams#(\w+)> \.", page
        ):
            members[member] = kind
    assert len(members) == 21
    assert {m: k for m, k in members.items() if k != "Create"} == {
        "/id/person/p0003?release=3": "Update",
        "/id/person/p0007?release=3": "Delete",
    }
    for member, kind in members.items():
        answer = web.get(member, headers={"Accept": "text/turtle"}, follow_redirects=True)
        assert answer.status_code == 200, member
        assert answer.headers["Memento-Datetime"]
        assert ("rdfs:label" in answer.text) == (kind != "Delete")  # links lead to what is gone
        stem = member.partition("?")[0]
        assert web.get(f"{stem}?release=4").status_code == 404
        assert web.get(f"{stem}?release=3x").status_code == 400


def test_histories_under_a_draft_are_those_of_the_releases(tmp_path: Path) -> None:
    three_releases(tmp_path, size=12)
    people = {n: person(n) for n in range(12) if n != 4}
    people[3] = person(3, name="Drafted")
    people[50] = person(50)
    write_site(tmp_path, people)
    site = load_site(tmp_path)
    folder, _ = draft(site)
    assert folder is not None
    log = read_log(site.state)
    first = http_date(parse_time(log[0].time))
    before = [(a.number, a.data) for a in log]
    opened = open_release(folder)
    engine = open_engine(opened)
    try:
        web = create_app(site, opened, engine).test_client()

        def history(number: int) -> TestResponse:
            return web.get(f"/history.json?iri=http://localhost:8000/id/person/p{number:04d}")

        assert "Drafted" in web.get("/id/person/p0003.html").text
        assert [c["release"] for c in history(3).get_json()["changes"]] == [1, 2, 3]
        assert [c["kind"] for c in history(4).get_json()["changes"]] == [
            "created"
        ]  # the draft deletes nothing
        assert [c["kind"] for c in history(7).get_json()["changes"]] == ["created", "deleted"]
        assert history(50).status_code == 404
        assert "1950-01-03" in web.get("/id/person/p0003.ttl?release=2").text
        moved = web.get("/id/person/p0003.ttl", headers={"Accept-Datetime": first})
        assert (moved.status_code, moved.headers["Location"]) == (302, "/id/person/p0003.ttl?release=1")
        assert web.get("/timemap/id/person/p0003").text.count("memento") == 3
        assert web.get("/id/person/p0050.ttl").status_code == 200
        for door in ("/ldes", "/oai?verb=Identify", "/changes.atom", "/catalog.ttl"):
            assert web.get(door).status_code == 404  # a draft is not harvested
    finally:
        engine.close()
        opened.close()
    assert [(a.number, a.data) for a in read_log(site.state)] == before


def test_large_differences_are_counted_and_not_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    three_releases(tmp_path, size=12)
    with client_of(tmp_path) as web:
        whole = web.get("/diff.json?from=1&to=3").get_json()
        assert (whole["added"], whole["removed"], len(whole["statements"])) == (8, 8, 16)
        assert web.get("/diff.patch?from=1&to=3").text.count("\n") == 18
    monkeypatch.setattr(compared, "HELD_TEXT", 300)
    with client_of(tmp_path) as web:
        bounded = web.get("/diff.json?from=1&to=3").get_json()
        assert (bounded["added"], bounded["removed"]) == (8, 8)
        assert 0 < len(bounded["statements"]) < 6
        assert bounded["patch"] is None
        back = "http://localhost:8000/id/person/p0005"  # gone and back as it was: told where not all lines are held
        assert [c for c in bounded["things"] if c["iri"] != back] == whole["things"]
        assert web.get("/diff.patch?from=1&to=3").status_code == 403
        assert web.get("/diff?from=1&to=3").status_code == 200
    monkeypatch.setattr(compared, "READ", 10)
    with client_of(tmp_path) as web:
        page = web.get("/diff?from=1&to=3")
        assert page.status_code == 200
        assert "kgraph diff" in page.text
        assert all(
            thing["iri"].removeprefix("http://localhost:8000") in page.text for thing in whole["things"]
        )
        assert web.get("/diff.json?from=1&to=3").status_code == 403
