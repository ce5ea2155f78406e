"""The lines of a release after an edit: those of its dump, with what came and without what went."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

import pyoxigraph as ox
import zstandard

from kgraph.build.delta.statements import Change
from kgraph.build.delta.unsuited import Unsuited

_BLOCK = 1 << 20


def lines(dump: Path, digest: str, change: Change) -> Iterator[bytes]:
    """The sorted lines. Raises Unsuited at the end when the dump did not have this digest."""
    come = sorted(_line(quad) for quad, gained in change.quads.items() if gained)
    gone = {_line(quad) for quad, gained in change.quads.items() if not gained}
    place, found = 0, hashlib.sha256()
    for block in _blocks(dump):
        found.update(block)
        held = block.splitlines(keepends=True)
        last = bisect_right(come, held[-1])
        kept = [line for line in held if line not in gone] if gone else held
        if last > place:
            kept = sorted(kept + come[place:last])
            place = last
        yield from kept
    yield from come[place:]
    if found.hexdigest() != digest:
        raise Unsuited("the dump of the release is not what was written")


def _blocks(path: Path) -> Iterator[bytes]:
    """About a megabyte of whole lines at a time."""
    rest = b""
    with cast("IO[bytes]", zstandard.open(path, "rb")) as stream:
        while block := stream.read(_BLOCK):
            whole, end, rest_of = (rest + block).rpartition(b"\n")
            if end:
                yield whole + end
            rest = rest_of if end else rest + block
    if rest:
        yield rest


def _line(quad: ox.Quad) -> bytes:
    return ox.serialize([quad], format=ox.RdfFormat.N_QUADS) or b""
