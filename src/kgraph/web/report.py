"""The validation report of a release as a page for those who keep the data: `/report` (SHACL, section 3.6).

Grouped by shape, the worst first, each group with what to do; paged, so that no report makes a large page. The same
as JSON and Turtle. Data with a violation are never published: what a release has is of lesser severity.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, request

from kgraph.iri import is_linkable
from kgraph.terms import IRI, XSD, Literal, Term, ntriples
from kgraph.web.edition import Edition, current
from kgraph.web.errors import problem
from kgraph.web.language import _
from kgraph.web.links import with_query
from kgraph.web.respond import answer, here, page
from kgraph.web.shapes import fragment, labels
from kgraph.web.things import unknown
from kgraph.web.view import Link, View

if TYPE_CHECKING:
    from kgraph.shacl import Report
    from kgraph.shacl.render import Group, Place

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


@dataclass(frozen=True)
class Read:
    """A report as it was read from its release: grouped, with the places of its results by `id`."""

    report: Report
    groups: tuple[Group, ...]
    places: dict[int, Place]


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
    if number is not None and not 0 < number <= len(found.groups):
        return problem(
            404,
            _("There is no such group of results"),
            _("The report of this release has %(n)s groups.", n=len(found.groups)),
            choices=[{"href": here("/report"), "label": _("Validation report")}],
        )
    if number:
        chosen = {number: found.groups[number - 1].results[offset : offset + ROWS]}
        size, step = len(found.groups[number - 1].results), ROWS
    else:
        numbers = range(offset + 1, min(offset + GROUPS, len(found.groups)) + 1)
        chosen = {n: found.groups[n - 1].results[:FIRST] for n in numbers}
        size, step = len(found.groups), GROUPS
    view = View(
        edition, {t.value for rows in chosen.values() for r in rows for t in (r.focus_node, r.value) if t}
    )
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
        engines=checked(found.report, view, known),
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


def read(edition: Edition) -> Read | None:
    """The report of a release, read once; None where it is too large for a page, or not there."""
    if "report" not in edition.kept:
        edition.kept["report"] = _read(edition)
    found: Read | None = edition.kept["report"]
    return found


def _read(edition: Edition) -> Read | None:
    from kgraph.shacl import Report
    from kgraph.shacl.render import Place, grouped

    file = edition.release.folder / "report.json"
    if not file.exists() or file.stat().st_size > LARGEST:
        return None
    text = file.read_text("utf-8")
    report = Report.from_json(text)
    given = [(r.get("file", ""), r.get("line", 0)) for r in json.loads(text)["results"]]
    places = {id(r): Place(*at) for r, at in zip(report.results, given, strict=True)}
    return Read(report, tuple(grouped(report.results)), places)


def remarks(edition: Edition, most: int = 50) -> tuple[list[dict[str, Any]], int]:
    """What else the build noticed, the first, and how many more: notes.json without the results of shapes."""
    file = edition.release.folder / "notes.json"
    if not file.exists() or file.stat().st_size > LARGEST:
        return [], 0
    found = [note for note in json.loads(file.read_text("utf-8")) if note.get("check") != "shacl"]
    return found[:most], max(0, len(found) - most)


def part(view: View, found: Read, number: int, rows: Any, known: dict[str, dict[str, str]]) -> Part:
    """A group with some of its results."""
    from kgraph.shacl.messages import remedy
    from kgraph.shacl.names import SH

    group = found.groups[number - 1]
    return Part(
        number,
        group.severity,
        shape_link(view, group.shape, known),
        short(view, group.path)[:CUT],
        group.component.removeprefix(SH).removesuffix("ConstraintComponent"),
        tuple(short(view, message)[: 3 * CUT] for message in group.messages),
        remedy(group.component),
        len(group.results),
        tuple(
            Shown(
                str(found.places[id(r)]),
                term(view, r.focus_node),
                term(view, r.value) if r.value is not None and r.value != r.focus_node else "",
            )
            for r in rows
        ),
    )


def term(view: View, value: Term) -> Link | str:
    """A node as a link; a literal as Turtle has it, with prefixed names; a blank node by its label."""
    if isinstance(value, IRI):
        return view.link(value.value)
    if isinstance(value, Literal) and value.datatype in _BARE:
        return value.value[:CUT]
    return short(view, ntriples(value))[:CUT]


def short(view: View, text: str) -> str:
    """A text with the IRIs in angle brackets as prefixed names, where there are such."""
    return _IRI.sub(lambda m: view.prefixed(m[1]) if view.prefixed(m[1]) != m[1] else m[0], text)


def shape_link(view: View, shape: Term, known: dict[str, dict[str, str]]) -> Link:
    """A shape, leading to its words on the page of the rules where it has some there."""
    if not isinstance(shape, IRI):
        return Link(_("a shape without a name"), None, None, False, "")
    name = view.text_of(known.get(shape.value, {}))
    text, language = (name.text, name.language or None) if name else (view.name(shape.value).text, None)
    if shape.value in known:
        return Link(text, language, here("/shapes.html") + "#" + fragment(shape.value), False, shape.value)
    outside = is_linkable(shape.value) and not shape.value.startswith(view.edition.base)
    return Link(text, language, shape.value if outside else None, outside, shape.value)


def checked(report: Report, view: View, known: dict[str, dict[str, str]]) -> dict[str, list[Link]]:
    """The targeted shapes by the engine that judged them."""
    found: dict[str, list[Link]] = {}
    for shape, engine in report.engines:
        found.setdefault(engine, []).append(shape_link(view, shape, known))
    return found
