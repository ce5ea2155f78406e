"""schema.org JSON-LD for pages: what search engines read of a thing and of the whole dataset.

Only what the graph states plainly goes in: no names that only a source or a speaker uses, no date that is uncertain.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from kgraph.harvest import catalog, dumps
from kgraph.harvest.published import Published

_SCHEMA = ("https://schema.org/", "http://schema.org/")
_CERTAIN = re.compile(r"-?\d{4}(-\d\d(-\d\d)?)?(/-?\d{4}(-\d\d(-\d\d)?)?)?")
_DATED = frozenset({"Event", "PublicationEvent", "Festival"})

Json = dict[str, Any]
Links = Callable[[str], Sequence[str]]


def thing(published: Published, iri: str, links: Links) -> Json | None:
    """A thing in schema.org's terms; None where none of its classes is one of schema.org's.

    `links` gives the IRIs that are its values for a property.
    """
    rows = published.rows("SELECT * FROM node WHERE iri = ? AND digest IS NOT NULL", iri)
    kind = _type(published, iri) if rows else None
    if kind is None:
        return None
    row = rows[0]
    found: Json = {
        "@context": "https://schema.org",
        "@type": kind,
        "@id": iri,
        "url": published.document(iri),
    }
    if row["label"]:
        found["name"] = row["label"]
    others = published.rows(
        "SELECT DISTINCT text FROM label WHERE node = ? AND role != 'attributed' AND text != ? ORDER BY text LIMIT 20",
        row["id"],
        row["label"] or "",
    )
    if others:
        found["alternateName"] = [r["text"] for r in others]
    if row["description"]:
        found["description"] = row["description"]
    same = [v for r in published.rows("SELECT property FROM role WHERE role = 'same as' AND second IS NULL")
            for v in links(r["property"])]  # fmt: skip
    if same:
        found["sameAs"] = sorted(set(same))
    _place(published, row["id"], kind, found)
    if kind in _DATED:
        _dates(published, row["id"], found)
    if kind == "Claim":
        _claim(published, links, found)
    found["subjectOf"] = {"@type": "Dataset", "@id": published.dataset, "name": published.site.title}
    return found


def _type(published: Published, iri: str) -> str | None:
    rows = published.rows(
        "SELECT c.iri FROM instance i JOIN node c ON c.id = i.class JOIN node n ON n.id = i.node"
        " LEFT JOIN class_statistic s ON s.class = c.id WHERE n.iri = ? ORDER BY s.entities, c.iri",
        iri,
    )
    for row in rows:  # the smallest class is the most telling
        for namespace in _SCHEMA:
            name = row["iri"].removeprefix(namespace)
            if name != row["iri"] and name.isalnum():
                return str(name)
    return None


def _named(published: Published, iri: str, kind: str) -> Json:
    rows = published.rows("SELECT label FROM node WHERE iri = ?", iri)
    named: Json = {"@type": _type(published, iri) or kind, "@id": iri, "url": published.document(iri)}
    if rows and rows[0]["label"]:
        named["name"] = rows[0]["label"]
    return named


def _place(published: Published, node: int, kind: str, found: Json) -> None:
    rows = published.rows(
        "SELECT p.iri, l.place, l.latitude, l.longitude FROM location l JOIN node p ON p.id = l.place"
        " WHERE l.node = ? ORDER BY p.iri LIMIT 5",
        node,
    )
    places = []
    for row in rows:
        geo = None
        if row["latitude"] is not None and row["longitude"] is not None:
            geo = {"@type": "GeoCoordinates", "latitude": row["latitude"], "longitude": row["longitude"]}
        if row["place"] == node:
            if geo:
                found["geo"] = geo
            continue
        places.append({**_named(published, row["iri"], "Place"), **({"geo": geo} if geo else {})})
    if places and kind in _DATED:
        found["location"] = places[0] if len(places) == 1 else places


def _dates(published: Published, node: int, found: Json) -> None:
    rows = published.rows("SELECT earliest, latest, edtf FROM date WHERE node = ?", node)
    certain = [
        r for r in rows if (_CERTAIN.fullmatch(r["edtf"]) if r["edtf"] else r["earliest"] and r["latest"])
    ]
    if len(rows) == 1 and certain:  # several datings are several statements: none is chosen here
        start, _, end = (certain[0]["edtf"] or f"{certain[0]['earliest']}/{certain[0]['latest']}").partition(
            "/"
        )
        found["startDate"] = start
        if end and end != start:
            found["endDate"] = end


def _claim(published: Published, links: Links, found: Json) -> None:
    kg = published.site.ontology_namespace
    authors = [_named(published, v, "Thing") for v in links(kg + "claimant")]
    about = [_named(published, v, "Thing") for v in links(kg + "about")]
    if authors:
        found["author"] = authors[0] if len(authors) == 1 else authors
    if about:
        found["about"] = about[0] if len(about) == 1 else about


def dataset(published: Published) -> Json | None:
    """The dataset for the home page; None without a licence (as the whole description)."""
    if not catalog.described(published):
        return None
    settings, manifest = published.site.settings, published.release.manifest
    found: Json = {
        "@context": "https://schema.org",
        "@type": "Dataset",
        "@id": published.dataset,
        "url": published.address,
        "name": published.site.title,
        "description": str(settings["description"]) or f"{manifest.triples:,} statements as linked data.",
        "license": str(settings["license"]),
        "version": str(published.number),
        "datePublished": published.times.get(min(published.times, default=0), published.time),
        "dateModified": published.time,
        "inLanguage": list(settings["languages"]),
        "isAccessibleForFree": True,
        "distribution": [
            {
                "@type": "DataDownload",
                "contentUrl": dump.address,
                "encodingFormat": dump.media_type,
                "contentSize": f"{dump.bytes} B",
                "sha256": dump.sha256,
            }
            for dump in dumps.of_release(published, published.number)
        ],
    }
    if settings["publisher"]:
        found["publisher"] = {"@type": "Organization", "name": str(settings["publisher"])}
    return found
