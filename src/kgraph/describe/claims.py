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


CLAIMS_SHOWN = 80
"""Claims about a thing, and claims that it makes, up to so many are shown on its page."""

SOME_CLAIMS = 15
"""Where there are more, so many of each relation are shown, and a list has them all."""


def claims_of(
    resource: Resource, groups: Iterable[IncomingGroup], reader: Reader, kg: str
) -> tuple[list[Claim], list[Claim], set[str]]:
    """The claims about a node, the claims that it makes, and the relations (IRIs) of which only some are given."""
    found: tuple[list[Claim], list[Claim]] = ([], [])
    some: set[str] = set()
    counts = {g.predicate.value: g for g in groups}
    for relations, into in zip((ABOUT, BY), found, strict=True):
        present = [counts[kg + relation] for relation in relations if kg + relation in counts]
        total = sum(group.count for group in present)
        seen: set[Resource] = set()
        shown: dict[str, Iterable[Resource]] = {}
        for group in present:
            relation = group.predicate.value
            subjects: Iterable[Resource] = group.subjects
            if total > CLAIMS_SHOWN and group.count > SOME_CLAIMS:
                subjects = group.subjects[:SOME_CLAIMS]
                some.add(relation)
            elif len(group.subjects) < group.count:
                subjects = reader.engine.incoming_page(
                    resource, group.predicate, limit=CLAIMS_SHOWN, total=group.count
                )[1]
            shown[relation] = subjects
        reader.load(s.value for subjects in shown.values() for s in subjects if isinstance(s, IRI))
        for relation, subjects in shown.items():
            for subject in subjects:
                if subject not in seen:
                    seen.add(subject)
                    into.append(read_claim(reader.node(subject), reader, kg, relation.removeprefix(kg)))
    return *found, some


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
