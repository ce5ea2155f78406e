"""What the index keeps of one subject, read from its sorted lines; the full and the incremental build share it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from kgraph.build.index.dates import bounds
from kgraph.build.lines import iri, literal, split
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
    above: list[bytes] = field(default_factory=list)
    links: list[tuple[bytes, bytes]] = field(default_factory=list)
    values: list[tuple[bytes, bytes]] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)
    hops: list[tuple[str, int, bytes, bytes]] = field(default_factory=list)
    graphs: list[tuple[bytes, bytes]] = field(default_factory=list)
    blank: list[bytes] = field(default_factory=list)
    lines: list[bytes] = field(default_factory=list)


@dataclass(slots=True)
class Reader:
    """Reads subjects by a table of roles. `attributed`: the property of names as written; `inferred`: that graph."""

    direct: dict[bytes, list[tuple[str, int]]]
    firsts: dict[bytes, list[tuple[str, int, bytes]]]
    seconds: frozenset[bytes]
    attributed: bytes
    inferred: bytes
    keep: frozenset[bytes] = frozenset()

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
        digest = hashlib.sha256()
        last: tuple[bytes, bytes] | None = None
        inferred, unnamed = self.inferred, subject[:1] == b"_"
        graph: bytes | None = None
        for line in lines:
            _, p, o, g = split(line)
            if g == inferred:
                if p == _TYPE:
                    found.above.append(o)
                continue
            if unnamed or o[:1] == b"_" or g[:1] == b"_":
                found.blank.append(line)
            else:
                digest.update(line)
                found.lines.append(p + b" " + o + b" " + (b"=" if g == graph else g or b"-"))
                graph = g
            if g:
                found.graphs.append((g, p))
            if last == (p, o):
                if p == self.attributed:
                    self._text(found, "attributed", 0, p, o, g)
                continue
            last = (p, o)
            found.outgoing += 1
            if o[:1] == b'"':
                found.values.append((p, o))
                for role, rank in self.direct.get(p, ()):
                    self._text(found, role, rank, p, o, g)
                if p == self.attributed:
                    self._text(found, "attributed", 0, p, o, g)
                if p in self.seconds or p in self.keep:
                    self._text(found, "value", 0, p, o, g)
                continue
            found.links.append((p, o))
            if p == _TYPE:
                found.types.append(o)
            for role, rank, second in self.firsts.get(p, ()):
                found.hops.append((role, rank, second, o))
        found.digest = digest.digest()
        return found

    def _text(self, found: Subject, role: str, rank: int, p: bytes, o: bytes, g: bytes) -> None:
        value = literal(o)
        found.texts.append(Text(role, rank, p, value.value, value.language, g))


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
