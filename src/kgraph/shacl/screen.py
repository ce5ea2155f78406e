"""The screen: SPARQL queries on the store that find the focus nodes which may have results.

Every violation lies at a node that the screen finds (it may find more), so the judge need not look at the
others. Each query starts from one target of the shape and looks for what is against one constraint. A
constraint that no query speaks for makes every focus node a candidate. What the
sieve (sieve.py) has looked for is left out. See docs/shacl.md for why this is
complete.
"""

from __future__ import annotations

from collections.abc import Iterator

import pyoxigraph as ox

from kgraph.shacl import model
from kgraph.shacl.conditions import FALSE, TRUE, Conditions, negated
from kgraph.shacl.data import Data
from kgraph.shacl.judge import Judge
from kgraph.shacl.names import RDF_TYPE
from kgraph.shacl.paths import sparql
from kgraph.shacl.queries import Queries
from kgraph.shacl.reads import affected, focus_of, reads_of
from kgraph.shacl.sieve import Sieve
from kgraph.shacl.targets import Membership
from kgraph.shacl.terms import OxTerm


class Unscreened(Exception):
    """No query can speak for a constraint."""


class Screen:
    """Finds candidates for the shapes of one graph in one data graph."""

    def __init__(self, data: Data, queries: Queries, judge: Judge, sieve: Sieve | None = None) -> None:
        self._sieve = sieve
        self._sifted: set[int] = set()
        self._data = data
        self._queries = queries
        self._judge = judge
        self._conditions = Conditions(data)

    def candidates(self, shape: model.Shape) -> set[OxTerm] | None:
        """A set that holds every focus node with results; None for all focus nodes.

        Target nodes named one by one are always in it, and those whose results may rest on rewritten
        literals.
        """
        sieved: set[OxTerm] = set()
        self._sifted = set()
        if self._sieve is not None and shape in self._sieve.sifted:
            self._sifted, sieved = self._sieve.sifted[shape], self._sieve.found[shape]
        try:
            queries = [
                query
                for target in self._targets(shape.targets)
                for query in self._queries_of(shape, target, "?this")
            ]
            found = self._by_queries(shape, shape) | self._by_raw_terms(shape)
        except Unscreened:
            return None
        for text in queries:
            solutions = self._data.store.query(text)
            assert isinstance(solutions, ox.QuerySolutions)
            found.update(solution[0] for solution in solutions)
        return found | sieved | set(shape.targets.nodes)

    def _by_raw_terms(self, shape: model.Shape) -> set[OxTerm]:
        """Focus nodes that read a literal which the store rewrote: the queries above see its rewriting."""
        if not self._data.raw:
            return set()
        reads = reads_of(shape)
        if reads is None or shape.targets.objects_of:
            raise Unscreened  # a focus node may itself be such a literal
        nodes = affected(self._judge, shape, reads, self._data.raw.statements())
        return set(focus_of(self._judge, shape, nodes))

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
        wrongs: list[str] = []
        yield from self._special(shape, pattern, focus, wrongs)
        if wrongs:
            yield f"SELECT DISTINCT ?this {{ {pattern} FILTER({' || '.join(wrongs)}) }}"

    def _special(self, shape: model.Shape, pattern: str, focus: str, wrongs: list[str]) -> Iterator[str]:
        """Queries for what no condition on one row can say; the conditions that can are added to `wrongs`."""
        if shape.deactivated:
            return
        for constraint in shape.constraints:
            if focus == "?this" and id(constraint) in self._sifted:
                continue
            if isinstance(constraint, model.Property) and shape.path is None:
                yield from self._special(constraint.shape, pattern, focus, wrongs)
                continue
            if isinstance(constraint, model.Query):
                if focus != "?this":
                    raise Unscreened
                continue  # see _by_queries
            if shape.path is not None and self._needs_query(constraint):
                yield from self._counts(constraint, sparql(shape.path), pattern, focus)
                continue
            right, _ = self._conditions.constraint(shape, constraint, focus)
            if right == FALSE:
                raise Unscreened
            if right != TRUE:
                wrongs.append(negated(right))

    def _needs_query(self, constraint: model.Constraint) -> bool:
        """Whether a query over the values says more than a condition on the node."""
        if isinstance(constraint, model.MinCount | model.MaxCount | model.QualifiedMinCount):
            return constraint.count > 1
        if isinstance(constraint, model.Property | model.Node):
            return self._conditions.value(constraint, "?kx")[0] == FALSE
        return isinstance(constraint, model.QualifiedMaxCount)

    def _counts(self, constraint: model.Constraint, path: str, pattern: str, focus: str) -> Iterator[str]:
        """Queries that count values, or that go on from each value."""
        value = self._conditions.variable()
        values = f"{focus} ({path}) {value} ."
        match constraint:
            case model.MinCount(count=n):
                yield _counted(f"{pattern} OPTIONAL {{ {values} }}", focus, value, f"< {n}")
            case model.MaxCount(count=n) | model.QualifiedMaxCount(count=n):
                yield _counted(f"{pattern} {values}", focus, value, f"> {n}")
            case model.QualifiedMinCount(count=n):
                counted = self._conditions.counted(constraint, value)
                if counted == FALSE:
                    raise Unscreened
                some = f"OPTIONAL {{ {values} FILTER({counted}) }}"
                yield _counted(f"{pattern} {some}", focus, value, f"< {n}")
            case model.Property(shape=inner) | model.Node(shape=inner):
                yield from self._queries_of(inner, f"{pattern} {values}", value)
            case _:
                raise Unscreened


def _counted(pattern: str, focus: str, value: str, test: str) -> str:
    group = "?this" if focus == "?this" else f"?this {focus}"
    return f"SELECT ?this {{ {pattern} }} GROUP BY {group} HAVING (COUNT(DISTINCT {value}) {test})"
