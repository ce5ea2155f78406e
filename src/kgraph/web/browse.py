"""Lists of things by class, from the index."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint

from kgraph.web.edition import Edition

blueprint = Blueprint("browse", __name__)

_PLUMBING = (
    "http://www.w3.org/2002/07/owl#",
    "http://www.w3.org/2000/01/rdf-schema#",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "http://www.w3.org/ns/shacl#",
    "http://www.w3.org/ns/oa#",
    "http://www.w3.org/2004/02/skos/core#",
    "http://rdfs.org/ns/void#",
)
_ORDER = (
    "Event", "Commemoration", "Recognition", "Campaign", "Person", "Organization", "Group", "Place", "Work", "Claim",
    "Tally", "Source",
)  # fmt: skip
_INNER = ("Agent", "Participation", "Dating", "Passage", "EditorialGraph", "ExternalGraph", "InferredGraph")


@dataclass(frozen=True)
class ClassCount:
    """A class and how many things it has, through subclasses too."""

    iri: str
    entities: int
    id: int


def classes_shown(edition: Edition, most: int = 24) -> list[ClassCount]:
    """The classes worth browsing: the site's own in their order, then others asserted, largest first."""
    rows = edition.rows(
        "SELECT n.iri, n.id, s.entities FROM class_statistic s JOIN node n ON n.id = s.class"
        " WHERE EXISTS (SELECT 1 FROM instance i WHERE i.class = s.class AND i.direct = 1)"
        " ORDER BY s.entities DESC, n.iri"
    )
    kg = edition.kg
    own = {kg + local: place for place, local in enumerate(_ORDER)}
    hidden = {kg + local for local in _INNER}
    found = [
        ClassCount(row["iri"], row["entities"], row["id"])
        for row in rows
        if not row["iri"].startswith(_PLUMBING) and row["iri"] not in hidden
    ]
    found.sort(key=lambda c: own.get(c.iri, len(own)))
    return found[:most]
