"""The RDF dataset of a query, so that no triple counts twice (SPARQL 1.1 Query, section 13; Protocol, section 2.1.4).

The engine joins several default graphs without merging them: a triple that two of them hold would count
twice. Up to a limit they are merged in memory here; beyond it the query is refused with the reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

import pyoxigraph as ox

from kgraph.engine import convert, lexer


class Refused(Exception):
    """The dataset cannot be had: message and hint."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


@dataclass(frozen=True)
class Dataset:
    """A store and the graphs of it that a query sees; None: what the query's text says."""

    store: ox.Store
    default: list[convert.OxGraph] | None = None
    named: list[convert.OxNode] | None = None


def choose(
    store: ox.Store, text: str, default: list[str] | None, named: list[str] | None, *, base: str, limit: int
) -> Dataset:
    """The dataset of a request (which wins) or of FROM. Raises Refused, ValueError for what is no IRI."""
    if default is None and named is None:
        if text.upper().count("FROM") < 2:
            return Dataset(store)
        head = lexer.prologue(text, base)
        default, named = head.default, head.named
        if len(default) < 2:
            return Dataset(store)
    graphs = [ox.NamedNode(iri) for iri in dict.fromkeys(default or ())]
    names = [ox.NamedNode(iri) for iri in dict.fromkeys(named or ())]
    holding = [g for g in graphs if store.contains_named_graph(g)]
    if len(holding) > 1:
        return Dataset(_merged(store, holding, names, limit), [ox.DefaultGraph()], [*names])
    return Dataset(store, [*(holding or graphs[:1])], [*names])


def _merged(store: ox.Store, graphs: list[ox.NamedNode], names: list[ox.NamedNode], limit: int) -> ox.Store:
    memory = ox.Store()
    left = limit
    for targets, sources in ((None, graphs), ("same", names)):
        for source in sources:
            found = list(islice(store.quads_for_pattern(None, None, None, source), left + 1))
            left -= len(found)
            if left < 0:
                raise Refused(
                    f"the graphs of this query's dataset hold more than {limit} triples together, more than this "
                    "service merges for one query",
                    "Name one graph, or none: without a dataset the default graph is the merge of all graphs.",
                )
            memory.extend(found if targets else (ox.Quad(q.subject, q.predicate, q.object) for q in found))
            if targets:
                memory.add_graph(source)
    return memory
