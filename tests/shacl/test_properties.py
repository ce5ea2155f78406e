"""Properties that must hold on any graph, shapes and edit (hypothesis); KGRAPH_EXAMPLES=4000 looks
further.
"""

from __future__ import annotations

import os
from dataclasses import replace

import pyoxigraph as ox
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sorted_subjects import SortedSubjects
from strategies import data_quads, graphs, literals, quads, shapes_graphs, statements

from kgraph.errors import ShapesError
from kgraph.shacl import RawTerms, Report, incremental, shapes_graph, validate
from kgraph.shacl.engine import Run
from kgraph.shacl.report import ordered
from kgraph.shacl.targets import focus_nodes

EXAMPLES = int(os.environ.get("KGRAPH_EXAMPLES", "200"))
relaxed = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize="KGRAPH_EXAMPLES" not in os.environ,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def loaded(lines: list[str]) -> tuple[ox.Store, RawTerms]:
    raw, store = RawTerms(), ox.Store()
    store.extend(raw.watch(data_quads(lines)))
    return store, raw


def by_judge_alone(store: ox.Store, raw: RawTerms, shapes: str) -> tuple[object, ...]:
    """Every focus node judged, with no screen before it."""
    run = Run(store, shapes_graph(quads(shapes)), raw=raw)
    return ordered(
        result
        for shape in run.shapes.targeted
        for result in run.judge_shape(shape, focus_nodes(run.data, shape.targets))
    )


@relaxed
@given(graphs(), shapes_graphs())
def test_the_screen_misses_nothing(lines: list[str], shapes: str) -> None:
    store, raw = loaded(lines)
    try:
        wanted = by_judge_alone(store, raw, shapes)
    except ShapesError:
        return
    assert validate(store, shapes_graph(quads(shapes)), raw=raw).results == wanted


@relaxed
@given(graphs(), shapes_graphs(), st.booleans())
def test_the_sieve_misses_nothing(lines: list[str], shapes: str, forgetful: bool) -> None:
    store, raw = loaded(lines)
    try:
        wanted = by_judge_alone(store, raw, shapes)
    except ShapesError:
        return
    subjects = SortedSubjects(store, forgetful=forgetful)
    assert validate(store, shapes_graph(quads(shapes)), raw=raw, subjects=subjects).results == wanted


@relaxed
@given(
    graphs(),
    shapes_graphs(),
    st.lists(statements(literals), max_size=3),
    st.data(),
)
def test_incremental_equals_full(lines: list[str], shapes: str, new: list[str], data: st.DataObject) -> None:
    graph = shapes_graph(quads(shapes))
    old = sorted(set(lines))
    gone = data.draw(st.lists(st.sampled_from(old), max_size=3, unique=True)) if old else []
    new = [line for line in dict.fromkeys(new) if line not in old]
    store, raw = loaded(old)
    try:
        before = validate(store, graph, raw=raw)
    except ShapesError:
        return
    store, raw = loaded([line for line in old if line not in gone] + new)
    after = incremental(
        store, graph, data_quads(new), data_quads(gone), Report.from_json(before.to_json()), raw=raw
    )
    full = validate(store, graph, raw=raw)
    assert after.results == full.results
    if not any("subClassOf" in line for line in gone):
        assert after.scope == "incremental"
    # And a report made so is as good a start for the next edit.
    assert replace(after, scope="full", notes=()) == replace(full, notes=())
