"""The validation report of a release as a page for those who keep the data: `/report` (SHACL, section 3.6).

Grouped by shape, the worst first, each group with what to do; paged, so that no report makes a large page. The same
as JSON and Turtle. Data with a violation are never published: what a release has is of lesser severity.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, request

from kgraph.iri import is_linkable
from kgraph.terms import IRI, XSD, Literal, binding, ntriples
from kgraph.web.edition import Edition, current
from kgraph.web.errors import problem
from kgraph.web.language import _
from kgraph.web.links import with_query
from kgraph.web.respond import answer, here, page
from kgraph.web.shapes import fragment, labels
from kgraph.web.things import unknown
from kgraph.web.view import Link, View

blueprint = Blueprint("report", __name__)

MEDIA = {"json": "application/json", "ttl": "text/turtle; charset=utf-8"}
LARGEST = 32 << 20
"""Bytes of a report that is read whole; a larger one is in the release's folder only."""
GROUPS, FIRST, ROWS = 20, 5, 100
"""Groups on a page, results of a group among them, results of a group on its own pages."""
SHAPES = 200
"""Shapes that the list of what was checked names."""
CUT = 200
"""Characters of a value or message that a page shows."""
_BARE = {XSD + name for name in ("integer", "decimal", "boolean")}
_IRI = re.compile(r"<([^<>]*)>")


@dataclass(frozen=True)
class Shown:
    """One result: where its focus node stands, the node, and the value where it is another."""

    place: str
    node: Link | str
    value: Link | str


@dataclass(frozen=True)
class Part:
    """A group of results as a page shows it."""

    number: int
    severity: str
    shape: Link
    path: str
    component: str
    messages: tuple[str, ...]
    remedy: str
    total: int
    rows: tuple[Shown, ...]


@blueprint.get("/report")
def report() -> Response:
    """All groups with their first results; with `group`, the results of one."""
    edition = current()
    found = read(edition)
    offset = max(0, request.args.get("offset", 0, type=int) or 0)
    number = request.args.get("group", type=int)
    notes, more_notes = remarks(edition)
    told: dict[str, Any] = {
        "title": _("Validation report"),
        "found": found,
        "notes": notes,
        "more_notes": more_notes,
    }
    if found is None:
        return page("report.html", view=View(edition), parts=[], number=None, **told)
    groups, results = found["groups"], found["results"]
    if number is not None and not 0 < number <= len(groups):
        return problem(
            404,
            _("There is no such group of results"),
            _("The report of this release has %(n)s groups.", n=len(groups)),
            choices=[{"href": here("/report"), "label": _("Validation report")}],
        )
    if number:
        chosen = {number: groups[number - 1]["results"][offset : offset + ROWS]}
        size, step = len(groups[number - 1]["results"]), ROWS
    else:
        numbers = range(offset + 1, min(offset + GROUPS, len(groups)) + 1)
        chosen = {n: groups[n - 1]["results"][:FIRST] for n in numbers}
        size, step = len(groups), GROUPS
    shown = [results[n] for rows in chosen.values() for n in rows]
    view = View(edition, {r[key]["value"] for r in shown for key in ("focusNode", "value") if key in r})
    known = labels(edition)
    keep = not set(request.args) - {"lang"}

    def at(start: int) -> str:
        return with_query("/report", {"group": str(number or ""), "offset": str(start) if start else ""})

    return page(
        "report.html",
        keep=keep,
        view=view,
        parts=[part(view, found, n, rows, known) for n, rows in chosen.items()],
        number=number,
        offset=offset,
        engines=checked(found, view, known),
        following=at(offset + step) if offset + step < size else None,
        former=at(max(0, offset - step)) if offset else None,
        **told,
    )


