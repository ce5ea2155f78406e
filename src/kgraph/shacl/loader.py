"""From a shapes graph to shapes, strictly: what SHACL calls ill-formed, recursive or unknown is an error
here.

The reason for strictness: a shape that an engine passes over is a shape whose violations nobody sees.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import pyoxigraph as ox

from kgraph.errors import ShapesError
from kgraph.shacl import model, sparql_loader
from kgraph.shacl.graph import TermGraph, read_path
from kgraph.shacl.names import DASH, OWL, OWL_CLASS, RDF_TYPE, RDFS_CLASS, SH, VIOLATION
from kgraph.shacl.parameters import (
    PARAMETERS,
    boolean,
    closed,
    one_at_most,
    problem,
    shape_list,
    text_of,
)
from kgraph.shacl.paths import Path, Predicate
from kgraph.shacl.terms import OxNode, OxTerm, ox_term
from kgraph.terms import IRI, RDFS

_TARGETS = ("targetNode", "targetClass", "targetSubjectsOf", "targetObjectsOf")
_SHAPE_LISTS: dict[str, type[model.Listed]] = {"and": model.And, "or": model.Or, "xone": model.Xone}
_SINGLE_SHAPES = ("not", "node", "property", "qualifiedValueShape")
_WITH_SHAPES = (*_SHAPE_LISTS, *_SINGLE_SHAPES)
_QUALIFIED = ("qualifiedMinCount", "qualifiedMaxCount", "qualifiedValueShapesDisjoint")
_SILENT = (
    *("path", "severity", "message", "deactivated", "name", "description", "order", "group", "defaultValue"),
    *("flags", "ignoredProperties", "optional", "declare", "prefixes", "select", "ask", "labelTemplate"),
    *("entailment", "shapesGraph", "suggestedShapesGraph"),
)
_SAID = frozenset(
    SH + name for name in (*PARAMETERS, *_TARGETS, *_WITH_SHAPES, *_QUALIFIED, *_SILENT, "sparql", "closed")
)
_DASH_COMPONENTS = frozenset(
    DASH + name
    for name in (
        *("closedByTypes", "coExistsWith", "hasValueIn", "hasValueWithClass", "nonRecursive", "notEquals"),
        *("rootClass", "singleLine", "stem", "subSetOf", "symmetric"),
        *("uniqueValueForClass", "uniqueValueForClasses"),
    )
)


@dataclass
class Shapes:
    """All shapes of a graph; `targeted` are those that have targets and are not deactivated, in order."""

    graph: TermGraph
    by_node: dict[OxTerm, model.Shape] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def targeted(self) -> list[model.Shape]:
        return [shape for shape in self.by_node.values() if shape.targets and not shape.deactivated]


def load(graph: TermGraph) -> Shapes:
    """Every shape of the graph. Raises ShapesError (see the module's docstring)."""
    try:
        return _load(graph)
    except ShapesError as error:
        blank = re.search(r"_:(\w+)", error.where)
        holder = graph.holder(blank[1]) if blank else ""
        if holder:  # labels of blank nodes say nothing to whoever wrote the file
            error.where = f"a blank node of {holder}"
        raise


def _load(graph: TermGraph) -> Shapes:
    _check_names(graph)
    loader = _Loader(graph)
    for node in loader.shape_nodes():
        loader.shape(node)
    return Shapes(
        graph, {node: loader.done[node] for node in sorted(loader.done, key=str)}, tuple(loader.notes)
    )


def _check_names(graph: TermGraph) -> None:
    """Refuse names that SHACL does not have, and entailment (SHACL 1.5: a failure).

    What the notes on SHACL's advanced features define is a name; at a shape it is refused where the shape is read.
    Instances of other classes than SHACL's may stand in the same file, and say what they like.
    """
    from rdflib import URIRef
    from rdflib.namespace import SH as DEFINED

    for subject, predicate, value in graph.triples:
        if predicate.value == SH + "entailment":
            raise ShapesError(
                f"the shapes ask for the entailment regime {value.value}",
                where=str(ox_term(subject)),
                hint="kgraph judges the data as stated. Remove sh:entailment, and state what it would entail.",
            )
        types = graph.objects(ox_term(subject), RDF_TYPE)
        if types and not any(each.value.startswith((SH, RDFS, OWL)) for each in types):
            continue
        for term in (predicate, value):
            if not isinstance(term, IRI) or not term.value.startswith(SH):
                continue
            if term.value != SH and URIRef(term.value) not in DEFINED:
                raise ShapesError(
                    f"SHACL has no sh:{term.value.removeprefix(SH)}",
                    where=str(ox_term(subject)),
                    hint="Look for a typing error; what it should say would not be checked.",
                )


class _Loader:
    def __init__(self, graph: TermGraph) -> None:
        self.graph = graph
        self.done: dict[OxTerm, model.Shape] = {}
        self.components = sparql_loader.components(graph)
        self.notes: list[str] = []
        self._open: list[OxTerm] = []
        self._known = _SAID | {
            parameter.path for component in self.components for parameter in component.parameters
        }

    def shape_nodes(self) -> list[OxTerm]:
        """The nodes that SHACL 2.1 calls shapes."""
        found: dict[OxTerm, None] = {}
        graph = self.graph
        for node, cls in graph.pairs(RDF_TYPE):
            above = graph.superclasses(cls)
            if ox.NamedNode(SH + "NodeShape") in above or ox.NamedNode(SH + "PropertyShape") in above:
                found[node] = None
        for name in (*_TARGETS, *PARAMETERS, *_WITH_SHAPES, "sparql", "closed"):
            found.update((node, None) for node, _ in graph.pairs(SH + name))
        for name in _SINGLE_SHAPES:
            found.update((value, None) for _, value in graph.pairs(SH + name))
        for component in self.components:
            for parameter in component.parameters:
                if not parameter.optional:
                    found.update((node, None) for node, _ in graph.pairs(parameter.path))
        return sorted(found, key=str)

    def shape(self, node: OxTerm) -> model.Shape:
        if isinstance(node, ox.Literal):
            raise problem(node, "a literal stands where a shape is expected", "Refer to a shape.")
        if node in self.done:
            return self.done[node]
        if isinstance(node, ox.NamedNode) and not self.graph.predicates(node):
            raise problem(
                node,
                "the shapes refer to it and say nothing of it",
                "Look for a typing error, or give the file that describes it; as it is, all would conform to it.",
            )
        if node in self._open:
            circle = " -> ".join(str(each) for each in [*self._open[self._open.index(node) :], node])
            raise problem(
                node,
                f"the shape is recursive: {circle}",
                "SHACL 3.4.3 leaves recursive shapes undefined; break the circle.",
            )
        self._open.append(node)
        shape = self._read(node)
        self._open.pop()
        self.done[node] = shape
        return shape

    def _read(self, node: OxNode) -> model.Shape:
        graph = self.graph
        self._check_predicates(node)
        paths = graph.objects(node, SH + "path")
        if len(paths) > 1:
            raise problem(node, "sh:path has several values", "Give a property shape exactly one path.")
        if not paths and graph.is_instance(node, SH + "PropertyShape", RDF_TYPE):
            raise problem(node, "a property shape has no sh:path", "Give it exactly one path.")
        if paths and graph.is_instance(node, SH + "NodeShape", RDF_TYPE):
            raise problem(node, "a node shape has an sh:path", "A shape with a path is a property shape.")
        path = read_path(graph, paths[0]) if paths else None
        severity = one_at_most(graph, node, "severity")
        if severity is not None and not isinstance(severity, ox.NamedNode):
            raise problem(node, "sh:severity is no IRI", "Use sh:Violation, sh:Warning or sh:Info.")
        deactivated = boolean(graph, node, "deactivated")
        return model.Shape(
            node=node,
            path=path,
            severity=severity.value if severity else VIOLATION,
            messages=messages(graph, node),
            deactivated=deactivated,
            targets=self._targets(node),
            constraints=tuple(self._constraints(node, path)),
        )

    def _check_predicates(self, node: OxNode) -> None:
        """Refuse what may be a constraint and is not known: passing over it would pass the data."""
        for predicate in self.graph.predicates(node):
            if predicate in self._known:
                continue
            if predicate.startswith(SH) or predicate in _DASH_COMPONENTS:
                raise ShapesError(
                    f"<{predicate}> is not known",
                    where=str(node),
                    hint="kgraph judges SHACL 1.0 Core and SHACL-SPARQL. Declare the component with a SPARQL "
                    "validator, or remove the statement; it would not be checked.",
                )

    def _targets(self, node: OxNode) -> model.Targets:
        graph = self.graph
        values = {name: graph.objects(node, SH + name) for name in _TARGETS}
        for name, found in values.items():
            for value in found:
                if isinstance(value, ox.BlankNode) or (
                    name != "targetNode" and not isinstance(value, ox.NamedNode)
                ):
                    raise problem(
                        node,
                        f"sh:{name} has the value {value}",
                        "SHACL 2.1.3 takes an IRI here, and for sh:targetNode also a literal.",
                    )
        classes = list(values["targetClass"])
        # owl:Class is read as a subclass of rdfs:Class, as the OWL 2 RDF-based semantics has it.
        if isinstance(node, ox.NamedNode) and any(
            graph.is_instance(node, cls, RDF_TYPE) for cls in (RDFS_CLASS, OWL_CLASS)
        ):
            classes.append(node)
        return model.Targets(
            nodes=tuple(values["targetNode"]),
            classes=tuple(dict.fromkeys(classes)),  # type: ignore[arg-type]
            subjects_of=tuple(values["targetSubjectsOf"]),  # type: ignore[arg-type]
            objects_of=tuple(values["targetObjectsOf"]),  # type: ignore[arg-type]
        )

    def _constraints(self, node: OxNode, path: Path | None) -> list[model.Constraint]:
        graph = self.graph
        found: list[model.Constraint] = []
        for name, read in PARAMETERS.items():
            found.extend(read(graph, node, name, path))
        for name, kind in _SHAPE_LISTS.items():
            for head in graph.objects(node, SH + name):
                shapes = tuple(self.shape(member) for member in shape_list(graph, node, name, head))
                found.append(kind(shapes))
        found.extend(model.Not(self.shape(value)) for value in graph.objects(node, SH + "not"))
        for value in graph.objects(node, SH + "node"):
            shape = self.shape(value)
            if shape.path is not None:
                raise problem(node, "sh:node refers to a property shape", "Use sh:property, or a node shape.")
            found.append(model.Node(shape))
        for value in graph.objects(node, SH + "property"):
            shape = self.shape(value)
            if shape.path is None:
                raise problem(
                    value, "the value of sh:property has no sh:path", "Give the property shape a path."
                )
            found.append(model.Property(shape))
        found.extend(self._qualified(node, path))
        allowed = closed(graph, node)
        if allowed is not None:
            for value in graph.objects(node, SH + "property"):
                inner = self.shape(value).path
                if isinstance(inner, Predicate):
                    allowed.add(inner.iri)
            found.append(model.Closed(frozenset(allowed)))
        for value in graph.objects(node, SH + "sparql"):
            query = sparql_loader.constraint(graph, node, value, path)
            if query is not None:
                found.append(query)
        for component in self.components:
            found.extend(sparql_loader.applications(graph, component, node, path))
        return found

    def _qualified(self, node: OxNode, path: Path | None) -> list[model.Constraint]:
        graph = self.graph
        value = one_at_most(graph, node, "qualifiedValueShape")
        counts = {name: one_at_most(graph, node, name) for name in _QUALIFIED[:2]}
        if value is None:
            if any(count is not None for count in counts.values()):
                # W3C test qualified-001: a component whose mandatory parameter is missing does not apply.
                self.notes.append(
                    f"{node} has a qualified count and no sh:qualifiedValueShape: nothing is counted"
                )
            return []
        disjoint = boolean(graph, node, "qualifiedValueShapesDisjoint")
        if path is None:
            raise problem(node, "sh:qualifiedValueShape stands at a node shape", "It needs a property shape.")
        shape = self.shape(value)
        siblings: dict[OxTerm, None] = {}
        if disjoint:
            # SHACL 4.7.3: the qualified value shapes of the property shapes beside this one, this one's set
            # aside.
            for parent in graph.subjects(SH + "property", node):
                for beside in graph.objects(parent, SH + "property"):
                    siblings.update(
                        (each, None) for each in graph.objects(beside, SH + "qualifiedValueShape")
                    )
            siblings.pop(value, None)
        others = tuple(self.shape(each) for each in siblings)
        found: list[model.Constraint] = []
        kinds: dict[str, type[model.Qualified]] = {
            "qualifiedMinCount": model.QualifiedMinCount,
            "qualifiedMaxCount": model.QualifiedMaxCount,
        }
        for name, kind in kinds.items():
            count = counts[name]
            if count is not None:
                found.append(kind(shape, text_of(node, name, count), others))
        return found


def messages(graph: TermGraph, node: OxTerm) -> tuple[ox.Literal, ...]:
    """The values of sh:message (SHACL 2.1.5)."""
    found = []
    for value in graph.objects(node, SH + "message"):
        if not isinstance(value, ox.Literal):
            raise problem(
                node, f"sh:message has the value {value}", "Use a string, with a language or without."
            )
        found.append(value)
    return tuple(found)
