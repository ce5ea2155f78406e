"""The dumps of a release: sorted N-Quads (the digest of the data comes from the same pass), TriG, files as written.

N-Quads and TriG are packed twice, with gzip and with Zstandard, in blocks (kgraph.build.packed); the same statements
give the same bytes. All of it is made from sorted lines, nothing from the store.
"""

from __future__ import annotations

import hashlib
import json
import tarfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import IO

import pyoxigraph as ox

from kgraph.build.lines import Runs, graph_token
from kgraph.build.packed import GZIP_LEVEL, Block, Packed, cut

_CHUNK = 4096
SORTED_BY_GRAPH = 200_000
"""Lines that are sorted by graph at a time."""
GROUP, FILES = 256 << 10, 16
"""Bytes after which no further file joins a block of the archive; without that, one file in so many is the last."""


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


def write_nquads(path: Path, plain: Path) -> list[Block]:
    """The sorted lines, packed; gives the blocks."""
    with Packed(path) as packed:
        for lines in cut(read_lines(plain)):
            packed.add(lines[0], len(lines), b"".join(lines))
    return packed.blocks


def write_trig(path: Path, lines: Iterable[bytes], scratch: Path, prefixes: Mapping[str, str]) -> list[Block]:
    """The same statements as TriG, packed, graph by graph in the order of their names, each graph sorted.

    `scratch` is a folder for the runs of lines that are sorted by graph. The first block has the prefixes alone; a
    graph that goes on in the next block is opened there again.
    """
    by_graph = Runs(scratch)
    for held in batched(lines, SORTED_BY_GRAPH):
        by_graph.add([graph_key(line) for line in held])
    header = trig_header(prefixes)
    with Packed(path) as packed:
        packed.add(b"", 0, header)
        for keys in cut(by_graph.merged()):
            packed.add(keys[0], len(keys), trig(keys, prefixes, header))
    return packed.blocks


def graph_key(line: bytes) -> bytes:
    """What the statements of TriG are sorted by: the graph of a line, and the line."""
    return b"%b\0%b" % (graph_token(line), line)


def trig_header(prefixes: Mapping[str, str]) -> bytes:
    """The lines that declare the prefixes."""
    node = ox.NamedNode("x:x")
    text = ox.serialize([ox.Quad(node, node, node)], format=ox.RdfFormat.TRIG, prefixes=dict(prefixes))
    return b"".join(line for line in (text or b"").splitlines(True) if line.startswith(b"@prefix "))


def trig(keys: Iterable[bytes], prefixes: Mapping[str, str], header: bytes) -> bytes:
    """The TriG of a block, without the prefixes; the labels of blank nodes stay."""
    data = b"".join([key[key.index(b"\0") + 1 :] for key in keys])
    quads = ox.parse(data, ox.RdfFormat.N_QUADS, lenient=True)
    text = ox.serialize(quads, format=ox.RdfFormat.TRIG, prefixes=dict(prefixes)) or b""
    return text.removeprefix(header)


def trig_keys(header: bytes, text: bytes) -> list[bytes]:
    """The sorted keys of a block of TriG."""
    quads = ox.parse(header + text, ox.RdfFormat.TRIG, lenient=True)
    lines = ox.serialize(quads, format=ox.RdfFormat.N_QUADS) or b""
    return sorted(graph_key(line) for line in lines.splitlines(keepends=True))


def write_archive(
    path: Path,
    root: Path,
    names: Iterable[str],
    kept: Callable[[list[str]], bytes | None] = lambda names: None,
) -> list[Block]:
    """The input files as they were written, in one archive without owners and times; gives the blocks.

    A block is a gzip member of some whole files; `kept` gives that of files that have not changed, where there is one.
    """
    blocks = []
    with path.open("wb", 1 << 20) as raw:
        for group in _groups(root, names):
            start, packed = raw.tell(), kept(group)
            if packed is None:
                _pack_files(raw, root, group)
            else:
                raw.write(packed)
            blocks.append(Block(json.dumps(group).encode(), len(group), raw.tell() - start, 0))
        raw.write(zlib.compress(bytes(2 * tarfile.BLOCKSIZE), GZIP_LEVEL, wbits=31))
    return blocks


def file_names(block: Block) -> list[str]:
    """The files in a block of the archive."""
    names: list[str] = json.loads(block.first)
    return names


def _groups(root: Path, names: Iterable[str]) -> Iterator[list[str]]:
    """Files that are packed together: where a group ends is told by the names and sizes in it."""
    held, size = list[str](), 0
    for name in sorted(names):
        held.append(name)
        size += (root / name).stat().st_size
        if size >= GROUP or not zlib.crc32(name.encode()) % FILES:
            yield held
            held, size = [], 0
    if held:
        yield held


def _pack_files(raw: IO[bytes], root: Path, names: Iterable[str]) -> None:
    packer = zlib.compressobj(GZIP_LEVEL, wbits=31)
    for name in names:
        file = root / name
        entry = tarfile.TarInfo(name)
        entry.size = file.stat().st_size
        raw.write(packer.compress(entry.tobuf(tarfile.PAX_FORMAT)))
        left = entry.size
        with file.open("rb") as stream:
            while left:
                piece = stream.read(min(1 << 20, left))
                if not piece:
                    raise OSError(0, "the file was cut short while it was read", str(file))
                left -= len(piece)
                raw.write(packer.compress(piece))
        raw.write(packer.compress(bytes(-entry.size % tarfile.BLOCKSIZE)))
    raw.write(packer.flush())
