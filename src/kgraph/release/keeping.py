"""What becomes of releases: verified, rolled back to, and at last dropped, when no process reads them.

Whoever drops anything holds the builder's lock, and takes the folder's lease exclusively, without waiting: a
release that anyone reads stays. What is dropped is first renamed out of sight, so that a crash leaves no half of it.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from kgraph.errors import ReleaseError
from kgraph.release.core import Activation, append_log, read_log, read_manifest

_TRASH = "trash"


@contextmanager
def _unread(folder: Path) -> Iterator[bool]:
    """Whether no process reads this folder; while true, none can begin to."""
    try:
        lease = (folder / "lease").open("rb")
    except FileNotFoundError:
        yield True
        return
    with lease:
        try:
            fcntl.flock(lease, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


def remove_orphans(state: Path) -> None:
    """Remove what crashes left: rubbish, and folders of releases that no line of the log names. Under the lock."""
    shutil.rmtree(state / _TRASH, ignore_errors=True)
    known = {activation.folder for activation in read_log(state)}
    releases = state / "releases"
    for folder in releases.iterdir() if releases.is_dir() else ():
        if folder.name not in known:
            _discard(state, folder, [folder])
    drafts = state / "drafts"
    for folder in drafts.iterdir() if drafts.is_dir() else ():
        if not folder.name.startswith("building-"):
            _discard(state, folder, [folder])


def collect(state: Path, keep: int) -> list[str]:
    """Drop store and index of all releases but the active one and the last `keep`; gives the folders' names.

    Manifest, report, texts and dumps stay for good. Under the lock. `keep` 0 drops nothing.
    """
    if keep <= 0:
        return []
    log = read_log(state)
    order = list(dict.fromkeys(activation.folder for activation in reversed(log)))
    dropped = []
    for name in order[max(keep, 1) :]:
        folder = state / "releases" / name
        parts = [folder / part for part in ("store", "index.sqlite") if (folder / part).exists()]
        if parts and _discard(state, folder, parts):
            dropped.append(name)
    return dropped


def _discard(state: Path, folder: Path, parts: list[Path]) -> bool:
    trash = state / _TRASH
    with _unread(folder) as free:
        if not free:
            return False
        trash.mkdir(exist_ok=True)
        for part in parts:
            part.rename(trash / f"{folder.name}-{part.name}-{os.getpid()}")
    shutil.rmtree(trash, ignore_errors=True)
    return True


def roll_back(state: Path, number: int | None) -> Activation:
    """Make the data of an earlier release (None: of the one before the active one) active again, under a new number.

    Under the lock. Raises ReleaseError when it is not there or its store is no longer kept.
    """
    log = read_log(state)
    if not log:
        raise ReleaseError("nothing has been built yet", where=str(state), hint="Run `kgraph build`.")
    if number is None:
        earlier = [a for a in log if a.folder != log[-1].folder]
        if not earlier:
            raise ReleaseError("there is no earlier release", where=str(state))
        chosen = earlier[-1]
    else:
        found = [a for a in log if a.number == number]
        if not found:
            raise ReleaseError(
                f"there is no release {number}", where=str(state), hint="`kgraph releases` lists them."
            )
        chosen = found[0]
    if chosen.folder == log[-1].folder:
        raise ReleaseError(f"release {chosen.number} is the active one", where=str(state))
    folder = state / "releases" / chosen.folder
    read_manifest(folder)
    if not (folder / "store").exists() or not (folder / "index.sqlite").exists():
        raise ReleaseError(
            f"release {chosen.number} has only its dump; store and index are no longer kept",
            where=str(folder),
            hint="Put its files back in place and build.",
        )
    active = replace(
        chosen,
        number=log[-1].number + 1,
        time=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        note=f"rolled back to release {chosen.number}",
    )
    append_log(state, active)
    return active
