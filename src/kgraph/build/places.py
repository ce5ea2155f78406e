"""Which file, and in Turtle and TriG which line, a finding is about; found by reading the files again."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import pyoxigraph as ox

from kgraph.build.blocks import Block, blocks, line_of
from kgraph.build.findings import Finding
from kgraph.build.rewrite import Rewrite
from kgraph.build.sources import Source
from kgraph.errors import KgraphError
from kgraph.media import RdfFormat

MOST = 16 << 20
"""Bytes; a larger file is named without a line."""
_TEXTS = (RdfFormat.TURTLE, RdfFormat.TRIG, RdfFormat.NTRIPLES, RdfFormat.NQUADS)
_LAST = re.compile("[A-Za-z0-9_-]+$")
_EVASIVE = re.compile(r"\\[uU_-]|(?i:prefix)\b[^<>]*<[^<>]*[A-Za-z0-9_-]>")
"""An escape, and a prefix that ends within a word: then the last word of an IRI may not stand in the text."""


def with_places(findings: Iterable[Finding], sources: Sequence[Source], rewrite: Rewrite) -> list[Finding]:
    """The findings with `file` and `line` where a file has their subject."""
    found = list(findings)
    wanted = {f.subject for f in found if f.subject and not f.line}
    if not wanted:
        return found
    places: dict[str, list[tuple[str, int, list[ox.Quad], bool]]] = {}
    tails = {name: _tail(name, rewrite) for name in wanted}
    for source in sources:
        here = {name: tails[name] for name in wanted if not name.startswith("_:")}
        here |= {name: "" for name in wanted if name.startswith("_:" + source.bnode_prefix)}
        for subject, place in _places(source, rewrite, here) if here else ():
            places.setdefault(subject, []).append(place)
    return [_placed(f, places) for f in found]


def _placed(finding: Finding, places: dict[str, list[tuple[str, int, list[ox.Quad], bool]]]) -> Finding:
    here = [p for p in places.get(finding.subject, []) if not finding.file or p[0] == finding.file]
    if not here or finding.line:
        return finding
    predicate, value, graph = finding.at

    def fits(place: tuple[str, int, list[ox.Quad], bool]) -> tuple[bool, bool, bool]:
        quads = place[2]
        inside = [q for q in quads if not graph or getattr(q.graph_name, "value", "") == graph]
        exact = any(
            (not predicate or q.predicate.value == predicate)
            and (not value or getattr(q.object, "value", "") == value)
            and getattr(q.subject, "value", "") == finding.subject
            for q in inside
        )
        return (place[3] != (graph == finding.subject), not exact, not inside)

    file, line, _, _ = min(here, key=fits)
    return replace(finding, file=file, line=line)


def _places(
    source: Source, rewrite: Rewrite, wanted: Mapping[str, str]
) -> Iterable[tuple[str, tuple[str, int, list[ox.Quad], bool]]]:
    """The places of wanted names, each given with its tail."""
    try:
        if source.path.stat().st_size <= MOST and source.syntax in _TEXTS:
            with source.open() as stream:
                text = stream.read().decode()
            if _EVASIVE.search(text):
                wanted = dict.fromkeys(wanted, "")
            wanted = {name: tail for name, tail in wanted.items() if tail in text}
            if not wanted:
                return
            if source.syntax in (RdfFormat.TURTLE, RdfFormat.TRIG):
                for block in blocks(text):
                    yield from _block_places(block, text, source, rewrite, wanted)
                return
        seen: set[str] = set()
        for quad in source.quads(rewrite):
            for term in (quad.subject, quad.graph_name):
                name = _name(term)
                if name in wanted and name not in seen:
                    seen.add(name)
                    yield name, (source.name, 0, [], False)
    except (KgraphError, OSError, UnicodeDecodeError):
        return


def _tail(iri: str, rewrite: Rewrite) -> str:
    """The word at the end of an IRI, which a file that writes it must have, where it is not `_EVASIVE`."""
    for start in (rewrite.namespace, rewrite.base):
        if iri.startswith(start):
            iri = iri[len(start) :]
            break
    found = _LAST.search(iri)
    return found.group() if found else ""


def _block_places(
    block: Block, text: str, source: Source, rewrite: Rewrite, wanted: Mapping[str, str]
) -> Iterable[tuple[str, tuple[str, int, list[ox.Quad], bool]]]:
    if not any(
        tail in block.header or text.find(tail, block.start, block.end) >= 0 for tail in wanted.values()
    ):
        return
    quads = [rewrite.quad(q) for q in block.quads(text)]
    line = line_of(text, block.start)
    if block.subject is None:
        names = {_name(q.graph_name) for q in quads}
    else:
        # the first subject of the block as the parser sees it: the one that the first token names
        first = [q for q in quads if type(q.subject) is ox.NamedNode]
        names = {_name(q.subject) for q in first} if len({q.subject for q in first}) == 1 else set()
        if len(names) != 1:
            names = set()
    for name in names & wanted.keys():
        yield name, (source.name, line, quads, block.subject is None)


def _name(term: object) -> str:
    if type(term) is ox.BlankNode:
        return "_:" + term.value
    return term.value if type(term) is ox.NamedNode else ""
