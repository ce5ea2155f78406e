"""What a statement rests on: the passage, its source, its place there, who speaks, the words themselves.

Follows the Web Annotation Data Model (section 4.2.4 TextQuoteSelector, 4.2.5 TextPositionSelector); positions count
Unicode code points.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from kgraph.describe.node import Node, Reader
from kgraph.terms import IRI

OA = "http://www.w3.org/ns/oa#"
DCTERMS = "http://purl.org/dc/terms/"
_CONTEXT = 160


@dataclass(frozen=True)
class Voice:
    """Who speaks: a concept (narrator, page ...), or an agent in a role and capacity."""

    iri: str
    agent: str | None = None
    role: str | None = None
    capacity: str = ""


@dataclass(frozen=True)
class Words:
    """The passage itself with what stands around it; only where the operator holds the text."""

    before: str
    text: str
    after: str


@dataclass(frozen=True)
class Passage:
    """A passage of a source. `start` and `end` are code points; `begins` and `ends` its first and last words."""

    iri: str
    source: str | None
    description: str
    description_language: str | None
    start: int | None
    end: int | None
    begins: str
    ends: str
    voices: tuple[Voice, ...]
    possible_voices: tuple[Voice, ...]
    modes: tuple[str, ...]
    words: Words | None


@dataclass(frozen=True)
class Evidence:
    """A graph that supports a statement: its kind, and the passage when it is one."""

    graph: str
    kind: str | None
    passage: Passage | None


class Texts:
    """The texts of the sources that the operator holds, read once, and only if they are the text that was curated."""

    def __init__(self, files: Mapping[str, Path]) -> None:
        self._files = dict(files)
        self._texts: dict[str, str | None] = {}

    def get(self, source: str, digest: str) -> str | None:
        """The text whose SHA-256 is `digest`; None when there is none or it is another text."""
        if source not in self._texts:
            self._texts[source] = self._load(source, digest)
        return self._texts[source]

    def _load(self, source: str, digest: str) -> str | None:
        path = self._files.get(source)
        if path is None or not digest:
            return None
        try:
            data = path.read_bytes()
        except OSError:
            return None
        return data.decode("utf-8", "replace") if hashlib.sha256(data).hexdigest() == digest.lower() else None


def evidence(
    graphs: Iterable[str], kinds: Mapping[str, str | None], reader: Reader, kg: str, texts: Texts
) -> dict[str, Evidence]:
    """The evidence for each graph IRI. `kinds` gives each graph's kind as the index has it."""
    found = {}
    graphs = list(graphs)
    load_passages(reader, (g for g in graphs if kinds.get(g) in (None, "passage")), kg)
    for graph in graphs:
        kind = kinds.get(graph)
        if kind in (None, "passage"):
            node = reader.node(IRI(graph))
            is_passage = kind == "passage" or bool(node.iris(OA + "hasSource"))
            found[graph] = Evidence(
                graph,
                "passage" if is_passage else kind,
                passage(node, reader, kg, texts) if is_passage else None,
            )
        else:
            found[graph] = Evidence(graph, kind, None)
    return found


def load_passages(reader: Reader, passages: Iterable[str], kg: str) -> None:
    """Read passages and what their cards are made from, in two look-ups."""
    passages = list(passages)
    reader.load(passages)
    parts = (
        OA + "hasSelector",
        OA + "hasSource",
        *(kg + p for p in ("begins", "ends", "voice", "possibleVoice")),
    )
    nodes = [node for iri in passages if (node := reader.loaded(iri))]
    reader.load(target for node in nodes for part in parts for target in node.iris(part))


def passage(node: Node, reader: Reader, kg: str, texts: Texts) -> Passage:
    """The passage that a node describes."""
    start = end = None
    begins = ends = ""
    for selector in node.iris(OA + "hasSelector"):
        child = reader.node(IRI(selector))
        if OA + "TextPositionSelector" in child.types:
            start, end = child.number(OA + "start"), child.number(OA + "end")
    for property_ in ("begins", "ends"):
        for selector in node.iris(kg + property_):
            exact = reader.node(IRI(selector)).text(OA + "exact")
            if property_ == "begins":
                begins = exact
            else:
                ends = exact
    source = next(iter(node.iris(OA + "hasSource")), None)
    description = node.literals(DCTERMS + "description")
    words = None
    if source and start is not None and end is not None:
        text = texts.get(source, reader.node(IRI(source)).text(kg + "sha256"))
        if text is not None and 0 <= start < end <= len(text):
            words = Words(_before(text, start), text[start:end], _after(text, end))
    return Passage(
        node.resource.value,
        source,
        description[0].value if description else "",
        description[0].language if description else None,
        start,
        end,
        begins,
        ends,
        tuple(voice(v, reader, kg) for v in node.iris(kg + "voice")),
        tuple(voice(v, reader, kg) for v in node.iris(kg + "possibleVoice")),
        tuple(node.iris(kg + "mode")),
        words,
    )


def voice(iri: str, reader: Reader, kg: str) -> Voice:
    """A voice: a participation gives its agent, role and capacity; a concept is itself."""
    node = reader.node(IRI(iri))
    agent = next(iter(node.iris(kg + "agent")), None)
    if agent is None:
        return Voice(iri)
    return Voice(iri, agent, next(iter(node.iris(kg + "role")), None), node.text(kg + "capacity"))


def _before(text: str, start: int) -> str:
    piece = text[max(0, start - _CONTEXT) : start]
    return piece if start <= _CONTEXT else "…" + piece.partition(" ")[2]


def _after(text: str, end: int) -> str:
    piece = text[end : end + _CONTEXT]
    return piece if end + _CONTEXT >= len(text) else piece.rpartition(" ")[0] + "…"
