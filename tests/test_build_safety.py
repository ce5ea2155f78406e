"""What the machine does to a site: a full disk, damaged stores and indexes. Clear words, and the release untouched."""

from __future__ import annotations

import os
import resource
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from kgraph.cli import run
from kgraph.release import read_log, verify


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/one.nt").write_text('<http://a/1> <http://www.w3.org/2000/01/rdf-schema#label> "x" .\n')
    (tmp_path / "ask.rq").write_text("ASK { ?s ?p ?o }")
    assert run(["build", str(tmp_path)]) == 0
    return tmp_path


def active(site: Path) -> Path:
    return site / ".kgraph/releases" / read_log(site / ".kgraph")[-1].folder


@pytest.mark.parametrize("kilobytes", [1, 40, 100, 200, 400])
def test_a_full_disk_is_told_and_leaves_nothing(site: Path, kilobytes: int) -> None:
    """A limit on the size of files stands in for a full disk: writing fails in the middle, as it does there."""
    lines = (
        f'<http://a/{n}> <http://www.w3.org/2000/01/rdf-schema#label> "{os.urandom(40).hex()}" .\n'
        for n in range(9000)
    )
    (site / "data/two.nt").write_text("".join(lines))

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (kilobytes * 1024, kilobytes * 1024))

    done = subprocess.run(
        [sys.executable, "-m", "kgraph", "build", str(site)],
        capture_output=True,
        text=True,
        preexec_fn=limit,
        check=False,
    )
    assert done.returncode == 3, done.stderr
    assert done.stderr.startswith("kgraph: ")
    assert "Traceback" not in done.stderr
    assert len(read_log(site / ".kgraph")) == 1
    assert list((site / ".kgraph/drafts").iterdir()) == []
    assert verify(active(site)) == []
    assert run(["build", str(site)]) == 0


def test_a_damaged_store_is_told(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (active(site) / "store/CURRENT").write_text("rubbish")
    assert run(["describe", "http://a/1", "--site", str(site)]) == 3
    assert "the store cannot be opened: Corruption" in capsys.readouterr().err
    assert run(["query", str(site / "ask.rq"), "--site", str(site)]) == 3
    assert run(["build", "--force", str(site)]) == 0
    assert run(["query", str(site / "ask.rq"), "--site", str(site)]) == 0


@pytest.mark.parametrize("damage", [b"", b"no database at all, whatever its name may say" * 9])
def test_a_damaged_index_is_told(site: Path, damage: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    (active(site) / "index.sqlite").write_bytes(damage)
    assert run(["describe", "http://a/1", "--site", str(site)]) == 3
    error = capsys.readouterr().err
    assert "the index cannot be read" in error
    assert "kgraph rollback" in error


def test_a_server_does_not_start_over_a_damaged_release(site: Path) -> None:
    (active(site) / "store/CURRENT").write_text("rubbish")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    done = subprocess.run(
        [sys.executable, "-m", "kgraph", "serve", str(site), "--port", str(port), "--processes", "1"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 3, done.stderr
    assert "the store cannot be opened" in done.stderr
    assert not list((site / ".kgraph").glob("failed-*"))
