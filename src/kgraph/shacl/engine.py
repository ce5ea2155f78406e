"""Validation: which engine judges which shape, and one report of it all."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Literal as OneOf

import pyoxigraph as ox

from kgraph.errors import ShapesError
from kgraph.shacl import reference
from kgraph.shacl.data import Data
from kgraph.shacl.graph import TermGraph
from kgraph.shacl.names import RDFS_SUBCLASSOF
from kgraph.shacl.raw import RawTerms
from kgraph.shacl.report import Report, ordered

if TYPE_CHECKING:
    from collections.abc import Collection

    import rdflib

    from kgraph.terms import Term

Engine = OneOf["auto", "compiled", "pyshacl"]


def validate(
    data: ox.Store,
    shapes: rdflib.Graph,
    *,
    engine: Engine = "auto",
    focus: Collection[Term] | None = None,
    raw: RawTerms | None = None,
    ontology: rdflib.Graph | None = None,
) -> Report:
    """Judge the default graph of `data` by `shapes` (SHACL 3.4).

    `engine`: `auto` compiles what it can and gives the rest to pyshacl; `compiled` raises instead;
    `pyshacl` is the reference for everything. `focus`: judge these focus nodes only, where a shape targets
    them. `raw`: literals as parsed, where the store rewrites them; without it the data graph is what the
    store holds. `ontology`: its rdfs:subClassOf statements are read as if they stood in the data.

    Raises ShapesError where shapes cannot be judged: ill-formed, an unknown component, recursive, an unread
    import. Severities play no part: any result means that the data do not conform (SHACL 3.6.1.1).
    """
    graph = TermGraph.of(shapes)
    check_imports(graph)
    tree = TermGraph.of(ontology).pairs(RDFS_SUBCLASSOF) if ontology is not None else ()
    source = Data(data, raw.seal() if raw else None, tree)
    results = ordered(reference.judge(source.to_rdflib(), graph))
    return Report(results, shapes=graph.digest)


def check_imports(graph: TermGraph) -> None:
    """Raise ShapesError where the graph imports a document and says nothing of it, so that it was not
    read.
    """
    unread = graph.unresolved_imports()
    if unread:
        raise ShapesError(
            f"owl:imports <{unread[0]}> was not read",
            where="shapes",
            hint="Give that file among the shapes, or remove the import; shapes in it would not be checked.",
        )
