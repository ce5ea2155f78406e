"""The dumps of releases: what there is, where it is, and its bytes in pieces."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kgraph.harvest.published import Published
from kgraph.media import RdfFormat

PATH = "dumps"
CHUNK = 256 * 1024
"""Bytes sent in one piece (measured: as fast as nginx)."""

_COMPRESSIONS = {"gz": "application/gzip", "zst": "application/zstd"}
_FOLDER = "dumps/"


@dataclass(frozen=True)
class Dump:
    """A file of one release. `media_type` of the content, `compression` the media type of its packing, or ''."""

    name: str
    path: Path
    address: str
    bytes: int
    sha256: str
    media_type: str
    compression: str
    label: str


def of_release(published: Published, number: int) -> list[Dump]:
    """The dumps of a release, by name; empty where it has none that are kept."""
    folder = _folder(published, number)
    if folder is None:
        return []
    files = published.release.manifest.files if number == published.number else _files(folder)
    found = []
    for path, facts in sorted(files.items()):
        if path.startswith(_FOLDER) and (folder / path).is_file():
            name = path[len(_FOLDER) :]
            media_type, compression, label = kind(name)
            address = f"{published.address}{PATH}/{number}/{name}"
            size, digest = int(facts["bytes"]), str(facts["sha256"])
            found.append(Dump(name, folder / path, address, size, digest, media_type, compression, label))
    return found


def find(published: Published, number: int, name: str) -> Dump | None:
    """One dump of a release."""
    return next((dump for dump in of_release(published, number) if dump.name == name), None)


def kind(name: str) -> tuple[str, str, str]:
    """Media type of the content, media type of the packing, and a label, by a file's name."""
    endings = name.lower().split(".")[1:]
    compression = _COMPRESSIONS.get(endings[-1], "") if endings else ""
    inner = endings[-2] if compression and len(endings) > 1 else endings[-1] if endings else ""
    syntax = RdfFormat.of_ending(inner)
    packing = {"application/gzip": ", gzip", "application/zstd": ", Zstandard"}.get(compression, "")
    if syntax is not None:
        return syntax.media_type, compression, syntax.label + packing
    if inner == "tar":
        return "application/x-tar", compression, "The files as written" + packing
    return "", compression, name


def pieces(path: Path, start: int, length: int) -> Iterator[bytes]:
    """The bytes of a file from `start`, in pieces of at most CHUNK."""
    with path.open("rb") as stream:
        stream.seek(start)
        while length > 0 and (piece := stream.read(min(CHUNK, length))):
            length -= len(piece)
            yield piece


def _folder(published: Published, number: int) -> Path | None:
    if number == published.number:
        return published.release.folder
    activation = next((a for a in published.log if a.number == number), None)
    return published.site.state / "releases" / activation.folder if activation else None


def _files(folder: Path) -> Mapping[str, Any]:
    try:
        files = json.loads((folder / "manifest.json").read_text("utf-8")).get("files", {})
    except (OSError, ValueError):
        return {}
    return files if isinstance(files, dict) else {}
