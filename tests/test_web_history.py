"""Earlier releases over HTTP: `?release=N`, Memento, what was taken away, lists and differences."""

from __future__ import annotations

import gzip
import html
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.http import http_date, parse_date

from harvest_site import client_of, person, release, three_releases, write_site
from kgraph.release import read_log
from kgraph.web.edition import parse_time

STATE = ".kgraph"
JSON = {"Accept": "application/sparql-results+json"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """1: people 0 to 19. 2: person 3 changed, 5 gone, 20 new. 3: 5 back, 3 changed again, 7 gone."""
    folder = tmp_path_factory.mktemp("history")
    three_releases(folder, size=20)
    return folder


@pytest.fixture(scope="module")
def web(folder: Path) -> Iterator[FlaskClient]:
    with client_of(folder) as client:
        yield client


def times(folder: Path) -> dict[int, str]:
    return {a.number: http_date(parse_time(a.time)) for a in read_log(folder / STATE)}


def dump(web: FlaskClient, number: int) -> list[str]:
    with web.get(f"/dumps/{number}/data.nq.gz") as answer:
        return gzip.decompress(answer.data).decode().splitlines()


def test_a_page_is_read_in_the_release_that_its_address_names(web: FlaskClient, folder: Path) -> None:
    days = {n: web.get(f"/id/person/p0003.nt?release={n}") for n in (1, 2, 3)}
    assert ["1950-01-02" in days[1].text, "1950-01-03" in days[2].text, "1950-01-04" in days[3].text] == [
        True
    ] * 3
    assert web.get("/id/person/p0003.nt").text == days[3].text
    for number, answer in days.items():
        assert answer.headers["Memento-Datetime"] == times(folder)[number]
        assert "Accept-Datetime" not in answer.headers.get("Vary", "")
    page = web.get("/id/person/p0003.html?release=1")
    assert 'href="/id/person/p0004?release=1"' in page.text
    assert "/id/person/p0003.ttl?release=1" in page.text
    assert "Memento-Datetime" not in web.get("/id/person/p0003.html").headers
    moved = web.get("/id/person/p0003?release=2", headers={"Accept": "text/turtle"})
    assert (moved.status_code, moved.headers["Location"]) == (303, "/id/person/p0003.ttl?release=2")


@pytest.mark.parametrize(
    "path", ["/", "/search?q=Person", "/browse", "/ontology.html", "/id/person/p0001.html"]
)
def test_every_kind_of_page_can_be_read_in_an_earlier_release(web: FlaskClient, path: str) -> None:
    answer = web.get(path + ("&" if "?" in path else "?") + "release=1")
    assert answer.status_code == 200
    assert "Release 1," in answer.text
    assert "Release 3," in web.get(path).text


def test_queries_run_over_an_earlier_release(web: FlaskClient) -> None:
    query = "SELECT (COUNT(DISTINCT ?s) AS ?n) { ?s a <https://schema.org/Person> }"
    counted = {
        n: web.get("/sparql", query_string={"query": query, "release": str(n), "format": "csv"}).text.split()[
            1
        ]
        for n in (1, 2, 3)
    }
    assert counted == {1: "20", 2: "20", 3: "20"}
    ask = "ASK { <http://localhost:8000/id/person/p0005> ?p ?o }"
    told = [
        web.post(
            "/sparql",
            data={"query": ask},
            query_string={"release": str(n)},
            headers=JSON,
        ).text
        for n in (1, 2, 3)
    ]
    assert [json.loads(t)["boolean"] for t in told] == [True, False, True]


@pytest.mark.parametrize(
    ("text", "status"), [("9", 404), ("0", 404), ("x", 400), ("-1", 400), ("", 400), ("1" * 40, 400)]
)
def test_a_release_that_is_none_is_told(web: FlaskClient, text: str, status: int) -> None:
    answer = web.get(f"/id/person/p0003.html?release={text}")
    assert answer.status_code == status
    assert "/releases" in answer.text


def test_the_time_gate_leads_to_the_memento_of_a_time(web: FlaskClient, folder: Path) -> None:
    when = times(folder)
    for path in ("/id/person/p0003", "/id/person/p0003.ttl"):
        for number in (1, 2, 3):
            answer = web.get(path, headers={"Accept-Datetime": when[number]})
            assert answer.status_code == 302
            assert answer.headers["Location"] == f"{path}?release={number}"
            assert answer.headers["Vary"] == "Accept-Datetime"
            assert f'<{path}>; rel="original timegate"' in answer.headers["Link"]
            assert f'<{path}?release=1>; rel="first memento"' in answer.headers["Link"]
            assert f'<{path}?release=3>; rel="last memento"' in answer.headers["Link"]
            assert "Memento-Datetime" not in answer.headers
        for early in ("Thu, 01 Jan 1970 00:00:00 GMT",):
            assert (
                web.get(path, headers={"Accept-Datetime": early}).headers["Location"] == f"{path}?release=1"
            )
        late = web.get(path, headers={"Accept-Datetime": "Fri, 01 Jan 2100 00:00:00 GMT"})
        assert late.headers["Location"] == f"{path}?release=3"
        assert web.get(path, headers={"Accept-Datetime": "yesterday"}).status_code == 400
    unchanged = web.get("/id/person/p0001.ttl", headers={"Accept-Datetime": when[3]})
    assert unchanged.headers["Location"] == "/id/person/p0001.ttl?release=1", "one memento for one state"
    memento = web.get("/id/person/p0003.ttl?release=1", headers={"Accept-Datetime": when[3]})
    assert memento.status_code == 200
    assert memento.headers["Memento-Datetime"] == when[1]


def test_what_the_cache_holds_does_not_answer_for_another_time(web: FlaskClient, folder: Path) -> None:
    path = "/id/person/p0002.html"
    first = web.get(path)
    assert "Accept-Datetime" in first.headers["Vary"]
    assert web.get(path, headers={"Accept-Datetime": times(folder)[1]}).status_code == 302
    assert web.get(path).status_code == 200
    thing = web.get("/id/person/p0002")
    assert thing.headers["Vary"] == "Accept, Accept-Datetime"


def test_a_time_map_lists_the_mementos(web: FlaskClient, folder: Path) -> None:
    link = web.get("/id/person/p0003.ttl").headers["Link"]
    assert '</timemap/id/person/p0003.ttl>; rel="timemap"; type="application/link-format"' in link
    answer = web.get("/timemap/id/person/p0003.ttl")
    assert answer.headers["Content-Type"] == "application/link-format"
    lines = answer.text.strip().split(",\n")
    when = times(folder)
    assert lines[0] == '<http://localhost/id/person/p0003.ttl>; rel="original timegate"'
    assert f'from="{when[1]}"; until="{when[3]}"' in lines[1]
    assert lines[2:] == [
        f'<http://localhost/id/person/p0003.ttl?release={n}>; rel="{rel}"; datetime="{when[n]}"'
        for n, rel in ((1, "first memento"), (2, "memento"), (3, "last memento"))
    ]
    for line in lines[2:]:
        assert parse_date(line.partition('datetime="')[2].rstrip('"')) is not None
        assert web.get(line[1 : line.index(">")]).status_code == 200
    exact = web.get("/timemap/entity.ttl?iri=http://localhost:8000/id/person/p0003")
    assert exact.text == answer.text
    assert web.get("/timemap/id/person/nobody").status_code == 404


def test_a_thing_that_was_taken_away_is_gone_and_can_be_read_where_it_was(web: FlaskClient) -> None:
    for path in ("/id/person/p0007", "/id/person/p0007.html", "/id/person/p0007.ttl"):
        answer = web.get(path)
        assert answer.status_code == 410
        told = answer.get_json()
        assert told["choices"][0]["href"] == f"{path}?release=2"
        assert "Release 2" in told["detail"]
        assert web.get(told["choices"][0]["href"]).status_code in (200, 303)
        gate = web.get(path, headers={"Accept-Datetime": "Fri, 01 Jan 2100 00:00:00 GMT"})
        assert gate.headers["Location"] == f"{path}?release=1"
    page = web.get("/id/person/p0007.html", headers={"Accept": "text/html"})
    assert 'href="/id/person/p0007.html?release=2"' in page.text
    assert web.get("/entity?iri=http://localhost:8000/id/person/p0007").status_code == 410
    linked = web.get("/entity.html?iri=http://localhost:8000/id/person/p0007&release=2")
    assert linked.status_code == 200
    assert web.get("/id/person/never").status_code == 404
    assert web.get("/id/person/p0020?release=1").status_code == 404


ONCE = re.compile(r"/(static/|dumps|releases|diff|history|timemap|opensearch)")


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/about",
        "/search?q=Person",
        "/browse",
        "/ontology.html",
        "/sparql",
        "/queries",
        "/id/person/p0003.html",
    ],
)
def test_every_link_and_form_of_an_earlier_page_stays_in_that_release(web: FlaskClient, path: str) -> None:
    text = web.get(path + ("&" if "?" in path else "?") + "release=2", headers={"Accept": "text/html"}).text
    assert "You read an earlier state: Release 2," in text
    links = [html.unescape(href) for href in re.findall(r'href="(/[^"]*)"', text)]
    current = re.search(r'<a href="([^"]*)" rel="latest-version"', text)
    assert current
    assert "release=" not in current[1]
    left = [href for href in links if not ONCE.match(href) and "release=2" not in href]
    assert left == [html.unescape(current[1])]
    for form in re.findall(r"<form.*?</form>", text, re.DOTALL):
        assert 'name="release" value="2"' in form


