"""Sorted N-Quads lines: the one order from which the digest, the dumps and the index are made.

Lines are bytes as pyoxigraph serialises them (RDF 1.1 N-Quads, canonical form: single spaces, no comments), so
a line is taken apart by its spaces and quotes, without a parser.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from kgraph.terms import RDF_LANGSTRING, XSD_STRING, Literal

_READ = 1 << 18
"""Bytes of each run that are merged at a time."""
_UNESCAPE = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f", '"': '"', "'": "'", "\\": "\\"}


class Line(NamedTuple):
    """The tokens of a line, as bytes in N-Quads syntax; `graph` is empty for the default graph."""

    subject: bytes
    predicate: bytes
    object: bytes
    graph: bytes


def split(line: bytes) -> Line:
    """The tokens of one line."""
    subject, predicate, rest = line.split(b" ", 2)
    if rest[:1] == b'"':
        end = rest.index(b" ", rest.rindex(b'"'))
        object_, rest = rest[:end], rest[end + 1 :]
    else:
        object_, _, rest = rest.partition(b" ")
    return Line(subject, predicate, object_, rest.partition(b" ")[0] if rest[:1] != b"." else b"")


def graph_token(line: bytes) -> bytes:
    """The graph of one line; empty for the default graph."""
    start = line.rindex(b" ", 0, -3) + 1
    token = line[start:-3]
    # the last token of a literal has its closing quote; an object that is no literal is the third token
    return b"" if b'"' in token or line.count(b" ", 0, start) < 3 else token


def literal(token: bytes) -> Literal:
    """The literal of an object token."""
    end = token.rindex(b'"')
    text = token[1:end].decode()
    if "\\" in text:
        text = _unescape(text)
    tail = token[end + 1 :].decode()
    if tail.startswith("@"):
        return Literal(text, RDF_LANGSTRING, tail[1:].partition("--")[0])
    return Literal(text, tail[3:-1] if tail else XSD_STRING)


def _unescape(text: str) -> str:
    out, parts = [], iter(text.split("\\"))
    out.append(next(parts))
    for part in parts:
        if not part:  # an escaped backslash: the next piece follows it as it is
            out.append("\\" + next(parts, ""))
        elif part[0] in "uU":
            width = 5 if part[0] == "u" else 9
            out.append(chr(int(part[1:width], 16)) + part[width:])
        else:
            out.append(_UNESCAPE[part[0]] + part[1:])
    return "".join(out)


def iri(token: bytes) -> str:
    """The IRI of a `<...>` token."""
    text = token[1:-1].decode()
    return _unescape(text) if "\\" in text else text


class Runs:
    """Lines that come in any order, kept on disk in sorted runs; each run is sorted in memory.

    Memory is that of the largest list given to `add`; `merged` reads `most` runs at a time, some of each.
    """

    def __init__(self, folder: Path, most: int = 64) -> None:
        self.folder = folder
        self.most = most
        self.paths: list[Path] = []
        self._made = 0

    def add(self, lines: list[bytes]) -> Path:
        """Write lines, each with its end, as one run, and give its file. The list is sorted in place."""
        lines.sort()
        return self._write(lines)

    def _write(self, lines: Iterable[bytes]) -> Path:
        self._made += 1
        path = self.folder / f"run-{self._made}"
        with path.open("wb", 1 << 20) as stream:
            stream.writelines(lines)
        self.paths.append(path)
        return path

    def merged(self, repeated: Callable[[bytes, int], None] = lambda line, times: None) -> Iterator[bytes]:
        """All lines in byte order, each once; the runs are removed at the end.

        `repeated` is told each line that was added more than once, and how often.
        """
        while len(self.paths) > self.most:
            first, self.paths = self.paths[: self.most], self.paths[self.most :]
            self._write(_merged(first))
        yield from _once(_merged(self.paths), repeated)
        self.paths = []


def _merged(paths: list[Path]) -> Iterator[bytes]:
    """The lines of sorted files in order: what is surely next of each is sorted together, which finds its own runs."""
    with ExitStack() as stack:
        runs = [stack.enter_context(path.open("rb", 1 << 20)) for path in paths]
        held = [(run, lines) for run in runs if (lines := run.readlines(_READ))]
        while held:
            least = min(lines[-1] for _, lines in held)
            batch, left = list[bytes](), []
            for run, lines in held:
                end = bisect_right(lines, least)
                batch += lines[:end]
                rest = lines[end:] or run.readlines(_READ)
                if rest:
                    left.append((run, rest))
            batch.sort()
            yield from batch
            held = left
    for path in paths:
        path.unlink()


def _once(lines: Iterable[bytes], repeated: Callable[[bytes, int], None]) -> Iterator[bytes]:
    last, times = b"", 1
    for line in lines:
        if line != last:
            if times > 1:
                repeated(last, times)
                times = 1
            yield line
            last = line
        else:
            times += 1
    if times > 1:
        repeated(last, times)
