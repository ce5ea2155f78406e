"""Servers on loopback for measurements, asked over HTTP, and what they cost."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import time
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def free_port() -> int:
    """A port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def server(arguments: list[str], port: int, path: str, patience: float = 60, **more: object) -> Iterator[int]:
    """Start a server, wait until it answers at a path, end it in the end; gives its process id.

    It stays in this session: Linux shares the processor between sessions first (sched(7), autogroups), so that a
    client in another session would wait for the server's runaways, whatever their priority.
    """
    process = subprocess.Popen(
        arguments,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        **more,  # type: ignore[call-overload]
    )
    try:
        end = time.monotonic() + patience
        while get(port, path + query("ASK {}"))[0] != 200:
            if time.monotonic() > end or process.poll() is not None:
                raise SystemExit(f"{arguments[0]} does not answer")
            time.sleep(0.1)
        yield process.pid
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def query(text: str) -> str:
    """The query string that asks for it."""
    return "?query=" + urllib.parse.quote(text)


def get(
    port: int, path: str, accept: str = "application/sparql-results+json", timeout: float = 120
) -> tuple[int, bytes]:
    """Status and body of one request on a connection of its own; status 0 where there was no answer."""
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
        connection.request("GET", path, headers={"Accept": accept})
        response = connection.getresponse()
        body = response.read()
        connection.close()
        return response.status, body
    except OSError:
        return 0, b""


def resident(pid: int) -> dict[tuple[int, int], int]:
    """The process and all below it, as (process id, start time), and the resident MiB of each."""
    parents: dict[int, list[int]] = {}
    found: dict[int, tuple[int, int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        child = int(stat.parent.name)
        if fields[0] not in "ZX":
            parents.setdefault(int(fields[1]), []).append(child)
            found[child] = int(fields[19]), int(fields[21]) * os.sysconf("SC_PAGE_SIZE") >> 20
    below, memory = [pid], {}
    while below:
        one = below.pop()
        if one in found:
            memory[one, found[one][0]] = found[one][1]
        below += parents.get(one, [])
    return memory


def processor(pid: int) -> float:
    """Seconds of processor time that the process and all below it have taken."""
    ticks = 0
    for child, _ in resident(pid):
        try:
            fields = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def running(process: tuple[int, int]) -> bool:
    """Whether a process of `resident` still runs (and not another one that was given its number)."""
    try:
        fields = Path(f"/proc/{process[0]}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return False
    return fields[0] not in "ZX" and int(fields[19]) == process[1]