def test_the_list_of_releases(web: FlaskClient, folder: Path) -> None:
    told = web.get("/releases.json").get_json()["releases"]
    assert [r["release"] for r in told] == [3, 2, 1]
    assert [r["active"] for r in told] == [True, False, False]
    assert told[0]["changes"] == {"created": 1, "updated": 1, "deleted": 1}
    assert told[1]["changes"] == {"created": 1, "updated": 1, "deleted": 1}
    assert told[2]["changes"] == {}
    assert all(r["kept"] and r["quads"] > 100 for r in told)
    page = web.get("/releases").text
    for r in told:
        assert f'href="/?release={r["release"]}"' in page
        assert web.get(r["pages"]).status_code == 200
        assert r["dump"] == f"/dumps/{r['release']}/data.nq.gz"
        assert len(dump(web, r["release"])) == r["quads"] + r["inferred"]
    assert "what changed since release 2" in page
    assert [r["release"] for r in web.get("/releases.json?before=3").get_json()["releases"]] == [2, 1]
    assert web.get("/dumps/9/data.nq.gz").status_code == 404


def test_a_difference_applied_to_one_release_gives_the_other(web: FlaskClient) -> None:
    whole = {n: set(dump(web, n)) for n in (1, 2, 3)}
    for a in (1, 2, 3):
        for b in (1, 2, 3):
            patch = web.get(f"/diff.patch?from={a}&to={b}").text.splitlines()
            assert (patch[0], patch[-1]) == ("TX .", "TC .")
            statements = set(whole[a])
            for line in patch[1:-1]:
                (statements.remove if line[0] == "D" else statements.add)(line[2:])
            assert statements == whole[b]
            told = web.get(f"/diff.json?from={a}&to={b}").get_json()
            assert (told["added"], told["removed"]) == (len(whole[b] - whole[a]), len(whole[a] - whole[b]))
            assert {s["statement"] for s in told["statements"]} == whole[a] ^ whole[b]


