"""The dump of a release: sorted N-Quads, compressed; and the digest of the data, from the same pass."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO


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
