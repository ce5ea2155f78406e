"""What the index keeps of one subject, read from its sorted lines; the full and the incremental build share it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from kgraph.build.index.dates import bounds
from kgraph.build.lines import iri, literal
from kgraph.roles import Path
from kgraph.terms import RDF_TYPE

_TYPE = b"<" + RDF_TYPE.encode() + b">"
_WKT = re.compile(r"POINT\s*\(\s*(-?[\d.]+)\s+(-?[\d.]+)", re.IGNORECASE)
_TEXT_ROLES = (
    "label",
    "alternative",
    "description",
    "edtf",
    "earliest",
    "latest",
    "latitude",
    "longitude",
    "point",
)
_DATE_ROLES = ("start", "end", "date")
_LINK_ROLES = ("dating", "place")


@dataclass(slots=True)
class Text:
    """A literal that plays a role; `rank` is its property's place among the role's paths."""

    role: str
    rank: int
    property: bytes
    text: str
    language: str | None
    graph: bytes


@dataclass(slots=True)
class Subject:
    """The shown statements of one subject, sorted out by role. Tokens are bytes in N-Quads syntax.

    `links` has each (property, object) once, objects that are IRIs; `triples` each property's distinct triples;
    `blank` the lines with a blank node, which `digest` leaves out (kgraph.build.index.blank); `lines` all others, as
    the table `described` has them (kgraph.index).
    """

    token: bytes
    digest: bytes = b""
    outgoing: int = 0
    types: list[bytes] = field(default_factory=list)
    links: list[tuple[bytes, bytes]] = field(default_factory=list)
    values: list[tuple[bytes, bytes]] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)
    hops: list[tuple[str, int, bytes, bytes]] = field(default_factory=list)
    graphs: set[bytes] = field(default_factory=set)
    blank: list[bytes] = field(default_factory=list)
    lines: list[bytes] = field(default_factory=list)


class Use(NamedTuple):
    """What a property is read for: texts of which (role, rank), and (role, rank, second property) by way of a node."""

    texts: Sequence[tuple[str, int]]
    hops: Sequence[tuple[str, int, bytes]]


@dataclass(slots=True)
class Reader:
    """Reads subjects by a table of roles. `attributed`: the property of names as written; `inferred`: that graph."""

    direct: dict[bytes, list[tuple[str, int]]]
    firsts: dict[bytes, list[tuple[str, int, bytes]]]
    seconds: frozenset[bytes]
    attributed: bytes
    inferred: bytes
    keep: frozenset[bytes] = frozenset()
    uses: dict[bytes, Use] = field(default_factory=dict)

    @classmethod
    def of(cls, roles: Mapping[str, tuple[Path, ...]], attributed: str, inferred: str, term: str) -> Reader:
        """The reader of a site's roles."""
        direct: dict[bytes, list[tuple[str, int]]] = {}
        firsts: dict[bytes, list[tuple[str, int, bytes]]] = {}
        seconds = set()
        for role, paths in roles.items():
            for rank, path in enumerate(paths):
                first = token(path[0])
                if len(path) == 1:
                    direct.setdefault(first, []).append((role, rank))
                else:
                    second = token(path[1])
                    firsts.setdefault(first, []).append((role, rank, second))
                    seconds.add(second)
        keep = frozenset({token(term)})
        return cls(direct, firsts, frozenset(seconds), token(attributed), token(inferred), keep)

    def read(self, subject: bytes, lines: Iterable[bytes]) -> Subject:
        """The subject of these sorted lines."""
        found = Subject(subject)
        described, links, values, texts = found.lines, found.links, found.values, found.texts
        shown: list[bytes] = []
        inferred, uses = self.inferred, self.uses
        start, unnamed = len(subject) + 1, subject[:1] == b"_"
        last_p = last_o = graph = None
        for line in lines:  # taken apart as `split` does, with the subject known
            p, rest = line[start:].split(b" ", 1)
            value = rest[:1] == b'"'
            end = rest.index(b" ", rest.rindex(b'"') if value else 0)
            o, g = rest[:end], rest[end + 1 : -3]
            if g == inferred:
                continue
            if unnamed or o[:1] == b"_" or g[:1] == b"_":
                found.blank.append(line)
            else:
                shown.append(line)
                described.append(b"%b %b %b" % (p, o, b"=" if g == graph else g or b"-"))
                graph = g
            if g:
                found.graphs.add(g)
            if o == last_o and p == last_p:
                if value and p == self.attributed:
                    text = literal(o)
                    texts.append(Text("attributed", 0, p, text.value, text.language, g))
                continue
            last_p, last_o = p, o
            found.outgoing += 1
            use = uses.get(p) or self._use(p)
            if value:
                values.append((p, o))
                if use.texts:
                    text = literal(o)
                    for role, rank in use.texts:
                        texts.append(Text(role, rank, p, text.value, text.language, g))
                continue
            links.append((p, o))
            if p == _TYPE:
                found.types.append(o)
            for role, rank, second in use.hops:
                found.hops.append((role, rank, second, o))
        found.digest = hashlib.sha256(b"".join(shown)).digest()
        return found

    def _use(self, predicate: bytes) -> Use:
        texts = list(self.direct.get(predicate, ()))
        if predicate == self.attributed:
            texts.append(("attributed", 0))
        if predicate in self.seconds or predicate in self.keep:
            texts.append(("value", 0))
        found = self.uses[predicate] = Use(texts, self.firsts.get(predicate, ()))
        return found


def token(iri_: str) -> bytes:
    """An IRI in N-Quads syntax."""
    return b"<" + iri_.encode() + b">"


def coordinates(texts: Mapping[str, str]) -> tuple[float, float] | None:
    """Latitude and longitude, in degrees, from texts by role (point, latitude, longitude); None where they are none."""
    try:
        match = _WKT.search(texts.get("point", ""))
        if match:  # OGC Simple Features: longitude comes first
            latitude, longitude = float(match.group(2)), float(match.group(1))
        else:
            latitude, longitude = float(texts["latitude"]), float(texts["longitude"])
    except (KeyError, ValueError):
        return None
    return (latitude, longitude) if abs(latitude) <= 90 and abs(longitude) <= 180 else None


__all__ = ["Reader", "Subject", "Text", "bounds", "coordinates", "iri", "token"]
