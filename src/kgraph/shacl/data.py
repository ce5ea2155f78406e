"""The data graph: a store's default graph, the literals as parsed, and the class tree."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import pyoxigraph as ox

from kgraph.shacl.names import RDF_TYPE, RDFS_SUBCLASSOF
from kgraph.shacl.raw import RawIndex
from kgraph.shacl.terms import OxNode, OxTerm, rdflib_from_ox

if TYPE_CHECKING:
    import rdflib

_TYPE = ox.NamedNode(RDF_TYPE)
_SUBCLASSOF = ox.NamedNode(RDFS_SUBCLASSOF)
_DEFAULT = ox.DefaultGraph()
_REMEMBERED = 65536


class Data:
    """Look-ups in the data graph, terms as parsed.

    `tree` holds further rdfs:subClassOf statements (an ontology kept apart from the data); they count where
    SHACL asks for instances of a class and nowhere else.
    """

    def __init__(
        self,
        store: ox.Store,
        raw: RawIndex | None = None,
        tree: Iterable[tuple[OxTerm, OxTerm]] = (),
    ) -> None:
        self.store = store
        self.raw = raw or RawIndex()
        self._overlaid = bool(self.raw)
        self.tree = tuple(tree)
        self._instances: dict[tuple[OxTerm, OxTerm], bool] = {}
        self._subclasses: dict[OxTerm, frozenset[OxTerm]] = {}
        self._children: dict[OxTerm, list[OxTerm]] | None = None

    def objects(self, subject: OxTerm, predicate: ox.NamedNode) -> list[OxTerm]:
        """The objects of (subject, predicate); none for a literal subject."""
        if isinstance(subject, ox.Literal):
            return []
        found: list[OxTerm] = [
            quad.object  # type: ignore[misc]
            for quad in self.store.quads_for_pattern(subject, predicate, None, _DEFAULT)
        ]
        if self._overlaid and (subject, predicate) in self.raw:
            return [form for value in found for form in self._parsed(subject, predicate, value)]
        return found

    def _parsed(self, subject: OxNode, predicate: ox.NamedNode, value: OxTerm) -> list[OxTerm]:
        forms = self.raw.forms(subject, predicate, value) if isinstance(value, ox.Literal) else None
        return [value] if forms is None else list(forms)

    def subjects(self, predicate: ox.NamedNode, value: OxTerm) -> list[OxTerm]:
        """The subjects of (predicate, object)."""
        quads = self.store.quads_for_pattern(None, predicate, value, _DEFAULT)
        if not isinstance(value, ox.Literal):
            return [quad.subject for quad in quads]  # type: ignore[misc]
        # The store looks literals up by what it makes of them, so each is compared with what was parsed.
        return [
            quad.subject  # type: ignore[misc]
            for quad in quads
            if value in self._parsed(quad.subject, predicate, quad.object)  # type: ignore[arg-type]
        ]

    def statements(self, subject: OxTerm) -> Iterator[tuple[ox.NamedNode, OxTerm]]:
        """Predicates and objects of a subject."""
        if isinstance(subject, ox.Literal):
            return
        for quad in self.store.quads_for_pattern(subject, None, None, _DEFAULT):
            for form in self._parsed(subject, quad.predicate, quad.object):  # type: ignore[arg-type]
                yield quad.predicate, form

    def pairs(self, predicate: ox.NamedNode) -> Iterator[tuple[OxTerm, OxTerm]]:
        """Subjects and objects of a predicate."""
        for quad in self.store.quads_for_pattern(None, predicate, None, _DEFAULT):
            for form in self._parsed(quad.subject, predicate, quad.object):  # type: ignore[arg-type]
                yield quad.subject, form  # type: ignore[misc]

    def subclasses(self, cls: OxTerm) -> frozenset[OxTerm]:
        """`cls` and every class below it (SHACL 1.3, "SHACL subclass")."""
        known = self._subclasses.get(cls)
        if known is None:
            if self._children is None:
                self._children = {}
                for child, parent in (*self.pairs(_SUBCLASSOF), *self.tree):
                    self._children.setdefault(parent, []).append(child)
            found, front = {cls}, [cls]
            while front:
                for child in self._children.get(front.pop(), ()):
                    if child not in found:
                        found.add(child)
                        front.append(child)
            known = self._subclasses[cls] = frozenset(found)
        return known

    def is_instance(self, node: OxTerm, cls: OxTerm) -> bool:
        """Whether `node` is a SHACL instance of `cls`; the last answers are remembered."""
        key = (node, cls)
        known = self._instances.get(key)
        if known is None:
            if len(self._instances) >= _REMEMBERED:
                self._instances.clear()
            classes = self.subclasses(cls)
            known = self._instances[key] = any(value in classes for value in self.objects(node, _TYPE))
        return known

    def instances(self, cls: OxTerm) -> Iterator[OxTerm]:
        """The SHACL instances of `cls`; one that has several of its subclasses comes several times."""
        for each in self.subclasses(cls):
            for quad in self.store.quads_for_pattern(None, _TYPE, each, _DEFAULT):
                yield quad.subject  # type: ignore[misc]

    def to_rdflib(self, predicates: Iterable[str] | None = None) -> rdflib.Graph:
        """The data graph, with the class tree, as a plain rdflib graph in memory.

        `predicates`: only the statements with one of these; None: all.
        """
        import rdflib

        graph = rdflib.Graph()
        for name in [None] if predicates is None else [ox.NamedNode(each) for each in predicates]:
            for quad in self.store.quads_for_pattern(None, name, None, _DEFAULT):
                subject, predicate = rdflib_from_ox(quad.subject), rdflib_from_ox(quad.predicate)
                for form in self._parsed(quad.subject, quad.predicate, quad.object):  # type: ignore[arg-type]
                    graph.add((subject, predicate, rdflib_from_ox(form)))
        for child, parent in self.tree:
            graph.add((rdflib_from_ox(child), rdflib_from_ox(_SUBCLASSOF), rdflib_from_ox(parent)))
        return graph
