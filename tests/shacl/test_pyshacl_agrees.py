"""The compiled engine and pyshacl on random small graphs: the same results, but for the disagreements named here.

pyshacl is run through its own front door on plain graphs, with its own targets. Each entry of KNOWN says which
component differs, when, and the text of the recommendation that decides for the compiled engine.
"""

from __future__ import annotations

from collections import Counter

import pyoxigraph as ox
import rdflib
from hypothesis import given
from strategies import data_quads, graphs, plain_literals, quads, shapes_graphs
from test_properties import relaxed

from kgraph.shacl import Report, shapes_graph, validate
from kgraph.shacl.graph import TermGraph
from kgraph.shacl.reference import TermGraphView, _results

Row = tuple[str, str, str, str]


def rows(report: Report) -> Counter[Row]:
    return Counter(
        (str(r.focus_node), r.component.split("#")[1], str(r.value), str(r.path)) for r in report.results
    )


def by_pyshacl(lines: list[str], shapes: str) -> Counter[Row]:
    import pyshacl

    data = shapes_graph(data_quads(lines))
    graph = TermGraph.of(shapes_graph(quads(shapes))).to_rdflib()
    _, report, text = pyshacl.validate(data, shacl_graph=graph, inplace=True)
    assert isinstance(report, rdflib.Graph), text
    return rows(Report(tuple(_results(TermGraphView(report), None))))


@relaxed
@given(graphs(plain_literals), shapes_graphs(plain_literals, sparql=False))
def test_the_same_results(lines: list[str], shapes: str) -> None:
    store = ox.Store()
    store.extend(data_quads(lines))
    mine = rows(validate(store, shapes_graph(quads(shapes)), engine="compiled"))
    assert mine == by_pyshacl(lines, shapes)
