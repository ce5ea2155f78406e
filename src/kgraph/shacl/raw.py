"""Literals as the files have them, where the store would rewrite them.

The store keeps values: `"007"^^xsd:int` becomes `"7"^^xsd:integer`. SHACL judges the terms of the data
graph as parsed (SHACL 1.4: validation does not change the graph), so the terms the store would rewrite are
collected while the quads stream into it, and laid over what the store gives when shapes are judged.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

import pyoxigraph as ox

from kgraph.shacl.terms import OxNode
from kgraph.terms import XSD

_INTEGER_TYPES = tuple(
    "integer byte short int long unsignedByte unsignedShort unsignedInt unsignedLong "  # noqa: SIM905
    "positiveInteger negativeInteger nonPositiveInteger nonNegativeInteger".split()
)
_TIME_TYPES = tuple(
    "dateTime dateTimeStamp time date gYearMonth gYear gMonthDay gDay gMonth "  # noqa: SIM905
    "duration yearMonthDuration dayTimeDuration".split()
)
REWRITTEN_TYPES = frozenset(
    XSD + name for name in (*_INTEGER_TYPES, "boolean", "decimal", "float", "double", *_TIME_TYPES)
)
"""The datatypes whose literals the store keeps as values; every other literal it keeps as it is."""

_INTEGERS = frozenset(XSD + name for name in _INTEGER_TYPES)
_INTEGER = ox.NamedNode(XSD + "integer")
_DIGITS = re.compile(r"[+-]?[0-9]{1,18}")
_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_KEPT_FORMS = {
    XSD + name: re.compile(form)
    for name, form in {
        "integer": r"0|-?[1-9][0-9]*",
        "decimal": r"0|-?(?:0|[1-9][0-9]*)\.[0-9]*[1-9]|-?[1-9][0-9]*",
        "boolean": r"true|false",
        "date": _DATE,
        "gYear": r"[0-9]{4}",
        "gYearMonth": r"[0-9]{4}-[0-9]{2}",
        "dateTime": rf"{_DATE}T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z?",
    }.items()
}
"""Forms that the store gives back as they came, whether it knows their value or not: most of what files
hold.
"""

_ANSWER = ox.Variable("x")
AnyQuad = TypeVar("AnyQuad", ox.Quad, ox.Triple)


class Canonical:
    """What the store makes of a literal. Answers are remembered, 65,536 of them at most."""

    def __init__(self) -> None:
        self._store = ox.Store()
        self._known: dict[ox.Literal, ox.Literal] = {}

    def __call__(self, literal: ox.Literal) -> ox.Literal:
        if literal.datatype.value not in REWRITTEN_TYPES:
            return literal
        found = self._known.get(literal)
        if found is None:
            if len(self._known) >= 65536:
                self._known.clear()
            found = self._known[literal] = self._find(literal)
        return found

    def _find(self, literal: ox.Literal) -> ox.Literal:
        datatype = literal.datatype.value
        form = _KEPT_FORMS.get(datatype)
        if form is not None and form.fullmatch(literal.value):
            return literal
        if datatype in _INTEGERS and _DIGITS.fullmatch(literal.value):
            return ox.Literal(str(int(literal.value)), datatype=_INTEGER)
        answer = self._store.query("SELECT ?x {}", substitutions={_ANSWER: literal})
        assert isinstance(answer, ox.QuerySolutions)
        found = next(answer)[0]
        assert isinstance(found, ox.Literal)
        return found


class RawTerms:
    """Collects the statements whose object the store would rewrite.

    Memory: one entry for each statement that is rewritten, and eight bytes for each that has a datatype of
    REWRITTEN_TYPES and is not (to know where a file states both forms); nothing for all others.
    """

    def __init__(self) -> None:
        self._canonical = Canonical()
        self._rewritten: dict[tuple[OxNode, ox.NamedNode], dict[ox.Literal, int]] = {}
        self._kept = array("q")

    def see(self, quad: ox.Quad | ox.Triple) -> ox.Literal | None:
        """Look at one statement as parsed, before it goes into the store. Its graph does not matter.

        Gives what the store makes of its object, or None where it keeps it as it is.
        """
        literal = quad.object
        if type(literal) is ox.Literal and literal.datatype.value in REWRITTEN_TYPES:
            return self._note(quad, literal)
        return None

    def watch(self, quads: Iterable[AnyQuad]) -> Iterator[AnyQuad]:
        """The same quads, each seen on its way."""
        types, note, kind = REWRITTEN_TYPES, self._note, ox.Literal
        for quad in quads:
            literal = quad.object
            if type(literal) is kind and literal.datatype.value in types:
                note(quad, literal)
            yield quad

    def _note(self, quad: ox.Quad | ox.Triple, literal: ox.Literal) -> ox.Literal | None:
        stored = self._canonical(literal)
        if stored == literal:
            self._kept.append(hash((quad.subject, quad.predicate, literal)))
            return None
        known = self._rewritten.setdefault((quad.subject, quad.predicate), {})  # type: ignore[arg-type]
        known[literal] = known.get(literal, 0) + 1
        return stored

    def counts(self) -> Iterator[tuple[OxNode, ox.NamedNode, ox.Literal, int]]:
        """The statements that the store would rewrite, as parsed, and how often each was seen."""
        for (subject, predicate), literals in self._rewritten.items():
            for literal, times in literals.items():
                yield subject, predicate, literal, times

    def restore(self, subject: OxNode, predicate: ox.NamedNode, literal: ox.Literal, times: int) -> None:
        """Put back what `counts` gave."""
        self._rewritten.setdefault((subject, predicate), {})[literal] = times

    def restore_kept(self, times: Callable[[OxNode, ox.NamedNode, ox.Literal], int]) -> None:
        """Put back which of the rewritten literals a file also has as the store keeps them.

        `times` tells how often the files state a triple, whatever the form.
        """
        for (subject, predicate), literals in self._rewritten.items():
            seen: dict[ox.Literal, int] = {}
            for literal, count in literals.items():
                stored = self._canonical(literal)
                seen[stored] = seen.get(stored, 0) + count
            for stored, count in seen.items():
                if times(subject, predicate, stored) > count:
                    self._kept.append(hash((subject, predicate, stored)))

    def __len__(self) -> int:
        """How many statements the store would rewrite."""
        return sum(len(literals) for literals in self._rewritten.values())

    def seal(self) -> RawIndex:
        """The index that validation looks terms up in."""
        index = RawIndex()
        if not self._rewritten:
            return index
        wanted: dict[int, tuple[OxNode, ox.NamedNode, ox.Literal]] = {}
        for (subject, predicate), literals in self._rewritten.items():
            for literal in literals:
                stored = self._canonical(literal)
                wanted[hash((subject, predicate, stored))] = (subject, predicate, stored)
                index.add(subject, predicate, stored, literal)
        for value in self._kept:
            both = wanted.get(value)
            if both is not None:
                index.add(both[0], both[1], both[2], both[2])
        return index


class RawIndex:
    """For each (subject, predicate, stored literal): the literals as parsed."""

    def __init__(self) -> None:
        self._forward: dict[tuple[OxNode, ox.NamedNode], dict[ox.Literal, list[ox.Literal]]] = {}

    def add(self, subject: OxNode, predicate: ox.NamedNode, stored: ox.Literal, parsed: ox.Literal) -> None:
        forms = self._forward.setdefault((subject, predicate), {}).setdefault(stored, [])
        if parsed not in forms:
            forms.append(parsed)

    def __bool__(self) -> bool:
        return bool(self._forward)

    def __contains__(self, key: object) -> bool:
        return key in self._forward

    def statements(self) -> Iterator[tuple[OxNode, ox.NamedNode, ox.Literal]]:
        """The statements with a rewritten object, in every form: as parsed and as stored."""
        for (subject, predicate), by_stored in self._forward.items():
            for stored, forms in by_stored.items():
                for form in dict.fromkeys((stored, *forms)):
                    yield subject, predicate, form

    def forms(self, subject: OxNode, predicate: ox.NamedNode, stored: ox.Literal) -> list[ox.Literal] | None:
        """The parsed forms of a stored object, or None where it is as parsed."""
        found = self._forward.get((subject, predicate))
        return found.get(stored) if found else None
