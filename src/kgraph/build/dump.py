"""The dumps of a release: sorted N-Quads (the digest of the data comes from the same pass), TriG, files as written.

N-Quads and TriG are packed twice, with gzip (RFC 1952) and with Zstandard (RFC 8878); the same statements give the
same bytes. All of it is made from sorted lines, nothing from the store.
"""

from __future__ import annotations

import gzip
import hashlib
import tarfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from itertools import islice
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


class Lines:
    """Writes lines to a file; counts and digests them on their way.

    `digest` is SHA-256 over the lines: two releases with the same statements have the same one. Blank nodes count by
    their labels (kgraph.build.sources says which they get), so a file whose order of blank nodes changes has changed.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count = 0
        self._digest = hashlib.sha256()

    def write(self, lines: Iterable[bytes], progress: Callable[[int], None] = lambda n: None) -> None:
        """Write them all."""
        with self.path.open("wb", 1 << 20) as stream:
            for held in batched(lines, _CHUNK):
                block = b"".join(held)
                self._digest.update(block)
                stream.write(block)
                self.count += len(held)
                progress(len(held))

    @property
    def digest(self) -> str:
        """SHA-256 of the lines, in hex."""
        return self._digest.hexdigest()


def read_lines(path: Path) -> Iterator[bytes]:
    """The lines of a file."""
    with path.open("rb", 1 << 20) as stream:
        yield from stream


def batched(lines: Iterable[bytes], size: int) -> Iterator[list[bytes]]:
    """The lines in lists of `size`, the last one shorter."""
    held = iter(lines)
    while batch := list(islice(held, size)):
        yield batch


def write_nquads(path: Path, plain: Path) -> None:
    """The sorted lines, packed."""
    with Packed(path) as packed, plain.open("rb") as stream:
        while block := stream.read(1 << 20):
            packed.write(block)


def write_trig(path: Path, lines: Iterable[bytes], scratch: Path, prefixes: Mapping[str, str]) -> None:
    """The same statements as TriG, packed, graph by graph in the order of their names, each graph sorted.

    `scratch` is a folder for the runs of lines that are sorted by graph.
    """
    by_graph = Runs(scratch)
    for held in batched(lines, SORTED_BY_GRAPH):
        by_graph.add([b"%b\0%b" % (graph_token(line), line) for line in held])
    with Packed(path) as packed:
        out = cast("IO[bytes]", packed)
        ox.serialize(_quads(by_graph.merged()), out, ox.RdfFormat.TRIG, prefixes=dict(prefixes))


def _quads(lines: Iterable[bytes]) -> Iterator[ox.Quad]:
    """What lines that begin with their graph say; the parser keeps the labels of blank nodes."""
    for held in batched(lines, _CHUNK):
        data = b"".join([line[line.index(b"\0") + 1 :] for line in held])
        yield from ox.parse(data, ox.RdfFormat.N_QUADS, lenient=True)


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
