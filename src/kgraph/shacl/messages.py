"""What a result says where the shape has no message of its own, and what to do about it, by component."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from kgraph.shacl import model
from kgraph.shacl.names import SH
from kgraph.shacl.terms import OxTerm


def _shown(term: OxTerm) -> str:
    return str(term)


def _some(terms: tuple[OxTerm, ...]) -> str:
    text = ", ".join(str(term) for term in terms[:8])
    return text if len(terms) <= 8 else f"{text} and {len(terms) - 8} more"


_KINDS = {
    "IRI": "an IRI",
    "BlankNode": "a blank node",
    "Literal": "a literal",
    "BlankNodeOrIRI": "a blank node or an IRI",
    "BlankNodeOrLiteral": "a blank node or a literal",
    "IRIOrLiteral": "an IRI or a literal",
}
_SIGNS = {"<": "less than", "<=": "at most", ">": "greater than", ">=": "at least"}

_TEXTS: dict[type[model.Constraint], Callable[[Any], str]] = {
    model.Class: lambda c: f"The value is not an instance of {_shown(c.cls)}",
    model.Datatype: lambda c: f"The value is not a well-formed literal of datatype <{c.datatype}>",
    model.NodeKind: lambda c: f"The value is not {_KINDS[c.kind]}",
    model.MinCount: lambda c: (
        f"There are fewer than {c.count} values" if c.count > 1 else "There is no value"
    ),
    model.MaxCount: lambda c: (
        f"There are more than {c.count} values"
        if c.count > 1
        else ("There is more than one value" if c.count else "There is a value")
    ),
    **dict.fromkeys(
        (model.MinExclusive, model.MinInclusive, model.MaxExclusive, model.MaxInclusive),
        lambda c: f"The value is not {_SIGNS[c.operator]} {_shown(c.limit)}",
    ),
    model.MinLength: lambda c: f"The value is shorter than {c.length} characters",
    model.MaxLength: lambda c: f"The value is longer than {c.length} characters",
    model.Pattern: lambda c: f"The value does not match the pattern {c.pattern!r}",
    model.LanguageIn: lambda c: f"The value's language is none of {', '.join(c.ranges)}",
    model.UniqueLang: lambda c: "Two values have the same language",
    model.Equals: lambda c: f"The values differ from those of {_shown(c.predicate)}",
    model.Disjoint: lambda c: f"The value is also a value of {_shown(c.predicate)}",
    **dict.fromkeys(
        (model.LessThan, model.LessThanOrEquals),
        lambda c: f"The value is not {_SIGNS[c.operator]} each value of {_shown(c.predicate)}",
    ),
    model.Not: lambda c: f"The value conforms to {_shown(c.shape.node)}, which it must not",
    model.And: lambda c: "The value does not conform to all of the shapes",
    model.Or: lambda c: "The value conforms to none of the shapes",
    model.Xone: lambda c: "The value does not conform to exactly one of the shapes",
    model.Node: lambda c: f"The value does not conform to the shape {_shown(c.shape.node)}",
    model.QualifiedMinCount: lambda c: f"Fewer than {c.count} values conform to the shape",
    model.QualifiedMaxCount: lambda c: f"More than {c.count} values conform to the shape",
    model.Closed: lambda c: "The shape is closed and has no such property",
    model.HasValue: lambda c: f"The value {_shown(c.value)} is missing",
    model.In: lambda c: f"The value is none of {_some(c.members)}",
    model.Query: lambda c: "The query of the shape found a violation",
}


@lru_cache(maxsize=4096)
def message(constraint: model.Constraint) -> str:
    """One plain sentence, without its full stop."""
    return _TEXTS[type(constraint)](constraint)


REMEDIES = {
    "Class": "Give the value that type, or refer to another node.",
    "Datatype": "Correct the value or its datatype.",
    "NodeKind": "Replace the value by one of that kind.",
    "MinCount": "Add the missing values.",
    "MaxCount": "Remove values until only the allowed number is left.",
    "MinExclusive": "Correct the value.",
    "MinInclusive": "Correct the value.",
    "MaxExclusive": "Correct the value.",
    "MaxInclusive": "Correct the value.",
    "MinLength": "Write the value in full.",
    "MaxLength": "Shorten the value.",
    "Pattern": "Write the value in the form the pattern describes.",
    "LanguageIn": "Use one of these language tags.",
    "UniqueLang": "Keep one value for each language.",
    "Equals": "State the same values for both properties.",
    "Disjoint": "Remove the value from one of the two properties.",
    "LessThan": "Correct one of the two values, or the datatype of one.",
    "LessThanOrEquals": "Correct one of the two values, or the datatype of one.",
    "Not": "Change what makes the node conform to that shape.",
    "And": "Make the node conform to each shape of the list.",
    "Or": "Make the node conform to one shape of the list.",
    "Xone": "Make the node conform to one shape of the list and to no other.",
    "Node": "Correct what the details name.",
    "QualifiedMinCount": "Add values that conform to the shape.",
    "QualifiedMaxCount": "Remove values that conform to the shape.",
    "Closed": "Remove the statement, or add the property to the shape.",
    "HasValue": "Add the value.",
    "In": "Use one of the listed values.",
}
"""What to do, by the component's local name."""
OTHERWISE = "See the shape's message for what it asks."


def remedy(component: str) -> str:
    """What to do about a result of the component, by its IRI."""
    name = component.removeprefix(SH).removesuffix("ConstraintComponent")
    return REMEDIES.get(name, OTHERWISE)
