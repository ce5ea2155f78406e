"""The sieve: shapes judged on sorted statements, one subject after another, without a look-up in the store.

Most of what shapes say concerns the statements of the focus node alone and the classes of what they lead to. All that
is decided here in one pass over the data; the screen's queries (screen.py) ask only for the rest. Like the screen,
the sieve tells which focus nodes may have results; the judge decides. Terms are as the store has them: focus nodes
that read a literal which the store rewrote are added by the screen.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import pyoxigraph as ox

from kgraph.shacl import model
from kgraph.shacl.compare import holds
from kgraph.shacl.data import Data
from kgraph.shacl.judge import Judge, language_matches
from kgraph.shacl.names import RDF_TYPE
from kgraph.shacl.paths import Alternative, Path, Predicate
from kgraph.shacl.patterns import matches, unmatched
from kgraph.shacl.terms import OxTerm
from kgraph.shacl.tokens import (
    KINDS,
    Test,
    Unsieved,
    datatype,
    language_of,
    remembered,
    term_of,
    text_of,
    token_of,
    unlike_languages,
)

_TYPE = f"<{RDF_TYPE}>".encode()
_REMEMBERED = 65536
_HELD = 8192
_NONE: list[bytes] = []
_DEMANDING = (model.MinCount, model.HasValue, model.Equals, model.QualifiedMinCount)
"""What a node without values can be against."""

Values = Mapping[bytes, list[bytes]]
"""The statements of a node: predicate -> its objects, each once. All are tokens in N-Triples syntax."""
Verdict = Callable[[bytes, Values], bool]
"""Whether a node with these statements passes."""


class Subjects(Protocol):
    """The data graph as tokens, sorted by subject."""

    def __iter__(self) -> Iterator[tuple[bytes, Values]]:
        """Every subject once, with all its statements."""

    def types(self, node: bytes) -> Collection[bytes] | None:
        """The classes of an IRI; None where they are not known."""


@dataclass(slots=True)
class _At:
    """What is asked where a node has one predicate: at most so many values, of each a test, of the node a verdict."""

    most: int = 1 << 62
    tests: list[Test] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)


@dataclass(slots=True)
class _Demands:
    """What a shape asks of a node: predicates that must be there, patterns of its IRI, verdicts; and by predicate."""

    needed: list[bytes] = field(default_factory=list)
    patterns: list[tuple[str, str]] = field(default_factory=list)
    always: list[Verdict] = field(default_factory=list)
    where: dict[bytes, _At] = field(default_factory=dict)


@dataclass(slots=True)
class _Plan:
    """The demands of all shapes that some nodes have, put together, so that each predicate is looked up once."""

    needed: list[tuple[model.Shape, bytes]] = field(default_factory=list)
    patterns: list[tuple[model.Shape, tuple[str, str]]] = field(default_factory=list)
    always: list[tuple[model.Shape, Verdict]] = field(default_factory=list)
    where: dict[bytes, list[tuple[model.Shape, int, list[Test], list[Verdict]]]] = field(default_factory=dict)


class Sieve:
    """Finds candidates of shapes that target classes or the subjects of properties.

    `sifted`: shape -> ids of the constraints that it speaks for. `found`: shape -> focus nodes against one of these.
    """

    def __init__(
        self, data: Data, judge: Judge, shapes: Iterable[model.Shape], types: Callable[[bytes], object]
    ) -> None:
        self._data = data
        self._judge = judge
        self._types = types
        self.sifted: dict[model.Shape, set[int]] = {}
        self.found: dict[model.Shape, set[OxTerm]] = {}
        self._demands: dict[model.Shape, _Demands] = {}
        self._by_class: dict[bytes, list[model.Shape]] = {}
        self._by_property: dict[bytes, list[model.Shape]] = {}
        self._plans: dict[tuple[tuple[bytes, ...], tuple[bytes, ...]], _Plan | None] = {}
        self._held: dict[tuple[str, str], dict[bytes, list[model.Shape]]] = {}
        for shape in shapes:
            self._add(shape)

    def _add(self, shape: model.Shape) -> None:
        classes = [each for cls in shape.targets.classes for each in self._data.subclasses(cls)]
        if shape.deactivated or shape.targets.objects_of:
            return
        if any(isinstance(each, ox.BlankNode) for each in classes):
            return
        self.sifted[shape], self.found[shape] = set(), set()
        demands = self._demands[shape] = _Demands()
        for owner, constraint in model.flat(shape):
            try:
                self._demand(demands, owner, constraint)
            except Unsieved:
                continue
            self.sifted[shape].add(id(constraint))
        for each in dict.fromkeys(classes):
            self._by_class.setdefault(token_of(each), []).append(shape)
        for predicate in shape.targets.subjects_of:
            self._by_property.setdefault(token_of(predicate), []).append(shape)

    def _demand(self, demands: _Demands, owner: model.Shape, constraint: model.Constraint) -> None:
        if owner.path is None:
            if isinstance(constraint, model.Pattern):
                demands.patterns.append((constraint.pattern, constraint.flags))
            else:
                demands.always.append(self._verdict(owner, constraint))
            return
        predicates = _predicates(owner.path)
        if isinstance(constraint, model.MinCount) and constraint.count == 1 and len(predicates) == 1:
            demands.needed.append(predicates[0])
        elif isinstance(constraint, _DEMANDING):
            demands.always.append(self._verdict(owner, constraint))
        elif isinstance(constraint, model.MaxCount) and len(predicates) == 1:
            at = demands.where.setdefault(predicates[0], _At())
            at.most = min(at.most, constraint.count)
        else:  # right where there are no values
            try:
                test, verdict = self._test(constraint), None
            except Unsieved:
                test, verdict = None, self._verdict(owner, constraint)
            for token in predicates:
                at = demands.where.setdefault(token, _At())
                at.tests += [test] if test else []
                at.verdicts += [verdict] if verdict else []

    def sift(self, subjects: Iterable[tuple[bytes, Values]]) -> None:
        """Look at every subject, once."""
        try:
            self._sift(subjects)
            self._match()
        finally:  # the verdicts lead back to the sieve, and to the store, which stays open as long as anyone holds it
            self._demands.clear()
            self._plans.clear()

    def _sift(self, subjects: Iterable[tuple[bytes, Values]]) -> None:
        plans, by_property, held, waiting = self._plans, self._by_property, self._held, 0
        for subject, values in subjects:
            key = tuple(values.get(_TYPE, _NONE)), tuple([p for p in by_property if p in values])
            plan = plans[key] if key in plans else self._plan(key)
            if plan is None:
                continue
            against = [shape for shape, token in plan.needed if token not in values]
            against += [shape for shape, verdict in plan.always if not verdict(subject, values)]
            where = plan.where
            for predicate, objects in values.items():
                for shape, most, tests, verdicts in where.get(predicate, ()):
                    if len(objects) > most or not _pass(objects, tests):
                        against.append(shape)
                    for verdict in verdicts:
                        if not verdict(subject, values):
                            against.append(shape)
            for shape in against:
                self.found[shape].add(term_of(subject))
            for shape, pattern in plan.patterns:
                if subject[:1] == b"_":
                    self.found[shape].add(term_of(subject))
                else:
                    held.setdefault(pattern, {}).setdefault(subject, []).append(shape)
                    waiting += 1
            if waiting >= _HELD:
                self._match()
                waiting = 0

    def _match(self) -> None:
        """Ask the store's regular expressions of the IRIs that wait for it."""
        for (pattern, flags), nodes in self._held.items():
            against = unmatched((text_of(node) for node in nodes), pattern, flags)
            for node in [each for each in nodes if text_of(each) in against] if against else ():
                for shape in nodes[node]:
                    self.found[shape].add(term_of(node))
        self._held.clear()

    def _plan(self, key: tuple[tuple[bytes, ...], tuple[bytes, ...]]) -> _Plan | None:
        """What is asked of the nodes with these classes and properties; None: nothing."""
        if len(self._plans) >= _REMEMBERED:
            self._plans.clear()
        types, properties = key
        some = [shape for each in types for shape in self._by_class.get(each, ())]
        some += [shape for each in properties for shape in self._by_property[each]]
        plan = _Plan() if some else None
        for shape in dict.fromkeys(some):
            assert plan is not None
            demands = self._demands[shape]
            plan.needed += [(shape, token) for token in demands.needed]
            plan.patterns += [(shape, pattern) for pattern in demands.patterns]
            plan.always += [(shape, verdict) for verdict in demands.always]
            for token, at in demands.where.items():
                plan.where.setdefault(token, []).append((shape, at.most, at.tests, at.verdicts))
        self._plans[key] = plan
        return plan

    # -- verdicts on a node --------------------------------------------------------------------------------

    def _conforms(self, shape: model.Shape) -> Verdict:
        """Whether a node conforms to a shape."""
        if shape.deactivated:
            return lambda node, values: True
        return _all([self._verdict(owner, constraint) for owner, constraint in model.flat(shape)])

    def _verdict(self, shape: model.Shape, constraint: model.Constraint) -> Verdict:
        """Whether a node is right by one constraint of a shape."""
        if shape.path is not None:
            return self._of_values(constraint, _predicates(shape.path))
        match constraint:
            case model.Property(shape=inner) | model.Node(shape=inner):
                return self._conforms(inner)
            case model.Not(shape=inner):
                verdict = self._conforms(inner)
                return lambda node, values: not verdict(node, values)
            case model.Listed(shapes=shapes):
                return _agreed(constraint, [self._conforms(each) for each in shapes])
            case model.Closed(allowed=allowed):
                known = frozenset(f"<{iri}>".encode() for iri in allowed)
                return lambda node, values: known.issuperset(values)
        test = self._test(constraint)
        return lambda node, values: test(node)

    def _of_values(self, constraint: model.Constraint, predicates: tuple[bytes, ...]) -> Verdict:
        """The same for a constraint on the values of a property."""
        if len(predicates) == 1:
            only = predicates[0]
            of: Callable[[Values], Collection[bytes]] = lambda values: values.get(only, _NONE)  # noqa: E731
        else:
            of = lambda values: {o for p in predicates for o in values.get(p, _NONE)}  # noqa: E731
        match constraint:
            case model.MinCount(count=n):
                return lambda node, values: len(of(values)) >= n
            case model.MaxCount(count=n):
                return lambda node, values: len(of(values)) <= n
            case model.HasValue(value=value):
                wanted = token_of(value)
                return lambda node, values: wanted in of(values)
            case model.UniqueLang():
                return lambda node, values: unlike_languages(of(values))
            case model.Equals(predicate=p):
                other = token_of(p)
                return lambda node, values: set(of(values)) == set(values.get(other, _NONE))
            case model.Disjoint(predicate=p):
                other = token_of(p)
                return lambda node, values: set(of(values)).isdisjoint(values.get(other, _NONE))
            case model.Order(predicate=p, operator=sign):
                other = token_of(p)
                return lambda node, values: all(
                    holds(term_of(a), sign, term_of(b)) for b in values.get(other, _NONE) for a in of(values)
                )
            case model.Qualified(shape=inner, count=n, siblings=()):
                counts = self._value_conforms(inner)
                if isinstance(constraint, model.QualifiedMinCount):
                    return lambda node, values: sum([counts(v) for v in of(values)]) >= n
                return lambda node, values: sum([counts(v) for v in of(values)]) <= n
        test = self._test(constraint)
        return lambda node, values: all(test(v) for v in of(values))

    # -- tests of one value --------------------------------------------------------------------------------

    def _value_conforms(self, shape: model.Shape) -> Test:
        """Whether a value conforms to a shape; what stands at the value itself is asked of the judge."""
        if shape.deactivated:
            return lambda v: True
        if shape.path is not None or any(
            isinstance(c, model.Property | model.Closed) for c in shape.constraints
        ):
            return self._judged(shape)
        return _all([self._test(constraint) for constraint in shape.constraints])

    def _judged(self, shape: model.Shape) -> Test:
        if model.asks(shape):
            raise Unsieved
        return remembered(lambda v: self._judge.conforms(shape, term_of(v)))

    def _test(self, constraint: model.Constraint) -> Test:
        match constraint:
            case model.Class(cls=cls):
                return self._instance(cls)
            case model.Datatype(datatype=iri):
                return datatype(iri)
            case model.NodeKind(kind=kind):
                return lambda v: KINDS[v[:1]] in kind
            case model.Bound(operator=sign, limit=limit):
                return remembered(lambda v: holds(term_of(v), sign, limit))
            case model.MinLength(length=n):
                return lambda v: v[:1] != b"_" and len(text_of(v)) >= n
            case model.MaxLength(length=n):
                return lambda v: v[:1] != b"_" and len(text_of(v)) <= n
            case model.Pattern(pattern=pattern, flags=flags):
                return lambda v: v[:1] != b"_" and matches(text_of(v), pattern, flags)
            case model.LanguageIn(ranges=ranges):
                speaks = remembered(lambda tag: language_matches(tag.decode(), ranges))
                return lambda v: bool(tag := language_of(v)) and speaks(tag)
            case model.In(members=members):
                known = frozenset(token_of(member) for member in members)
                return lambda v: v in known
            case model.HasValue(value=value):
                wanted = token_of(value)
                return lambda v: v == wanted
            case model.Node(shape=inner):
                return self._value_conforms(inner)
            case model.Not(shape=inner):
                test = self._value_conforms(inner)
                return lambda v: not test(v)
            case model.Listed(shapes=shapes):
                return _agreed(constraint, [self._value_conforms(each) for each in shapes])
        raise Unsieved

    def _instance(self, cls: OxTerm) -> Test:
        tokens = frozenset(token_of(each) for each in self._data.subclasses(cls))
        types, asked = self._types, remembered(lambda v: self._data.is_instance(term_of(v), cls))

        def test(v: bytes) -> bool:
            if v[:1] == b'"':
                return False
            known = types(v) if v[:1] == b"<" else None
            return asked(v) if known is None else not tokens.isdisjoint(known)  # type: ignore[arg-type]

        return test


