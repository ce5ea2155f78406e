"""Speech: a statement stands where its speaker speaks, and of things a speaker's passage tells a bare skeleton only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import pyoxigraph as ox

from kgraph.build.checks.evidence import DERIVED, EDITORIAL, THINGS
from kgraph.build.checks.table import Graph, check, finding
from kgraph.build.findings import Finding
from kgraph.terms import RDF_TYPE

_OA = "http://www.w3.org/ns/oa#"
_SOURCE = ox.NamedNode(_OA + "hasSource")

SKELETON = (
    *("kind", "place", "dating", "partOf", "concerns", "title", "nameAsWritten", "participation", "knownThrough"),
    *("declaredBy", "form", "phrase", "term", "agent", "role", "capacity", "capacityIn"),
)  # fmt: skip
"""What a passage in which someone speaks may tell of a thing (docs/model.md)."""
_SAID = (
    *("claimant", "possibleClaimant", "act", "about", "possiblyAbout", "mentions", "reports", "addressee"),
    *("count", "comparison", "unit", "scope", "subTallyOf", "anchor", "method"),
    *("voice", "possibleVoice", "mode", "begins", "ends", "sha256", "standpoint"),
)  # fmt: skip
"""What is told of statements, datings, passages and sources, never of things."""


class _Heard(NamedTuple):
    """Who may be speaking in a passage; whether that is open; whether it is told by narrator or page."""

    speakers: frozenset[ox.NamedNode | ox.Literal]
    unclear: bool
    plain: bool


class _Voices(dict[ox.NamedNode, _Heard]):
    """Passage -> who is heard in it, looked up once."""

    def __init__(self, graph: Graph) -> None:
        super().__init__()
        self._graph = graph
        self._plain = {graph.kg("Narrator"), graph.kg("Page")}

    def __missing__(self, passage: ox.NamedNode) -> _Heard:
        graph = self._graph
        voice = graph.objects(passage, graph.kg("voice"))
        voices = [*voice, *graph.objects(passage, graph.kg("possibleVoice"))]
        speakers = {a for v in voices if type(v) is ox.NamedNode for a in graph.objects(v, graph.kg("agent"))}
        # In an indirect report the wording is the source's, so that the source may be meant as well.
        if self._plain & set(voices) or graph.kg("IndirectReport") in graph.objects(
            passage, graph.kg("mode")
        ):
            speakers.update(graph.objects(passage, _SOURCE))
        if set(voices) <= {graph.kg("Unclear")}:
            speakers = set()
        found = _Heard(
            frozenset(speakers), graph.kg("Unclear") in voice, not voice or bool(self._plain & set(voice))
        )
        self[passage] = found
        return found


def _stands(graph: Graph, *pattern: object) -> bool:
    return next(graph.store.quads_for_pattern(*pattern), None) is not None  # type: ignore[arg-type]


@check(
    "speaker",
    "A statement is made by those who speak, or may be speaking, in its passage; where the voice is unclear it has "
    "possible claimants. What another reports of them is named with kg:reports in the same passage.",
    "Compare claimant and kg:voice with the text; where someone tells what another says, make that a statement of its "
    "own with kg:reports.",
)
def speaker(graph: Graph) -> Iterator[Finding]:
    """Statements by someone who does not speak there."""
    voices, reports = _Voices(graph), graph.kg("reports")
    for name in ("claimant", "possibleClaimant"):
        for claim, predicate, who, passage in graph.stated(name):
            heard = voices[passage]
            certain = name == "claimant" and heard.unclear
            if type(claim) is not ox.NamedNode or (who in heard.speakers and not certain):
                continue
            if not heard.speakers:  # a shape asks for the voice, or for the possible ones
                continue
            if _stands(graph, None, reports, claim, passage):
                continue
            at = (predicate.value, getattr(who, "value", ""), passage.value)
            told = f"in {graph.short(passage.value)}"
            if who in heard.speakers:
                message = f"{told} it is open who speaks, but the statement has one claimant for certain"
            else:
                message = f"{told} {graph.short(at[1])} does not speak"
            yield finding("speaker", message, subject=claim.value, at=at)


@check(
    "skeleton",
    "In a passage where someone speaks, plain triples about things are a bare skeleton: "
    + ", ".join(f"kg:{name}" for name in SKELETON)
    + "; in what a place lies is told by narrators and external graphs only.",
    "Let a statement (kg:Claim) say it; or, where a narrator tells it, put it into the narrator's passage.",
)
def skeleton(graph: Graph) -> Iterator[Finding]:
    """What is told plainly of a thing where someone speaks."""
    voices = _Voices(graph)
    things = {graph.kg(name).value for name in THINGS}
    place = graph.kg("Place").value
    known = {graph.kg(name).value for name in (*SKELETON, *_SAID, *DERIVED)} | EDITORIAL | {RDF_TYPE}
    others = [p for p in graph.loaded.predicates if p.value not in known and not p.value.startswith(_OA)]
    for predicate in (graph.kg("partOf"), *sorted(others, key=str)):
        lies = predicate == graph.kg("partOf")
        for s, p, o, passage in graph.stated(predicate):
            if type(s) is not ox.NamedNode or voices[passage].plain:
                continue
            types = graph.types(s)
            if (place in types) if lies else (types & things):
                yield finding(
                    "skeleton",
                    f"{graph.short(p.value)} is told plainly in {graph.short(passage.value)}, where someone speaks",
                    subject=s.value,
                    at=(p.value, getattr(o, "value", ""), passage.value),
                )


@check(
    "known-alone",
    "kg:knownThrough stands on what is known through speech alone, and names a statement of the same passage.",
    "Where a narrator, the page or an external graph tells of the thing as well, take kg:knownThrough out; else name "
    "the statement that stands in the braces of the same passage.",
)
def known_alone(graph: Graph) -> Iterator[Finding]:
    """Things that are told of elsewhere, or through a statement that stands elsewhere."""
    voices, kinds = _Voices(graph), graph.kinds
    told: set[ox.NamedNode] = set()
    for thing, predicate, claim, passage in graph.stated("knownThrough"):
        if type(thing) is not ox.NamedNode or type(claim) is not ox.NamedNode:
            continue
        at = (predicate.value, claim.value, passage.value)
        if not _stands(graph, claim, None, None, passage):
            message = f"{graph.short(claim.value)} does not stand in {graph.short(passage.value)}"
            yield finding("known-alone", message, subject=thing.value, at=at)
        if thing in told:
            continue
        told.add(thing)
        for quad in graph.store.quads_for_pattern(thing, None, None, None):
            where = quad.graph_name
            if type(where) is not ox.NamedNode:
                continue
            kind = kinds.get(where, set())
            if "external" in kind or ("passage" in kind and voices[where].plain):
                message = (
                    f"{graph.short(where.value)} tells of it as well, so it is not known through speech alone"
                )
                yield finding("known-alone", message, subject=thing.value, at=at)
                break


@check(
    "drawn",
    "Something is drawn from every passage that is described.",
    "Write what the passage says between its braces, or take the description of the passage out.",
)
def drawn(graph: Graph) -> Iterator[Finding]:
    """Passages that are described and stay empty."""
    for passage in sorted(set(graph.speaking()), key=str):
        if not _stands(graph, None, None, None, passage):
            yield finding("drawn", "nothing is drawn from this passage", subject=passage.value)
