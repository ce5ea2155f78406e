"""The exact judge: one shape, one focus node, every result (SHACL 3.4 and 4).

The screen (screen.py) finds with SPARQL which focus nodes may have results; only those come here, so this
is written for exactness first. It judges terms as parsed, never the store's rewriting of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from typing import Any, NamedTuple

import pyoxigraph as ox

from kgraph.shacl import model
from kgraph.shacl.compare import holds
from kgraph.shacl.data import Data
from kgraph.shacl.lexical import well_formed
from kgraph.shacl.messages import message
from kgraph.shacl.model import Constraint, Shape
from kgraph.shacl.paths import Alternative, Inverse, Path, Predicate, Repeat, Sequence
from kgraph.shacl.patterns import foresee, matches
from kgraph.shacl.queries import Queries, Solution
from kgraph.shacl.report import Result
from kgraph.shacl.terms import OxTerm, plain
from kgraph.terms import Literal

Walk = Callable[[OxTerm], list[OxTerm]]
Finding = tuple[OxTerm | None, tuple[Result, ...]]
"""A value node with a violation (None where the whole set is at fault), and details."""


class Fault(NamedTuple):
    """What a result is made of."""

    shape: Shape
    constraint: Constraint
    focus: OxTerm
    value: OxTerm | None
    detail: tuple[Result, ...] = ()
    path: Path | None = None
    said: tuple[Literal, ...] = ()


def _result(fault: Fault) -> Result:
    shape, constraint = fault.shape, fault.constraint
    messages = tuple(Literal(m.value, m.datatype.value, m.language) for m in shape.messages)
    source = constraint.source if isinstance(constraint, model.Query) else None
    return Result(
        focus_node=plain(fault.focus),
        path=fault.path or shape.path,
        value=None if fault.value is None else plain(fault.value),
        source_shape=plain(shape.node),
        component=model.component_of(constraint),
        severity=shape.severity,
        messages=messages or fault.said or (Literal(message(constraint)),),
        detail=fault.detail,
        source_constraint=plain(source) if source else None,
    )


class Judge:
    """Judges shapes on one data graph."""

    def __init__(self, data: Data, queries: Queries) -> None:
        self.data = data
        self.queries = queries
        self._walks: dict[Path, Walk] = {}
        self._of_shape: dict[Shape, Walk] = {}

    # -- value nodes ---------------------------------------------------------------------------------------

    def values(self, shape: Shape, focus: OxTerm) -> list[OxTerm]:
        """The value nodes: each once (SHACL 3.7)."""
        if shape.path is None:
            return [focus]
        known = self._of_shape.get(shape)
        if known is None:
            known = self._of_shape[shape] = self.walk(shape.path)
        return known(focus)

    def walk(self, path: Path) -> Walk:
        """The path as a function from a node to the nodes it leads to, each once."""
        known = self._walks.get(path)
        if known is None:
            known = self._walks[path] = self._compile(path, forward=True)
        return known

    def _compile(self, path: Path, *, forward: bool) -> Walk:
        data = self.data
        match path:
            case Predicate(iri):
                predicate = ox.NamedNode(iri)
                if forward:
                    return lambda node: data.objects(node, predicate)
                return lambda node: data.subjects(predicate, node)
            case Inverse(inner):
                return self._compile(inner, forward=not forward)
            case Sequence(steps):
                walks = [self._compile(step, forward=forward) for step in steps]
                return _chain(walks if forward else walks[::-1])
            case Alternative(options):
                return _either([self._compile(option, forward=forward) for option in options])
            case Repeat(inner, mark):
                return _repeat(self._compile(inner, forward=forward), mark)

    def foresee(self, shape: Shape, nodes: Collection[OxTerm]) -> None:
        """Ask at once, for many focus nodes, what would be asked of each alone: queries, and patterns of IRIs."""
        self.queries.foresee(shape, nodes)
        for owner, constraint in model.flat(shape):
            if owner.path is None and isinstance(constraint, model.Pattern):
                texts = [node.value for node in nodes if not isinstance(node, ox.BlankNode)]
                foresee(texts, constraint.pattern, constraint.flags)

    # -- verdicts ------------------------------------------------------------------------------------------

    def conforms(self, shape: Shape, node: OxTerm) -> bool:
        """Whether the node conforms to the shape (SHACL 3.4.2)."""
        return next(self._faults(shape, node), None) is None

    def results(self, shape: Shape, focus: OxTerm) -> Iterator[Result]:
        """The validation results of a focus node."""
        for fault in self._faults(shape, focus):
            yield _result(fault)

    def _faults(self, shape: Shape, focus: OxTerm) -> Iterator[Fault]:
        if shape.deactivated:
            return
        values = self.values(shape, focus)
        for constraint in shape.constraints:
            if isinstance(constraint, model.Property):
                for value in values:
                    yield from self._faults(constraint.shape, value)
            elif isinstance(constraint, model.Closed):
                yield from self._closed(shape, constraint, focus, values)
            elif isinstance(constraint, model.Query):
                yield from self._query(shape, constraint, focus, values)
            else:
                check = _CHECKS[type(constraint)]
                for fault, detail in check(self, constraint, focus, values, shape):
                    yield Fault(shape, constraint, focus, fault, detail)

    # -- what is not a plain check -------------------------------------------------------------------------

    def _closed(
        self, shape: Shape, constraint: model.Closed, focus: OxTerm, values: list[OxTerm]
    ) -> Iterator[Fault]:
        """SHACL 4.8.1: the result's path is the predicate, its value the object."""
        for value in values:
            for predicate, found in self.data.statements(value):
                if predicate.value not in constraint.allowed:
                    yield Fault(shape, constraint, focus, found, path=Predicate(predicate.value))

    def _query(
        self, shape: Shape, query: model.Query, focus: OxTerm, values: list[OxTerm]
    ) -> Iterator[Fault]:
        """SHACL 5.3 and 6.3."""
        if query.asks:
            for value in values:
                if not self.queries.ask(shape, query, focus, value):
                    said = self.queries.said(query, Solution(value=value), focus)
                    yield Fault(shape, query, focus, value, said=said)
            return
        for solution in self.queries.select(shape, query, focus):
            fault = solution.value
            if fault is None and shape.path is None:
                fault = focus
            path = Predicate(solution.path.value) if isinstance(solution.path, ox.NamedNode) else None
            said = self.queries.said(query, solution, focus)
            yield Fault(shape, query, focus, fault, path=path, said=said)