def test_the_page_of_a_difference(web: FlaskClient) -> None:
    page = web.get("/diff?from=2&to=3").text
    assert re.search(r"<del>.*1950-01-03.*</del>", page)
    assert re.search(r"<ins>.*1950-01-04.*</ins>", page)
    assert "Person 7" in page
    assert web.get("/diff").text == page
    told = web.get("/diff.json?from=2&to=3").get_json()
    assert f"{told['added']} added, {told['removed']} removed" in page
    assert {c["iri"].rpartition("/")[2]: c["kind"] for c in told["things"]} == {
        "p0003": "updated",
        "p0005": "created",
        "p0007": "deleted",
    }
    across = {
        (a, b): {
            c["iri"].rpartition("/")[2]: c["kind"]
            for c in web.get(f"/diff.json?from={a}&to={b}").get_json()["things"]
        }
        for a, b in ((1, 3), (3, 1))
    }
    # p0005 went with release 2 and came back as it was: no difference of 1 and 3
    assert across[1, 3] == {"p0003": "updated", "p0007": "deleted", "p0020": "created"}
    assert across[3, 1] == {"p0003": "updated", "p0007": "created", "p0020": "deleted"}
    assert web.get("/diff.json?from=a&to=1").status_code == 400
    assert web.get("/diff?from=0&to=1").status_code == 404
    assert "Both have the same statements." in web.get("/diff?from=2&to=2").text
    assert web.get("/diff?from=2&to=12").status_code == 404
    assert web.get("/diff.csv?from=2&to=3").status_code == 404


