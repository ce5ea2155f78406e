"""Shapes as SPARQL conditions on one variable, for the screen.

Two conditions for each shape: `surely_right` is true only for nodes that conform, `surely_wrong` only for
nodes that do not. Where SPARQL cannot say, or where saying it would cost more than judging, the answer is
`false` in both. Each condition is free of errors (a SPARQL error counts as `false`), so that they may be
negated.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

import pyoxigraph as ox

from kgraph.shacl import model
from kgraph.shacl.compare import DATED_TYPES
from kgraph.shacl.data import Data
from kgraph.shacl.lexical import NUMERIC_TYPES, judged
from kgraph.shacl.names import RDF_TYPE, XSD_BOOLEAN, XSD_STRING
from kgraph.shacl.paths import Alternative, Inverse, Path, Predicate, Sequence, sparql
from kgraph.shacl.patterns import call_of
from kgraph.shacl.raw import Canonical
from kgraph.shacl.terms import OxTerm
from kgraph.terms import XSD

TRUE, FALSE = "true", "false"
_MOST_TERMS = 200
_KIND_TESTS = {"IRI": "isIRI", "BlankNode": "isBlank", "Literal": "isLiteral"}
_ORDERED = sorted({XSD_STRING, XSD_BOOLEAN} | DATED_TYPES)


def both(*conditions: str) -> str:
    """All of the conditions."""
    left = [each for each in conditions if each != TRUE]
    if FALSE in left:
        return FALSE
    return "(" + " && ".join(left) + ")" if left else TRUE


def either(*conditions: str) -> str:
    """Any of the conditions."""
    left = [each for each in conditions if each != FALSE]
    if TRUE in left:
        return TRUE
    return "(" + " || ".join(left) + ")" if left else FALSE


def negated(condition: str) -> str:
    """The opposite."""
    return {TRUE: FALSE, FALSE: TRUE}.get(condition, f"(!{condition})")


def safe(condition: str) -> str:
    """The condition, an error counted as false."""
    return condition if condition in (TRUE, FALSE) else f"COALESCE({condition}, false)"


def in_order(left: str, sign: str, right: str) -> str:
    """Whether two variables are surely in order, in the sense of compare.py."""
    types = ", ".join(f"<{each}>" for each in _ORDERED)
    comparable = (
        f"((isNumeric({left}) && isNumeric({right})) || "
        f"(datatype({left}) = datatype({right}) && datatype({left}) IN ({types})))"
    )
    return safe(f"({comparable} && {left} {sign} {right})")


class Conditions:
    """Makes conditions against the class tree of one data graph."""

    def __init__(self, data: Data) -> None:
        self._data = data
        self._canonical = Canonical()
        self._numbers = count()

    def variable(self) -> str:
        """A variable that no other condition uses."""
        return f"?k{next(self._numbers)}"

    def is_kept(self, term: OxTerm) -> bool:
        """Whether the store keeps the term as it is, so that it can be looked for there."""
        if isinstance(term, ox.BlankNode):
            return False
        return isinstance(term, ox.NamedNode) or self._canonical(term) == term

    # -- whole shapes --------------------------------------------------------------------------------------

    def shape(self, shape: model.Shape, node: str) -> tuple[str, str]:
        """(surely_right, surely_wrong) of the variable `node`."""
        if shape.deactivated:
            return TRUE, FALSE
        known = [self.constraint(shape, constraint, node) for constraint in shape.constraints]
        return both(*(right for right, _ in known)), either(*(wrong for _, wrong in known))

    def constraint(self, shape: model.Shape, constraint: model.Constraint, node: str) -> tuple[str, str]:
        """The same for one of the shape's constraints."""
        if shape.path is None:
            return self._at_node(constraint, node)
        return self._at_path(constraint, node, shape.path)

    def _at_node(self, constraint: model.Constraint, node: str) -> tuple[str, str]:
        if isinstance(constraint, model.HasValue):
            return self._one_of((constraint.value,), node)
        if isinstance(constraint, model.Closed):
            p, o = self.variable(), self.variable()
            known = " && ".join(f"{p} != <{iri}>" for iri in sorted(constraint.allowed)) or TRUE
            more = f"EXISTS {{ {node} {p} {o} . FILTER({known}) }}"
            return negated(more), more
        return self.value(constraint, node)

    def leads(self, node: str, path: Path, condition: Callable[[str], str], *, forward: bool = True) -> str:
        """Whether the path leads from `node` to a node of which the condition holds.

        Every EXISTS has one triple pattern: with two, the store joins them for the whole graph each time.
        """
        match path:
            case Inverse(inner):
                return self.leads(node, inner, condition, forward=not forward)
            case Alternative(options):
                return either(*(self.leads(node, option, condition, forward=forward) for option in options))
            case Sequence(steps):
                first, *rest = steps if forward else steps[::-1]
                if not rest:
                    return self.leads(node, first, condition, forward=forward)
                others = Sequence(tuple(rest) if forward else tuple(reversed(rest)))
                return self.leads(
                    node,
                    first,
                    lambda at: self.leads(at, others, condition, forward=forward),
                    forward=forward,
                )
        found = self.variable()
        asked = condition(found)
        if asked == FALSE:
            return FALSE
        triple = f"{node} ({sparql(path)}) {found}" if forward else f"{found} ({sparql(path)}) {node}"
        return f"EXISTS {{ {triple} . FILTER({asked}) }}" if asked != TRUE else f"EXISTS {{ {triple} }}"

    def _at_path(self, constraint: model.Constraint, node: str, path: Path) -> tuple[str, str]:
        def some(condition: str = TRUE) -> str:
            return self.leads(node, path, lambda _: condition)

        match constraint:
            case model.MinCount(count=n):
                if n <= 0:
                    return TRUE, FALSE
                return (some() if n == 1 else FALSE), negated(some())
            case model.MaxCount(count=n):
                if n == 0:
                    return negated(some()), some()
                two = self.leads(
                    node, path, lambda a: self.leads(node, path, lambda b: f"(!sameTerm({a}, {b}))")
                )
                return negated(two), (two if n == 1 else FALSE)
            case model.HasValue(value=value):
                if not self.is_kept(value):
                    return FALSE, FALSE
                there = self.leads(node, path, lambda a: f"sameTerm({a}, {value})")
                return there, negated(there)
            case model.UniqueLang():
                twice = self.leads(
                    node, path, lambda a: self.leads(node, path, lambda b: _same_language(a, b))
                )
                return negated(twice), twice
            case model.Disjoint(predicate=predicate):
                shared = self.leads(node, path, lambda a: f"EXISTS {{ {node} {predicate} {a} }}")
                return negated(shared), shared
            case model.Equals(predicate=predicate):
                other = Predicate(predicate.value)
                more = self.leads(node, path, lambda a: negated(f"EXISTS {{ {node} {predicate} {a} }}"))
                less = self.leads(
                    node, other, lambda a: negated(self.leads(node, path, lambda b: f"sameTerm({a}, {b})"))
                )
                return negated(either(more, less)), either(more, less)
            case model.Order(predicate=predicate, operator=sign):
                other = Predicate(predicate.value)
                unlike = self.leads(
                    node, path, lambda a: self.leads(node, other, lambda b: negated(in_order(a, sign, b)))
                )
                return negated(unlike), FALSE
            case model.QualifiedMinCount(count=n) if n <= 0:
                return TRUE, FALSE
            case model.QualifiedMinCount(count=1):
                return self.leads(node, path, lambda a: self.counted(constraint, a)), FALSE
        right, wrong = self.value(constraint, "?kx")
        if right == FALSE:
            # Unknown of each value: right only where there are no values, and that is enough.
            every = negated(some()) if _about_each(constraint) else FALSE
        else:
            every = negated(self.leads(node, path, lambda a: negated(self.value(constraint, a)[0])))
        if wrong == FALSE:
            return every, FALSE
        return every, self.leads(node, path, lambda a: self.value(constraint, a)[1])

    def counted(self, constraint: model.Qualified, value: str) -> str:
        """Whether a value surely counts for a qualified count."""
        wrongs = [self.shape(shape, value)[1] for shape in constraint.siblings]
        return both(self.shape(constraint.shape, value)[0], *wrongs)

    # -- one value -----------------------------------------------------------------------------------------

    def value(self, constraint: model.Constraint, v: str) -> tuple[str, str]:
        """(surely_right, surely_wrong) of a value node, for the constraints that look at one value at a
        time.
        """
        match constraint:
            case model.Class(cls=cls):
                return self._instance(cls, v)
            case model.Datatype(datatype=iri):
                return self._datatype(iri, v)
            case model.NodeKind(kind=kind):
                tests = [f"{test}({v})" for name, test in _KIND_TESTS.items() if name in kind]
                return either(*tests), negated(either(*tests))
            case model.Bound():
                return self._bound(constraint, v), FALSE
            case model.MinLength(length=n):
                return _of_text(v, f"STRLEN(STR({v})) >= {n}")
            case model.MaxLength(length=n):
                return _of_text(v, f"STRLEN(STR({v})) <= {n}")
            case model.Pattern(pattern=pattern, flags=flags):
                return _of_text(v, f"REGEX(STR({v}), {call_of(pattern, flags)})")
            case model.LanguageIn(ranges=ranges):
                tests = [f"LANGMATCHES(LANG({v}), {ox.Literal(each)})" for each in ranges]
                right = safe(both(f'LANG({v}) != ""', either(*tests)))
                return right, negated(right)
            case model.In(members=members):
                return self._one_of(members, v)
            case model.Not(shape=shape):
                right, wrong = self.shape(shape, v)
                return wrong, right
            case model.Node(shape=shape) | model.Property(shape=shape):
                return self.shape(shape, v)
            case model.Listed(shapes=shapes):
                return _listed(constraint, [self.shape(shape, v) for shape in shapes])
        return FALSE, FALSE

    def _instance(self, cls: OxTerm, v: str) -> tuple[str, str]:
        classes = sorted(str(each) for each in self._data.subclasses(cls) if isinstance(each, ox.NamedNode))
        if len(classes) > _MOST_TERMS or len(classes) < len(self._data.subclasses(cls)):
            return FALSE, FALSE
        right = either(*(f"EXISTS {{ {v} <{RDF_TYPE}> {each} }}" for each in classes))
        return right, negated(right)

    @staticmethod
    def _datatype(iri: str, v: str) -> tuple[str, str]:
        same = safe(f"(datatype({v}) = <{iri}>)")
        if not judged(iri):
            return same, negated(same)
        # A value that the store knows as one is well-formed; any other literal of the type goes to the judge.
        valid = f"isNumeric({v})" if iri in NUMERIC_TYPES else f"{v} <= {v}"
        return safe(f"(datatype({v}) = <{iri}> && {valid})"), negated(same)

    @staticmethod
    def _bound(constraint: model.Bound, v: str) -> str:
        limit = constraint.limit
        iri = limit.datatype.value
        if iri in NUMERIC_TYPES:
            guard = f"isNumeric({v})"
        elif iri in (XSD_STRING, XSD_BOOLEAN) or iri in DATED_TYPES - {XSD + "dateTimeStamp"}:
            guard = f"datatype({v}) = <{iri}>"
        else:
            return FALSE
        return safe(f"({guard} && {v} {constraint.operator} {limit})")

    def _one_of(self, members: tuple[OxTerm, ...], v: str) -> tuple[str, str]:
        kept = [each for each in members if self.is_kept(each)]
        if len(kept) > _MOST_TERMS:
            return FALSE, FALSE
        right = either(*(f"sameTerm({v}, {each})" for each in kept))
        return right, (negated(right) if len(kept) == len(members) else FALSE)


def _same_language(a: str, b: str) -> str:
    return safe(f'(!sameTerm({a}, {b}) && LANG({a}) != "" && LCASE(LANG({a})) = LCASE(LANG({b})))')


def _of_text(v: str, test: str) -> tuple[str, str]:
    right = safe(f"(!isBlank({v}) && {test})")
    return right, negated(right)


def _listed(constraint: model.Listed, known: list[tuple[str, str]]) -> tuple[str, str]:
    rights, wrongs = [right for right, _ in known], [wrong for _, wrong in known]
    if isinstance(constraint, model.And):
        return both(*rights), either(*wrongs)
    if isinstance(constraint, model.Or):
        return either(*rights), both(*wrongs)
    if len(known) > 5:
        return FALSE, FALSE
    only = [
        both(right, *(wrong for at, wrong in enumerate(wrongs) if at != i)) for i, right in enumerate(rights)
    ]
    two = [both(a, b) for i, a in enumerate(rights) for b in rights[i + 1 :]]
    return either(*only), either(both(*wrongs), *two)


def _about_each(constraint: model.Constraint) -> bool:
    """Whether the constraint holds of no values at all."""
    return not isinstance(constraint, model.QualifiedMinCount | model.Query)
