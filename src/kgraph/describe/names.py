"""Labels for IRIs, from the index, many at a time; and what to call an IRI that has none."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

_BATCH = 500
_KEPT = (
    2000  # names that are kept in one order of languages: pages share their properties, classes and sources
)
_ORDERS = 10
LONGEST = 300
"""Characters of a label that a page shows."""
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_CAPITAL = re.compile(r"(?<= )[A-Z](?=[a-z]|\b)")
_CIDOC = re.compile(r"^[PE]\d+[ab]?i?_")


def _cut(text: str) -> str:
    """A label that is a whole text is shown by its beginning."""
    return text if len(text) <= LONGEST else text[:LONGEST].rstrip() + "…"


class Name(NamedTuple):
    """What an IRI is called. `language` is None where the text has none; `known`: it has a page of its own.

    `labelled` is False where the text was made from the IRI. `kind` is the IRI of its most specific class.
    """

    iri: str
    text: str
    language: str | None = None
    kind: str | None = None
    known: bool = False
    labelled: bool = False
    graph_kind: str | None = None
    description: str | None = None
    id: int | None = None


class Names:
    """Look-ups of labels in one language order: the language asked for, then those of the site.

    `connect` gives this thread's connection to the index.
    """

    def __init__(self, connect: Callable[[], sqlite3.Connection], *, prefixes: Mapping[str, str]) -> None:
        self._connect = connect
        self._kept: dict[tuple[str, ...], dict[str, Name]] = {}
        self.prefixes = sorted(prefixes.items(), key=lambda p: -len(p[1]))

    def of(self, iris: Iterable[str], languages: Sequence[str] = ()) -> dict[str, Name]:
        """A Name for each IRI. `languages`: those to prefer over the index's own choice, the best first."""
        order = tuple(languages)
        kept = self._kept.setdefault(order, {})
        asked = list(dict.fromkeys(iris))
        found: dict[str, Name] = {iri: name for iri in asked if (name := kept.get(iri))}
        wanted = [iri for iri in asked if iri not in found]
        connection = self._connect()
        for start in range(0, len(wanted), _BATCH):
            part = wanted[start : start + _BATCH]
            marks = ",".join("?" * len(part))
            rows = connection.execute(
                "SELECT n.id, n.iri, n.label, n.language, n.description, n.graph_kind, k.iri AS kind"
                f" FROM node n LEFT JOIN node k ON k.id = n.kind WHERE n.iri IN ({marks})",
                part,
            ).fetchall()
            first = languages[0] if languages else None
            other = [r["id"] for r in rows if r["label"] and r["language"] != first]
            better = self._preferred(other, languages)
            for row in rows:
                text, language = better.get(row["id"], (row["label"], row["language"]))
                found[row["iri"]] = Name(
                    row["iri"],
                    _cut(text) if text else self.short(row["iri"]),
                    language if text else None,
                    row["kind"],
                    True,
                    bool(text),
                    row["graph_kind"],
                    row["description"][:2000] if row["description"] else None,
                    row["id"],
                )
        for iri in wanted:
            if iri not in found:
                found[iri] = Name(iri, self.short(iri))
        if len(kept) > _KEPT:
            kept = self._kept[order] = {}
        if len(self._kept) > _ORDERS:
            self._kept = {}
        kept.update((iri, found[iri]) for iri in wanted)
        return found

    def _preferred(self, ids: list[int], languages: Sequence[str]) -> dict[int, tuple[str, str]]:
        if not languages or not ids:
            return {}
        rank = {language: place for place, language in enumerate(languages)}
        marks, tags = ",".join("?" * len(ids)), ",".join("?" * len(languages))
        best: dict[int, tuple[int, str, str]] = {}
        for row in self._connect().execute(
            "SELECT node, text, language FROM label WHERE role = 'label'"
            f" AND node IN ({marks}) AND language IN ({tags}) ORDER BY text",
            [*ids, *languages],
        ):
            entry = (rank[row["language"]], row["text"], row["language"])
            if row["node"] not in best or entry[0] < best[row["node"]][0]:
                best[row["node"]] = entry
        return {node: (text, language) for node, (_, text, language) in best.items()}

    def prefixed(self, iri: str) -> str | None:
        """The IRI as a prefixed name of the release's prefixes, or None (SPARQL 1.1, section 4.1.1)."""
        for prefix, namespace in self.prefixes:
            if iri.startswith(namespace):
                local = iri[len(namespace) :]
                if re.fullmatch(r"[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_-])?", local):
                    return f"{prefix}:{local}"
        return None

    def expand(self, text: str) -> str | None:
        """The IRI that a prefixed name stands for, or None."""
        prefix, colon, local = text.partition(":")
        for known, namespace in self.prefixes:
            if colon and known == prefix:
                return namespace + local
        return None

    def short(self, iri: str) -> str:
        """What to call an IRI that has no label: its last part in words, or all of it."""
        try:
            parts = urlsplit(iri)
        except ValueError:
            return iri
        tail = parts.fragment or parts.path.rstrip("/").rpartition("/")[2]
        if not tail or parts.scheme not in ("http", "https"):
            return iri if len(iri) <= 80 else iri[:77] + "..."
        tail = unquote(tail).strip()
        if tail.isdigit() or len(tail) > 60 or not tail:
            return parts.netloc + (parts.path if len(parts.path) <= 60 else "/..." + parts.path[-50:])
        words = _CAMEL.sub(" ", _CIDOC.sub("", tail).replace("_", " ").replace("-", " ")).strip()
        if words[:1].islower():  # closeMatch, sameAs: a property's words; capitals that stand together stay
            words = _CAPITAL.sub(lambda match: match[0].lower(), words)
        return words or tail
