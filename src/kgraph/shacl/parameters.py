"""Reading the parameters of Core constraint components, with the syntax rules of SHACL 4."""

from __future__ import annotations

from collections.abc import Callable

import pyoxigraph as ox

from kgraph.errors import ShapesError
from kgraph.shacl import model
from kgraph.shacl.graph import TermGraph
from kgraph.shacl.lexical import is_integer
from kgraph.shacl.names import SH, XSD_BOOLEAN, XSD_STRING
from kgraph.shacl.paths import Path
from kgraph.shacl.patterns import check_pattern
from kgraph.shacl.terms import OxNode, OxTerm

_KINDS = ("IRI", "BlankNode", "Literal", "BlankNodeOrIRI", "BlankNodeOrLiteral", "IRIOrLiteral")

Reader = Callable[[TermGraph, OxNode, str, Path | None], list[model.Constraint]]


def problem(node: OxTerm, what: str, hint: str) -> ShapesError:
    """The error for an ill-formed shape."""
    return ShapesError(what, where=f"shape {node}", hint=hint)


def one_at_most(graph: TermGraph, node: OxNode, name: str) -> OxTerm | None:
    """The only value of sh:`name`, or None."""
    values = graph.objects(node, SH + name)
    if len(values) > 1:
        raise problem(node, f"sh:{name} has {len(values)} values", "SHACL allows one.")
    return values[0] if values else None


def boolean(graph: TermGraph, node: OxNode, name: str) -> bool:
    """A boolean parameter; only the literals `true` and `false` are taken, so that none is passed over."""
    value = one_at_most(graph, node, name)
    if value is None:
        return False
    if not isinstance(value, ox.Literal) or value.datatype.value != XSD_BOOLEAN:
        raise problem(node, f"sh:{name} has the value {value}", "Use true or false.")
    if value.value not in ("true", "false"):
        raise problem(node, f"sh:{name} has the value {value}", "SHACL names the literal true; write true.")
    return value.value == "true"


def text_of(node: OxNode, name: str, value: OxTerm) -> int:
    """A count or length as a number."""
    if not isinstance(value, ox.Literal) or not is_integer(value):
        raise problem(node, f"sh:{name} has the value {value}", "Use an xsd:integer.")
    return int(value.value)


def shape_list(graph: TermGraph, node: OxNode, name: str, head: OxTerm) -> list[OxTerm]:
    """The members of sh:and, sh:or or sh:xone."""
    if isinstance(head, ox.Literal):
        raise problem(node, f"sh:{name} has the value {head}", "Use a list of shapes.")
    return graph.items(head)


def closed(graph: TermGraph, node: OxNode) -> set[str] | None:
    """The ignored properties of a closed shape, or None where it is not closed."""
    ignored = one_at_most(graph, node, "ignoredProperties")
    members = graph.items(ignored) if ignored is not None else []
    if not all(isinstance(member, ox.NamedNode) for member in members):
        raise problem(node, "sh:ignoredProperties lists something that is no IRI", "List predicates.")
    return {member.value for member in members} if boolean(graph, node, "closed") else None


def _iris(kind: Callable[[ox.NamedNode], model.Constraint], *, path_only: bool = False) -> Reader:
    def read(graph: TermGraph, node: OxNode, name: str, path: Path | None) -> list[model.Constraint]:
        found: list[model.Constraint] = []
        for value in graph.objects(node, SH + name):
            if not isinstance(value, ox.NamedNode):
                raise problem(node, f"sh:{name} has the value {value}", "Use an IRI.")
            found.append(kind(value))
        if found and path_only and path is None:
            raise problem(node, f"sh:{name} stands at a node shape", "It needs a property shape.")
        return found

    return read


def _number(kind: Callable[[int], model.Constraint], *, path_only: bool = False) -> Reader:
    def read(graph: TermGraph, node: OxNode, name: str, path: Path | None) -> list[model.Constraint]:
        value = one_at_most(graph, node, name)
        if value is None:
            return []
        if path_only and path is None:
            raise problem(node, f"sh:{name} stands at a node shape", "It needs a property shape.")
        return [kind(text_of(node, name, value))]

    return read


