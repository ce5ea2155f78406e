"""How the web process and a worker talk over their socket pair: framed JSON, and the result in pieces.

    request   u32 length, JSON
    answer    (u32 length, bytes)*   the result's pieces
              u32 0, u32 length, JSON   how it ended: {"form", "media", "rows"} or {"error", "message", ...}

All lengths are little-endian. Only these two processes, of one version and one machine, ever speak it.
"""

from __future__ import annotations

import json
import struct
from typing import Any, Protocol

LENGTH = struct.Struct("<I")
END = struct.Struct("<II")
PIECE = 1 << 16
"""Bytes gathered before a piece is sent."""


def pack(message: dict[str, Any]) -> bytes:
    """A message with its length."""
    body = json.dumps(message).encode()
    return LENGTH.pack(len(body)) + body


def end(message: dict[str, Any]) -> bytes:
    """The last frame of an answer."""
    body = json.dumps(message).encode()
    return END.pack(0, len(body)) + body


class Readable(Protocol):
    """A binary stream that may give fewer bytes at its end."""

    def read(self, size: int, /) -> bytes | None: ...


def read_exactly(stream: Readable, size: int) -> bytes:
    """So many bytes. Raises EOFError when the other side is gone."""
    data = stream.read(size)
    if data is None or len(data) < size:
        raise EOFError
    return data


def read_message(stream: Readable) -> dict[str, Any]:
    """A message after its length."""
    size = LENGTH.unpack(read_exactly(stream, LENGTH.size))[0]
    message: dict[str, Any] = json.loads(read_exactly(stream, size))
    return message
