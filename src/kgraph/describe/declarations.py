"""Declarations: acts of declaring that a source reports. Nothing here says whether what was declared is so."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kgraph.describe.claims import Claim, read_claim
from kgraph.describe.node import Node, Reader
from kgraph.terms import IRI, Literal


@dataclass(frozen=True)
class Declaration:
    """Who declared what, in which form, when, and through whose words that is known."""

    iri: str
    node: Node
    declared_by: tuple[str, ...]
    forms: tuple[str, ...]
    terms: tuple[Literal, ...]
    phrases: tuple[Literal, ...]
    concerns: tuple[str, ...]
    datings: tuple[Node, ...]
    known_through: tuple[Claim, ...]
    graphs: tuple[str, ...]

    def iris(self) -> set[str]:
        """The IRIs that a page of it names."""
        found = {self.iri, *self.declared_by, *self.forms, *self.concerns, *self.graphs}
        for claim in self.known_through:
            found |= claim.iris()
        return found


def load_declarations(reader: Reader, iris: Iterable[str], kg: str) -> None:
    """Read declarations and what they are made from, in two look-ups."""
    iris = list(iris)
    reader.load(iris)
    nodes = [node for iri in iris if (node := reader.loaded(iri))]
    reader.load(t for node in nodes for p in ("dating", "knownThrough") for t in node.iris(kg + p))


def read_declaration(iri: str, reader: Reader, kg: str) -> Declaration:
    """A declaration from its node."""
    node = reader.node(IRI(iri))
    datings = tuple(reader.node(IRI(d)) for d in node.iris(kg + "dating"))
    claims = tuple(read_claim(reader.node(IRI(c)), reader, kg) for c in node.iris(kg + "knownThrough"))
    return Declaration(
        iri,
        node,
        tuple(node.iris(kg + "declaredBy")),
        tuple(node.iris(kg + "form")),
        tuple(node.literals(kg + "term")),
        tuple(node.literals(kg + "phrase")),
        tuple(node.iris(kg + "concerns")),
        datings,
        claims,
        node.graphs,
    )
