"""`kgraph serve`: build where needed, then serve the active release."""

from __future__ import annotations

import ctypes
import errno
import json
import os
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import click

from kgraph.cli._site import open_site, site_argument
from kgraph.errors import EnvironmentFault
from kgraph.release import read_log
from kgraph.release.watched import remove_watched
from kgraph.site import Site

VARIABLE = "KGRAPH_SERVING"
"""The environment variable that tells a web process what to serve."""
THREADS = 48
"""Threads of a web process beyond those of waiting queries: 8 for bodies, 32 for large answers (web.streams), 8."""
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8  # options of mallopt, as in glibc's malloc.h


@click.command(short_help="Build the site where needed and serve it.")
@site_argument
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, envvar="PORT", type=click.IntRange(1, 65535))
@click.option(
    "--processes", type=click.IntRange(1, 64), help="Web processes; default: one a core, at most 4."
)
@click.option("--watch", is_flag=True, help="Show each saved file as a draft, or what is wrong with it.")
@click.option(
    "--log-queries", is_flag=True, help="Write a line for each query that is run on standard error."
)
def command(
    site: Path,
    state: Path | None,
    host: str,
    port: int,
    processes: int | None,
    watch: bool,
    log_queries: bool,
) -> int:
    """Serve SITE. It is built first when its files have changed since the last build; a rollback stays.

    With --watch a saved file is shown as a draft at once; a draft is no release, and only `kgraph build` makes
    one. While the files are not sound, every page says what is wrong, and readers keep the last good state.
    """
    place = open_site(site, state)
    refuse_taken_port(host, port)
    if not (watch and read_log(place.state)) and not is_built(place):
        code = build_apart(site, state)
        if code:
            return code
    announce(place, host, port)
    watcher = start_watcher(site, place) if watch else None
    try:
        return run(site, place, host, port, processes or min(os.cpu_count() or 1, 4), watch, log_queries)
    finally:
        if watcher:
            watcher.terminate()
            watcher.wait()
            remove_watched(place.state)


def start_watcher(site: Path, place: Site) -> subprocess.Popen[bytes]:
    """The process that makes drafts; it ends when this one does."""
    arguments = [
        sys.executable,
        "-m",
        "kgraph.cli._watching",
        str(site.resolve()),
        str(place.state.resolve()),
    ]
    return subprocess.Popen(arguments)


def is_built(site: Site) -> bool:
    """Whether the files are those of the active release, or of the one that was rolled back: that outlives a server."""
    from kgraph.build.inputs import read_inputs

    log = read_log(site.state)
    built = next((activation for activation in reversed(log) if not activation.note), None)
    return built is not None and read_inputs(site).digest in (log[-1].inputs, built.inputs)


def build_apart(site: Path, state: Path | None) -> int:
    """Build in a process of its own, so that what serves never had a store open for writing."""
    arguments = [sys.executable, "-m", "kgraph", "build", str(site)]
    return subprocess.run(arguments + (["--state", str(state)] if state else []), check=False).returncode


def refuse_taken_port(host: str, port: int) -> None:
    """Raise EnvironmentFault when nothing can listen there."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            other = port + 1 if 1023 < port < 65535 else 8000
            hint = {
                errno.EADDRINUSE: f"Is it served already? Or name another: --port {other} (make serve PORT={other}).",
                errno.EACCES: f"This user may not take it. Name another: --port {other} (make serve PORT={other}).",
                errno.EADDRNOTAVAIL: "That address is not one of this machine: --host takes one that is, or 0.0.0.0.",
            }
            raise EnvironmentFault(
                f"cannot listen on {host}:{port}: {error.strerror}", hint=hint.get(error.errno or 0, "")
            ) from error


def announce(site: Site, host: str, port: int) -> None:
    """Say where it is, and say so when the IRIs of the data lead elsewhere."""
    shown = f"[{host}]" if ":" in host else host
    address = f"http://{'localhost' if host == '127.0.0.1' else shown}:{port}/"
    click.echo(f"{site.title}: {address}")
    if site.base != address:
        click.echo(f"IRIs in the data begin with {site.base}; pages here show them all the same.")
    click.echo("Stop with Ctrl+C.")


def _keep_memory_small() -> None:
    """Two of glibc's arenas at most, and large blocks outside of them (mallopt(3)); the processes to come inherit it.

    By itself glibc gives each thread an arena that keeps what it once held: a web process then grows with every thread
    that happens to write a large answer. Threads that share Python's lock gain nothing by it. Other systems have no
    such call. (The environment would say it only to programs that are started, and granian forks.)
    """
    with suppress(OSError, AttributeError):
        set_option = ctypes.CDLL(None).mallopt
        set_option(_ARENA_MAX, 2)
        set_option(_MMAP_THRESHOLD, 1 << 20)
        set_option(_TRIM_THRESHOLD, 16 << 20)  # else what one answer gives back the next one has to ask for


def run(site: Path, place: Site, host: str, port: int, processes: int, watch: bool, log_queries: bool) -> int:
    """Serve until stopped (docs/architecture.md says why the processes are arranged so); gives the exit code."""
    from granian import Granian
    from granian.constants import Interfaces

    settings = place.settings
    failed = place.state / f"failed-{os.getpid()}"
    os.environ[VARIABLE] = json.dumps(
        {
            "site": str(site.resolve()),
            "state": str(place.state.resolve()),
            "processes": processes,
            "watch": watch,
            "log_queries": log_queries,
            "failed": str(failed.resolve()),
        }
    )
    _keep_memory_small()
    waiting = int(settings["query_workers"]) + int(settings["query_queue"])
    Granian(
        "kgraph.cli._serving:application",
        factory=True,
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=processes,
        blocking_threads=-(-waiting // processes) + THREADS,
        respawn_failed_workers=True,
        respawn_interval=0.5,
        workers_kill_timeout=5,
        websockets=False,
        log_enabled=False,
    ).serve()
    if not failed.exists():
        return 0
    failed.unlink()
    return EnvironmentFault.exit_code