@blueprint.get("/report.<ending>")
def report_document(ending: str) -> Response:
    """The report as JSON, or as the standard `sh:ValidationReport` in Turtle."""
    edition = current()
    if ending not in MEDIA:
        return unknown(request.path)
    file = edition.release.folder / f"report.{ending}"
    if not file.exists():
        return unknown(request.path)
    if file.stat().st_size > LARGEST:
        return problem(
            403,
            _("The report is too large to be sent"),
            _("It has more than %(n)s bytes.", n=LARGEST),
            kind="urn:kgraph:problem:result-too-large",
            hint=_("It stands in the release’s folder; `kgraph validate` makes it again."),
        )
    return answer(file.read_bytes(), MEDIA[ending], keep=not request.args)


def read(edition: Edition) -> dict[str, Any] | None:
    """The report of a release as the build wrote it, read once; None where it is too large for a page, or not there."""
    if "report" not in edition.kept:
        file = edition.release.folder / "report.json"
        small = file.exists() and file.stat().st_size <= LARGEST
        edition.kept["report"] = json.loads(file.read_text("utf-8")) if small else None
    found: dict[str, Any] | None = edition.kept["report"]
    return found


def remarks(edition: Edition, most: int = 50) -> tuple[list[dict[str, Any]], int]:
    """What else the build noticed, the first, and how many more: notes.json without the results of shapes."""
    file = edition.release.folder / "notes.json"
    if not file.exists() or file.stat().st_size > LARGEST:
        return [], 0
    found = [note for note in json.loads(file.read_text("utf-8")) if note.get("check") != "shacl"]
    return found[:most], max(0, len(found) - most)


def part(
    view: View, found: dict[str, Any], number: int, rows: list[int], known: dict[str, dict[str, str]]
) -> Part:
    """A group with some of its results."""
    group = found["groups"][number - 1]
    return Part(
        number,
        group["severity"],
        shape_link(view, group["shape"], known),
        short(view, group["path"])[:CUT],
        group["component"].rpartition("#")[2].removesuffix("ConstraintComponent"),
        tuple(short(view, message)[: 3 * CUT] for message in group["messages"]),
        group["remedy"],
        len(group["results"]),
        tuple(row(view, found["results"][n]) for n in rows),
    )


def row(view: View, result: dict[str, Any]) -> Shown:
    """One result."""
    place = result.get("file", "") + (f":{result['line']}" if "line" in result else "")
    value = result.get("value")
    return Shown(
        place,
        term(view, result["focusNode"]),
        term(view, value) if value is not None and value != result["focusNode"] else "",
    )


def term(view: View, told: dict[str, str]) -> Link | str:
    """A node as a link; a literal as Turtle has it, with prefixed names; a blank node by its label.

    `told`: a term as in SPARQL 1.1 Query Results JSON, section 3.2.2.
    """
    found = binding(told)
    if isinstance(found, IRI):
        return view.link(found.value)
    if isinstance(found, Literal) and found.datatype in _BARE:
        return found.value[:CUT]
    return short(view, ntriples(found))[:CUT]


def short(view: View, text: str) -> str:
    """A text with the IRIs in angle brackets as prefixed names, where there are such."""
    return _IRI.sub(lambda m: view.prefixed(m[1]) if view.prefixed(m[1]) != m[1] else m[0], text)


def shape_link(view: View, told: dict[str, str], known: dict[str, dict[str, str]]) -> Link:
    """A shape, leading to its words on the page of the rules where it has some there."""
    shape = told["value"]
    if told["type"] != "uri":
        return Link(_("a shape without a name"), None, None, False, "")
    name = view.text_of(known.get(shape, {}))
    text, language = (name.text, name.language or None) if name else (view.name(shape).text, None)
    if shape in known:
        return Link(text, language, here("/shapes.html") + "#" + fragment(shape), False, shape)
    outside = is_linkable(shape) and not shape.startswith(view.edition.base)
    return Link(text, language, shape if outside else None, outside, shape)


def checked(report: dict[str, Any], view: View, known: dict[str, dict[str, str]]) -> dict[str, list[Link]]:
    """The targeted shapes by the engine that judged them."""
    found: dict[str, list[Link]] = {}
    for entry in report["engines"]:
        found.setdefault(entry["engine"], []).append(shape_link(view, entry["shape"], known))
    return found
