"""Roles: what pages and the index ask for, instead of hard-wired terms.

One table leads from a role to the properties of well-known vocabularies that play it, best first. A
site's own rdfs:subPropertyOf lines extend it: a property below one of these plays the same role, just
before the property it refines. A *path* of two properties reaches a value through a node of its own
(CIDOC CRM's appellations and titles, schema.org's GeoCoordinates).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

Path = tuple[str, ...]

_RDFS = "http://www.w3.org/2000/01/rdf-schema#"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_SKOS = "http://www.w3.org/2004/02/skos/core#"
_SDO = "https://schema.org/"
_SDO_HTTP = "http://schema.org/"
_DCT = "http://purl.org/dc/terms/"
_DC = "http://purl.org/dc/elements/1.1/"
_FOAF = "http://xmlns.com/foaf/0.1/"
_GEO = "http://www.w3.org/2003/01/geo/wgs84_pos#"
_GEOSPARQL = "http://www.opengis.net/ont/geosparql#"
_GN = "http://www.geonames.org/ontology#"
_PROV = "http://www.w3.org/ns/prov#"
_CRM = "http://www.cidoc-crm.org/cidoc-crm/"
_SEM = "http://semanticweb.cs.vu.nl/2009/11/sem/"
_OWL = "http://www.w3.org/2002/07/owl#"


def _schema(*names: str) -> tuple[Path, ...]:
    return tuple((namespace + name,) for name in names for namespace in (_SDO, _SDO_HTTP))


def _one(*iris: str) -> tuple[Path, ...]:
    return tuple((iri,) for iri in iris)


ROLES: Final[Mapping[str, tuple[Path, ...]]] = {
    "label": (
        *_one(_SKOS + "prefLabel", _RDFS + "label"),
        *_schema("name", "headline"),
        *_one(_DCT + "title", _DC + "title", _FOAF + "name", _GN + "name"),
        (_CRM + "P102_has_title", _RDF + "value"),
        (_CRM + "P102_has_title", _RDFS + "label"),
        (_CRM + "P1_is_identified_by", _RDFS + "label"),
        (_CRM + "P1_is_identified_by", _RDF + "value"),
        (_CRM + "P131_is_identified_by", _RDF + "value"),
    ),
    "alternative": (
        *_one(_SKOS + "altLabel", _SKOS + "hiddenLabel"),
        *_schema("alternateName"),
        *_one(_DCT + "alternative", _FOAF + "nick", _GN + "alternateName"),
    ),
    "description": (
        *_one(_DCT + "description", _DC + "description"),
        *_schema("description"),
        *_one(
            _SKOS + "definition",
            _RDFS + "comment",
            _DCT + "abstract",
            _SKOS + "scopeNote",
            _CRM + "P3_has_note",
        ),
    ),
    "image": (
        *_one(_FOAF + "depiction", _FOAF + "img"),
        *_schema("image", "thumbnailUrl"),
        *_one(_FOAF + "thumbnail", _CRM + "P138i_has_representation"),
    ),
    "homepage": (*_one(_FOAF + "homepage", _FOAF + "page"), *_schema("url")),
    "start": (
        *_schema("startDate", "birthDate", "foundingDate"),
        *_one(_PROV + "startedAtTime", _SEM + "hasBeginTimeStamp", _CRM + "P82a_begin_of_the_begin"),
    ),
    "end": (
        *_schema("endDate", "deathDate", "dissolutionDate"),
        *_one(_PROV + "endedAtTime", _SEM + "hasEndTimeStamp", _CRM + "P82b_end_of_the_end"),
    ),
    "date": (
        *_one(_DCT + "date", _DC + "date", _DCT + "issued", _DCT + "created", _SEM + "hasTimeStamp"),
        *_one(_PROV + "atTime"),
        *_schema("datePublished", "dateCreated"),
        *_one(_CRM + "P82_at_some_time_within"),
    ),
    "dating": _one(_DCT + "temporal", _CRM + "P4_has_time-span"),
    "edtf": (),
    "earliest": _one(_SEM + "hasEarliestBeginTimeStamp", _CRM + "P82a_begin_of_the_begin"),
    "latest": _one(_SEM + "hasLatestEndTimeStamp", _CRM + "P82b_end_of_the_end"),
    "place": (
        *_schema("location", "contentLocation", "birthPlace", "deathPlace"),
        *_one(_PROV + "atLocation", _DCT + "spatial", _SEM + "hasPlace", _CRM + "P7_took_place_at"),
        *_one(_FOAF + "based_near", _CRM + "P74_has_current_or_former_residence"),
    ),
    "latitude": (
        *_one(_GEO + "lat"),
        *_schema("latitude"),
        (_SDO + "geo", _SDO + "latitude"),
        (_SDO_HTTP + "geo", _SDO_HTTP + "latitude"),
    ),
    "longitude": (
        *_one(_GEO + "long"),
        *_schema("longitude"),
        (_SDO + "geo", _SDO + "longitude"),
        (_SDO_HTTP + "geo", _SDO_HTTP + "longitude"),
    ),
    "point": (*_one(_GEOSPARQL + "asWKT"), (_GEOSPARQL + "hasGeometry", _GEOSPARQL + "asWKT")),
    "part of": (*_one(_DCT + "isPartOf"), *_schema("superEvent", "isPartOf", "containedInPlace")),
    "same as": (*_one(_OWL + "sameAs", _SKOS + "exactMatch"), *_schema("sameAs")),
}
"""Role -> paths of one or two properties, best first."""


def site_roles(refines: Mapping[str, Iterable[str]]) -> dict[str, tuple[Path, ...]]:
    """The table for one site. `refines` leads from a property to those directly above it (rdfs:subPropertyOf)."""
    below: dict[str, set[str]] = {}
    for property_, above in refines.items():
        for one in _closure(property_, refines, set(above)):
            below.setdefault(one, set()).add(property_)
    table: dict[str, tuple[Path, ...]] = {}
    for role, paths in ROLES.items():
        found: list[Path] = []
        for path in paths:
            if len(path) == 1:
                found += [(p,) for p in sorted(below.get(path[0], ())) if (p,) not in found]
            if path not in found:
                found.append(path)
        table[role] = tuple(found)
    return table


def own_roles(table: Mapping[str, tuple[Path, ...]], namespace: str) -> dict[str, tuple[Path, ...]]:
    """`table` for a site with the kgraph ontology: its own dating, EDTF, bounds and place come first.

    kg:nameAsWritten is below schema:alternateName, but it is a source's, and indexed as such.
    """
    own = {"dating": "dating", "edtf": "edtf", "earliest": "earliest", "latest": "latest", "place": "place"}
    attributed = (namespace + "nameAsWritten",)
    found = {}
    for role, paths in table.items():
        first = (namespace + own[role],) if role in own else None
        rest = tuple(p for p in paths if p not in (first, attributed))
        found[role] = (first, *rest) if first else rest
    return found


def _closure(start: str, refines: Mapping[str, Iterable[str]], todo: set[str]) -> set[str]:
    found: set[str] = set()
    while todo:
        one = todo.pop()
        if one not in found and one != start:
            found.add(one)
            todo |= set(refines.get(one, ()))
    return found
