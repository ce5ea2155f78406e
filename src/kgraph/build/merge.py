"""The runs become one file of sorted lines, with what the ontology entails and no file states.

rdfs:subPropertyOf and rdfs:subClassOf entail statements of the same subject only (RDF 1.1 Semantics, rules rdfs7
and rdfs9 over the transitive closure), so one subject after another is enough: no look-up in the store. The same
pass counts, and finds the names that the index gives rows to.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator

from kgraph.build.index.subject import iri, token
from kgraph.build.index.write import Names
from kgraph.build.ontology import Ontology
from kgraph.terms import RDF_TYPE

_TYPE = token(RDF_TYPE)
Statement = tuple[bytes, bytes]
"""Predicate and object of a subject, as tokens in N-Quads syntax."""


class Merge:
    """Sorted lines with the entailed ones among them; the attributes are whole after the last line.

    `names`: what the index lists. `kinds`: id of a name -> place in `types`, which has the classes of a subject in the
    merge, the entailed ones included; -1 for a name that is no subject. `triples`: distinct ones of the merge;
    `inferred`: statements of the inferred graph; `entangled`: whether a file writes into it.
    """

    def __init__(self, ontology: Ontology, inferred: str, *, named: bool) -> None:
        self.names = Names()
        self.types: list[tuple[bytes, ...]] = [()]
        self.kinds = array("i", [-1])
        self.triples = 0
        self.inferred = 0
        self.entangled = False
        self._named = named
        self._graph = token(inferred)
        self._places: dict[tuple[bytes, ...], int] = {(): 0}
        self._classes = _Above(ontology.classes, ontology.above_class)
        self._properties = _Above(ontology.properties, ontology.above_property)

    def lines(self, lines: Iterable[bytes], entailed: Callable[[bytes], None]) -> Iterator[bytes]:
        """The sorted lines, each once, with the entailed ones in their places; `entailed` is given these, too."""
        head, own = b"", list[bytes]()
        for line in lines:
            if own and line.startswith(head):
                own.append(line)
                continue
            yield from self._subject(head, own, entailed)
            head, own = line[: line.index(b" ") + 1], [line]
        yield from self._subject(head, own, entailed)
        for graph in self.names.graphs:
            if graph[:1] == b"<":
                self.names.add(graph)
        self.kinds.extend([-1] * (len(self.names.ids) + 1 - len(self.kinds)))

    def _subject(self, head: bytes, own: list[bytes], entailed: Callable[[bytes], None]) -> list[bytes]:
        """The lines of a subject with what they entail; counts and names are kept. `head`: the subject and a space."""
        hidden, graphs, named = self._graph, self.names.graphs, self._named
        start = len(head)
        stated: dict[Statement, None] = {}
        types: list[bytes] = []
        shown = False
        for line in own:  # taken apart as `split` does, with the subject known
            p, rest = line[start:].split(b" ", 1)
            end = rest.index(b" ", rest.rindex(b'"') if rest[:1] == b'"' else 0)
            statement, g = (p, rest[:end]), rest[end + 1 : -3]
            if g == hidden:
                self.inferred += 1
                self.entangled = True
            else:
                shown = True
            if g and (named or g == hidden):
                graphs[g] = graphs.get(g, 0) + 1
            if statement not in stated:
                stated[statement] = None
                if p == _TYPE:
                    types.append(statement[1])
        new = self._entailed(stated, types)
        self.triples += len(stated) + len(new)
        if own:
            self._name(head[:-1], types, shown=shown)
        if not new:
            return own
        self.inferred += len(new)
        graphs[hidden] = graphs.get(hidden, 0) + len(new)
        tail = b" " + hidden + b" .\n"
        lines = [head + p + b" " + o + tail for p, o in new]
        for line in lines:
            entailed(line)
        return sorted(own + lines)

    def _entailed(self, stated: dict[Statement, None], types: list[bytes]) -> list[Statement]:
        new: dict[Statement, None] = {}
        for p, o in stated:
            for above in self._properties[p]:
                if (above, o) not in stated and (above, o) not in new:
                    new[above, o] = None
                    if above == _TYPE:
                        types.append(o)
        for type_ in tuple(types):
            for above in self._classes[type_]:
                if (_TYPE, above) not in stated and (_TYPE, above) not in new:
                    new[_TYPE, above] = None
                    types.append(above)
        return list(new)

    def _name(self, subject: bytes, types: list[bytes], *, shown: bool) -> None:
        add, kinds = self.names.add, self.kinds
        node = add(subject) if shown and subject[:1] == b"<" else 0
        for type_ in sorted(types):
            if type_[:1] == b"<":
                add(type_)
        if len(kinds) <= len(self.names.ids):
            kinds.extend([-1] * (len(self.names.ids) + 1 - len(kinds)))
        if node:
            key = tuple(sorted(types))
            place = self._places.get(key)
            if place is None:
                place = self._places[key] = len(self.types)
                self.types.append(key)
            kinds[node] = place


class _Above(dict[bytes, tuple[bytes, ...]]):
    """Token of a class or property -> tokens of all above it; each worked out once."""

    def __init__(self, direct: dict[str, set[str]], closure: Callable[[str], set[str]]) -> None:
        super().__init__()
        self._direct = direct
        self._closure = closure

    def __missing__(self, key: bytes) -> tuple[bytes, ...]:
        name = iri(key) if key[:1] == b"<" else ""
        found = tuple(token(above) for above in sorted(self._closure(name))) if name in self._direct else ()
        self[key] = found
        return found
