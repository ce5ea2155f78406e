"""What every template may call: addresses, words, tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlencode

from flask import Flask, g, request
from markupsafe import Markup, escape

from kgraph.iri import parameter
from kgraph.media import RdfFormat
from kgraph.web import browse, evidence, markup, told, view, wording
from kgraph.web.edition import current, publication
from kgraph.web.language import LANGUAGES, NAMES, RIGHT_TO_LEFT, _
from kgraph.web.links import sparql_address, thing_address, with_query
from kgraph.web.negotiate import MEDIA_TYPES
from kgraph.web.respond import here, in_release, language

_STATE = frozenset(
    {"iri", "class", "q", "f", "year", "sort", "view", "after", "act", "offset", "property", "query", "group"}
)
_LICENSES = {
    "https://creativecommons.org/licenses/by/4.0/": "CC BY 4.0",
    "https://creativecommons.org/publicdomain/zero/1.0/": "CC0 1.0",
}


def register(app: Flask) -> None:
    """Globals, filters and tests of the templates."""
    jinja = app.jinja_env
    jinja.globals |= {
        "here": here,
        "in_release": in_release,
        "thing_address": lambda iri: thing_address(current(), iri),
        "sparql_address": sparql_address,
        "with_query": with_query,
        "wording": wording,
        "markup": markup,
        "evidence_html": evidence,
        "LANGUAGES": LANGUAGES,
        "date_text": browse.date_text,
        "facet_name": browse.facet_name,
        "descriptions": told.descriptions,
        "short": lambda iri: browse.short(current(), iri),
        "class_address": lambda iri: "/browse?class=" + (current().names.prefixed(iri) or parameter(iri)),
        "media_types": MEDIA_TYPES,
        "format_names": {f.ending: f.label for f in RdfFormat},
    }
    jinja.filters["capitalized"] = lambda name: view.Words(
        name.text[:1].upper() + name.text[1:], name.language or ""
    )
    jinja.filters["coded"] = coded
    jinja.filters["sentence"] = sentence
    jinja.tests |= {"literal": view.is_literal, "iri": view.is_iri_term, "blank": view.is_blank}

    @app.context_processor
    def every_page() -> dict[str, Any]:
        edition = current()
        chosen = language()
        return {
            "edition": edition,
            "notice": publication().notice,
            "site": edition.site,
            "lang": chosen,
            "site_language": str(next(iter(edition.site.settings["languages"]), "")),
            "direction": "rtl" if chosen in RIGHT_TO_LEFT else "ltr",
            "release_words": _release_words(),
            "path": request.path,
            "menu": _menu(),
            "language_fixed": g.language_fixed,
            "release_fixed": g.get("release"),
            "now_address": _now_address() if g.get("release") else "",
            "is_served": edition.release.number == publication().edition.release.number,
            "license_words": _license_words(str(edition.site.settings["license"])),
            "in_language": _in_languages(),
            "language_names": NAMES,
        }


def sentence(text: str) -> str:
    """A message as a sentence: those of the command line begin small and end without a stop."""
    told = str(text).strip()
    return told[:1].upper() + told[1:] + ("" if told[-1:] in ".!?:؟" else ".") if told else ""


def coded(text: str) -> Markup:
    """A message for people: what stands between backticks is code."""
    parts = str(text).split("`")
    if len(parts) % 2 == 0:
        return escape(text)
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if number % 2 else escape(part)
        for number, part in enumerate(parts)
    )


def _release_words() -> str:
    edition = current()
    day = wording.day_words(edition.published.date().isoformat())
    number = edition.release.number
    return (
        _("Release %(number)s, %(day)s", number=number, day=day) if number else _("Draft, %(day)s", day=day)
    )


def _now_address() -> str:
    query = urlencode([(k, v) for k, v in request.args.items(multi=True) if k != "release"], safe="/:,")
    return quote(request.path, safe="/:@!$&'()*+,;=-._~") + (f"?{query}" if query else "")


def _menu() -> list[tuple[str, str]]:
    edition = current()
    found = [("/browse", _("Browse"))]
    for class_, path, text in (
        ("Recognition", "/declarations", _("Declarations")),
        ("Tally", "/numbers", _("Numbers")),
        ("Naming", "/names", _("Names")),
        ("Source", "/sources", _("Sources")),
    ):
        if edition.has(edition.kg + class_):
            found.append((path, text))
    found.append(("/ontology.html", _("Vocabulary")))
    return [*found, ("/sparql", _("Query")), ("/about", _("About"))]


def _license_words(iri: str) -> str:
    return _LICENSES.get(iri, iri)


def _in_languages() -> Callable[[str], str]:
    """The address of this page in a language."""
    kept = urlencode([(k, v) for k, v in request.args.items(multi=True) if k in _STATE])
    start = f"{quote(request.path)}?{kept}&lang=" if kept else f"{quote(request.path)}?lang="
    return lambda tag: in_release(start + tag)
