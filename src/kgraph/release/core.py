"""Releases: immutable folders, an append-only log that orders them, and leases that keep them.

    .kgraph/
      log.jsonl            one line per activation: number, time, folder, inputs, data
      releases/<folder>/   manifest.json (written last), store/, index.sqlite, report.ttl, report.json, dumps/
      drafts/<folder>/     the same without a number
      lock                 held (flock) by whoever builds or collects

The last whole line of the log names the active release; a torn last line, left by a crash, does not count.
A reader holds a shared flock on the folder's `lease` file; collection needs it exclusively.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

from kgraph.errors import BusyError, ReleaseError

FORMAT = 1
"""Version of this layout; a release of another version is not opened."""


@dataclass(frozen=True)
class Manifest:
    """What a release is. Digests are SHA-256 in hex.

    `quads`: statements in the files' graphs (without named graphs: triples); `triples`: distinct ones in the merge;
    neither counts the `inferred` ones. `graphs`: named graphs, the inferred one included. `rewritten`: statements
    whose literal the store keeps in canonical form. `sources`: input file -> digest; `files`: file of the release ->
    {"sha256", "bytes"}.
    """

    inputs: str
    data: str
    created: str
    kgraph: str
    base: str
    title: str
    settings: Mapping[str, Any]
    quads: int
    triples: int
    graphs: int
    named_graphs: bool
    conforms: bool
    rewritten: int
    prefixes: Mapping[str, str]
    inferred: int = 0
    sources: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    format: int = FORMAT


@dataclass(frozen=True)
class Activation:
    """One line of the log. `number` counts from 1, `time` is UTC, ISO 8601 with Z."""

    number: int
    time: str
    folder: str
    inputs: str
    data: str
    note: str = ""


@dataclass(frozen=True)
class Release:
    """An opened release. Hold it as long as its files are read: it carries the lease."""

    folder: Path
    manifest: Manifest
    activation: Activation | None
    lease: IO[bytes] = field(repr=False, compare=False)

    @property
    def store(self) -> Path:
        """The Oxigraph folder."""
        return self.folder / "store"

    @property
    def index(self) -> Path:
        """The SQLite index."""
        return self.folder / "index.sqlite"

    @property
    def number(self) -> int | None:
        """Its number; None for a draft."""
        return self.activation.number if self.activation else None

    def close(self) -> None:
        """Give up the lease."""
        self.lease.close()


def read_log(state: Path) -> list[Activation]:
    """Every activation, oldest first. Raises ReleaseError for a damaged line that is not the last."""
    path = state / "log.jsonl"
    try:
        text = path.read_text("utf-8", errors="replace")
    except FileNotFoundError:
        return []
    except OSError as error:
        raise ReleaseError(f"the release log cannot be read: {error.strerror}", where=str(path)) from error
    lines = text.split("\n")
    found = []
    for number, line in enumerate(lines[:-1], 1):
        try:
            found.append(Activation(**json.loads(line)))
        except (ValueError, TypeError) as error:
            raise ReleaseError(
                f"line {number} of the release log is damaged",
                where=str(path),
                hint="Restore the log from a backup; the releases themselves are untouched.",
            ) from error
    return found


def append_log(state: Path, activation: Activation) -> None:
    """Add an activation; it holds from the moment its line is whole on disk."""
    path = state / "log.jsonl"
    with path.open("ab+") as stream:
        stream.seek(0)
        whole = stream.read().rpartition(b"\n")[0]
        stream.truncate(len(whole) + 1 if whole else 0)
        stream.write(json.dumps(asdict(activation), ensure_ascii=False).encode() + b"\n")
        stream.flush()
        os.fsync(stream.fileno())


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a release's folder. Raises ReleaseError."""
    try:
        given = json.loads((folder / "manifest.json").read_text("utf-8"))
        if given.get("format") != FORMAT:
            raise ReleaseError(
                f"written in layout {given.get('format')}, this kgraph reads {FORMAT}",
                where=str(folder),
                hint="Run `kgraph build` again.",
            )
        return Manifest(**given)
    except OSError as error:
        raise ReleaseError(
            f"the manifest cannot be read: {error.strerror}",
            where=str(folder),
            hint="Run `kgraph build` again.",
        ) from error
    except (ValueError, TypeError, AttributeError) as error:
        raise ReleaseError(
            f"the manifest is damaged: {error}", where=str(folder), hint="Run `kgraph build --force`."
        ) from error


def open_release(folder: Path, activation: Activation | None = None) -> Release:
    """Take the lease and read the manifest. Raises ReleaseError, also where store or index were dropped."""
    try:
        lease = (folder / "lease").open("rb")
    except OSError as error:
        raise ReleaseError(
            f"this release cannot be opened: {error.strerror}",
            where=str(folder),
            hint="Run `kgraph build` again.",
        ) from error
    try:
        fcntl.flock(lease, fcntl.LOCK_SH)
        manifest = read_manifest(folder)
        for name in ("store", "index.sqlite"):
            if not (folder / name).exists():
                raise ReleaseError(
                    f"its {name.partition('.')[0]} is no longer kept",
                    where=str(folder),
                    hint="Its dump is in dumps/data.nq.gz.",
                )
        return Release(folder, manifest, activation, lease)
    except BaseException:
        lease.close()
        raise


def open_active(state: Path) -> Release:
    """The release that the log's last line names. Raises ReleaseError when there is none.

    A release that is collected between reading the log and taking the lease has been replaced: then the next is taken.
    """
    for _ in range(5):
        log = read_log(state)
        if not log:
            raise ReleaseError("nothing has been built yet", where=str(state), hint="Run `kgraph build`.")
        try:
            return open_release(state / "releases" / log[-1].folder, log[-1])
        except ReleaseError:
            if read_log(state) == log:
                raise
    raise ReleaseError("releases change faster than they can be opened", where=str(state))


def open_number(state: Path, number: int) -> Release:
    """The release of this number. Raises ReleaseError when there is none or its store is no longer kept."""
    for activation in read_log(state):
        if activation.number == number:
            return open_release(state / "releases" / activation.folder, activation)
    raise ReleaseError(
        f"there is no release {number}", where=str(state), hint="`kgraph releases` lists them."
    )


@contextmanager
def building(state: Path, patience: float = 0.0) -> Iterator[None]:
    """Hold the builder's lock. Raises BusyError when another process builds this site for `patience` seconds."""
    try:
        state.mkdir(parents=True, exist_ok=True)
        file = (state / "lock").open("w")
    except OSError as error:
        raise ReleaseError(
            f"the folder of releases cannot be written: {error.strerror}",
            where=str(state),
            hint="Name another place for releases with --state.",
        ) from error
    with file as lock:
        end = time.monotonic() + patience
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as error:
                if time.monotonic() >= end:
                    raise BusyError(
                        "another process is building this site",
                        where=str(state),
                        hint="Wait for it to end, then try again.",
                    ) from error
                time.sleep(0.05)
        yield