def test_a_thing_has_its_history(web: FlaskClient) -> None:
    page = web.get("/id/person/p0003.html").text
    for number, kind in ((3, "changed"), (2, "changed"), (1, "new")):
        assert re.search(rf"Release {number}, [^<]*: {kind}", page)
    iri = "http://localhost:8000/id/person/p0003"
    told = web.get(f"/history.json?iri={iri}&at=2").get_json()
    assert [(c["release"], c["kind"]) for c in told["changes"]] == [
        (1, "created"),
        (2, "updated"),
        (3, "updated"),
    ]
    assert len(told["added"]) == len(told["removed"]) == 1
    assert "1950-01-03" in told["added"][0]
    assert "1950-01-02" in told["removed"][0]
    last = web.get(f"/history?iri={iri}").text
    assert re.search(r"<del>.*1950-01-03.*</del>", last)
    assert re.search(r"<ins>.*1950-01-04.*</ins>", last)
    back = web.get("/history.json?iri=http://localhost:8000/id/person/p0005").get_json()
    assert [(c["release"], c["kind"]) for c in back["changes"]] == [
        (1, "created"),
        (2, "deleted"),
        (3, "created"),
    ]
    gone = web.get("/history.json?iri=http://localhost:8000/id/person/p0007").get_json()
    assert (gone["at"], gone["added"]) == (3, [])
    assert len(gone["removed"]) > 4
    assert web.get("/history?iri=http://localhost:8000/never").status_code == 404
    assert web.get("/history").status_code == 404


def test_what_is_cited_can_be_read(web: FlaskClient) -> None:
    page = html.unescape(web.get("/id/person/p0003.html").text)
    address = re.search(r'"URL": "http://localhost:8000([^"]*)"', page)
    assert address
    assert address[1] == "/id/person/p0003?release=3"
    found = web.get(address[1], follow_redirects=True, headers={"Accept": "text/html"})
    assert found.status_code == 200
    assert "Person 3" in found.text
    assert (
        "url = {http://localhost:8000/id/person/p0003?release=3}" in page
    )  # as it is: BibTeX takes it verbatim


@pytest.fixture
def dropped(folder: Path, tmp_path: Path) -> Path:
    """The same site, store and index of its first two releases dropped as retention does."""
    site = tmp_path / "site"
    shutil.copytree(folder, site)
    for activation in read_log(site / STATE)[:2]:
        shutil.rmtree(site / STATE / "releases" / activation.folder / "store")
        (site / STATE / "releases" / activation.folder / "index.sqlite").unlink()
    return site


def test_of_a_dropped_release_the_dump_is_named(dropped: Path) -> None:
    with client_of(dropped) as web:
        answer = web.get("/id/person/p0003?release=1")
        assert answer.status_code == 410
        assert answer.get_json()["choices"][0]["href"] == "/dumps/1/data.nq.gz"
        assert any("1950-01-02" in line for line in dump(web, 1))
        page = web.get("/id/person/p0003.html?release=1", headers={"Accept": "text/html"})
        assert page.status_code == 410
        assert 'href="/dumps/1/data.nq.gz"' in page.text
        assert [r["kept"] for r in web.get("/releases.json").get_json()["releases"]] == [True, False, False]
        gone = web.get("/id/person/p0007")
        assert gone.status_code == 410
        assert gone.get_json()["choices"][0]["href"] == "/dumps/2/data.nq.gz"
        assert web.get("/timemap/id/person/p0003").text.count("memento") == 1, "only what can be read"
        told = web.get("/history.json?iri=http://localhost:8000/id/person/p0003&at=2").get_json()
        assert told["added"] is None
        assert (
            "kept as a dump only" in web.get("/history?iri=http://localhost:8000/id/person/p0003&at=2").text
        )
        assert web.get("/diff.json?from=1&to=2").get_json()["added"] > 0


def test_a_damaged_history_is_made_again(folder: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    shutil.copytree(folder, site)
    (site / STATE / "history.sqlite").write_bytes(b"no database at all" * 100)
    with client_of(site) as web:
        assert re.search("Release 2, [^<]*: changed", web.get("/id/person/p0003.html").text)
        assert web.get("/releases.json").get_json()["releases"][0]["changes"]["deleted"] == 1
        assert web.get("/id/person/p0007").status_code == 410
    assert (site / STATE / "history.damaged").exists()


def test_many_releases_are_read_at_once(tmp_path: Path) -> None:
    """More than stay open; whatever was closed is opened again."""
    for number in range(6):
        write_site(tmp_path, {0: person(0, name=f"Name {number}")})
        release(tmp_path)
    with client_of(tmp_path) as web:
        for _ in range(2):
            for number in range(1, 7):
                assert f'"Name {number - 1}"' in web.get(f"/id/person/p0000.nt?release={number}").text
