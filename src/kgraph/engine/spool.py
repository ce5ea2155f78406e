"""Where a result waits until it is whole: in memory while small, then in a temporary file without a name."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import IO

from kgraph.errors import QueryMemory

IN_MEMORY = 1 << 20
_PIECE = 1 << 18


class Spool:
    """Bytes added piece by piece, then read once."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._file: IO[bytes] | None = None
        self.size = 0

    def add(self, piece: bytes) -> None:
        """Keep a piece. Raises QueryMemory when the disk is full."""
        self.size += len(piece)
        if self._file is None and self.size <= IN_MEMORY:
            self._pieces.append(piece)
            return
        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile()  # noqa: SIM115  # lives as long as the answer
                self._file.writelines(self._pieces)
                self._pieces.clear()
            self._file.write(piece)
        except OSError as error:
            raise QueryMemory(
                f"there is no room to keep the result: {error.strerror}",
                hint="Add a LIMIT, or try again later.",
            ) from error

    def clear(self) -> None:
        """Forget everything; the next piece is the first."""
        self.close()
        self._file = None
        self.size = 0

    def read(self) -> Iterator[bytes]:
        """The pieces, at most 256 kB each."""
        if self._file is None:
            yield from self._pieces
            return
        self._file.seek(0)
        while piece := self._file.read(_PIECE):
            yield piece

    def close(self) -> None:
        """Free memory and file."""
        self._pieces.clear()
        if self._file is not None:
            self._file.close()
