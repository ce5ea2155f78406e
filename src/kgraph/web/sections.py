"""The parts of a thing's page, and its statements as rows: by the groups of the shapes, or in the default order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from kgraph.describe import Node, Statement
from kgraph.terms import RDF_TYPE, RDFS
from kgraph.web.edition import KEPT, Edition
from kgraph.web.language import _
from kgraph.web.view import View, Words

_VALUES_SHOWN = 50


@dataclass(frozen=True)
class Row:
    """A property with its values."""

    iri: str
    name: Words | None
    statements: tuple[Statement, ...]
    total: int


@dataclass
class Section:
    """A part of the page. `kind` chooses the template; `query` asks for the same in SPARQL."""

    id: str
    title: str
    kind: str
    items: list[Any] = field(default_factory=list)
    note: str = ""
    query: str = ""
    more: str = ""
    total: int = 0
    language: str | None = None


def rows_of(properties: Iterable[str], node: Node, roles: dict[str, tuple[str, ...]], kg: str) -> list[Row]:
    """Rows in the default order: time and place first, names and kind last, the rest by property."""
    first = [
        kg + "dating",
        *roles["dating"],
        *roles["start"],
        *roles["date"],
        *roles["end"],
        *roles["place"],
        *roles["part of"],
    ]
    last = [
        kg + "knownThrough",
        *roles["same as"],
        *roles["alternative"],
        *roles["label"],
        RDF_TYPE,
        RDFS + "isDefinedBy",
    ]
    rank = {p: n for n, p in enumerate(dict.fromkeys(first))}
    rank |= {p: 10_000 + n for n, p in enumerate(dict.fromkeys(last))}
    ordered = sorted(properties, key=lambda p: (rank.get(p, 5_000), p))
    return [row(p, node) for p in ordered]


def row(property_: str, node: Node, name: Words | None = None) -> Row:
    """One property; of very many values the first are shown, and how many there are."""
    values = node.all(property_)
    return Row(property_, name, tuple(values[:_VALUES_SHOWN]), len(values))


Place = tuple[tuple[float, str, float], Words, Words]


def placed(classes: frozenset[str], edition: Edition, view: View) -> dict[str, Place]:
    """Where the shapes of these classes put each property (order and title of its group), and what they call it."""
    places: dict[str, Place] = {}
    for one in (p for shape in edition.shapes() if shape["class"] in classes for p in shape["properties"]):
        title = view.text_of(one.get("group") or {}) or Words("")
        key = (one.get("group_order", 1e6), title.text, one.get("order", 1e6))
        found = (key, title, view.shape_name(one))
        if one["path"] not in places or found < places[one["path"]]:
            places[one["path"]] = found
    return places


def grouped(own: list[str], node: Node, edition: Edition, view: View) -> list[tuple[Words, list[Row]]] | None:
    """Rows in the groups and order of the shapes of the thing's classes; None where no shape says anything of it."""
    classes = frozenset(edition.classes_of(node.resource.value))
    asked = (classes, *view.languages)
    places = edition.places.get(asked)
    if places is None:
        if len(edition.places) >= KEPT:
            edition.places.clear()
        places = edition.places[asked] = placed(classes, edition, view)
    known = [p for p in own if p in places]
    if not any(places[p][1].text for p in known):
        return None
    groups: dict[tuple[float, str], tuple[Words, list[Row]]] = {}
    others = Words(_("Further statements"))
    for p in sorted(known, key=lambda p: (places[p][0], p)):
        key, title, name = places[p]
        title = title if title.text else others
        groups.setdefault((key[0], title.text), (title, []))[1].append(row(p, node, name))
    rest = rows_of([p for p in own if p not in places], node, edition.roles, edition.kg)
    if rest:
        groups.setdefault((1e6, others.text), (others, []))[1].extend(rest)
    return list(groups.values())