def _chain(walks: list[Walk]) -> Walk:
    def walk(node: OxTerm) -> list[OxTerm]:
        front = [node]
        for step in walks:
            front = list(dict.fromkeys(found for each in front for found in step(each)))
        return front

    return walk


def _either(walks: list[Walk]) -> Walk:
    return lambda node: list(dict.fromkeys(found for walk in walks for found in walk(node)))


def _repeat(step: Walk, mark: str) -> Walk:
    def walk(node: OxTerm) -> list[OxTerm]:
        found: dict[OxTerm, None] = {} if mark == "+" else {node: None}
        front = [node]
        while front:
            following = [each for at in front for each in step(at)]
            front = [each for each in dict.fromkeys(following) if each not in found]
            found.update(dict.fromkeys(front))
            if mark == "?":
                break
        return list(found)

    return walk


# -- the plain checks: (judge, constraint, focus, values, shape) -> findings -------------------------------


def _each(test: Callable[[Judge, Any, OxTerm], bool]) -> Callable[..., Iterator[Finding]]:
    """A check of one value node at a time; `test` says whether the value is right."""

    def check(
        judge: Judge, constraint: Any, focus: OxTerm, values: list[OxTerm], shape: Shape
    ) -> Iterator[Finding]:
        for value in values:
            if not test(judge, constraint, value):
                yield value, ()

    return check


def _whole(test: Callable[[Judge, Any, list[OxTerm]], bool]) -> Callable[..., Iterator[Finding]]:
    """A check of the set of value nodes."""

    def check(
        judge: Judge, constraint: Any, focus: OxTerm, values: list[OxTerm], shape: Shape
    ) -> Iterator[Finding]:
        if not test(judge, constraint, values):
            yield None, ()

    return check


def _datatype(judge: Judge, constraint: model.Datatype, value: OxTerm) -> bool:
    return (
        isinstance(value, ox.Literal) and value.datatype.value == constraint.datatype and well_formed(value)
    )


def _node_kind(judge: Judge, constraint: model.NodeKind, value: OxTerm) -> bool:
    if isinstance(value, ox.NamedNode):
        return "IRI" in constraint.kind
    return ("BlankNode" if isinstance(value, ox.BlankNode) else "Literal") in constraint.kind


def _length(value: OxTerm) -> int | None:
    return None if isinstance(value, ox.BlankNode) else len(value.value)


def _min_length(judge: Judge, constraint: model.MinLength, value: OxTerm) -> bool:
    length = _length(value)
    return length is not None and length >= constraint.length


def _max_length(judge: Judge, constraint: model.MaxLength, value: OxTerm) -> bool:
    length = _length(value)
    return length is not None and length <= constraint.length


