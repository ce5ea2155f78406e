"""`kgraph serve` and `kgraph describe`, as a person runs them."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from conftest import end
from kgraph.cli import run
from kgraph.release import read_log

DATA = """@base <http://localhost:8000/> .
<id/place/mill> <http://www.w3.org/2000/01/rdf-schema#label> "Old mill"@en .
<id/event/fair> <http://www.w3.org/2000/01/rdf-schema#label> "Fair"@en ; <https://schema.org/location> <id/place/mill> .
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/one.ttl").write_text(DATA)
    return tmp_path


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def server(site: Path, port: int, request: pytest.FixtureRequest) -> Iterator[subprocess.Popen[str]]:
    options = ["--port", str(port), "--processes", "1", *getattr(request, "param", [])]
    command = [sys.executable, "-m", "kgraph", "serve", str(site), *options]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "COLUMNS": "100"},
    )
    try:
        yield process
    finally:
        end(process)


def get(port: int, path: str) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
        return str(answer.read().decode())


def wait_for(port: int, path: str, text: str, seconds: float = 30) -> str:
    """The page at `path`, once it is there and has `text`."""
    end, last = time.monotonic() + seconds, ""
    while time.monotonic() < end:
        try:
            last = get(port, path)
            if text in last:
                return last
        except OSError as error:
            last = str(error)
        time.sleep(0.1)
    raise AssertionError(f"{text!r} did not come: {last[:500]}")


def test_it_builds_serves_follows_new_releases_and_stops(
    server: subprocess.Popen[str], site: Path, port: int
) -> None:
    wait_for(port, "/id/place/mill.html", "Old mill")
    (site / "data/one.ttl").write_text(DATA.replace("Old mill", "New mill"))
    assert run(["build", str(site)]) == 0
    wait_for(port, "/id/place/mill.html", "New mill")
    server.send_signal(signal.SIGTERM)
    assert server.wait(15) == 0
    with pytest.raises(urllib.error.URLError):
        get(port, "/")
    assert server.stdout is not None
    assert f"http://localhost:{port}/" in server.stdout.read()


@pytest.mark.parametrize("server", [["--watch"]], indirect=True)
def test_a_saved_file_is_shown_as_a_draft(server: subprocess.Popen[str], site: Path, port: int) -> None:
    wait_for(port, "/id/place/mill.html", "Old mill")
    (site / "data/one.ttl").write_text(DATA.replace("Old mill", "Water mill"))
    assert "Draft" in wait_for(port, "/id/place/mill.html", "Water mill")
    (site / "data/one.ttl").write_text(DATA.replace("Old mill", "Wind mill") + "nonsense\n")
    page = wait_for(port, "/id/place/mill.html", "data/one.ttl:4:1")
    assert "Water mill" in page
    assert [a.number for a in read_log(site / ".kgraph")] == [1]
    (site / "data/one.ttl").write_text(DATA.replace("Old mill", "Wind mill"))
    assert 'role="alert"' not in wait_for(port, "/id/place/mill.html", "Wind mill")
    assert run(["build", str(site)]) == 0
    wait_for(port, "/id/place/mill.html", "Release 2")
    server.send_signal(signal.SIGTERM)
    assert server.wait(15) == 0
    assert not (site / ".kgraph/watch.json").exists()


def test_a_taken_port_is_told(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert run(["serve", str(site), "--port", str(taken.getsockname()[1])]) == 3
    error = capsys.readouterr().err
    assert "cannot listen on 127.0.0.1" in error
    assert "(make serve PORT=" in error


def test_faulty_data_are_not_served(site: Path, port: int) -> None:
    (site / "data/one.ttl").write_text("nonsense")
    command = [sys.executable, "-m", "kgraph", "serve", str(site), "--port", str(port)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "data/one.ttl:1:1" in done.stderr


def test_describe_shows_statements_and_links(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["build", str(site)]) == 0
    capsys.readouterr()
    assert run(["describe", "id/place/mill", "--site", str(site)]) == 0
    out = capsys.readouterr().out
    assert "Old mill" in out
    assert "1 by " in out
    assert run(["describe", "id/event/fair", "--site", str(site), "--format", "nt"]) == 0
    assert run(["describe", "http://localhost:8000/id/none", "--site", str(site)]) == 2
    assert "the release says nothing of it" in capsys.readouterr().err


def test_the_state_may_live_elsewhere(site: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    state = tmp_path_factory.mktemp("state")
    assert run(["build", str(site), "--state", str(state)]) == 0
    assert (state / "log.jsonl").exists()
    assert not (site / ".kgraph").exists()
    shutil.rmtree(state)
