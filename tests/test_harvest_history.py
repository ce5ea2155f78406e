"""Which release changed what, and the change stream that is made of it."""

from __future__ import annotations

import gzip
import re
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import pytest
import rdflib

from harvest_site import open_published, person, release, three_releases, write_site
from kgraph.harvest import Published, sitemap, stream
from kgraph.history import NAME, changes_of
from kgraph.release import append_log
from kgraph.site import load_site

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:rdflib")  # its own, of its own

ID = "http://localhost:8000/id/person/p"
LDES = rdflib.Namespace("https://w3id.org/ldes#")
TREE = rdflib.Namespace("https://w3id.org/tree#")
DCT = rdflib.Namespace("http://purl.org/dc/terms/")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("history")
    three_releases(folder)
    return folder


@pytest.fixture(scope="module")
def published(folder: Path) -> Published:
    return open_published(folder)


def walk(published: Published) -> rdflib.Dataset:
    """Every page of the stream, as a client meets them."""
    data = rdflib.Dataset()
    waiting = [published.address + stream.PATH]
    seen = set()
    while waiting:
        address = waiting.pop()
        if address in seen:
            continue
        seen.add(address)
        path, _, query = address.removeprefix(published.address).partition("?after=")
        if path == stream.PATH:
            body = stream.root(published)
        else:
            found = stream.page(published, int(path.partition("/")[2]), unquote(query))
            assert found is not None
            body = found
        page = rdflib.Dataset()
        page.parse(data=body, format="trig")
        for quad in page.quads((None, None, None, None)):
            data.add(quad)
        waiting += [str(o) for o in page.objects(None, TREE.node)]
    return data


def test_each_thing_is_known_by_the_release_that_last_changed_it(published: Published) -> None:
    assert published.steps == (1, 2, 3)
    at = {
        step: {item.iri: item.kind for item in published.at_step(step, limit=5000)}
        for step in published.steps
    }
    assert at[2] == {f"{ID}0600": "created"}
    assert at[3] == {f"{ID}0003": "updated", f"{ID}0005": "created", f"{ID}0007": "deleted"}
    assert len(at[1]) == 597
    assert not set(at[1]) & set(at[3])
    item = published.changed(f"{ID}0007")
    assert item is not None
    assert (item.kind, item.release, item.label) == ("deleted", 3, "Person 7")
    assert item.class_iri == "https://schema.org/Person"
    assert published.changed(f"{ID}9999") is None


def test_an_earlier_release_knows_nothing_of_later_ones(folder: Path) -> None:
    second = open_published(folder, 2)
    assert second.steps == (1, 2)
    at_second = {item.iri: item.kind for item in second.at_step(2)}
    assert at_second == {f"{ID}0003": "updated", f"{ID}0005": "deleted", f"{ID}0600": "created"}
    assert open_published(folder, 1).steps == (1,)


def test_the_history_of_one_thing(folder: Path) -> None:
    state = load_site(folder).state
    assert [(c.release, c.kind) for c in changes_of(state, f"{ID}0005")] == [(2, "deleted"), (3, "created")]
    assert changes_of(state, f"{ID}0001") == []


def test_the_history_is_the_same_when_it_is_made_again(folder: Path) -> None:
    state = load_site(folder).state
    before = open_published(folder).at_step(3)
    (state / NAME).unlink()
    assert open_published(folder).at_step(3) == before


def test_the_same_data_again_change_nothing(tmp_path: Path) -> None:
    write_site(tmp_path, {1: person(1)})
    release(tmp_path)
    (tmp_path / "kgraph.toml").write_text((tmp_path / "kgraph.toml").read_text() + 'languages = ["fr"]\n')
    release(tmp_path)
    published = open_published(tmp_path)
    assert published.number == 2
    assert published.steps == (1,)


def test_a_release_whose_index_is_gone_is_passed_over(tmp_path: Path) -> None:
    three_releases(tmp_path, size=20)
    site = load_site(tmp_path)
    log = open_published(tmp_path).log
    (site.state / NAME).unlink(missing_ok=True)
    (site.state / "releases" / log[1].folder / "index.sqlite").unlink()
    published = open_published(tmp_path)
    assert published.steps == (1, 3)
    assert {i.iri[-4:]: i.kind for i in published.at_step(3)} == {
        "0003": "updated",
        "0007": "deleted",
        "0020": "created",
    }


def test_the_stream_has_every_thing_once_with_its_statements(published: Published) -> None:
    data = walk(published)
    members = list(data.objects(None, TREE.member))
    versions = {str(o) for m in members for o in data.objects(m, DCT.isVersionOf)}
    assert len(members) == len(set(members)) == len(versions) == 601
    deleted = [
        m
        for m in members
        if (m, rdflib.RDF.type, rdflib.URIRef("https://www.w3.org/ns/activitystreams#Delete")) in data
    ]
    assert [str(d) for d in deleted] == [f"{ID}0007?release=3"]
    third = data.graph(rdflib.URIRef(f"{ID}0003?release=3"))
    assert str(next(third.objects(None, rdflib.URIRef("https://schema.org/birthDate")))) == "1950-01-04"
    assert (None, rdflib.URIRef("https://schema.org/addressLocality"), None) in third  # a part comes with it
    for member in members:
        (time,) = data.objects(member, DCT.created)
        assert str(time).endswith(("Z", "+00:00"))


def test_a_page_of_a_closed_release_stays_the_same(folder: Path, published: Published) -> None:
    assert stream.page(published, 4) is None
    assert stream.page(published, 3) == stream.page(open_published(folder), 3)


def test_sitemaps_name_every_page_with_the_time_of_its_change(
    published: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sitemap, "FILE", 250)
    files = re.findall("<loc>([^<]+)</loc>", sitemap.index(published).decode())
    assert len(files) == 3
    text = "".join(gzip.decompress(sitemap.file(published, n + 1) or b"").decode() for n in range(3))
    found = dict(re.findall("<loc>([^<]+)</loc><lastmod>([^<]+)</lastmod>", text))
    assert len(found) == 601  # 600 things and the home page
    assert found[f"{ID}0003.html"] == published.times[3]
    assert found[f"{ID}0600.html"] == published.times[2]
    assert found[f"{ID}0001.html"] == published.times[1]
    assert sitemap.file(published, 4) is None
    assert sitemap.file(published, 0) is None


def test_going_back_is_a_change_like_any_other(tmp_path: Path) -> None:
    three_releases(tmp_path, size=10)
    state = load_site(tmp_path).state
    log = open_published(tmp_path).log
    again = replace(log[0], number=4, time="2100-01-01T00:00:00Z", note="rollback to 1")
    append_log(state, again)
    published = open_published(tmp_path)
    assert (published.number, published.steps) == (4, (1, 2, 3, 4))
    kinds = {i.iri[-4:]: i.kind for i in published.at_step(4)}
    assert kinds == {"0003": "updated", "0007": "created", "0010": "deleted"}
    thing = published.changed(f"{ID}0005")
    assert thing is not None
    assert (thing.release, thing.kind) == (3, "created")  # the same in 3 and 4
