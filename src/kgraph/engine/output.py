"""What a worker writes: result pieces onto the socket, with the rows counted and the size capped."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator, Mapping
from itertools import chain, islice
from typing import IO, cast

import pyoxigraph as ox

from kgraph.engine import convert, serialize, wire
from kgraph.errors import NotWritable
from kgraph.media import RdfFormat, ResultFormat
from kgraph.terms import IRI, Quad

RESULTS = {
    ResultFormat.JSON: ox.QueryResultsFormat.JSON,
    ResultFormat.XML: ox.QueryResultsFormat.XML,
    ResultFormat.CSV: ox.QueryResultsFormat.CSV,
    ResultFormat.TSV: ox.QueryResultsFormat.TSV,
}
_GRAPHS = {
    RdfFormat.TURTLE: ox.RdfFormat.TURTLE,
    RdfFormat.NTRIPLES: ox.RdfFormat.N_TRIPLES,
    RdfFormat.RDFXML: ox.RdfFormat.RDF_XML,
    RdfFormat.TRIG: ox.RdfFormat.TRIG,
    RdfFormat.NQUADS: ox.RdfFormat.N_QUADS,
    RdfFormat.JSONLD: ox.RdfFormat.JSON_LD,
}
SORTED = 5000
"""Graph results up to this many triples are sorted and grouped; more are streamed in the engine's order."""


_NOT_XML = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]|\xef\xbf[\xbe\xbf]")  # XML 1.0, section 2.2, in UTF-8


class TooLarge(Exception):
    """The result passed its cap."""


class Output:
    """What the engine writes goes out in pieces. Raises TooLarge past `cap` bytes.

    `xml`: it is XML, which the engine writes with characters too that XML cannot hold; raises NotWritable for those.
    """

    def __init__(
        self, channel: socket.socket, cap: int, counter: RowCounter | None = None, *, xml: bool = False
    ) -> None:
        self._channel = channel
        self._xml = xml
        self._last = b""
        self._left = cap
        self._buffer = bytearray()
        self._counter = counter

    @property
    def file(self) -> IO[bytes]:
        """Itself, as the binary file of which the engine needs no more than `write`."""
        return cast(IO[bytes], self)

    def write(self, data: bytes, /) -> int:
        """Take bytes; they go out when a piece is full."""
        self._buffer += data
        if len(self._buffer) >= wire.PIECE:
            self._send(b"")
        return len(data)

    def flush(self) -> None:
        """The engine asks for it after every result; pieces go out when full, and at the end."""

    def finish(self, message: Mapping[str, object]) -> None:
        """Send what is left and how it ended."""
        rows = message.get("rows")
        if self._counter is not None:
            self._counter.add(self._buffer)
            rows = self._counter.rows()
        self._count()
        self._send(wire.end({**message, "rows": rows}), counted=True)

    def drop(self) -> None:
        """Forget what is not sent yet."""
        self._buffer.clear()

    def _count(self) -> None:
        self._left -= len(self._buffer)
        if self._left < 0:
            raise TooLarge
        if self._xml:
            if _NOT_XML.search(self._last + self._buffer):
                raise NotWritable(
                    "a value holds a control character, which XML cannot hold",
                    hint="Ask for JSON, CSV or TSV.",
                )
            self._last = bytes(self._buffer[-2:])

    def _send(self, tail: bytes, *, counted: bool = False) -> None:
        if not counted:
            self._count()
            if self._counter is not None:
                self._counter.add(self._buffer)
        if self._buffer:
            self._channel.sendall(wire.LENGTH.pack(len(self._buffer)) + self._buffer + tail)
            self._buffer.clear()
        else:
            self._channel.sendall(tail)


class RowCounter:
    """Solutions in a result, counted on its bytes, in pieces cut anywhere."""

    def __init__(self, results: ResultFormat) -> None:
        self._results = results
        self._tail = b""
        self._rows = 0
        self._quoted = False
        self._unknown = False

    def add(self, piece: bytes | bytearray) -> None:
        """Count one piece."""
        if self._results is ResultFormat.TSV:  # line ends in values are escaped
            self._rows += piece.count(b"\n")
        elif self._results is ResultFormat.CSV:
            self._add_csv(bytes(piece))
        elif self._results is ResultFormat.XML:  # `<` in values is escaped
            self._add_joined(piece, b"<result>", ())
        else:  # a quote inside a value is escaped, so `},{"` is a row unless it ends a value
            self._add_joined(piece, b'},{"', (b'},{"}', b'},{",'))

    def rows(self) -> int | None:
        """The rows so far; None where they cannot be told from the bytes."""
        if self._results in (ResultFormat.TSV, ResultFormat.CSV):
            return self._rows - 1
        return None if self._unknown else self._rows

    def _add_csv(self, piece: bytes) -> None:
        parts = piece.split(b'"')
        outside = parts[1::2] if self._quoted else parts[::2]
        self._rows += sum(part.count(b"\n") for part in outside)
        if len(parts) % 2 == 0:
            self._quoted = not self._quoted

    def _add_joined(self, piece: bytes | bytearray, row: bytes, values: tuple[bytes, ...]) -> None:
        # A pattern that straddles two pieces is found in the second, which the first's last bytes precede.
        data = self._tail + piece
        keep = max(map(len, (row, *values))) - 1
        self._rows += data.count(row) - self._tail.count(row)
        for value in values:
            self._rows -= data.count(value) - self._tail.count(value)
        if self._results is ResultFormat.JSON:
            self._rows += data.count(b'[{"') - self._tail.count(b'[{"')
            self._unknown = self._unknown or b"{}" in data
        self._tail = data[-keep:]


def write_graph(found: Iterator[ox.Triple], rdf: RdfFormat, prefixes: Mapping[str, str], out: Output) -> int:
    """Write CONSTRUCT or DESCRIBE triples; how many there were. Raises NotWritable."""
    first = list(islice(found, SORTED + 1))
    if len(first) <= SORTED and not any(map(_newer, first)):
        quads = [
            Quad(convert.node(_plain(t)), IRI(t.predicate.value), convert.term(t.object), None) for t in first
        ]
        out.write(serialize.write(quads, rdf, prefixes))
        return len(first)
    count = 0

    def counted() -> Iterator[ox.Triple]:
        nonlocal count
        for triple in chain(first, found):
            count += 1
            if isinstance(triple.object, ox.Triple) and rdf in (RdfFormat.RDFXML, RdfFormat.JSONLD):
                raise NotWritable(
                    f"a value of {triple.predicate.value} is a triple term (RDF 1.2), made by the query",
                    hint="Ask for Turtle or N-Triples, or make no such terms.",
                )
            if rdf is RdfFormat.RDFXML:
                serialize.check_xml([convert.quad(ox.Quad(triple.subject, triple.predicate, triple.object))])
            yield triple

    ox.serialize(counted(), out.file, _GRAPHS[rdf], prefixes=dict(prefixes))
    return count


def _newer(triple: ox.Triple) -> bool:
    """Whether its object is of RDF 1.2, which kgraph's own values do not hold: a triple, or text with a direction."""
    found = triple.object
    return isinstance(found, ox.Triple) or (isinstance(found, ox.Literal) and found.direction is not None)


def _plain(triple: ox.Triple) -> convert.OxNode:
    subject = triple.subject
    assert not isinstance(subject, ox.Triple)
    return subject
