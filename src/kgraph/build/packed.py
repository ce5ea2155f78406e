"""Files packed in blocks, so that a release made from the one before it copies the blocks that no edit touched.

A block is a member of a gzip file (RFC 1952, section 2.2) or a frame of Zstandard (RFC 8878, section 3.1): a file is a
row of them, which readers take for one. Its own lines tell where a block ends, so an edit moves no ends but those next
to it, and the same lines give the same bytes whichever way they came.
"""

from __future__ import annotations

import zlib
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from itertools import accumulate
from pathlib import Path
from typing import IO, NamedTuple, Self

import zstandard

GZIP_LEVEL, _ZSTANDARD_LEVEL = 6, 6
ENDS = 8192
"""One line in so many ends a block, at its subject's last line: about 1.5 MB of N-Quads."""
MOST = 16 << 20
"""Bytes after which a block ends in any case."""


class Block(NamedTuple):
    """One block: the key it begins with, its lines, and the bytes it takes in either file.

    Of an archive: the names of its files as JSON, their number, bytes with gzip, and 0.
    """

    first: bytes
    lines: int
    gzip: int
    zstandard: int


class Cutter:
    """Holds the sorted keys of one block; a key is a line, or begins with what its lines are sorted by."""

    def __init__(self) -> None:
        self.held: list[bytes] = []
        self._bytes = 0
        self._due = False

    def ends_before(self, key: bytes) -> bool:
        """Whether the block that is held ends where this key comes next."""
        if self._due and self.held[-1].partition(b" ")[0] != key.partition(b" ")[0]:
            return True
        return self._bytes >= MOST or not self.held

    def add(self, key: bytes) -> None:
        """Hold a key."""
        self.held.append(key)
        self._bytes += len(key)
        if not zlib.crc32(key) % ENDS:
            self._due = True

    def take(self) -> list[bytes]:
        """What is held; nothing is after that."""
        held, self.held = self.held, []
        self._bytes, self._due = 0, False
        return held


def cut(keys: Iterable[bytes]) -> Iterator[list[bytes]]:
    """The sorted keys of each block."""
    cutter = Cutter()
    for key in keys:
        if cutter.ends_before(key) and cutter.held:
            yield cutter.take()
        cutter.add(key)
    if cutter.held:
        yield cutter.take()


def edited(
    blocks: Sequence[Block], read: Callable[[int], list[bytes]], come: list[bytes], gone: set[bytes]
) -> Iterator[int | list[bytes]]:
    """The blocks after an edit: the place of one that stays as it was, or the keys of a new one.

    `read` gives the keys of a block, `come` is sorted.
    """
    cutter, firsts = Cutter(), [block.first for block in blocks]
    more: dict[int, list[bytes]] = {}
    for key in come:
        more.setdefault(max(bisect_right(firsts, key) - 1, 0), []).append(key)
    less = {max(bisect_right(firsts, key) - 1, 0) for key in gone}
    for place in range(max(len(blocks), 1)):
        new = more.get(place, [])
        if place < len(blocks) and not new and place not in less and cutter.ends_before(firsts[place]):
            if cutter.held:
                yield cutter.take()
            yield place
            continue
        had = read(place) if blocks else []
        for key in sorted([*(key for key in had if key not in gone), *new]):
            if cutter.ends_before(key) and cutter.held:
                yield cutter.take()
            cutter.add(key)
    if cutter.held:
        yield cutter.take()


class Packed:
    """Writes NAME.gz and NAME.zst, block after block; no time stamp goes into them. `blocks`: what was written."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stack = ExitStack()
        self._compressor = zstandard.ZstdCompressor(
            # without its size a frame is refused by readers that would take the first for all of the file
            _ZSTANDARD_LEVEL,
            write_checksum=True,
            write_content_size=False,
        )
        self.blocks: list[Block] = []

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self._gzip = stack.enter_context(_beside(self._path, ".gz").open("wb", 1 << 20))
            self._zstandard = stack.enter_context(_beside(self._path, ".zst").open("wb", 1 << 20))
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *error: object) -> None:
        if not self.blocks and error[0] is None:
            self.add(b"", 0, b"")
        self._stack.close()

    def add(self, first: bytes, lines: int, data: bytes) -> None:
        """Pack a block."""
        self.copy(
            Block(first, lines, 0, 0),
            zlib.compress(data, GZIP_LEVEL, wbits=31),
            self._compressor.compress(data),
        )

    def copy(self, block: Block, packed: bytes, other: bytes) -> None:
        """Write a block as it was packed, with gzip and with Zstandard."""
        self._gzip.write(packed)
        self._zstandard.write(other)
        self.blocks.append(block._replace(gzip=len(packed), zstandard=len(other)))


class Kept:
    """NAME.gz and NAME.zst of a release, by their blocks."""

    def __init__(self, path: Path, blocks: Sequence[Block]) -> None:
        self.blocks = blocks
        self._path = path
        self._starts = list(accumulate((b.gzip for b in blocks), initial=0))
        self._others = list(accumulate((b.zstandard for b in blocks), initial=0))
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self._gzip = stack.enter_context(_beside(self._path, ".gz").open("rb"))
            self._zstandard = stack.enter_context(_beside(self._path, ".zst").open("rb"))
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def packed(self, place: int) -> tuple[bytes, bytes]:
        """The bytes of a block in either file."""
        block = self.blocks[place]
        return (
            read_at(self._gzip, self._starts[place], block.gzip),
            read_at(self._zstandard, self._others[place], block.zstandard),
        )

    def data(self, place: int) -> bytes:
        """What is in a block."""
        frame = read_at(self._zstandard, self._others[place], self.blocks[place].zstandard)
        return zstandard.ZstdDecompressor().decompressobj().decompress(frame)


def read_at(stream: IO[bytes], start: int, size: int) -> bytes:
    """These bytes of a file."""
    stream.seek(start)
    return stream.read(size)


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)
