"""The merge, one subject after another, as tokens: what the sieve of kgraph.shacl reads."""

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

    def types(self, node: bytes) -> Collection[bytes] | None:
        """The classes of an IRI, the entailed ones included; None where the merge says nothing of it."""
        id_ = self._ids.get(node)
        place = -1 if id_ is None else self._kinds[id_]
        return None if place < 0 else self._types[place]
