"""Sorted N-Quads lines: the one order from which the digest, the dumps and the index are made.

Lines are bytes as the store serialises them (RDF 1.1 N-Quads, canonical form: single spaces, no comments), so
a line is taken apart by its spaces and quotes, without a parser.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import pyoxigraph as ox

from kgraph.terms import RDF_LANGSTRING, XSD_STRING, Literal

CHUNK = 64 << 20
"""Bytes of lines sorted in memory at a time (about three times that is used)."""

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


def asserted_and_inferred(store: ox.Store, scratch: Path, *, named: bool) -> Iterator[bytes]:
    """The lines of the dataset in no order: every named graph, and the default graph where it is no merge.

    Where the files have named graphs the default graph is their merge, and left out; else it is what the files
    say, and the only named graph is the inferred one; see `without_merged`.
    """
    path = scratch / "unsorted.nq"
    store.dump(path, ox.RdfFormat.N_QUADS)
    with path.open("rb") as stream:
        if named:
            for line in stream:
                if split(line).graph:
                    yield line
                    break
            yield from stream  # the default graph comes first
        else:
            yield from stream
    path.unlink()


def sort_lines(lines: Iterable[bytes], scratch: Path, *, chunk: int = CHUNK) -> Iterator[bytes]:
    """The lines in byte order, each once; sorts `chunk` bytes at a time and merges the runs from `scratch`."""
    runs: list[Path] = []
    held: list[bytes] = []
    size = 0

    def write() -> None:
        held.sort()
        path = scratch / f"run-{len(runs)}"
        with path.open("wb") as stream:
            stream.writelines(held)
        runs.append(path)
        held.clear()

    for line in lines:
        held.append(line)
        size += len(line)
        if size >= chunk:
            write()
            size = 0
    if not runs:
        held.sort()
        yield from _once(held)
        return
    if held:
        write()
    with ExitStack() as stack:
        yield from _once(heapq.merge(*(stack.enter_context(run.open("rb", 1 << 20)) for run in runs)))
    for run in runs:
        run.unlink()


def without_merged(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Sorted lines without those of the default graph whose triple stands in a named graph, too."""
    last = b""
    for line in lines:
        if last and not line.startswith(last[:-2] + b"<"):
            yield last
        last = line
    if last:
        yield last


def _once(lines: Iterable[bytes]) -> Iterator[bytes]:
    last = b""
    for line in lines:
        if line != last:
            yield line
            last = line