def _predicates(path: Path) -> tuple[bytes, ...]:
    """The predicates of a path of one step forward."""
    match path:
        case Predicate(iri):
            return (f"<{iri}>".encode(),)
        case Alternative(options):
            return tuple(p for option in options for p in _predicates(option))
    raise Unsieved


def _agreed(constraint: model.Listed, every: list[Callable[..., bool]]) -> Callable[..., bool]:
    """Whether as many of the parts agree as sh:and, sh:or or sh:xone asks for."""
    if isinstance(constraint, model.And):
        return _all(every)

    def any_of(*of: object) -> bool:
        for each in every:  # noqa: SIM110 - a generator would cost more than the questions
            if each(*of):
                return True
        return False

    return any_of if isinstance(constraint, model.Or) else lambda *of: sum([e(*of) for e in every]) == 1


def _all(every: list[Callable[..., bool]]) -> Callable[..., bool]:
    """Whether every part agrees."""
    if len(every) == 1:
        return every[0]

    def all_of(*of: object) -> bool:
        for each in every:  # noqa: SIM110 - a generator would cost more than the questions
            if not each(*of):
                return False
        return True

    return all_of


def _pass(objects: Iterable[bytes], tests: Iterable[Test]) -> bool:
    """Whether every value passes every test."""
    for test in tests:
        for each in objects:
            if not test(each):
                return False
    return True
