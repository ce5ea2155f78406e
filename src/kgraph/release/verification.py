"""Is a release as it was written? Its files against the manifest, its dump and the log against each other."""

from __future__ import annotations

import fcntl
import gzip
import hashlib
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from kgraph.release.core import Activation, Manifest, read_manifest

_DUMP = "dumps/data.nq.gz"
_DROPPED = ("store", "index.sqlite")
_NOT_WRITTEN_BY_BUILD = {"LOCK", "LOG", "IDENTITY"}  # the store's own notes, in store/


def verify(folder: Path, activations: Sequence[Activation] = (), *, active: bool = False) -> list[str]:
    """What is wrong with a release, one sentence each. `activations` are its lines in the log. Raises ReleaseError.

    Store and index of a release that is not active may have been dropped on purpose, the store before the index;
    that is no fault.
    """
    manifest = read_manifest(folder)
    try:
        lease = (folder / "lease").open("rb")
    except OSError:
        return ["lease: missing", *_faults(folder, manifest, activations, active)]
    with lease:
        fcntl.flock(lease, fcntl.LOCK_SH)  # so that nothing is dropped meanwhile
        return list(_faults(folder, manifest, activations, active))


def _faults(
    folder: Path, manifest: Manifest, activations: Sequence[Activation], active: bool
) -> Iterator[str]:
    for line in activations:
        for name in ("inputs", "data"):
            if getattr(line, name) != getattr(manifest, name):
                yield f"manifest.json: its digest '{name}' is not that of release {line.number} in the log"
    gone = [name for name in _DROPPED if not (folder / name).exists()]
    # collection takes the store first; where it was ended between the two, the next build takes the index too
    dropped = "store" in gone and not active
    if gone and not dropped:
        yield from (f"{name}: missing" for name in gone)
    sound = set()
    for name, known in sorted(manifest.files.items()):
        if name.partition("/")[0] in gone:
            continue
        fault = _fault(folder / name, known["sha256"], int(known["bytes"]))
        if fault:
            yield f"{name}: {fault}"
        else:
            sound.add(name)
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        own = path.name in _NOT_WRITTEN_BY_BUILD or path.name.startswith("LOG.old")
        if path.is_dir() or name in manifest.files or name in ("manifest.json", "lease"):
            continue
        if not (own and name.startswith("store/")):
            yield f"{name}: no part of the release"
    if _DUMP in sound:
        fault = _dump_fault(folder / _DUMP, manifest)
        if fault:
            yield f"{_DUMP}: {fault}"


def _fault(path: Path, sha256: str, size: int) -> str:
    try:
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
            found = stream.tell()
    except OSError as error:
        return "missing" if isinstance(error, FileNotFoundError) else str(error.strerror)
    if found != size:
        return f"not as it was written: {found:,} bytes instead of {size:,}"
    return "" if digest == sha256 else "not as it was written"


def _dump_fault(path: Path, manifest: Manifest) -> str:
    digest, lines = hashlib.sha256(), 0
    try:
        with gzip.open(path) as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
                lines += block.count(b"\n")
    except (OSError, EOFError, zlib.error) as error:
        return f"cannot be read: {error}"
    if lines != manifest.quads + manifest.inferred:
        return f"{lines:,} statements, though the manifest says {manifest.quads + manifest.inferred:,}"
    return (
        ""
        if digest.hexdigest() == manifest.data
        else "its statements have another digest than the manifest says"
    )
