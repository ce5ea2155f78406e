"""A small store with evidence graphs, for tests of the query service."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox

BASE = "http://example.org/"
PREFIXES = {"ex": BASE, "v": BASE + "v#"}
PEOPLE = 1000

TRIG = """
PREFIX ex: <http://example.org/>
PREFIX v: <http://example.org/v#>
GRAPH ex:g1 { ex:a v:name "A"@en ; v:knows ex:b . ex:c v:name "C,\\n\\"c\\"" . }
GRAPH ex:g2 { ex:a v:knows ex:b , ex:c . ex:b v:name "},{" , "{}" , "<result>" . }
"""


def make_store(folder: Path) -> Path:
    """Write the sample: two overlapping named graphs, their merge, and people to join."""
    path = folder / "store"
    store = ox.Store(str(path))
    store.load(TRIG, format=ox.RdfFormat.TRIG)
    named = list(store)
    store.extend(ox.Quad(q.subject, q.predicate, q.object) for q in named)
    name, number = ox.NamedNode(BASE + "v#label"), ox.NamedNode(BASE + "v#number")
    for n in range(PEOPLE):
        person = ox.NamedNode(f"{BASE}person/{n}")
        store.extend(
            [ox.Quad(person, name, ox.Literal(f"Person {n}")), ox.Quad(person, number, ox.Literal(n))]
        )
    store.flush()
    return path


RUNAWAYS = {
    "cross join": "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l FILTER(?c != ?l) }",
    "unbounded order": "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l } ORDER BY ?l ?i",
    "distinct bomb": "SELECT (COUNT(*) AS ?n) { SELECT DISTINCT ?a ?d ?g { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } }",
    "concat bomb": "SELECT (STRLEN(?j) AS ?l) { BIND('aaaaaaaaaaaaaaaa' AS ?a) "
    + " ".join(
        f"BIND(CONCAT({','.join([f'?{x}'] * 16)}) AS ?{y})"
        for x, y in zip("abcdefghi", "bcdefghij", strict=True)
    )
    + " }",
}
