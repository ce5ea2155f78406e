"""The merge, one subject after another, as tokens: what the sieve of kgraph.shacl and the model checks read."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import groupby
from pathlib import Path

from kgraph.build.dump import read_lines
from kgraph.build.merge import Merge


class Scan:
    """The subjects of a file of sorted lines (kgraph.shacl.sieve.Subjects)."""

    def __init__(self, path: Path, merge: Merge) -> None:
        self._path = path
        self._ids = merge.names.ids
        self._kinds = merge.kinds
        self._types = merge.types

    def __iter__(self) -> Iterator[tuple[bytes, dict[bytes, list[bytes]]]]:
        """Each subject with its statements: predicate -> objects, each once."""
        for subject, group in groupby(read_lines(self._path), key=lambda line: line[: line.index(b" ")]):
            values: dict[bytes, list[bytes]] = {}
            start = len(subject) + 1
            last, last_object = b"", b""
            for line in group:
                predicate, rest = line[start:].split(b" ", 1)
                at = rest.index(b" ", rest.rindex(b'"')) if rest[:1] == b'"' else rest.index(b" ")
                object_ = rest[:at]
                if predicate != last:
                    values[predicate] = [object_]
                    last, last_object = predicate, object_
                elif object_ != last_object:  # the same statement in another graph stands next to it
                    values[predicate].append(object_)
                    last_object = object_
            yield subject, values

    def lines(self) -> Iterator[bytes]:
        """The lines."""
        return read_lines(self._path)

    def untyped(self) -> Iterator[bytes]:
        """Subjects that have no class with an IRI."""
        none = {place for place, types in enumerate(self._types) if not any(t[:1] == b"<" for t in types)}
        return (name for name in self._ids if self._place(name) in none)

    def types(self, node: bytes) -> Collection[bytes] | None:
        """The classes of an IRI, the entailed ones included; None where the merge says nothing of it."""
        place = self._place(node)
        return None if place < 0 else self._types[place]

    def _place(self, node: bytes) -> int:
        """Where its classes stand; -1 for what is no subject, names given after the merge among them."""
        id_ = self._ids.get(node)
        return -1 if id_ is None or id_ >= len(self._kinds) else self._kinds[id_]
