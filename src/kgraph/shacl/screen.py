"""The screen: SPARQL queries on the store that find the focus nodes which may have results.

Every violation lies at a node that the screen finds (it may find more), so the judge need not look at the
others. Each query starts from one target of the shape and looks for what is against one constraint. A
constraint that no query speaks for makes every focus node a candidate. See docs/shacl.md for why this is
complete.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pyoxigraph as ox

from kgraph.shacl import model
from kgraph.shacl.conditions import FALSE, TRUE, Conditions, both, in_order, negated
from kgraph.shacl.data import Data
from kgraph.shacl.names import RDF_TYPE
from kgraph.shacl.paths import Path, Predicate, sparql
from kgraph.shacl.queries import Queries
from kgraph.shacl.targets import Membership
from kgraph.shacl.terms import OxTerm


class Unscreened(Exception):
    """No query can speak for a constraint."""


class Screen:
    """Finds candidates for the shapes of one graph in one data graph."""

    def __init__(self, data: Data, queries: Queries) -> None:
        self._data = data
        self._queries = queries
        self._conditions = Conditions(data)

    def candidates(self, shape: model.Shape) -> set[OxTerm] | None:
        """A set that holds every focus node with results, as far as the store's own terms go; None for all.

        Target nodes named one by one are always in it.
        """
        if self._data.raw and shape.targets.objects_of:
            return None  # a focus node may itself be a literal that the store rewrote
        try:
            queries = [
                query
                for target in self._targets(shape.targets)
                for query in self._queries_of(shape, target, "?this")
            ]
            found = self._by_queries(shape, shape)
        except Unscreened:
            return None
        for text in queries:
            solutions = self._data.store.query(text)
            assert isinstance(solutions, ox.QuerySolutions)
            found.update(solution[0] for solution in solutions)
        return found | set(shape.targets.nodes)

    def _targets(self, targets: model.Targets) -> Iterator[str]:
        """Graph patterns that bind ?this to the focus nodes."""
        for cls in targets.classes:
            for each in self._data.subclasses(cls):
                if isinstance(each, ox.BlankNode):
                    raise Unscreened
                yield f"?this <{RDF_TYPE}> {each} ."
        for predicate in targets.subjects_of:
            yield f"?this {predicate} {self._conditions.variable()} ."
        for predicate in targets.objects_of:
            yield f"{self._conditions.variable()} {predicate} ?this ."

    def _by_queries(self, shape: model.Shape, target: model.Shape) -> set[OxTerm]:
        """Candidates of the SPARQL-based constraints, which are queries already."""
        found: set[OxTerm] = set()
        member = Membership(self._data, target.targets)
        for constraint in shape.constraints:
            if isinstance(constraint, model.Query):
                some = self._queries.candidates(shape, constraint)
                if some is None:
                    raise Unscreened
                found.update(node for node in some if node in member)
            elif isinstance(constraint, model.Property) and shape.path is None:
                found |= self._by_queries(constraint.shape, target)
        return found

    def _queries_of(self, shape: model.Shape, pattern: str, focus: str) -> Iterator[str]:
        """Queries for ?this whose `focus`, bound by the pattern, may be against the shape."""
        if shape.deactivated:
            return
        if shape.path is None:
            yield from self._node_queries(shape, pattern, focus)
        else:
            yield from self._path_queries(shape, shape.path, pattern, focus)

    def _node_queries(self, shape: model.Shape, pattern: str, focus: str) -> Iterator[str]:
        rights = []
        for constraint in shape.constraints:
            if isinstance(constraint, model.Property):
                yield from self._queries_of(constraint.shape, pattern, focus)
            elif isinstance(constraint, model.Closed):
                known = " && ".join(f"?p != <{iri}>" for iri in sorted(constraint.allowed)) or TRUE
                yield f"SELECT DISTINCT ?this {{ {pattern} {focus} ?p ?o . FILTER({known}) }}"
            elif isinstance(constraint, model.Query):
                if focus != "?this":
                    raise Unscreened
            elif isinstance(constraint, model.HasValue):
                rights.append(self._conditions._at_node(constraint, focus)[0])
            else:
                rights.append(self._conditions.value(constraint, focus)[0])
        yield from _filtered(pattern, rights)

    def _path_queries(self, shape: model.Shape, path: Path, pattern: str, focus: str) -> Iterator[str]:
        value, step = self._conditions.variable(), f"({sparql(path)})"
        values = f"{pattern} {focus} {step} {value} ."
        rights = []
        for constraint in shape.constraints:
            match constraint:
                case model.Property(shape=inner):
                    yield from self._queries_of(inner, values, value)
                case model.Query():
                    if focus != "?this":
                        raise Unscreened
                case model.MinCount(count=n) | model.QualifiedMinCount(count=n) if n <= 0:
                    pass
                case model.MinCount(count=1):
                    yield self._without(pattern, focus, path, lambda _: TRUE)
                case model.MinCount(count=n):
                    yield _counted(f"{pattern} OPTIONAL {{ {focus} {step} {value} }}", focus, value, f"< {n}")
                case model.MaxCount(count=0):
                    yield f"SELECT DISTINCT ?this {{ {values} }}"
                case model.MaxCount(count=n) | model.QualifiedMaxCount(count=n):
                    yield _counted(values, focus, value, f"> {n}")
                case model.QualifiedMinCount():
                    yield self._too_few(constraint, path, pattern, focus)
                case model.HasValue(value=wanted):
                    if not self._conditions.is_kept(wanted):
                        raise Unscreened
                    yield self._without(pattern, focus, path, _same_as(wanted))
                case model.UniqueLang():
                    other = self._conditions.variable()
                    yield (
                        f"SELECT DISTINCT ?this {{ {values} FILTER(isLiteral({value}) && LANG({value}) != '') "
                        f"{focus} {step} {other} . FILTER(isLiteral({other}) && !sameTerm({value}, {other}) && "
                        f"LCASE(LANG({value})) = LCASE(LANG({other}))) }}"
                    )
                case model.Equals(predicate=predicate):
                    same = _same_as(value)
                    yield self._without(values, focus, Predicate(predicate.value), same)
                    yield self._without(f"{pattern} {focus} {predicate} {value} .", focus, path, same)
                case model.Disjoint(predicate=predicate):
                    yield f"SELECT DISTINCT ?this {{ {values} {focus} {predicate} {value} }}"
                case model.Order(predicate=predicate):
                    other = self._conditions.variable()
                    right = in_order(value, constraint.operator, other)
                    yield (
                        f"SELECT DISTINCT ?this {{ {values} {focus} {predicate} {other} . "
                        f"FILTER({negated(right)}) }}"
                    )
                case model.Closed():
                    raise Unscreened
                case _:
                    rights.append(self._conditions.value(constraint, value)[0])
        yield from _filtered(values, rights)

    def _too_few(self, constraint: model.QualifiedMinCount, path: Path, pattern: str, focus: str) -> str:
        def counts(value: str) -> str:
            wrongs = [self._conditions.shape(shape, value)[1] for shape in constraint.siblings]
            return both(self._conditions.shape(constraint.shape, value)[0], *wrongs)

        value = self._conditions.variable()
        counted = counts(value)
        if counted == FALSE:
            raise Unscreened
        if constraint.count == 1:
            return self._without(pattern, focus, path, counts)
        some = f"OPTIONAL {{ {focus} ({sparql(path)}) {value} . FILTER({counted}) }}"
        return _counted(f"{pattern} {some}", focus, value, f"< {constraint.count}")

    def _without(self, pattern: str, focus: str, path: Path, condition: Callable[[str], str]) -> str:
        """Those whose path leads to no node of which the condition holds."""
        there = self._conditions.leads(focus, path, condition)
        return f"SELECT DISTINCT ?this {{ {pattern} FILTER({negated(there)}) }}"


def _same_as(term: object) -> Callable[[str], str]:
    return lambda value: f"sameTerm({value}, {term})"


def _filtered(pattern: str, rights: list[str]) -> Iterator[str]:
    """The query for what is not surely right, if anything is asked."""
    asked = [right for right in rights if right != TRUE]
    if FALSE in asked:
        raise Unscreened
    if asked:
        yield f"SELECT DISTINCT ?this {{ {pattern} FILTER({' || '.join(negated(each) for each in asked)}) }}"


def _counted(pattern: str, focus: str, value: str, test: str) -> str:
    group = "?this" if focus == "?this" else f"?this {focus}"
    return f"SELECT ?this {{ {pattern} }} GROUP BY {group} HAVING (COUNT(DISTINCT {value}) {test})"
