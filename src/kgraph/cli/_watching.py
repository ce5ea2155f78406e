"""The watcher of `kgraph serve --watch`: a process that makes a draft whenever a file of the site is saved.

It looks at sizes and times of the files a few times a second, which works on every file system, and it ends with
the server.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from kgraph.build.findings import Rejected
from kgraph.build.pipeline import draft
from kgraph.errors import BusyError, KgraphError
from kgraph.release.watched import Watched, remove_watched, write_watched
from kgraph.site import CONFIG, load_site

LOOK_EVERY = 0.15
MOST = 20
"""Findings that a page shows."""


def marks(path: Path, state: Path) -> dict[str, tuple[int, int]]:
    """Size and time of every file that goes into a release, and of the log, which tells when one was made."""
    site = load_site(path, state)
    files = [p for folder in ("ontology", "data", "shapes", "queries") for p in site.files(folder)]
    found = {}
    for file in [*files, site.root / CONFIG, site.state / "log.jsonl"]:
        try:
            stat = file.stat()
        except OSError:
            continue
        found[str(file)] = (stat.st_size, stat.st_mtime_ns)
    return found


def watch(path: Path, state: Path) -> None:
    """Make drafts until the server that started this is gone."""
    parent = os.getppid()
    good, seen = "", None
    try:
        while os.getppid() == parent:
            try:
                now = marks(path, state)
            except KgraphError as error:
                now = {"error": (hash(str(error)), 0)}
            if now == seen:
                time.sleep(LOOK_EVERY)
                continue
            try:
                folder, _ = draft(load_site(path, state))
                good, findings = folder.name if folder else "", []
            except BusyError:
                continue
            except Rejected as rejected:
                findings = [str(finding) for finding in rejected.findings]
            except KgraphError as error:
                findings = [str(error)]
            seen = now
            more = [f"... and {len(findings) - MOST} more"] if len(findings) > MOST else []
            write_watched(state, Watched(good, (*findings[:MOST], *more), os.getpid()))
            print("\n".join(findings) or "The files are sound.", file=sys.stderr, flush=True)
    finally:
        remove_watched(state)


if __name__ == "__main__":
    try:
        watch(Path(sys.argv[1]), Path(sys.argv[2]))
    except KeyboardInterrupt:
        sys.exit(0)
