"""Releases over time: list, diff, rollback, verify, retention, leases, and what crashes leave behind."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kgraph.cli import run
from kgraph.index import open_index
from kgraph.release import (
    append_log,
    building,
    collect,
    open_active,
    open_number,
    read_log,
    remove_orphans,
)

LABEL = "<http://www.w3.org/2000/01/rdf-schema#label>"


def write(site: Path, **labels: str) -> None:
    (site / "data").mkdir(exist_ok=True)
    text = "".join(f'<http://localhost:8000/id/{k}> {LABEL} "{v}"@en .\n' for k, v in labels.items())
    (site / "data/things.nt").write_text(text)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    write(tmp_path, a="one", b="two")
    assert run(["build", str(tmp_path)]) == 0
    write(tmp_path, a="one", b="TWO", c="three")
    assert run(["build", str(tmp_path)]) == 0
    return tmp_path


def folders(site: Path) -> list[Path]:
    return [site / ".kgraph/releases" / a.folder for a in read_log(site / ".kgraph")]


def test_releases_are_listed(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert run(["releases", str(site)]) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if "2026" in line or "20" in line]
    assert "active" in lines[0]
    assert len(lines) == 2


def test_a_diff_has_what_changed(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert run(["diff", "1", "2", "--site", str(site)]) == 0
    out = capsys.readouterr().out
    assert f'  - {LABEL} "two"@en .' in out
    assert f'  + {LABEL} "TWO"@en .' in out
    assert "2 added, 1 removed" in out
    assert run(["diff", "2", "1", "--patch", "--site", str(site)]) == 0
    assert f'A <http://localhost:8000/id/b> {LABEL} "two"@en .' in capsys.readouterr().out
    assert run(["diff", "1", "9", "--site", str(site)]) == 3


def test_rollback_is_a_new_release_of_old_data(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rollback", "--site", str(site)]) == 0
    log = read_log(site / ".kgraph")
    assert [(a.number, a.data == log[0].data) for a in log] == [(1, True), (2, False), (3, True)]
    assert log[2].folder == log[0].folder
    assert run(["rollback", "1", "--site", str(site)]) == 3
    assert "release 1 is the active one" in capsys.readouterr().err
    assert run(["build", str(site)]) == 0, "the files are not what is active"
    assert read_log(site / ".kgraph")[-1].data == log[1].data


def test_nodes_know_which_release_changed_them(site: Path) -> None:
    release = open_active(site / ".kgraph")
    index = open_index(release.index)
    found = {
        row["path"]: row["changed"] for row in index.execute("SELECT path, changed FROM node WHERE path > ''")
    }
    index.close()
    release.close()
    assert found == {"/id/a": 1, "/id/b": 2, "/id/c": 2}


@pytest.mark.parametrize("name", ["index.sqlite", "dumps/data.nq.gz", "report.json", "store/CURRENT"])
def test_a_damaged_file_is_found(site: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["verify", "--site", str(site)]) == 0
    path = folders(site)[1] / name
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    assert run(["verify", "2", "--site", str(site)]) == 3
    error = capsys.readouterr().err
    assert f"{name}: not as it was written" in error
    assert "kgraph rollback" in error
    path.unlink()
    assert run(["verify", "2", "--site", str(site)]) == 3


def test_a_damaged_manifest_is_told(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folders(site)[1] / "manifest.json").write_text('{"format": 1')
    assert run(["verify", "--site", str(site)]) == 3
    assert "the manifest is damaged" in capsys.readouterr().err
    query = site / "q.rq"
    query.write_text("ASK {}")
    assert run(["query", str(query), "--site", str(site)]) == 3
    assert run(["build", "--force", str(site)]) == 0
    assert run(["query", str(query), "--site", str(site)]) == 0


def test_a_damaged_line_of_the_log_is_told(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = site / ".kgraph/log.jsonl"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("x" + "".join(lines))
    assert run(["releases", str(site)]) == 3
    assert "line 1 of the release log is damaged" in capsys.readouterr().err


def test_a_torn_last_line_does_not_count(site: Path) -> None:
    path = site / ".kgraph/log.jsonl"
    path.write_text(path.read_text() + '{"number": 3, "ti')
    log = read_log(site / ".kgraph")
    assert [a.number for a in log] == [1, 2]
    append_log(site / ".kgraph", log[0])
    assert [json.loads(line)["number"] for line in path.read_text().splitlines()] == [1, 2, 1]


def test_retention_keeps_what_is_read(site: Path) -> None:
    state = site / ".kgraph"
    first = open_number(state, 1)
    with building(state):
        assert collect(state, 1) == []
    assert first.store.exists()
    first.close()
    with building(state):
        assert collect(state, 1) == [folders(site)[0].name]
    assert not first.store.exists()
    assert (first.folder / "dumps/data.nq.gz").exists()
    assert (first.folder / "manifest.json").exists()
    assert run(["verify", "--site", str(site)]) == 0
    assert run(["diff", "1", "2", "--site", str(site)]) == 0
    assert run(["rollback", "1", "--site", str(site)]) == 3
    active = open_active(state)
    assert active.number == 2
    active.close()


def test_what_crashes_leave_goes_at_the_next_build(site: Path) -> None:
    state = site / ".kgraph"
    for name in ("releases/0123456789abcdef/store", "drafts/building-1/store", "trash/x"):
        (state / name).mkdir(parents=True)
    with building(state):
        remove_orphans(state)
    assert not (state / "releases/0123456789abcdef").exists()
    assert not (state / "trash").exists()
    assert run(["build", "--force", str(site)]) == 0
    assert list((state / "drafts").iterdir()) == []


def test_a_folder_that_cannot_be_written_is_told(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    taken = site / "taken"
    taken.write_text("a file")
    assert run(["build", str(site), "--state", str(taken / "state")]) == 3
    assert "--state" in capsys.readouterr().err
