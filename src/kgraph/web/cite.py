"""Cite this page: BibTeX, CSL-JSON 1.0 and plain text, with the release that was read."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from kgraph.web.edition import Edition
from kgraph.web.language import _
from kgraph.web.links import thing_address
from kgraph.web.respond import with_parameter
from kgraph.web.wording import day_words


@dataclass(frozen=True)
class Citation:
    """The three forms. `url` is the thing's own IRI, or this site's address of it, in the release that was read."""

    url: str
    text: str
    bibtex: str
    csl: str


def citation(edition: Edition, iri: str, title: str) -> Citation:
    """How to cite the page of an IRI in the release that is served. No access date: the release says it."""
    manifest, settings = edition.release.manifest, edition.site.settings
    own = thing_address(edition, iri)
    url = iri if not own.startswith("/entity?") else edition.base.rstrip("/") + own
    day = edition.published.date()
    number = edition.release.number
    if number:
        url = with_parameter(url, f"release={number}")
    version = _("Release %(number)s", number=number) if number else _("Draft")
    publisher = str(settings["publisher"])
    site = manifest.title
    parts = [
        f"“{title}”",
        site,
        *([publisher] if publisher else []),
        f"{version}, {day_words(day.isoformat())}",
        url,
    ]
    key = re.sub(r"[^a-z0-9]+", "-", iri.rstrip("/").rpartition("/")[2].lower()).strip("-") or "entry"
    fields = {
        "title": title,
        "howpublished": site,
        "publisher": publisher,
        "year": str(day.year),
        "month": str(day.month),
        "note": version,
    }
    lines = [f"  {name} = {{{_braced(value)}}}" for name, value in fields.items() if value]
    lines.append(f"  url = {{{url}}}")  # verbatim: BibTeX styles hand it to \url, biblatex reads it so
    entry: dict[str, Any] = {
        "id": key,
        "type": "entry",
        "title": title,
        "container-title": site,
        "version": version,
        "issued": {"date-parts": [[day.year, day.month, day.day]]},
        "URL": url,
    }
    if publisher:
        entry["publisher"] = publisher
    return Citation(
        url,
        ". ".join(parts[:-1]) + ". " + url,
        "@misc{" + key + ",\n" + ",\n".join(lines) + "\n}",
        json.dumps([entry], ensure_ascii=False, indent=2),
    )


def _braced(text: str) -> str:
    escaped = re.sub(
        r"([\\{}%#&_$^~])",
        lambda m: {"\\": "\\textbackslash{}", "^": "\\^{}", "~": "\\~{}"}.get(m[1], "\\" + m[1]),
        text,
    )
    return " ".join(escaped.split())
