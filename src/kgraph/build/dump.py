"""The dumps of a release: sorted N-Quads (the digest of the data comes from the same pass), TriG, files as written."""

from __future__ import annotations

import gzip
import hashlib
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import IO, cast

import pyoxigraph as ox


class Dump:
    """Writes lines to `plain` and, compressed, to `packed` (None: not at all); counts and digests them on their way.

    `digest` is SHA-256 over the lines: two releases with the same statements have the same one. Blank nodes count by
    their labels (kgraph.build.sources says which they get), so a file whose order of blank nodes changes has changed.
    """

    def __init__(self, plain: Path, packed: Path | None) -> None:
        self.plain = plain
        self.packed = packed
        self.count = 0
        self._digest = hashlib.sha256()

    def write(self, lines: Iterable[bytes]) -> None:
        """Write them all. The compressed file has no time stamp, so the same lines give the same bytes."""
        with ExitStack() as stack:
            plain = stack.enter_context(self.plain.open("wb", 1 << 20))
            packed = None
            if self.packed:
                raw = stack.enter_context(self.packed.open("wb"))
                packed = stack.enter_context(gzip.GzipFile("", "wb", 6, raw, mtime=0))
            held: list[bytes] = []
            for line in lines:
                held.append(line)
                if len(held) >= 4096:
                    self._put(held, plain, packed)
            self._put(held, plain, packed)

    def _put(self, held: list[bytes], plain: IO[bytes], packed: gzip.GzipFile | None) -> None:
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


def write_trig(
    path: Path, store: ox.Store, graphs: Mapping[str, int], plain: Path | None, prefixes: Mapping[str, str]
) -> None:
    """The same statements as TriG, graph by graph, compressed. `graphs`: name -> statements.

    Where the files have no named graphs, `plain` has the sorted lines, and those outside any graph come first. A
    graph of up to a hundred thousand statements is sorted, a larger one is in the order of the store.
    """
    with path.open("wb") as raw, gzip.GzipFile("", "wb", 6, raw, mtime=0) as packed:
        quads = _graph_by_graph(store, graphs, plain)
        ox.serialize(quads, cast("IO[bytes]", packed), ox.RdfFormat.TRIG, prefixes=dict(prefixes))


def _graph_by_graph(store: ox.Store, graphs: Mapping[str, int], plain: Path | None) -> Iterator[ox.Quad]:
    if plain is not None:
        with plain.open("rb") as stream:
            for quad in ox.parse(stream, ox.RdfFormat.N_QUADS):
                if type(quad.graph_name) is ox.DefaultGraph:
                    yield quad
    for name in sorted(graphs):
        node = ox.NamedNode(name[1:-1]) if name.startswith("<") else ox.BlankNode(name[2:])
        found = store.quads_for_pattern(None, None, None, node)
        yield from sorted(found, key=str) if graphs[name] <= 100_000 else found


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
