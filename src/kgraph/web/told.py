"""Descriptions of many things for a list, each in the language to prefer, with that language (WCAG 2.2, 3.1.2)."""

from __future__ import annotations

from collections.abc import Iterable

from kgraph.web.view import View, Words

_MOST = 2000


def descriptions(view: View, iris: Iterable[str]) -> dict[str, Words]:
    """The description of each of these IRIs that has one, cut at 2,000 characters.

    The index keeps one without its language, for a release of an earlier kgraph; the statements of a thing have all.
    """
    edition = view.edition
    texts = {iri: text for iri in iris if (text := view.name(iri).description)}
    properties = edition.roles["description"]
    nodes = edition.lookup.of(texts, properties) if texts and edition.lookup else {}
    found = {}
    for iri, text in texts.items():
        node = nodes.get(iri)
        best = view.text(v for p in properties for v in node.literals(p)) if node else None
        found[iri] = Words(best.value[:_MOST], best.language or "") if best else Words(text)
    return found
