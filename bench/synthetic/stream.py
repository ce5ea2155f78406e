"""The graph of a given size as a stream of pieces, cut into files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from synthetic.story import Source, Values
from synthetic.templates import load

PREFIXES, PIECES = load(Path(__file__).with_name("templates.trig"))
SMALLEST = 1000
"""The smallest graph, in triples."""

_FIRST = "file inferred source country subject campaign event held place in_campaign"
_OPENING = sum(PIECES[name].triples for name in _FIRST.split(" ")) + 5 * PIECES["passage"].triples
"""At most so many triples say what a source is, and what was held where and when; never cut."""
_CONTENT = max(
    piece.triples for name, piece in PIECES.items() if name not in ("file", "inferred", "source", "passage")
)


def stream(seed: int, triples: int, per_file: int) -> Iterator[tuple[int, str, Values]]:
    """(source number, piece, values): the merge of all has exactly `triples`.

    Piece "file" begins a new file: after the source in which the file's triples reached `per_file`.
    """
    if triples < SMALLEST:
        raise ValueError(f"at least {SMALLEST} triples, not {triples}")
    left, in_file, files = triples, per_file, 0
    number = 0
    while number == 0 or left > _OPENING:
        if in_file >= per_file:
            files, in_file = files + 1, 0
            left -= PIECES["file"].triples
            yield number, "file", {"file": file_name(files)}
            if number == 0:
                left -= PIECES["inferred"].triples
                yield number, "inferred", {"file": file_name(files)}
        source = Source(seed, number)
        source.values["file"] = file_name(files)
        before = left
        for name, values in cut(source.pieces(), left):
            left -= PIECES[name].triples
            yield number, name, values
        in_file += before - left
        number += 1
    for name, values in end(source, left):
        yield number - 1, name, values


def cut(pieces: Iterable[tuple[str, Values]], left: int) -> Iterator[tuple[str, Values]]:
    """The pieces that fit into `left` triples, up to the first that does not; no passage is left without content."""
    for name, values in pieces:
        left -= PIECES[name].triples
        if left < (_CONTENT if name == "passage" else 0):
            return
        yield name, values


def end(source: Source, left: int) -> Iterator[tuple[str, Values]]:
    """Exactly `left` triples more on a source: speakers, then notes of one triple each."""
    for name, values in cut(source.more(), left):
        left -= PIECES[name].triples
        yield name, values
    for note in range(1, left + 1):
        source.values["n"] = note
        yield "note", source.values


def file_name(number: int) -> str:
    """The name of a file, and of its editorial graph; numbers from 1."""
    return f"pages-{number:05}"
