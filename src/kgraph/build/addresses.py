"""Things whose addresses the application serves itself: they are listed, as no link reaches them there (DESIGN 5)."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from kgraph.build.findings import Finding
from kgraph.iri import RESERVED

LISTED = 20
"""So many are named; the rest is counted."""

_HINT = "Give it an IRI whose first path segment is another, if readers are to find it at its own address."


def collisions(index: Path, ontology: str) -> Iterator[Finding]:
    """A warning for each of the first things, by IRI, that lie at an address of the application.

    `ontology` is the IRI of the site's own ontology, which belongs there.
    """
    with closing(sqlite3.connect(index)) as db:
        found = [
            iri
            for segment in sorted(RESERVED)
            # the segment itself, or followed by '.', '/': the two characters before '0'
            for (iri,) in db.execute(
                "SELECT iri FROM node WHERE path = ?1 OR (path >= ?1 || '.' AND path < ?1 || '0')",
                (f"/{segment}",),
            )
            if iri.partition("#")[0] != ontology
        ]
    for iri in sorted(found)[:LISTED]:
        yield Finding(
            "address",
            "kgraph serves its own pages at this address; the page of the thing is /entity?iri= with this IRI",
            subject=iri,
            hint=_HINT,
            severity="warning",
        )
    if len(found) > LISTED:
        yield Finding(
            "address",
            f"{len(found) - LISTED:,} more things lie where kgraph itself serves something",
            hint=_HINT,
            severity="warning",
        )
