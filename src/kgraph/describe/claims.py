"""What speakers say: the claims about a node, and those that it makes, each with its own evidence.

A claim that is reported by another claim keeps the one who reports it, so that no page shows it as said outright.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kgraph.describe.node import Node, Reader
from kgraph.engine.protocol import IncomingGroup
from kgraph.terms import IRI, Literal
from kgraph.terms import Node as Resource


@dataclass(frozen=True)
class Claim:
    """One act of speaking. `relation`: how it touches the node described (about, mentions, claimant ...)."""

    iri: str
    node: Node
    relation: str
    types: tuple[str, ...]
    acts: tuple[str, ...]
    claimants: tuple[str, ...]
    possible_claimants: tuple[str, ...]
    about: tuple[str, ...]
    possibly_about: tuple[str, ...]
    mentions: tuple[str, ...]
    terms: tuple[Literal, ...]
    count: str
    comparison: str | None
    unit: str
    scope: tuple[Literal, ...]
    addressee: str
    phrase: str
    reports: tuple[str, ...]
    reported_by: tuple[str, ...]
    part_of: tuple[str, ...]
    description: tuple[Literal, ...]
    graphs: tuple[str, ...]

    def iris(self) -> set[str]:
        """The IRIs that a page of this claim names."""
        found = {self.iri, *self.types, *self.acts, *self.claimants, *self.possible_claimants, *self.about}
        found.update(
            self.possibly_about, self.mentions, self.reports, self.reported_by, self.part_of, self.graphs
        )
        if self.comparison:
            found.add(self.comparison)
        return found


ABOUT = ("about", "possiblyAbout", "mentions")
BY = ("claimant", "possibleClaimant")
_DESCRIPTION = "http://purl.org/dc/terms/description"


def claims_of(
    resource: Resource, groups: Iterable[IncomingGroup], reader: Reader, kg: str, *, most: int
) -> tuple[list[Claim], list[Claim]]:
    """The claims about a node and the claims that it makes, at most `most` of each relation, in order of IRI."""
    said: list[Claim] = []
    sayings: list[Claim] = []
    counts = {g.predicate.value: g for g in groups}
    for relations, into in ((ABOUT, said), (BY, sayings)):
        seen: set[Resource] = set()
        for relation in relations:
            group = counts.get(kg + relation)
            if group is None:
                continue
            subjects: Iterable[Resource] = group.subjects
            # of more than `most` the first are shown, and a list has the rest
            if len(group.subjects) < group.count <= most:
                subjects = reader.engine.incoming_page(resource, IRI(kg + relation), limit=most)[1]
            for subject in subjects:
                if subject not in seen:
                    seen.add(subject)
                    into.append(read_claim(reader.node(subject), reader, kg, relation))
    return said, sayings


def read_claim(node: Node, reader: Reader, kg: str, relation: str = "") -> Claim:
    """A claim from its node. Who reports it is looked up, one level."""
    _, reporting = reader.engine.incoming_page(node.resource, IRI(kg + "reports"), limit=20)
    reported_by = tuple(s.value for s in reporting if isinstance(s, IRI))
    return Claim(
        node.resource.value,
        node,
        relation,
        tuple(node.types),
        tuple(node.iris(kg + "act")),
        tuple(node.iris(kg + "claimant")),
        tuple(node.iris(kg + "possibleClaimant")),
        tuple(node.iris(kg + "about")),
        tuple(node.iris(kg + "possiblyAbout")),
        tuple(node.iris(kg + "mentions")),
        tuple(node.literals(kg + "term")),
        node.text(kg + "count"),
        next(iter(node.iris(kg + "comparison")), None),
        node.text(kg + "unit"),
        tuple(node.literals(kg + "scope")),
        node.text(kg + "addressee"),
        node.text(kg + "phrase"),
        tuple(node.iris(kg + "reports")),
        reported_by,
        tuple(node.iris(kg + "subTallyOf")),
        tuple(node.literals(_DESCRIPTION)),
        node.graphs,
    )
