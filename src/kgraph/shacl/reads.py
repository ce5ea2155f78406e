"""Which statements a shape reads, and from where: what makes incremental validation exact.

A *read* is a position (a path from the focus node) and a predicate that is looked at there, forwards or
backwards. When a statement changes, the focus nodes whose results may change are those from which its
subject (or object) stands at such a position. Walking the positions backwards in the graph as it is now
finds them all: where an earlier statement on the way was itself removed, that statement is read too, at a
position whose own way is still whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pyoxigraph as ox

from kgraph.shacl import model
from kgraph.shacl.judge import Judge
from kgraph.shacl.names import RDF_TYPE
from kgraph.shacl.paths import Alternative, Inverse, Path, Predicate, Repeat, Sequence
from kgraph.shacl.query_reads import query_steps
from kgraph.shacl.targets import Membership
from kgraph.shacl.terms import OxNode, OxTerm

Statement = tuple[OxNode, ox.NamedNode, OxTerm]


@dataclass(frozen=True, slots=True)
class Read:
    """At `position` (None: the focus node) the statements with `predicate` (None: all) are read."""

    position: Path | None
    predicate: str | None
    forward: bool


class Unbounded(Exception):
    """A query may read anything."""


def reads_of(shape: model.Shape) -> frozenset[Read] | None:
    """Everything a shape reads beside its targets; None where a query may read anything."""
    try:
        return frozenset(_reads(shape, None))
    except Unbounded:
        return None


def joined(position: Path | None, path: Path) -> Path:
    """The path that goes on from a position."""
    return path if position is None else Sequence((position, path))


def _reads(shape: model.Shape, at: Path | None) -> Iterator[Read]:
    if shape.deactivated:
        return
    values = at
    if shape.path is not None:
        yield from path_reads(shape.path, at, forward=True)
        values = joined(at, shape.path)
    for constraint in shape.constraints:
        match constraint:
            case model.Class():
                yield Read(values, RDF_TYPE, True)
            case model.Equals(predicate=p) | model.Disjoint(predicate=p) | model.Order(predicate=p):
                yield Read(at, p.value, True)
            case model.Closed():
                yield Read(values, None, True)
            case model.Query():
                yield from _query_reads(constraint, at, values)
        for part in model.parts(constraint):
            yield from _reads(part, values)


def path_reads(path: Path, at: Path | None, *, forward: bool) -> Iterator[Read]:
    """The reads of walking a path from a position."""
    match path:
        case Predicate(iri):
            yield Read(at, iri, forward)
        case Inverse(inner):
            yield from path_reads(inner, at, forward=not forward)
        case Alternative(options):
            for option in options:
                yield from path_reads(option, at, forward=forward)
        case Sequence(steps):
            for step in steps if forward else steps[::-1]:
                yield from path_reads(step, at, forward=forward)
                at = joined(at, step if forward else Inverse(step))
        case Repeat(inner):
            again = Repeat(inner if forward else Inverse(inner), "*")
            yield from path_reads(inner, joined(at, again), forward=forward)


def _query_reads(query: model.Query, at: Path | None, values: Path | None) -> Iterator[Read]:
    steps = query_steps(query)
    if steps is None:
        raise Unbounded
    for step in steps:
        start = values if step.of_value else at
        position = start if step.way is None else joined(start, step.way)
        yield from path_reads(step.path, position, forward=step.forward)


def affected(
    judge: Judge, shape: model.Shape, reads: Iterable[Read], changed: Iterable[Statement]
) -> set[OxTerm]:
    """The focus nodes whose results, or whose being a focus node, may depend on the changed statements."""
    by_predicate: dict[str | None, list[Read]] = {}
    for read in reads:
        by_predicate.setdefault(read.predicate, []).append(read)
    starts: dict[Path | None, set[OxTerm]] = {}
    found: set[OxTerm] = set()
    targets = shape.targets
    for subject, predicate, value in changed:
        if (targets.classes and predicate.value == RDF_TYPE) or predicate in targets.subjects_of:
            found.add(subject)
        if predicate in targets.objects_of:
            found.add(value)
        for read in (*by_predicate.get(predicate.value, ()), *by_predicate.get(None, ())):
            starts.setdefault(read.position, set()).add(subject if read.forward else value)
    for position, nodes in starts.items():
        if position is None:
            found |= nodes
        else:
            back = judge.walk(Inverse(position))
            for node in nodes:
                found.update(back(node))
    return found


def focus_of(judge: Judge, shape: model.Shape, nodes: Iterable[OxTerm]) -> list[OxTerm]:
    """Those of the nodes that are focus nodes now."""
    member = Membership(judge.data, shape.targets)
    return [node for node in nodes if node in member]
