"""Focus nodes (SHACL 2.1.3): all of a shape's, and whether a node is one."""

from __future__ import annotations

from collections.abc import Iterator

import pyoxigraph as ox

from kgraph.shacl.data import Data
from kgraph.shacl.model import Targets
from kgraph.shacl.names import RDF_TYPE
from kgraph.shacl.terms import OxTerm

_TYPE = ox.NamedNode(RDF_TYPE)
_DEFAULT = ox.DefaultGraph()


def focus_nodes(data: Data, targets: Targets) -> dict[OxTerm, None]:
    """The focus nodes, each once."""
    return dict.fromkeys(each_focus_node(data, targets))


def each_focus_node(data: Data, targets: Targets) -> Iterator[OxTerm]:
    """The focus nodes; one that has several targets comes several times."""
    yield from targets.nodes
    for cls in targets.classes:
        yield from data.instances(cls)
    for predicate in targets.subjects_of:
        yield from (subject for subject, _ in data.pairs(predicate))
    for predicate in targets.objects_of:
        yield from (value for _, value in data.pairs(predicate))


class Membership:
    """Whether nodes are focus nodes, by look-ups in the index."""

    def __init__(self, data: Data, targets: Targets) -> None:
        self._data = data
        self._targets = targets
        self._nodes = frozenset(targets.nodes)
        self._classes = frozenset(each for cls in targets.classes for each in data.subclasses(cls))

    def __contains__(self, node: OxTerm) -> bool:
        data = self._data
        if node in self._nodes:
            return True
        if self._classes and any(cls in self._classes for cls in data.objects(node, _TYPE)):
            return True
        if any(data.objects(node, predicate) for predicate in self._targets.subjects_of):
            return True
        return any(data.subjects(predicate, node) for predicate in self._targets.objects_of)
