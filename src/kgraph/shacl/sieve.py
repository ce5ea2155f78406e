"""The sieve: shapes judged on sorted statements, one subject after another, without a look-up in the store.

Most of what shapes say concerns the statements of the focus node alone and the classes of what they lead to. All that
is decided here in one pass over the data; the screen's queries (screen.py) ask only for the rest. Like the screen,
the sieve tells which focus nodes may have results; the judge decides. Terms are as the store has them: focus nodes
that read a literal which the store rewrote are added by the screen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Protocol

import pyoxigraph as ox

from kgraph.shacl import model
from kgraph.shacl.compare import holds
from kgraph.shacl.data import Data
from kgraph.shacl.judge import Judge, language_matches
from kgraph.shacl.lexical import judged as judged_form
from kgraph.shacl.lexical import well_formed
from kgraph.shacl.names import RDF_LANGSTRING, RDF_TYPE, XSD_STRING
from kgraph.shacl.paths import Alternative, Path, Predicate
from kgraph.shacl.patterns import matches
from kgraph.shacl.terms import OxTerm

_TYPE = f"<{RDF_TYPE}>".encode()
_REMEMBERED = 65536
_KINDS = {b"<": "IRI", b"_": "BlankNode", b'"': "Literal"}
_NONE: list[bytes] = []
_DEMANDING = (model.MinCount, model.HasValue, model.Equals, model.QualifiedMinCount)
"""What a node without values can be against."""

Values = Mapping[bytes, list[bytes]]
"""The statements of a node: predicate -> its objects, each once. All are tokens in N-Triples syntax."""
Test = Callable[[bytes], bool]
"""Whether a value passes."""
Verdict = Callable[[bytes, Values], bool]
"""Whether a node with these statements passes."""


class Subjects(Protocol):
    """The data graph as tokens, sorted by subject."""

    def __iter__(self) -> Iterator[tuple[bytes, Values]]:
        """Every subject once, with all its statements."""

    def types(self, node: bytes) -> Collection[bytes] | None:
        """The classes of an IRI; None where they are not known."""


class Unsieved(Exception):
    """What the statements of a node alone cannot decide."""


def term_of(token: bytes) -> OxTerm:
    """The term of a token."""
    line = b"<a:s> <a:p> " + token + b" ."
    found: OxTerm = next(ox.parse(line, ox.RdfFormat.N_TRIPLES, lenient=True)).object
    return found


def token_of(term: OxTerm) -> bytes:
    """The token of a term. Raises Unsieved for a blank node."""
    if isinstance(term, ox.BlankNode):
        raise Unsieved
    node = ox.NamedNode("a:s")
    data = ox.serialize([ox.Triple(node, node, term)], format=ox.RdfFormat.N_TRIPLES)
    assert data
    return data[len(b"<a:s> <a:s> ") : -len(b" .\n")]


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
        self._always: dict[model.Shape, list[Verdict]] = {}
        self._where: dict[model.Shape, dict[bytes, list[Verdict]]] = {}
        self._by_class: dict[bytes, list[model.Shape]] = {}
        self._by_property: dict[bytes, list[model.Shape]] = {}
        self._of_types: dict[tuple[bytes, ...], list[model.Shape]] = {}
        for shape in shapes:
            self._add(shape)

    def _add(self, shape: model.Shape) -> None:
        classes = [each for cls in shape.targets.classes for each in self._data.subclasses(cls)]
        if shape.deactivated or shape.targets.objects_of:
            return
        if any(isinstance(each, ox.BlankNode) for each in classes):
            return
        sifted: set[int] = set()
        always, where = self._always.setdefault(shape, []), self._where.setdefault(shape, {})
        for owner, constraint in _flat(shape):
            try:
                verdict = self._verdict(owner, constraint)
            except Unsieved:
                continue
            sifted.add(id(constraint))
            if owner.path is None or isinstance(constraint, _DEMANDING):
                always.append(verdict)
            else:  # right where there are no values
                for token in _predicates(owner.path):
                    where.setdefault(token, []).append(verdict)
        self.sifted[shape], self.found[shape] = sifted, set()
        for each in dict.fromkeys(classes):
            self._by_class.setdefault(token_of(each), []).append(shape)
        for predicate in shape.targets.subjects_of:
            self._by_property.setdefault(token_of(predicate), []).append(shape)

    def sift(self, subjects: Iterable[tuple[bytes, Values]]) -> None:
        """Look at every subject, once."""
        try:
            self._sift(subjects)
        finally:  # the verdicts lead back to the sieve, and to the store, which stays open as long as anyone holds it
            self._always.clear()
            self._where.clear()

    def _sift(self, subjects: Iterable[tuple[bytes, Values]]) -> None:
        by_property = self._by_property
        for subject, values in subjects:
            shapes = self._shapes(tuple(values.get(_TYPE, _NONE)))
            if by_property:
                more = (shape for p in by_property if p in values for shape in by_property[p])
                shapes = list(dict.fromkeys((*shapes, *more)))
            for shape in shapes:
                if not self._passes(shape, subject, values):
                    self.found[shape].add(term_of(subject))

    def _passes(self, shape: model.Shape, subject: bytes, values: Values) -> bool:
        for verdict in self._always[shape]:
            if not verdict(subject, values):
                return False
        where = self._where[shape]
        for predicate in values:
            for verdict in where.get(predicate, ()):
                if not verdict(subject, values):
                    return False
        return True

    def _shapes(self, types: tuple[bytes, ...]) -> list[model.Shape]:
        known = self._of_types.get(types)
        if known is None:
            if len(self._of_types) >= _REMEMBERED:
                self._of_types.clear()
            some = (shape for each in types for shape in self._by_class.get(each, ()))
            known = self._of_types[types] = list(dict.fromkeys(some))
        return known

    # -- verdicts on a node --------------------------------------------------------------------------------

    def _conforms(self, shape: model.Shape) -> Verdict:
        """Whether a node conforms to a shape."""
        if shape.deactivated:
            return lambda node, values: True
        every = [self._verdict(owner, constraint) for owner, constraint in _flat(shape)]
        return lambda node, values: all(verdict(node, values) for verdict in every)

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
                least, most = _counts(constraint)
                every = [self._conforms(each) for each in shapes]
                return lambda node, values: least <= sum([v(node, values) for v in every]) <= most
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
                return lambda node, values: _unlike_languages(of(values))
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
        every = [self._test(constraint) for constraint in shape.constraints]
        return lambda v: all(test(v) for test in every)

    def _judged(self, shape: model.Shape) -> Test:
        if _asks(shape):
            raise Unsieved
        return _remembered(lambda v: self._judge.conforms(shape, term_of(v)))

    def _test(self, constraint: model.Constraint) -> Test:
        match constraint:
            case model.Class(cls=cls):
                return self._instance(cls)
            case model.Datatype(datatype=iri):
                return _datatype(iri)
            case model.NodeKind(kind=kind):
                return lambda v: _KINDS[v[:1]] in kind
            case model.Bound(operator=sign, limit=limit):
                return _remembered(lambda v: holds(term_of(v), sign, limit))
            case model.MinLength(length=n):
                return lambda v: v[:1] != b"_" and len(_text(v)) >= n
            case model.MaxLength(length=n):
                return lambda v: v[:1] != b"_" and len(_text(v)) <= n
            case model.Pattern(pattern=pattern, flags=flags):
                return lambda v: v[:1] != b"_" and matches(_text(v), pattern, flags)
            case model.LanguageIn(ranges=ranges):
                speaks = _remembered(lambda tag: language_matches(tag.decode(), ranges))
                return lambda v: bool(tag := _language(v)) and speaks(tag)
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
                least, most = _counts(constraint)
                every = [self._value_conforms(each) for each in shapes]
                return lambda v: least <= sum([test(v) for test in every]) <= most
        raise Unsieved

    def _instance(self, cls: OxTerm) -> Test:
        tokens = frozenset(token_of(each) for each in self._data.subclasses(cls))
        types, asked = self._types, _remembered(lambda v: self._data.is_instance(term_of(v), cls))

        def test(v: bytes) -> bool:
            if v[:1] == b'"':
                return False
            known = types(v) if v[:1] == b"<" else None
            return asked(v) if known is None else not tokens.isdisjoint(known)  # type: ignore[arg-type]

        return test


def _flat(shape: model.Shape) -> Iterator[tuple[model.Shape, model.Constraint]]:
    """The constraints on a node, those of its property shapes among them, each with the shape it stands in."""
    for constraint in shape.constraints:
        if isinstance(constraint, model.Property) and shape.path is None:
            if not constraint.shape.deactivated:
                yield from _flat(constraint.shape)
        else:
            yield shape, constraint


def _predicates(path: Path) -> tuple[bytes, ...]:
    """The predicates of a path of one step forward."""
    match path:
        case Predicate(iri):
            return (f"<{iri}>".encode(),)
        case Alternative(options):
            return tuple(p for option in options for p in _predicates(option))
    raise Unsieved


def _counts(constraint: model.Listed) -> tuple[int, int]:
    """How many of the shapes a node must conform to, and may."""
    every = len(constraint.shapes)
    if isinstance(constraint, model.And):
        return every, every
    return 1, (1 if isinstance(constraint, model.Xone) else every)


def _asks(shape: model.Shape) -> bool:
    """Whether a query stands anywhere in a shape."""
    return any(
        isinstance(constraint, model.Query) or any(_asks(part) for part in model.parts(constraint))
        for constraint in shape.constraints
    )


def _remembered(test: Test) -> Test:
    """The test, its last answers kept."""
    known: dict[bytes, bool] = {}

    def remembered(v: bytes) -> bool:
        found = known.get(v)
        if found is None:
            if len(known) >= _REMEMBERED:
                known.clear()
            found = known[v] = test(v)
        return found

    return remembered


def _datatype(iri: str) -> Test:
    if iri == RDF_LANGSTRING:
        return lambda v: bool(_language(v)) and b"--" not in v[v.rindex(b'"') :]
    if iri.endswith("#dirLangString"):
        raise Unsieved
    ending = b'"' if iri == XSD_STRING else f'"^^<{iri}>'.encode()
    if judged_form(iri):
        formed = _remembered(lambda v: well_formed(term_of(v)))  # type: ignore[arg-type]
        return lambda v: v[:1] == b'"' and v.endswith(ending) and formed(v)
    return lambda v: v[:1] == b'"' and v.endswith(ending) and len(v) > 1


def _language(v: bytes) -> bytes:
    """The language tag of a literal; empty for another term."""
    if v[:1] != b'"':
        return b""
    end = v.rindex(b'"') + 1
    return v[end + 1 :].partition(b"--")[0] if v[end : end + 1] == b"@" else b""


def _text(v: bytes) -> str:
    """The IRI, or the text of a literal."""
    if b"\\" in v:
        return term_of(v).value
    return v[1 : v.rindex(b'"') if v[:1] == b'"' else -1].decode()


def _unlike_languages(values: Iterable[bytes]) -> bool:
    tags = Counter(tag.lower() for v in values if (tag := _language(v)))
    return all(count == 1 for count in tags.values())
