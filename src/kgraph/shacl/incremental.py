"""Validation of an edit: only what the changed statements can reach is judged again.

The report equals that of a full run. Where that cannot be known from the change alone (other shapes,
another class tree, a shape that pyshacl judges, a query that may read anything) the shape, or everything,
is judged in full and the report's notes say so.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import pyoxigraph as ox

from kgraph.shacl.engine import Engine, Run
from kgraph.shacl.names import RDFS_SUBCLASSOF
from kgraph.shacl.raw import Canonical, RawTerms
from kgraph.shacl.reads import Statement, affected, reads_of
from kgraph.shacl.report import Report, Result
from kgraph.shacl.terms import plain

if TYPE_CHECKING:
    import rdflib

    from kgraph.terms import Term

AnyStatement = ox.Quad | ox.Triple


def incremental(
    data: ox.Store,
    shapes: rdflib.Graph,
    added: Iterable[AnyStatement],
    removed: Iterable[AnyStatement],
    previous: Report,
    *,
    engine: Engine = "auto",
    raw: RawTerms | None = None,
    ontology: rdflib.Graph | None = None,
) -> Report:
    """The report on `data` as it is after the edit, given the report on what it was before.

    `added` and `removed` are the statements of the default graph that came and went, terms as parsed; one
    that is in neither must not have changed. `previous` is the report of a full or incremental run. The
    other arguments and the errors are those of `validate`.
    """
    run = Run(data, shapes, engine=engine, raw=raw, ontology=ontology)
    changed = list(_statements([*added, *removed]))
    why = _needs_full(run, changed, previous)
    if why:
        run.notes.append(f"Everything was judged: {why}.")
        results = [result for shape in run.shapes.targeted for result in run.judge_shape(shape)]
        return run.report(results, scope="full")
    before: dict[Term | None, list[Result]] = {}
    for result in previous.results:
        before.setdefault(result.target_shape, []).append(result)
    found: list[Result] = []
    for shape in run.shapes.targeted:
        mine = before.get(plain(shape.node), [])
        reads = None if shape.node in run.left else reads_of(shape)
        if reads is None or any(result.target_node is None for result in mine):
            run.notes.append(f"{shape.node} was judged in full: what it reads is not known.")
            found.extend(run.judge_shape(shape))
            continue
        again = affected(run.judge, shape, reads, changed)
        stale = {plain(node) for node in again}
        found.extend(result for result in mine if result.target_node not in stale)
        found.extend(run.judge_shape(shape, again))
    return run.report(found, scope="incremental")


def _statements(quads: Iterable[AnyStatement]) -> Iterable[Statement]:
    """The statements, literals as parsed and as the store has them."""
    canonical = Canonical()
    for quad in quads:
        subject, predicate, value = quad.subject, quad.predicate, quad.object
        yield subject, predicate, value  # type: ignore[misc]
        if isinstance(value, ox.Literal) and canonical(value) != value:
            yield subject, predicate, canonical(value)  # type: ignore[misc]


def _needs_full(run: Run, changed: Iterable[Statement], previous: Report) -> str:
    """Why the change alone does not tell, or the empty string."""
    if previous.shapes != run.digest:
        return "the shapes or the class tree are not those of the previous report"
    if previous.scope == "focus":
        return "the previous report is on some focus nodes only"
    if any(predicate.value == RDFS_SUBCLASSOF for _, predicate, _ in changed):
        return "the class tree changed"
    return ""
