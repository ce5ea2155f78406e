"""The dumps of a release: sorted N-Quads (the digest of the data comes from the same pass), TriG, files as written.

N-Quads and TriG are packed twice, with gzip (RFC 1952) and with Zstandard (RFC 8878); the same statements give the
same bytes. All of it is made from sorted lines, nothing from the store.
"""

from __future__ import annotations

import gzip
import hashlib
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Self, cast

import pyoxigraph as ox
import zstandard

from kgraph.build.lines import Runs, graph_token

_ZSTANDARD_LEVEL = 6
_CHUNK = 4096
SORTED_BY_GRAPH = 200_000
"""Lines that are sorted by graph at a time."""


class Packed:
    """A file written as NAME.gz and NAME.zst at once; no time stamp goes into them."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            raw = stack.enter_context(self._path.with_name(self._path.name + ".gz").open("wb", 1 << 20))
            self._gzip = stack.enter_context(gzip.GzipFile("", "wb", 6, raw, mtime=0))
            other = stack.enter_context(self._path.with_name(self._path.name + ".zst").open("wb", 1 << 20))
            packer = zstandard.ZstdCompressor(_ZSTANDARD_LEVEL, write_checksum=True)
            self._zstandard = stack.enter_context(packer.stream_writer(other, closefd=False))
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def write(self, data: bytes) -> int:
        """Add bytes to both."""
        self._gzip.write(data)
        self._zstandard.write(data)
        return len(data)

    def flush(self) -> None:
        """Nothing: a flush in the middle would change the bytes."""


class Dump:
    """Writes lines to `plain` and, packed, to `packed` (None: not at all); counts and digests them on their way.

    `digest` is SHA-256 over the lines: two releases with the same statements have the same one. Blank nodes count by
    their labels (kgraph.build.sources says which they get), so a file whose order of blank nodes changes has changed.
    """

    def __init__(self, plain: Path, packed: Path | None) -> None:
        self.plain = plain
        self.packed = packed
        self.count = 0
        self._digest = hashlib.sha256()

    def write(self, lines: Iterable[bytes]) -> None:
        """Write them all."""
        with ExitStack() as stack:
            plain = stack.enter_context(self.plain.open("wb", 1 << 20))
            packed = stack.enter_context(Packed(self.packed)) if self.packed else None
            held: list[bytes] = []
            for line in lines:
                held.append(line)
                if len(held) >= _CHUNK:
                    self._put(held, plain, packed)
            self._put(held, plain, packed)

    def _put(self, held: list[bytes], plain: IO[bytes], packed: Packed | None) -> None:
        block = b"".join(held)
        self.count += len(held)
        self._digest.update(block)
        plain.write(block)
        if packed is not None:
            packed.write(block)
        held.clear()

    @property
    def digest(self) -> str:
        """SHA-256 of the sorted lines, in hex."""
        return self._digest.hexdigest()

    def lines(self) -> Iterator[bytes]:
        """The sorted lines, read again."""
        with self.plain.open("rb", 1 << 20) as stream:
            yield from stream


def write_trig(path: Path, lines: Iterable[bytes], scratch: Path, prefixes: Mapping[str, str]) -> None:
    """The same statements as TriG, packed, graph by graph in the order of their names, each graph sorted.

    `scratch` is a folder for the runs of lines that are sorted by graph.
    """
    by_graph = Runs(scratch)
    held: list[bytes] = []
    for line in lines:
        held.append(b"%b\0%b" % (graph_token(line), line))
        if len(held) >= SORTED_BY_GRAPH:
            by_graph.add(held)
            held = []
    by_graph.add(held)
    with Packed(path) as packed:
        out = cast("IO[bytes]", packed)
        ox.serialize(_quads(by_graph.merged()), out, ox.RdfFormat.TRIG, prefixes=dict(prefixes))


def _quads(lines: Iterable[bytes]) -> Iterator[ox.Quad]:
    """What lines that begin with their graph say; the parser keeps the labels of blank nodes."""
    held: list[bytes] = []
    for line in lines:
        held.append(line[line.index(b"\0") + 1 :])
        if len(held) >= _CHUNK:
            yield from ox.parse(b"".join(held), ox.RdfFormat.N_QUADS, lenient=True)
            held.clear()
    yield from ox.parse(b"".join(held), ox.RdfFormat.N_QUADS, lenient=True)


def write_archive(path: Path, root: Path, names: Iterable[str]) -> None:
    """The input files as they were written, in one archive without owners and times."""
    with (
        path.open("wb") as raw,
        gzip.GzipFile("", "wb", 6, raw, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for name in sorted(names):
            file = root / name
            entry = tarfile.TarInfo(name)
            entry.size = file.stat().st_size
            with file.open("rb") as stream:
                archive.addfile(entry, stream)
