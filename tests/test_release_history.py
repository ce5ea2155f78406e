"""The history on the command line: differences as patches, rollbacks, and verification of every file."""

from __future__ import annotations

import gzip
import json
import shutil
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harvest_site import client_of, person, release, write_site
from kgraph.cli import run
from kgraph.release import read_log

STATE = ".kgraph"
NAMES = ["Ann", "Bo", 'quo"te', "line\\nbreak", "ü 漢"]
PEOPLE = st.dictionaries(st.integers(0, 5), st.sampled_from(NAMES), min_size=1)


def make(folder: Path, people: dict[int, str]) -> None:
    write_site(folder, {n: person(n, name=name.replace('"', '\\"')) for n, name in people.items()})
    release(folder)


def dump(folder: Path, number: int) -> list[str]:
    activation = read_log(folder / STATE)[number - 1]
    path = folder / STATE / "releases" / activation.folder / "dumps/data.nq.gz"
    return gzip.decompress(path.read_bytes()).decode().splitlines()


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=PEOPLE, after=PEOPLE)
def test_a_patch_leads_from_one_release_to_the_other(
    before: dict[int, str],
    after: dict[int, str],
    tmp_path_factory: pytest.TempPathFactory,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = tmp_path_factory.mktemp("patch")
    make(folder, before)
    make(folder, after)
    last = len(read_log(folder / STATE))
    for a, b in ((1, last), (last, 1)):
        capsys.readouterr()
        assert run(["diff", str(a), str(b), "--patch", "--site", str(folder)]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert (lines[0], lines[-1]) == ("TX .", "TC .")
        statements = set(dump(folder, a))
        for line in lines[1:-1]:
            (statements.remove if line.startswith("D ") else statements.add)(line[2:])
        assert sorted(statements, key=str.encode) == dump(folder, b)
    shutil.rmtree(folder)


def test_after_a_rollback_history_and_builds_go_on(tmp_path: Path) -> None:
    make(tmp_path, {0: "Ann"})
    make(tmp_path, {0: "Bo", 1: "Cy"})
    with client_of(tmp_path) as web:
        second = web.get("/id/person/p0000.ttl").headers["Last-Modified"]
    first = read_log(tmp_path / STATE)[0]
    time.sleep(1.1)  # in another second than the build
    assert run(["rollback", "1", "--site", str(tmp_path)]) == 0
    log = read_log(tmp_path / STATE)
    assert [a.data for a in log] == [first.data, log[1].data, first.data]
    with client_of(tmp_path) as web:
        assert '"Ann"' in web.get("/id/person/p0000.nt").text
        told = web.get("/releases.json").get_json()["releases"]
        assert told[0]["note"] == "rolled back to release 1"
        assert told[0]["changes"] == {"updated": 1, "deleted": 1}
        assert web.get("/id/person/p0001").status_code == 410
        assert '"Bo"' in web.get("/id/person/p0000.nt?release=2").text
        assert web.get("/diff.json?from=1&to=3").get_json()["added"] == 0
        since = web.get("/id/person/p0000.ttl", headers={"If-Modified-Since": second})
        assert since.status_code == 200
    make(tmp_path, {0: "Bo", 1: "Cy"})
    log = read_log(tmp_path / STATE)
    assert [a.number for a in log] == [1, 2, 3, 4]
    assert log[3].data == log[1].data
    with client_of(tmp_path) as web:
        assert web.get("/id/person/p0001").status_code == 303
        told = web.get("/history.json?iri=http://localhost:8000/id/person/p0001").get_json()
        assert [(c["release"], c["kind"]) for c in told["changes"]] == [
            (2, "created"),
            (3, "deleted"),
            (4, "created"),
        ]
    assert run(["verify", "--site", str(tmp_path)]) == 0


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("verified")
    make(folder, {0: "Ann"})
    return folder


def files(folder: Path) -> list[str]:
    top = folder / STATE / "releases" / read_log(folder / STATE)[0].folder
    return sorted(p.relative_to(top).as_posix() for p in top.rglob("*") if p.is_file() and p.stat().st_size)


def verified(site: Path, capsys: pytest.CaptureFixture[str]) -> str:
    capsys.readouterr()
    code = run(["verify", "--site", str(site)])
    shown = capsys.readouterr().err
    assert (code, bool(shown)) in ((0, False), (3, True))
    return shown


def test_every_damage_to_every_file_is_named(
    built: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verified(built, capsys) == ""
    site = tmp_path / "site"
    shutil.copytree(built, site)
    top = site / STATE / "releases" / read_log(site / STATE)[0].folder
    names = [
        n for n in files(site) if n.rpartition("/")[2] not in ("LOCK", "LOG", "IDENTITY", "manifest.json")
    ]
    assert "index.sqlite" in names
    assert len(names) > 8
    for name in names:
        path = top / name
        sound = path.read_bytes()
        for damaged in (sound[:-1], sound + b"x", bytes([sound[0] ^ 1]) + sound[1:]):
            path.write_bytes(damaged)
            assert f"{name}: not as it was written" in verified(site, capsys)
        path.unlink()
        assert f"{name}: missing" in verified(site, capsys)
        path.write_bytes(sound)
    assert verified(site, capsys) == ""
    (top / "store" / "000099.sst").write_bytes(b"smuggled in")
    assert "store/000099.sst: no part of the release" in verified(site, capsys)


def test_a_manifest_that_was_edited_is_found(
    built: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site = tmp_path / "site"
    shutil.copytree(built, site)
    path = site / STATE / "releases" / read_log(site / STATE)[0].folder / "manifest.json"
    sound = json.loads(path.read_text())
    for change, said in (
        ({"data": "0" * 64}, "its digest 'data' is not that of release 1 in the log"),
        ({"inputs": "0" * 64}, "its digest 'inputs' is not that of release 1 in the log"),
        ({"quads": sound["quads"] + 1}, "though the manifest says"),
    ):
        path.write_text(json.dumps({**sound, **change}))
        assert said in verified(site, capsys)
    for text in ("", "{", "[]", '{"format": 99}'):
        path.write_text(text)
        assert "manifest" in verified(site, capsys) or "layout" in verified(site, capsys)
    path.unlink()
    assert "the manifest cannot be read" in verified(site, capsys)


def test_an_active_release_without_its_store_is_no_dropped_one(
    built: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site = tmp_path / "site"
    shutil.copytree(built, site)
    top = site / STATE / "releases" / read_log(site / STATE)[0].folder
    shutil.rmtree(top / "store")
    (top / "index.sqlite").unlink()
    shown = verified(site, capsys)
    assert "store: missing" in shown
    assert "index.sqlite: missing" in shown


def test_a_collection_that_was_ended_half_way_is_no_damage(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make(tmp_path, {0: "Ann"})
    make(tmp_path, {0: "Bob"})
    former = tmp_path / STATE / "releases" / read_log(tmp_path / STATE)[0].folder
    shutil.copytree(former, tmp_path / "copy")
    shutil.rmtree(former / "store")  # the first of the two that are taken
    assert verified(tmp_path, capsys) == ""
    assert run(["verify", "--site", str(tmp_path), "1"]) == 0
    assert capsys.readouterr().out == "release 1: sound, kept as a dump only\n"
    index = former / "index.sqlite"
    index.write_bytes(index.read_bytes() + b"x")  # what is left is still looked at
    assert "index.sqlite: not as it was written" in verified(tmp_path, capsys)
    shutil.rmtree(former)
    shutil.copytree(tmp_path / "copy", former)
    index.unlink()  # never taken first
    assert "index.sqlite: missing" in verified(tmp_path, capsys)


def test_lists_and_results_are_not_cut(
    built: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert run(["releases", str(built)]) == 0
    assert read_log(built / STATE)[0].time in capsys.readouterr().out
    query = tmp_path / "long.rq"
    query.write_text(f'SELECT ("{"x" * 5000}end" AS ?long) {{}}')
    assert run(["query", str(query), "--site", str(built)]) == 0
    assert "x" * 5000 + "end" in capsys.readouterr().out