def _pattern(judge: Judge, constraint: model.Pattern, value: OxTerm) -> bool:
    return not isinstance(value, ox.BlankNode) and matches(value.value, constraint.pattern, constraint.flags)


def language_matches(tag: str, ranges: tuple[str, ...]) -> bool:
    """langMatches with any of the ranges (RFC 4647, section 3.3.1)."""
    low = tag.lower()
    return any(each == "*" or low == each.lower() or low.startswith(each.lower() + "-") for each in ranges)


def _language_in(judge: Judge, constraint: model.LanguageIn, value: OxTerm) -> bool:
    return (
        isinstance(value, ox.Literal)
        and bool(value.language)
        and language_matches(value.language or "", constraint.ranges)
    )


def _unique_lang(
    judge: Judge, constraint: model.UniqueLang, focus: OxTerm, values: list[OxTerm], shape: Shape
) -> Iterator[Finding]:
    tags = Counter(v.language.lower() for v in values if isinstance(v, ox.Literal) and v.language)
    for count in tags.values():
        if count > 1:
            yield None, ()


def _equals(
    judge: Judge, constraint: model.Equals, focus: OxTerm, values: list[OxTerm], shape: Shape
) -> Iterator[Finding]:
    other = judge.data.objects(focus, constraint.predicate)
    mine, theirs = set(values), set(other)
    for value in (*values, *other):
        if (value in mine) != (value in theirs):
            yield value, ()


def _disjoint(
    judge: Judge, constraint: model.Disjoint, focus: OxTerm, values: list[OxTerm], shape: Shape
) -> Iterator[Finding]:
    other = set(judge.data.objects(focus, constraint.predicate))
    for value in values:
        if value in other:
            yield value, ()


def _order(
    judge: Judge, constraint: model.Order, focus: OxTerm, values: list[OxTerm], shape: Shape
) -> Iterator[Finding]:
    """One result for each pair that is not in order, so a value may come several times (SHACL 4.5.3)."""
    for other in judge.data.objects(focus, constraint.predicate):
        for value in values:
            if not holds(value, constraint.operator, other):
                yield value, ()


def _node(
    judge: Judge, constraint: model.Node, focus: OxTerm, values: list[OxTerm], shape: Shape
) -> Iterator[Finding]:
    for value in values:
        detail = tuple(judge.results(constraint.shape, value))
        if detail:
            yield value, detail


def _and(judge: Judge, constraint: model.And, value: OxTerm) -> bool:
    return all(judge.conforms(shape, value) for shape in constraint.shapes)


def _or(judge: Judge, constraint: model.Or, value: OxTerm) -> bool:
    return any(judge.conforms(shape, value) for shape in constraint.shapes)


def _xone(judge: Judge, constraint: model.Xone, value: OxTerm) -> bool:
    return sum(judge.conforms(shape, value) for shape in constraint.shapes) == 1


def _qualified(judge: Judge, constraint: model.Qualified, values: list[OxTerm]) -> int:
    return sum(
        judge.conforms(constraint.shape, value)
        and not any(judge.conforms(other, value) for other in constraint.siblings)
        for value in values
    )


_CHECKS: dict[type[Constraint], Callable[..., Iterator[Finding]]] = {
    model.Class: _each(lambda judge, c, value: judge.data.is_instance(value, c.cls)),
    model.Datatype: _each(_datatype),
    model.NodeKind: _each(_node_kind),
    model.MinCount: _whole(lambda judge, c, values: len(values) >= c.count),
    model.MaxCount: _whole(lambda judge, c, values: len(values) <= c.count),
    **dict.fromkeys(
        (model.MinExclusive, model.MinInclusive, model.MaxExclusive, model.MaxInclusive),
        _each(lambda judge, c, value: holds(value, c.operator, c.limit)),
    ),
    model.MinLength: _each(_min_length),
    model.MaxLength: _each(_max_length),
    model.Pattern: _each(_pattern),
    model.LanguageIn: _each(_language_in),
    model.UniqueLang: _unique_lang,
    model.Equals: _equals,
    model.Disjoint: _disjoint,
    model.LessThan: _order,
    model.LessThanOrEquals: _order,
    model.Not: _each(lambda judge, c, value: not judge.conforms(c.shape, value)),
    model.And: _each(_and),
    model.Or: _each(_or),
    model.Xone: _each(_xone),
    model.Node: _node,
    model.QualifiedMinCount: _whole(lambda judge, c, values: _qualified(judge, c, values) >= c.count),
    model.QualifiedMaxCount: _whole(lambda judge, c, values: _qualified(judge, c, values) <= c.count),
    model.HasValue: _whole(lambda judge, c, values: c.value in values),
    model.In: _each(lambda judge, c, value: value in c.members),
}
