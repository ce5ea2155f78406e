"""`kgraph serve` as an operator meets it: a real server on a free port of this machine."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from conftest import end

NOTE = "<id/event/first> <http://www.w3.org/2000/01/rdf-schema#label> "


def kgraph(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "kgraph", *arguments]


@contextmanager
def serving(site: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        kgraph("serve", str(site), "--port", str(port), *options),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        env={**os.environ, "KGRAPH_TEST_SECRET": "hidden"},
    )
    address = f"http://127.0.0.1:{port}"
    try:
        wait(lambda: fetch(address + "/") is not None, process)
        yield process, address
    finally:
        end(process)


def fetch(address: str) -> str | None:
    try:
        with urllib.request.urlopen(address, timeout=10) as answer:
            return answer.read().decode()
    except OSError:
        return None


def wait(condition, process: subprocess.Popen[str] | None = None) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert process is None or process.poll() is None, process.stdout.read()
        assert time.monotonic() < end, "it took longer than a minute"
        time.sleep(0.05)


def processes_of(session: int) -> list[int]:
    """Every live process of a session: the server, its web processes and their query workers."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[3]) == session and fields[0] != "Z":
                found.append(int(entry.name))
    return found


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    write(tmp_path, "first words")
    return tmp_path


def write(site: Path, label: str) -> None:
    text = f'@base <http://localhost:8000/> .\n{NOTE}"{label}"@en .\n'
    (site / "data" / "a.ttl").write_text(text)


def test_it_builds_serves_and_follows_a_new_release(site: Path) -> None:
    with serving(site) as (_process, address):
        page = address + "/id/event/first.html"
        assert "first words" in (fetch(page) or "")
        write(site, "second words")
        subprocess.run(kgraph("build", str(site)), check=True, capture_output=True)
        wait(lambda: "second words" in (fetch(page) or ""))


def test_a_rollback_outlives_the_server(site: Path) -> None:
    for label in ("first words", "second words"):
        write(site, label)
        subprocess.run(kgraph("build", str(site)), check=True, capture_output=True)
    subprocess.run(kgraph("rollback", "--site", str(site)), check=True, capture_output=True)
    with serving(site) as (_process, address):
        assert "first words" in (fetch(address + "/id/event/first.html") or "")


def test_its_end_leaves_no_process(site: Path) -> None:
    with serving(site) as (process, address):
        fetch(address + "/")
        running = processes_of(process.pid)
        assert len(running) >= 2
    wait(lambda: not processes_of(process.pid))


def test_queries_are_logged_when_that_is_asked_for(site: Path) -> None:
    with serving(site, "--log-queries", "--processes", "1") as (process, address):
        assert fetch(address + "/sparql?query=SELECT%20(%22hidden%22%20AS%20?x)%20%7B%7D") is not None
        process.terminate()
        assert process.stdout is not None
        lines = [line for line in process.stdout if "kgraph.query" in line]
    assert len(lines) == 1
    assert "outcome=ok" in lines[0]
    assert "rows=1 " in lines[0]
    assert "hidden" not in lines[0]


def test_a_killed_web_process_is_replaced(site: Path) -> None:
    with serving(site) as (process, address):
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        os.kill(int(children[0]), signal.SIGKILL)
        wait(lambda: fetch(address + "/id/event/first.html") is not None, process)
        time.sleep(0.5)
        assert process.poll() is None
        assert fetch(address + "/id/event/first.html")


def test_a_taken_port_is_named(site: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        result = subprocess.run(
            kgraph("serve", str(site), "--port", str(port)), capture_output=True, text=True, check=False
        )
    assert result.returncode == 3
    assert f"cannot listen on 127.0.0.1:{port}: Address already in use" in result.stderr
    assert f"--port {port + 1}" in result.stderr
    assert not (site / ".kgraph" / "releases").exists(), "the port is looked at before anything is built"


def test_rejected_data_are_not_served(site: Path) -> None:
    (site / "data" / "a.ttl").write_text("<a> <b> .\n")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    result = subprocess.run(
        kgraph("serve", str(site), "--port", str(port)), capture_output=True, text=True, check=False
    )
    assert result.returncode == 1
    assert "a.ttl:1" in result.stderr


def test_a_single_file_is_a_site(site: Path, tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    shutil.copy(site / "data" / "a.ttl", folder / "my.ttl")
    with serving(folder / "my.ttl") as (_process, address):
        assert "first words" in (fetch(address + "/id/event/first.html") or "")
