"""A folder that becomes a release: filled out of sight, digested, and moved into place in one step."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from types import MappingProxyType
from typing import Any

from kgraph.release import Manifest

_NUMBERS = itertools.count(1)
_NOT_DIGESTED = {"LOCK", "LOG", "IDENTITY"}


@contextmanager
def workspace(state: Path) -> Iterator[Path]:
    """An empty folder for one builder, which holds the lock; what earlier builders left by crashing goes first.

    It is removed at the end, unless it has been moved into place.
    """
    drafts = state / "drafts"
    drafts.mkdir(parents=True, exist_ok=True)
    for old in drafts.glob("building-*"):
        shutil.rmtree(old, ignore_errors=True)
    # never the same name twice: a store that is not yet let go of keeps its folder locked within the process
    folder = drafts / f"building-{os.getpid()}-{next(_NUMBERS)}"
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def known_digests(folder: Path, manifest: Manifest) -> dict[tuple[int, int], dict[str, Any]]:
    """Device and inode of the files of a release -> what its manifest says of them: hard links need no digest."""
    found = {}
    for name, known in manifest.files.items():
        stat = (folder / name).stat()
        if stat.st_size == known["bytes"]:
            found[stat.st_dev, stat.st_ino] = dict(known)
    return found


def file_digests(
    folder: Path, known: Mapping[tuple[int, int], dict[str, Any]] = MappingProxyType({})
) -> dict[str, dict[str, Any]]:
    """SHA-256 and bytes of every file of a release that verify checks; `known` by device and inode."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name not in _NOT_DIGESTED and not path.name.startswith("LOG.old"):
            stat = path.stat()
            if (stat.st_dev, stat.st_ino) in known:
                found[path.relative_to(folder).as_posix()] = known[stat.st_dev, stat.st_ino]
                continue
            with path.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
            found[path.relative_to(folder).as_posix()] = {"sha256": digest, "bytes": path.stat().st_size}
    return found


def settle(folder: Path, manifest: Manifest, target: Path, *, durable: bool = True) -> None:
    """Write the manifest last, make everything durable (a draft need not be), and move the folder into place.

    The move is atomic.
    """
    (folder / "lease").touch(0o644)
    temporary = folder / "manifest.json.tmp"
    with temporary.open("w", encoding="utf-8") as stream:
        json.dump(plain(asdict(manifest)), stream, ensure_ascii=False, indent=1)
        stream.write("\n")
    for path in folder.rglob("*") if durable else ():
        sync(path)
    temporary.replace(folder / "manifest.json")
    sync(folder)
    target.parent.mkdir(parents=True, exist_ok=True)
    folder.rename(target)
    sync(target.parent)


def plain(value: Any) -> Any:
    """Mappings as dicts, for JSON."""
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    return value


def sync(path: Path) -> None:
    """Make a file's bytes or a folder's entries durable."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
