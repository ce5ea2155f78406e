"""Reading SPARQL-based constraints and constraint components (SHACL 5 and 6)."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import pyoxigraph as ox

from kgraph.errors import ShapesError
from kgraph.shacl import model, paths
from kgraph.shacl.graph import TermGraph
from kgraph.shacl.names import OWL_IMPORTS, RDF_TYPE, SH, XSD_ANYURI, XSD_STRING
from kgraph.shacl.parameters import boolean, one_at_most, problem
from kgraph.shacl.paths import Path, Predicate
from kgraph.shacl.prebinding import QueryText, mentions, replace_path
from kgraph.shacl.terms import OxNode, OxTerm

SPARQL_COMPONENT = SH + "SPARQLConstraintComponent"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a custom component: the IRI of its path, and whether a shape may leave it out."""

    path: str
    optional: bool

    @property
    def name(self) -> str:
        """The variable: the local name of the path (SHACL 6.2.1)."""
        return self.path[max(self.path.rfind(mark) for mark in "#/:") + 1 :]


@dataclass(frozen=True, slots=True)
class Component:
    """A SPARQL-based constraint component."""

    node: OxNode
    parameters: tuple[Parameter, ...]


def components(graph: TermGraph) -> list[Component]:
    """The components that the shapes graph declares outside SHACL's own namespace."""
    found: dict[OxNode, None] = {}
    for node, cls in graph.pairs(RDF_TYPE):
        if ox.NamedNode(SH + "ConstraintComponent") in graph.superclasses(cls):
            found[node] = None
    return [_component(graph, node) for node in found if not node.value.startswith(SH)]


def _component(graph: TermGraph, node: OxNode) -> Component:
    parameters = []
    for value in graph.objects(node, SH + "parameter"):
        path = one_at_most(graph, value, "path") if not isinstance(value, ox.Literal) else None
        if not isinstance(path, ox.NamedNode):
            raise problem(
                node, "a parameter has no path", "Give each sh:parameter an sh:path that is an IRI."
            )
        optional = boolean(graph, value, "optional")  # type: ignore[arg-type]
        parameter = Parameter(path.value, optional)
        if not parameter.name.isidentifier() or parameter.name in (
            "this",
            "shapesGraph",
            "currentShape",
            "path",
            "PATH",
            "value",
        ):
            raise problem(node, f"?{parameter.name} is no name for a parameter", "See SHACL 6.2.1.")
        parameters.append(parameter)
    if all(parameter.optional for parameter in parameters):
        raise problem(node, "the component has no parameter that is not optional", "See SHACL 6.2.1.")
    return Component(node, tuple(parameters))


def applications(
    graph: TermGraph, component: Component, node: OxNode, path: Path | None
) -> list[model.Query]:
    """The constraints that a component makes at a shape: one for each value of an only parameter (SHACL
    6.2).
    """
    values: dict[str, list[OxTerm]] = {}
    for parameter in component.parameters:
        given = graph.objects(node, parameter.path)
        if not given and not parameter.optional:
            return []
        if len(given) > 1 and len(component.parameters) > 1:
            raise problem(
                node,
                f"<{parameter.path}> has {len(given)} values",
                "A component with several parameters takes one value for each.",
            )
        if given:
            values[parameter.name] = given
    validator, asks = _validator(graph, component, node, path)
    found = []
    for combination in itertools.product(*values.values()):
        bound = tuple(zip(values, combination, strict=True))
        found.append(
            _query(
                graph,
                validator,
                component.node.value,
                asks,
                bound,
                node,
                path,
                messages_at=(validator, component.node),
                source=None,
            )
        )
    return found


def _validator(
    graph: TermGraph, component: Component, node: OxNode, path: Path | None
) -> tuple[OxNode, bool]:
    """The validator to use and whether it is an ASK query (SHACL 6.2.3)."""
    own = "nodeValidator" if path is None else "propertyValidator"
    for name, asks in ((own, False), ("validator", True)):
        for value in graph.objects(component.node, SH + name):
            if not isinstance(value, ox.Literal):
                return value, asks
    raise problem(
        node,
        f"the component {component.node} has no validator for this shape",
        f"Give it an sh:{own} or an sh:validator; without one it would not be checked.",
    )


