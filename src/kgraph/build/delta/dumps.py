"""The dumps of a release after an edit: the blocks that it does not touch are those of the release before."""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Iterable, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from kgraph.build.delta.statements import Change
from kgraph.build.delta.unsuited import Unsuited
from kgraph.build.dump import file_names, graph_key, trig, trig_header, trig_keys, write_archive
from kgraph.build.packed import Block, Kept, Packed, cut, edited, read_at


class Dumps:
    """Writes them into `folder` from those in `former`, whose `blocks` are told by file."""

    def __init__(self, folder: Path, former: Path, blocks: Mapping[str, list[Block]], change: Change) -> None:
        self.written: dict[str, list[Block]] = {}
        self._folder = folder
        self._former = former
        self._blocks = blocks
        self._come = sorted(_line(quad) for quad, gained in change.quads.items() if gained)
        self._gone = {_line(quad) for quad, gained in change.quads.items() if not gained}

    def verify(self, files: Mapping[str, Mapping[str, Any]]) -> None:
        """Raise Unsuited where the former dumps are not what their manifest says."""
        for path in self._former.iterdir():
            with path.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
            if digest != files.get(f"dumps/{path.name}", {}).get("sha256"):
                raise Unsuited("the dump of the release is not what was written")

    def nquads(self) -> str:
        """The sorted lines; gives their SHA-256."""
        digest = hashlib.sha256()
        with self._kept("data.nq") as old, Packed(self._folder / "data.nq") as packed:
            found = edited(old.blocks, lambda place: old.data(place).splitlines(True), self._come, self._gone)
            for each in found:
                if isinstance(each, int):
                    packed.copy(old.blocks[each], *old.packed(each))
                    digest.update(old.data(each))
                else:
                    data = b"".join(each)
                    packed.add(each[0], len(each), data)
                    digest.update(data)
        self.written["data.nq"] = packed.blocks
        return digest.hexdigest()

    def trig(self, before: Mapping[str, str], now: Mapping[str, str]) -> None:
        """TriG, with the prefixes of `now`; those `before` are in the former one."""
        come, gone = sorted(map(graph_key, self._come)), set(map(graph_key, self._gone))
        was, header = trig_header(before), trig_header(now)
        with self._kept("data.trig") as old, Packed(self._folder / "data.trig") as packed:
            packed.add(b"", 0, header)

            def read(place: int) -> list[bytes]:
                return trig_keys(was, old.data(place + 1))

            found: Iterable[int | list[bytes]]
            if before == now:
                found = edited(old.blocks[1:], read, come, gone)
            else:
                kept = chain.from_iterable(map(read, range(len(old.blocks) - 1)))
                found = cut(heapq.merge((key for key in kept if key not in gone), come))
            for each in found:
                if isinstance(each, int):
                    packed.copy(old.blocks[each + 1], *old.packed(each + 1))
                else:
                    packed.add(each[0], len(each), trig(each, now, header))
        self.written["data.trig"] = packed.blocks

    def archive(self, root: Path, names: Iterable[str], unchanged: set[str]) -> None:
        """The input files; of the `unchanged` ones as they were packed."""
        places, start = {}, 0
        for block in self._blocks["files.tar"]:
            places[tuple(file_names(block))] = start, block.gzip
            start += block.gzip
        with (self._former / "files.tar.gz").open("rb") as former:

            def kept(group: list[str]) -> bytes | None:
                place = places.get(tuple(group)) if unchanged.issuperset(group) else None
                return read_at(former, *place) if place else None

            self.written["files.tar"] = write_archive(self._folder / "files.tar.gz", root, names, kept)

    def _kept(self, name: str) -> Kept:
        return Kept(self._former / name, self._blocks[name])


def _line(quad: ox.Quad) -> bytes:
    return ox.serialize([quad], format=ox.RdfFormat.N_QUADS) or b""