def _bound(kind: Callable[[ox.Literal], model.Constraint]) -> Reader:
    def read(graph: TermGraph, node: OxNode, name: str, path: Path | None) -> list[model.Constraint]:
        value = one_at_most(graph, node, name)
        if value is None:
            return []
        if not isinstance(value, ox.Literal):
            raise problem(node, f"sh:{name} has the value {value}", "Use a literal to compare with.")
        return [kind(value)]

    return read


def _datatype(graph: TermGraph, node: OxNode, name: str, path: Path | None) -> list[model.Constraint]:
    one_at_most(graph, node, name)
    return _iris(lambda value: model.Datatype(value.value))(graph, node, name, path)


def _node_kind(graph: TermGraph, node: OxNode, name: str, path: Path | None) -> list[model.Constraint]:
    value = one_at_most(graph, node, name)
    if value is None:
        return []
    local = value.value.removeprefix(SH)
    if not isinstance(value, ox.NamedNode) or local not in _KINDS:
        raise problem(node, f"sh:nodeKind has the value {value}", f"Use one of sh:{', sh:'.join(_KINDS)}.")
    return [model.NodeKind(local)]


def _class(graph: TermGraph, node: OxNode, name: str, path: Path | None) -> list[model.Constraint]:
    return _iris(model.Class)(graph, node, name, path)


def _string(node: OxNode, name: str, value: OxTerm) -> str:
    if not isinstance(value, ox.Literal) or value.datatype.value != XSD_STRING:
        raise problem(node, f"sh:{name} has the value {value}", "Use a plain string.")
    return value.value


def _pattern(graph: TermGraph, node: OxNode, name: str, path: Path | None) -> list[model.Constraint]:
    flags = one_at_most(graph, node, "flags")
    found: list[model.Constraint] = []
    for value in graph.objects(node, SH + name):
        text = _string(node, name, value)
        marks = _string(node, "flags", flags) if flags is not None else ""
        check_pattern(node, text, marks)
        found.append(model.Pattern(text, marks))
    return found


def _language_in(graph: TermGraph, node: OxNode, name: str, path: Path | None) -> list[model.Constraint]:
    head = one_at_most(graph, node, name)
    if head is None:
        return []
    return [model.LanguageIn(tuple(_string(node, name, member) for member in graph.items(head)))]


def _unique_lang(graph: TermGraph, node: OxNode, name: str, path: Path | None) -> list[model.Constraint]:
    value = one_at_most(graph, node, name)
    if value is None:
        return []
    if path is None:
        raise problem(node, "sh:uniqueLang stands at a node shape", "It needs a property shape.")
    if value == ox.Literal("1", datatype=ox.NamedNode(XSD_BOOLEAN)):
        return []  # W3C test uniqueLang-002: only the literal true turns it on
    return [model.UniqueLang()] if boolean(graph, node, name) else []


def _has_value(graph: TermGraph, node: OxNode, name: str, path: Path | None) -> list[model.Constraint]:
    return [model.HasValue(value) for value in graph.objects(node, SH + name)]


def _in(graph: TermGraph, node: OxNode, name: str, path: Path | None) -> list[model.Constraint]:
    head = one_at_most(graph, node, name)
    if head is None:
        return []
    if isinstance(head, ox.Literal):
        raise problem(node, f"sh:in has the value {head}", "Use a list of terms.")
    return [model.In(tuple(graph.items(head)))]


PARAMETERS: dict[str, Reader] = {
    "class": _class,
    "datatype": _datatype,
    "nodeKind": _node_kind,
    "minCount": _number(model.MinCount, path_only=True),
    "maxCount": _number(model.MaxCount, path_only=True),
    "minExclusive": _bound(model.MinExclusive),
    "minInclusive": _bound(model.MinInclusive),
    "maxExclusive": _bound(model.MaxExclusive),
    "maxInclusive": _bound(model.MaxInclusive),
    "minLength": _number(model.MinLength),
    "maxLength": _number(model.MaxLength),
    "pattern": _pattern,
    "languageIn": _language_in,
    "uniqueLang": _unique_lang,
    "equals": _iris(model.Equals),
    "disjoint": _iris(model.Disjoint),
    "lessThan": _iris(model.LessThan, path_only=True),
    "lessThanOrEquals": _iris(model.LessThanOrEquals, path_only=True),
    "hasValue": _has_value,
    "in": _in,
}
"""Parameter's local name -> how to read its constraints; those that refer to shapes are read by the
loader.
"""
