"""What two releases differ in: their dumps, sorted, read side by side. Memory does not grow with them."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple

from kgraph.errors import ReleaseError


class Difference(NamedTuple):
    """A statement that only one of two releases has; `line` is N-Quads without the line's end."""

    sign: Literal["+", "-"]
    line: str

    @property
    def subject(self) -> str:
        """Its subject in N-Quads syntax."""
        return self.line.partition(" ")[0]

    @property
    def patch(self) -> str:
        """Its line in RDF Patch (https://afs.github.io/rdf-delta/rdf-patch.html): A adds, D deletes."""
        return f"{'A' if self.sign == '+' else 'D'} {self.line}"


def dump_lines(folder: Path) -> Iterator[bytes]:
    """The sorted lines of a release's dump. Raises ReleaseError."""
    path = folder / "dumps" / "data.nq.gz"
    try:
        with gzip.open(path) as stream:
            yield from stream
    except (OSError, EOFError, zlib.error) as error:
        raise ReleaseError(f"the dump cannot be read: {error}", where=str(path)) from error


def difference(before: Path, after: Path) -> Iterator[Difference]:
    """What `after` has and `before` has not (+), and the reverse (-), in the order of the lines."""
    if before == after:
        return
    one, other = dump_lines(before), dump_lines(after)
    a, b = next(one, None), next(other, None)
    while a is not None or b is not None:
        if a == b:
            a, b = next(one, None), next(other, None)
        elif b is None or (a is not None and a < b):
            yield Difference("-", _text(a))
            a = next(one, None)
        else:
            yield Difference("+", _text(b))
            b = next(other, None)


def _text(line: bytes | None) -> str:
    assert line is not None
    return line.decode().rstrip("\n")