def constraint(graph: TermGraph, node: OxNode, value: OxTerm, path: Path | None) -> model.Query | None:
    """The constraint of one sh:sparql value; None where it is deactivated."""
    if isinstance(value, ox.Literal):
        raise problem(node, f"sh:sparql has the value {value}", "Use a node with sh:select.")
    if boolean(graph, value, "deactivated") and value != node:
        return None
    return _query(graph, value, SPARQL_COMPONENT, False, (), node, path, messages_at=(value,), source=value)


def _query(
    graph: TermGraph,
    holder: OxNode,
    component: str,
    asks: bool,
    bound: tuple[tuple[str, OxTerm], ...],
    node: OxNode,
    path: Path | None,
    *,
    messages_at: tuple[OxNode, ...],
    source: OxNode | None,
) -> model.Query:
    name = "ask" if asks else "select"
    text = one_at_most(graph, holder, name)
    if not isinstance(text, ox.Literal) or text.datatype.value != XSD_STRING:
        raise problem(node, f"{holder} has no sh:{name}", f"Give it exactly one sh:{name} with the query.")
    where = f"shape {node}"
    query = text.value
    if "\\u" in query or "\\U" in query:
        raise ShapesError(
            "the query has a \\u escape",
            where=where,
            hint="Write the character itself; it could hide a keyword.",
        )
    if path is not None:
        shown = paths.sparql(path)
        query = replace_path(query, shown if isinstance(path, Predicate) else f"({shown})", where)
    elif mentions(query, "PATH", where):
        raise ShapesError(
            "the query uses $PATH at a node shape", where=where, hint="It needs a property shape."
        )
    names = {"this", "shapesGraph", "currentShape", *dict(bound)} | ({"value"} if asks else set())
    full = prologue(graph, holder) + query
    checked = QueryText(full, names, where)
    if checked.asks != asks:
        raise ShapesError(
            f"sh:{name} holds another form of query", where=where, hint=f"Write {name.upper()}."
        )
    if not asks and not checked.projects("this"):
        raise ShapesError("the query does not return ?this", where=where, hint="SELECT $this (SHACL 5.2.1).")
    try:
        ox.Store().query(full)
    except SyntaxError as error:
        if checked.undeclared:
            raise ShapesError(
                f"the query uses the prefix {checked.undeclared[0]}:, which is not declared",
                where=where,
                hint="Declare it with sh:prefixes and sh:declare (SHACL 5.2.1), or write the IRI in full.",
            ) from error
        raise ShapesError(
            f"the query is not SPARQL: {error}", where=where, hint="Correct the query."
        ) from error
    except RuntimeError as error:  # a function that the store does not have
        raise ShapesError(
            f"the query cannot be run: {error}", where=where, hint="Use the functions of SPARQL 1.1."
        ) from error
    said = next((found for at in messages_at if (found := _messages(graph, at))), ())
    return model.Query(component, full, asks, bound, said, source)


def _messages(graph: TermGraph, node: OxNode) -> tuple[ox.Literal, ...]:
    return tuple(m for m in graph.objects(node, SH + "message") if isinstance(m, ox.Literal))


def prologue(graph: TermGraph, holder: OxNode) -> str:
    """The PREFIX lines of sh:prefixes, owl:imports followed (SHACL 5.2.1)."""
    front = list(graph.objects(holder, SH + "prefixes"))
    seen: set[OxTerm] = set()
    declared: dict[str, str] = {}
    while front:
        node = front.pop()
        if node in seen:
            continue
        seen.add(node)
        front.extend(graph.objects(node, OWL_IMPORTS))
        for declaration in graph.objects(node, SH + "declare"):
            prefix, namespace = (
                one_at_most(graph, declaration, name)  # type: ignore[arg-type]
                for name in ("prefix", "namespace")
            )
            if (
                not isinstance(prefix, ox.Literal)
                or not isinstance(namespace, ox.Literal)
                or namespace.datatype.value not in (XSD_ANYURI, XSD_STRING)
            ):
                raise problem(
                    holder, "a prefix is ill-declared", "Give it one sh:prefix and one sh:namespace."
                )
            if declared.setdefault(prefix.value, namespace.value) != namespace.value:
                raise problem(
                    holder, f"the prefix {prefix.value} has two namespaces", "Declare each prefix once."
                )
    return "".join(f"PREFIX {prefix}: <{namespace}>\n" for prefix, namespace in sorted(declared.items()))
