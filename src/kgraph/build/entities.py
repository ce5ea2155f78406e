"""RDF/XML without entities that grow: the parser writes each out where it stands, however long it has become.

Ten entities that each name the one before ten times are ten thousand million copies of a text (XML 1.0, section 4.4).
Those that people use are names of namespaces.
"""

from __future__ import annotations

import re
from typing import IO

from kgraph.errors import ParseError

LONGEST = 256
"""Bytes of an entity's text."""
_REACH = LONGEST + 512  # bytes of a declaration
_DECLARED = re.compile(rb"<!ENTITY")
_PLAIN = re.compile(
    rb"""<!ENTITY\s+(?:%%\s+)?[^\s"'<>]+\s+(?:"(?:[^"&<]|&#){0,%d}"|'(?:[^'&<]|&#){0,%d}')\s*>"""
    % (LONGEST, LONGEST)
)


class Guarded:
    """A stream of RDF/XML. `read` raises ParseError where an entity is made of entities or is too long.

    The whole file is looked through, since the parser takes a DOCTYPE wherever it stands.
    """

    def __init__(self, stream: IO[bytes], name: str) -> None:
        self._stream = stream
        self._name = name
        self._ahead = b""

    def read(self, size: int) -> bytes:
        """At most `size` bytes, none at the end."""
        while len(self._ahead) < size + _REACH and (more := self._stream.read(size + _REACH)):
            self._ahead += more
        for found in _DECLARED.finditer(self._ahead, 0, size + len(b"<!ENTITY")):
            if not _PLAIN.match(self._ahead, found.start()):
                raise ParseError(
                    f"an entity that is made of other entities, or of more than {LONGEST} bytes",
                    where=self._name,
                    hint='<!ENTITY name "text"> may have plain text only: write the rest out where it is used.',
                )
        given, self._ahead = self._ahead[:size], self._ahead[size:]
        return given
