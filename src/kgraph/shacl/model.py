"""Shapes as values: what the loader makes of a shapes graph and both the screen and the judge read.

One class for each kind of constraint; `component` is the IRI that results name (SHACL 4 and 5).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import pyoxigraph as ox

from kgraph.shacl.names import SH
from kgraph.shacl.paths import Path
from kgraph.shacl.terms import OxNode, OxTerm


@dataclass(frozen=True, slots=True)
class Targets:
    """Where a shape's focus nodes come from (SHACL 2.1.3); `classes` holds implicit class targets too."""

    nodes: tuple[OxTerm, ...] = ()
    classes: tuple[OxNode, ...] = ()
    subjects_of: tuple[ox.NamedNode, ...] = ()
    objects_of: tuple[ox.NamedNode, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.nodes or self.classes or self.subjects_of or self.objects_of)


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """A node shape (`path` is None) or a property shape, with every shape it refers to."""

    node: OxNode
    path: Path | None
    severity: str
    messages: tuple[ox.Literal, ...]
    deactivated: bool
    targets: Targets
    constraints: tuple[Constraint, ...]


@dataclass(frozen=True, slots=True)
class Constraint:
    """Base of all constraints."""

    component: ClassVar[str]


@dataclass(frozen=True, slots=True)
class Class(Constraint):
    component = SH + "ClassConstraintComponent"
    cls: OxNode


@dataclass(frozen=True, slots=True)
class Datatype(Constraint):
    component = SH + "DatatypeConstraintComponent"
    datatype: str


@dataclass(frozen=True, slots=True)
class NodeKind(Constraint):
    """`kind` is the local name: IRI, BlankNode, Literal or two of them joined by Or."""

    component = SH + "NodeKindConstraintComponent"
    kind: str


@dataclass(frozen=True, slots=True)
class MinCount(Constraint):
    component = SH + "MinCountConstraintComponent"
    count: int


@dataclass(frozen=True, slots=True)
class MaxCount(Constraint):
    component = SH + "MaxCountConstraintComponent"
    count: int


@dataclass(frozen=True, slots=True)
class Bound(Constraint):
    """Base of the four value ranges: `value operator limit` must be true in SPARQL."""

    operator: ClassVar[str]
    limit: ox.Literal


@dataclass(frozen=True, slots=True)
class MinExclusive(Bound):
    component = SH + "MinExclusiveConstraintComponent"
    operator = ">"


@dataclass(frozen=True, slots=True)
class MinInclusive(Bound):
    component = SH + "MinInclusiveConstraintComponent"
    operator = ">="


@dataclass(frozen=True, slots=True)
class MaxExclusive(Bound):
    component = SH + "MaxExclusiveConstraintComponent"
    operator = "<"


@dataclass(frozen=True, slots=True)
class MaxInclusive(Bound):
    component = SH + "MaxInclusiveConstraintComponent"
    operator = "<="


@dataclass(frozen=True, slots=True)
class MinLength(Constraint):
    component = SH + "MinLengthConstraintComponent"
    length: int


@dataclass(frozen=True, slots=True)
class MaxLength(Constraint):
    component = SH + "MaxLengthConstraintComponent"
    length: int


@dataclass(frozen=True, slots=True)
class Pattern(Constraint):
    component = SH + "PatternConstraintComponent"
    pattern: str
    flags: str


@dataclass(frozen=True, slots=True)
class LanguageIn(Constraint):
    component = SH + "LanguageInConstraintComponent"
    ranges: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UniqueLang(Constraint):
    component = SH + "UniqueLangConstraintComponent"


@dataclass(frozen=True, slots=True)
class Equals(Constraint):
    component = SH + "EqualsConstraintComponent"
    predicate: ox.NamedNode


@dataclass(frozen=True, slots=True)
class Disjoint(Constraint):
    component = SH + "DisjointConstraintComponent"
    predicate: ox.NamedNode


@dataclass(frozen=True, slots=True)
class Order(Constraint):
    """Base of the two comparisons with another property's values."""

    operator: ClassVar[str]
    predicate: ox.NamedNode


