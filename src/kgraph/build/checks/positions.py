"""Positions: a passage lies within its source's text, and, where the text is at hand, begins and ends as it says."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator

import pyoxigraph as ox

from kgraph.build.checks.table import Graph, check, finding, value_of
from kgraph.build.findings import Finding

_OA = "http://www.w3.org/ns/oa#"
_EXTENT = ox.NamedNode("http://purl.org/dc/terms/extent")

AS_WRITTEN = ("nameAsWritten", "title", "term", "phrase", "unit", "capacity", "addressee")
"""Properties whose values are words of the passage (docs/model.md)."""


def _node(name: str) -> ox.NamedNode:
    return ox.NamedNode(_OA + name)


def _integer(found: list[ox.NamedNode | ox.Literal]) -> int | None:
    if len(found) != 1 or not found[0].value.isdecimal():
        return None
    return int(found[0].value)


def _position(graph: Graph, passage: ox.NamedNode) -> tuple[ox.NamedNode, int, int] | None:
    for selector in graph.objects(passage, _node("hasSelector")):
        if type(selector) is ox.NamedNode:
            start = _integer(graph.objects(selector, _node("start")))
            end = _integer(graph.objects(selector, _node("end")))
            if start is not None and end is not None:
                return selector, start, end
    return None


def _passages(
    graph: Graph, some: Iterable[ox.NamedNode]
) -> Iterator[tuple[ox.NamedNode, ox.NamedNode, ox.NamedNode, int, int]]:
    """(passage, source, selector, start, end) of those passages whose shape is right."""
    for passage in sorted(set(some), key=str):
        sources = graph.objects(passage, _node("hasSource"))
        position = _position(graph, passage)
        if len(sources) == 1 and type(sources[0]) is ox.NamedNode and position:
            yield passage, sources[0], *position


def _read(graph: Graph, some: Iterable[ox.NamedNode]) -> Iterator[tuple[ox.NamedNode, int, int, str]]:
    """(passage, start, end, its text) of those whose source's text is at hand."""
    if graph.texts:
        for passage, source, _, start, end in _passages(graph, some):
            text = graph.texts.get(source.value)
            if text is not None:
                yield passage, start, end, text[start:end]


@check(
    "position",
    "A passage ends within the length (dcterms:extent) of its source; that it begins before it ends, a shape says.",
    "Count code points from 0 at the start of the file; the end is the one after the last.",
)
def position(graph: Graph) -> Iterator[Finding]:
    """Positions out of the text."""
    for _, source, selector, _, end in _passages(graph, graph.beyond()):
        extent = _integer(graph.objects(source, _EXTENT))
        if extent is not None and end > extent:
            yield finding(
                "position",
                f"the passage ends at {end}, but its source has {extent} code points",
                subject=selector.value,
            )


@check(
    "source-text",
    "The text that `sources` in kgraph.toml names is the one that the source is described by: the same SHA-256.",
    "Take the very file that positions were counted in, or count them again and change kg:sha256.",
)
def source_text(graph: Graph) -> Iterator[Finding]:
    """Texts that are not there or not the same."""
    site = graph.inputs.site
    for iri, name in sorted(dict(site.settings["sources"]).items()):
        path = site.root / str(name)
        source = ox.NamedNode(graph.inputs.rewrite.iri(iri))
        if not path.is_file():
            yield finding(
                "source-text", f"the file {name} is not there", subject=source.value, severity="warning"
            )
            continue
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        known = graph.objects(source, graph.kg("sha256"))
        if not known:
            yield finding("source-text", f"{name} is the text of no source in the data", subject=source.value)
        elif [k.value for k in known] != [digest]:
            yield finding(
                "source-text", f"{name} has the SHA-256 {digest}, not {known[0].value}", subject=source.value
            )


@check(
    "quote",
    "Where the text is at hand, a passage begins and ends with the words of its quote selectors.",
    "Copy the first and the last words (at most four) from the file, and look at the position.",
)
def quote(graph: Graph) -> Iterator[Finding]:
    """Passages whose text begins or ends otherwise."""
    for passage, start, end, found in _read(graph, graph.members("Passage")):
        for name, where, fits in (("begins", "begins", found.startswith), ("ends", "ends", found.endswith)):
            for selector in graph.objects(passage, graph.kg(name)):
                if type(selector) is not ox.NamedNode:
                    continue
                for exact in graph.objects(selector, _node("exact")):
                    if not fits(exact.value):
                        yield finding(
                            "quote",
                            f"the text from {start} to {end} {where} otherwise than “{exact.value}”",
                            subject=selector.value,
                        )


@check(
    "words",
    "Where the text is at hand, what is given as written is in the text of its passage: "
    + ", ".join(f"kg:{name}" for name in AS_WRITTEN)
    + ".",
    "Copy the words from the passage, spelled as there; words of your own have a language tag and stand outside.",
)
def words(graph: Graph) -> Iterator[Finding]:
    """Words that the passage does not have."""
    written = {graph.kg(name) for name in AS_WRITTEN}
    for passage, start, end, text in _read(graph, graph.speaking()):
        found = " ".join(text.split())
        for s, p, o, _ in graph.store.quads_for_pattern(None, None, None, passage):
            # A shape judges words with a language: they are the curator's.
            if p not in written or type(o) is not ox.Literal or o.language:
                continue
            if " ".join(o.value.split()) not in found:
                yield finding(
                    "words",
                    f"{graph.short(p.value)} “{o.value}” is not in the text from {start} to {end}",
                    subject=value_of(s),
                    at=(p.value, o.value, passage.value),
                )


@check(
    "number",
    "Where the words of a stated number have digits, they are those of kg:count.",
    "Compare kg:count and kg:phrase with the passage.",
)
def number(graph: Graph) -> Iterator[Finding]:
    """Numbers that are not in their own words."""
    for s, p, o, passage in graph.stated("count"):
        for phrase in graph.store.quads_for_pattern(s, graph.kg("phrase"), None, passage):
            digits = re.findall(r"\d+", re.sub(r"(?<=\d)[.,\s’'](?=\d{3})", "", value_of(phrase.object)))
            if digits and o.value not in digits:
                yield finding(
                    "number",
                    f"kg:count is {o.value}, but its words are “{value_of(phrase.object)}”",
                    subject=value_of(s),
                    at=(p.value, o.value, passage.value),
                )
