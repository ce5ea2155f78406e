"""What stands on a page a hundred times, written in Python: a template's macro takes twenty times as long for it.

Text of unknown direction stands in bdi, so that it cannot turn its surroundings (on a page that runs from left to right
only a character of a right-to-left script, or one that directs, could: Unicode Standard Annex 9). Where its language is
not the page's it says so; the style sheet shows the tag behind it.
"""

from __future__ import annotations

import re
from typing import Protocol

from markupsafe import Markup, escape

from kgraph.web.language import RIGHT_TO_LEFT, _
from kgraph.web.respond import language
from kgraph.web.view import Link, View

_TURNING = re.compile(
    r"[\u0590-\u08ff\u200e\u200f\u202a-\u202e\u2066-\u2069\ufb1d-\ufdff\ufe70-\ufeff\U00010800-\U00010fff\U0001e800-\U0001efff]"
)


class Called(Protocol):
    """What has a text and the language of it."""

    @property
    def text(self) -> str: ...

    @property
    def language(self) -> str | None: ...


def said(text: str, tag: str | None, lang: str = "") -> Markup:
    """A text in a language (None or '': of no language). `lang`: that of the page, where it is known already."""
    lang = lang or language()
    if tag and tag.partition("-")[0] != lang:
        return Markup(f'<bdi lang="{escape(tag)}">{escape(text)}</bdi>')  # noqa: S704  both are escaped
    if not _TURNING.search(text) and lang not in RIGHT_TO_LEFT:
        return escape(text)
    return Markup(f"<bdi>{escape(text)}</bdi>")  # noqa: S704  escaped


def called(found: Called, lang: str = "") -> Markup:
    """What a thing is called."""
    return said(found.text, found.language, lang)


def link(found: Link, class_: str = "", lang: str = "") -> Markup:
    """A thing as a link, or as text where it may not be linked."""
    text = said(found.text, found.language, lang)
    if not found.href:
        return Markup(f'<span class="plain">{text}</span>')  # noqa: S704  escaped by `said`
    kind = f' class="{class_}"' if class_ else ""
    if not found.external:
        return Markup(f'<a href="{escape(found.href)}"{kind}>{text}</a>')  # noqa: S704  escaped
    other = escape(_("(another site)"))
    return Markup(  # noqa: S704  escaped
        f'<a href="{escape(found.href)}"{kind} rel="external noopener noreferrer nofollow">{text}</a>'
        f'<span class="out" aria-hidden="true">↗</span><span class="sr"> {other}</span>'
    )


def linked(view: View, iri: str) -> Markup:
    """A thing as a link, by its IRI."""
    found = view.html.get(iri)
    if found is None:
        found = view.html[iri] = link(view.link(iri), lang=view.language)
    return found


def linked_property(view: View, iri: str, class_: str = "") -> Markup:
    """A property as a link to its description."""
    key = f"{class_} {iri}"  # no IRI has a space
    found = view.html.get(key)
    if found is None:
        found = view.html[key] = link(view.property(iri), class_, view.language)
    return found


def named(view: View, iri: str) -> Markup:
    """What a thing is called, by its IRI."""
    key = f"{iri} "  # no IRI has a space
    found = view.html.get(key)
    if found is None:
        found = view.html[key] = called(view.link(iri), view.language)
    return found