@dataclass(frozen=True, slots=True)
class LessThan(Order):
    component = SH + "LessThanConstraintComponent"
    operator = "<"


@dataclass(frozen=True, slots=True)
class LessThanOrEquals(Order):
    component = SH + "LessThanOrEqualsConstraintComponent"
    operator = "<="


@dataclass(frozen=True, slots=True)
class Not(Constraint):
    component = SH + "NotConstraintComponent"
    shape: Shape


@dataclass(frozen=True, slots=True)
class Listed(Constraint):
    """Base of the components over a list of shapes; a shape listed twice counts twice."""

    shapes: tuple[Shape, ...]


@dataclass(frozen=True, slots=True)
class And(Listed):
    component = SH + "AndConstraintComponent"


@dataclass(frozen=True, slots=True)
class Or(Listed):
    component = SH + "OrConstraintComponent"


@dataclass(frozen=True, slots=True)
class Xone(Listed):
    component = SH + "XoneConstraintComponent"


@dataclass(frozen=True, slots=True)
class Node(Constraint):
    component = SH + "NodeConstraintComponent"
    shape: Shape


@dataclass(frozen=True, slots=True)
class Property(Constraint):
    """sh:property: the results are those of the property shape itself (SHACL 4.7.2)."""

    component = SH + "PropertyConstraintComponent"
    shape: Shape


@dataclass(frozen=True, slots=True)
class Qualified(Constraint):
    """Base of the qualified counts; `siblings` is filled where sh:qualifiedValueShapesDisjoint is true."""

    shape: Shape
    count: int
    siblings: tuple[Shape, ...]


@dataclass(frozen=True, slots=True)
class QualifiedMinCount(Qualified):
    component = SH + "QualifiedMinCountConstraintComponent"


@dataclass(frozen=True, slots=True)
class QualifiedMaxCount(Qualified):
    component = SH + "QualifiedMaxCountConstraintComponent"


@dataclass(frozen=True, slots=True)
class Closed(Constraint):
    component = SH + "ClosedConstraintComponent"
    allowed: frozenset[str]


@dataclass(frozen=True, slots=True)
class HasValue(Constraint):
    component = SH + "HasValueConstraintComponent"
    value: OxTerm


@dataclass(frozen=True, slots=True)
class In(Constraint):
    component = SH + "InConstraintComponent"
    members: tuple[OxTerm, ...]


@dataclass(frozen=True, slots=True)
class Query(Constraint):
    """A constraint given in SPARQL (SHACL 5 and 6).

    `text` is complete with prefixes, $PATH replaced. `asks`: an ASK query, true where a value conforms;
    else a SELECT query whose solutions are results. `bound` are the variables bound before evaluation
    beside $this (and $value for ASK): the parameters of a custom component. `source` is the node to report
    as sh:sourceConstraint, if any.
    """

    name: str
    text: str
    asks: bool
    bound: tuple[tuple[str, OxTerm], ...]
    messages: tuple[ox.Literal, ...]
    source: OxNode | None


def parts(constraint: Constraint) -> tuple[Shape, ...]:
    """The shapes a constraint refers to."""
    if isinstance(constraint, Not | Node | Property):
        return (constraint.shape,)
    if isinstance(constraint, Listed):
        return constraint.shapes
    if isinstance(constraint, Qualified):
        return (constraint.shape, *constraint.siblings)
    return ()


def flat(shape: Shape) -> Iterator[tuple[Shape, Constraint]]:
    """The constraints on a node, those of its property shapes among them, each with the shape it stands in."""
    for constraint in shape.constraints:
        if isinstance(constraint, Property) and shape.path is None:
            if not constraint.shape.deactivated:
                yield from flat(constraint.shape)
        else:
            yield shape, constraint


def asks(shape: Shape) -> bool:
    """Whether a query stands anywhere in a shape."""
    return any(
        isinstance(constraint, Query) or any(asks(part) for part in parts(constraint))
        for constraint in shape.constraints
    )


def component_of(constraint: Constraint) -> str:
    """The IRI of the constraint's component; that of a Query depends on where it was declared."""
    return constraint.name if isinstance(constraint, Query) else constraint.component
