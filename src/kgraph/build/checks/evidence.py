"""Evidence: every statement stands in a graph that says what it is; what is known through speech alone says so."""

from __future__ import annotations

from collections.abc import Iterator

import pyoxigraph as ox

from kgraph.build.checks.table import Graph, check, finding
from kgraph.build.findings import Finding
from kgraph.build.load import graph_of
from kgraph.terms import RDF_TYPE, RDFS

_TYPE = ox.NamedNode(RDF_TYPE)
_SKOS = "http://www.w3.org/2004/02/skos/core#"
_DCT = "http://purl.org/dc/terms/"

THINGS = ("Event", "Campaign", "Agent", "Place", "Work", "Participation")
"""Classes of things that a source must speak of."""
STATED = (*THINGS, "Claim", "Dating")
"""Classes of nodes that a passage (or an external dataset) must introduce."""
EDITORIAL = frozenset(
    {
        RDFS + "label",
        RDFS + "comment",
        RDFS + "seeAlso",
        _DCT + "description",
        "http://www.w3.org/2002/07/owl#sameAs",
        "http://www.w3.org/ns/prov#wasDerivedFrom",
        *(_SKOS + name for name in ("prefLabel", "altLabel", "hiddenLabel", "note", "editorialNote")),
        *(_SKOS + name for name in ("exactMatch", "closeMatch", "scopeNote", "changeNote", "historyNote")),
    }
)
"""What the curator may say of a thing in an editorial graph; and kg:dating with the derived values of datings."""
DERIVED = ("dating", "edtf", "earliest", "latest", "rule")


@check(
    "graph-kind",
    "Every named graph is typed and described as exactly one of kg:Passage, kg:EditorialGraph, kg:ExternalGraph.",
    "Describe the graph outside its braces: a kg:Passage with source, position and voice; or see docs/curating.md.",
)
def graph_kind(graph: Graph) -> Iterator[Finding]:
    """Graphs without a kind, or with two."""
    own = {graph.inferred, graph.ontology_graph}
    base = graph.inputs.site.base
    files = {graph_of(source, base): source.name for source in graph.inputs.data}
    for name in graph.named_graphs():
        if name in own:
            continue
        if type(name) is not ox.NamedNode:
            yield finding("graph-kind", "a named graph has a blank node for its name", subject=str(name))
            continue
        kinds = graph.kinds.get(name, set())
        at = ("", "", name.value)
        if not kinds:
            what = "statements stand in a graph that is not described, so they rest on nothing"
            if name in files:
                what = f"the graph of what the file says outside of braces is not described; is its @base <{base}>?"
            yield finding(
                "graph-kind",
                what,
                subject=name.value,
                file=files.get(name, ""),
                at=at,
            )
        elif len(kinds) > 1:
            yield finding(
                "graph-kind", f"a graph of two kinds: {' and '.join(sorted(kinds))}", subject=name.value
            )


@check(
    "evidence",
    "What is said of a thing stands in a passage or an external graph; an editorial graph has only labels, "
    "descriptions, notes, identities and derived datings of it.",
    "Move the statement into the braces of the passage that says so: <id/passage/...> { ... }",
)
def evidence(graph: Graph) -> Iterator[Finding]:
    """Statements in editorial graphs that need a passage."""
    derived = {graph.kg(name).value for name in DERIVED}
    stated = {graph.kg(name).value for name in STATED}
    typed = stated | {c for c in graph.ontology.classes if graph.ontology.above_class(c) & stated}
    needing = sorted((p for p in graph.loaded.predicates if p.value not in EDITORIAL | derived), key=str)
    patterns = [(p, None) for p in needing if p != _TYPE] + [(_TYPE, ox.NamedNode(c)) for c in sorted(typed)]
    seen: dict[ox.NamedNode, bool] = {}
    for name, predicate, value in ((name, *pattern) for name in graph.editorial() for pattern in patterns):
        for s, p, o, _ in graph.within(name, predicate, value):
            if type(s) is not ox.NamedNode:
                continue
            if s not in seen:
                seen[s] = bool(graph.types(s) & stated)
            if seen[s]:
                yield finding(
                    "evidence",
                    f"{graph.short(p.value)} stands outside any passage, so no source supports it",
                    subject=s.value,
                    at=(p.value, o.value if not isinstance(o, ox.Triple) else "", name.value),
                )


@check(
    "introduced",
    "Every event, campaign, agent, place, work and statement that has a label has its type in a passage or an "
    "external graph.",
    "Say what it is in the passage that speaks of it, or take it out: nothing may be there that no source gives.",
)
def introduced(graph: Graph) -> Iterator[Finding]:
    """Things with labels or notes only, and no source for their being there."""
    site = graph.inputs.site
    folders = (
        "event",
        "recognition",
        "campaign",
        "person",
        "organization",
        "group",
        "place",
        "creative-work",
    )
    prefixes = tuple(f"{site.base}id/{folder}/" for folder in (*folders, "statement"))
    for s in graph.labelled():
        if s.value.startswith(prefixes):
            yield finding(
                "introduced",
                "it has a label, but nothing says what it is and no passage speaks of it",
                subject=s.value,
            )


@check(
    "known-through",
    "A thing that no narrator, no page and no external dataset speaks of is known through speech alone, and names its "
    "statement with kg:knownThrough.",
    "Add kg:knownThrough with the statement (id/statement/...) in the same passage.",
)
def known_through(graph: Graph) -> Iterator[Finding]:
    """Things of which only speakers speak."""
    plain = {graph.kg("Narrator"), graph.kg("Page")}
    through, voice, claim = graph.kg("knownThrough"), graph.kg("voice"), graph.kg("Claim").value
    narrated: dict[ox.NamedNode, bool] = {}

    def is_narrated(name: object) -> bool:
        if type(name) is not ox.NamedNode:
            return False
        if name not in narrated:
            kinds = graph.kinds.get(name, set())
            narrated[name] = "external" in kinds or (
                "passage" in kinds and bool(plain & set(graph.objects(name, voice)))
            )
        return narrated[name]

    def is_spoken_of(thing: ox.NamedNode) -> bool:
        if any(is_narrated(q.graph_name) for q in graph.store.quads_for_pattern(thing, None, None)):
            return True
        return any(
            is_narrated(q.graph_name)
            and type(q.subject) is ox.NamedNode
            and claim not in graph.types(q.subject)
            for q in graph.store.quads_for_pattern(None, None, thing)
        )

    for name in THINGS:
        things = set(graph.members(name))
        for thing, place in graph.places(name):
            if is_narrated(place):
                things.discard(thing)
        for thing in sorted(things, key=str):
            if not graph.objects(thing, through) and not is_spoken_of(thing):
                yield finding(
                    "known-through",
                    f"only speakers speak of this {name.lower()}, and no kg:knownThrough names the statement",
                    subject=thing.value,
                )
