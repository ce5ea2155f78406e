"""The history on pages: the list of releases, what two of them differ in, what each changed in a thing.

Every page has its data twin: the same address with `.json`; a difference is also had as RDF Patch.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, current_app, request

from kgraph import history as recorded
from kgraph.describe.entity import statements
from kgraph.errors import ReleaseError
from kgraph.iri import is_iri, parameter
from kgraph.release import Activation, Manifest, read_manifest
from kgraph.release.compared import Comparisons, TooLarge
from kgraph.release.difference import Difference
from kgraph.terms import IRI, Quad, ntriples, read_nquads
from kgraph.web import memento
from kgraph.web.edition import Edition, current
from kgraph.web.errors import problem
from kgraph.web.language import _
from kgraph.web.links import thing_address
from kgraph.web.respond import answer, in_release, link_header, page, with_parameter
from kgraph.web.view import View

blueprint = Blueprint("history", __name__)

RELEASES = 50  # releases on a page
THINGS = 100  # things that a difference names
STATEMENTS = 500  # statements that a difference shows
LATEST = 3  # changes that the page of a thing tells
_log = logging.getLogger("kgraph.web")


@dataclass(frozen=True)
class Row:
    """A release in the list. `changes`: kind -> how many things; None for what was never compared."""

    activation: Activation
    manifest: Manifest | None
    day: str
    former: int | None
    kept: bool
    active: bool
    size: int
    changes: dict[str, int]


@dataclass(frozen=True)
class Mention:
    """A change of a thing, in words, with links."""

    words: str
    href: str
    all: str


@blueprint.get("/releases")
def releases() -> Response:
    """Every release, the newest first."""
    shown, following = _rows()
    response = page(
        "releases.html",
        view=View(current()),
        rows=shown,
        following=following,
        data="/releases.json" + (f"?before={_before()}" if _before() else ""),
        title=_("Releases"),
    )
    response.headers["Link"] = link_header([("/releases.json", "alternate", "application/json")])
    return response


@blueprint.get("/releases.json")
def releases_data() -> Response:
    """The same as JSON."""
    shown, following = _rows()
    told = [
        {
            "release": row.activation.number,
            "time": row.activation.time,
            "note": row.activation.note or None,
            "active": row.active,
            "kept": row.kept,
            "data": row.activation.data,
            "inputs": row.activation.inputs,
            **_manifest_values(row.manifest),
            "bytes": row.size,
            "changes": row.changes,
            "dump": memento.dump_address(row.activation.number),
            "pages": in_release("/", row.activation.number) if row.kept else None,
        }
        for row in shown
    ]
    following = following.replace("/releases?", "/releases.json?")
    return _json({"releases": told, "next": following or None})


def _manifest_values(manifest: Manifest | None) -> dict[str, Any]:
    if manifest is None:
        return {}
    names = ("title", "base", "kgraph", "quads", "triples", "inferred", "graphs", "conforms")
    return {name: getattr(manifest, name) for name in names}


def _before() -> int:
    return request.args.get("before", 0, type=int) or 0


def _rows() -> tuple[list[Row], str]:
    editions, edition = memento.editions(), current()
    log = editions.log
    counts = recorded.counts(edition.site.state)
    chosen = [at for at, a in enumerate(log) if not _before() or a.number < _before()][::-1]
    shown = []
    for at in chosen[:RELEASES]:
        activation = log[at]
        manifest = _manifest(editions.folder(activation))
        shown.append(
            Row(
                activation,
                manifest,
                memento.words(activation),
                log[at - 1].number if at else None,
                editions.is_kept(activation),
                activation.number == edition.release.number,
                sum(int(f["bytes"]) for f in manifest.files.values()) if manifest else 0,
                counts.get(activation.number, {}),
            )
        )
    more = len(chosen) > RELEASES
    return shown, f"/releases?before={shown[-1].activation.number}" if more else ""


@lru_cache(maxsize=256)
def _manifest(folder: Path) -> Manifest | None:
    try:
        return read_manifest(folder)
    except ReleaseError:
        return None


@blueprint.get("/diff")
@blueprint.get("/diff.<ending>")
def diff(ending: str = "html") -> Response:
    """What two releases differ in: a page, JSON, or RDF Patch."""
    editions = memento.editions()
    numbers = [a.number for a in editions.log]
    last = numbers[-1] if numbers else 0
    for text in (request.args.get("from"), request.args.get("to")):
        if text and not memento.is_number(text):
            return memento.no_number(text)
    to = int(request.args.get("to") or last)
    since = int(request.args.get("from") or max((n for n in numbers if n < to), default=to))
    old, new = (editions.activation(n) for n in (since, to))
    things, total = recorded.changed_between(current().site.state, since, to, THINGS)
    query = f"?from={since}&to={to}"
    try:
        found = _comparisons().of(editions.folder(old), editions.folder(new), STATEMENTS)
    except TooLarge as error:
        found = None
        if ending != "html":
            return problem(
                403, _("These releases are too large to be compared here"), error.message, hint=_hint()
            )
    if found and found.lines is not None and total == len(things):
        things = [change for change in things if _differs(change, found.lines)]
        total = len(things)
    if found and ending == "patch":
        if found.lines is None:
            return problem(403, _("The releases differ in too much for this address"), hint=_hint())
        body = "TX .\n" + "".join(one.patch + "\n" for one in found.lines) + "TC .\n"
        return answer(body.encode(), "application/rdf-patch; charset=utf-8")
    if found and ending == "json":
        return _json(
            {
                "from": since,
                "to": to,
                "added": found.added,
                "removed": found.removed,
                "things": [{"iri": c.iri, "kind": c.kind, "release": c.release} for c in things],
                "things_in_all": total,
                "statements": [{"sign": one.sign, "statement": one.line} for one in found.first],
                "patch": f"/diff.patch{query}" if found.lines is not None else None,
            }
        )
    if ending != "html":
        return problem(404, _("There is nothing at this address"), hint=_("It has .json and .patch as data."))
    quads = [(one.sign, read_nquads(one.line)) for one in found.first] if found else []
    edition = current()
    view = View(edition, {*(c.iri for c in things), *_iris(q for _sign, q in quads)})
    response = page(
        "diff.html",
        view=view,
        old=old,
        new=new,
        day=memento.words,
        numbers=numbers,
        things=[(c, _thing_link(edition, c, since, to), c.label or view.name(c.iri).text) for c in things],
        total=total,
        found=found,
        subjects=_by_subject(quads),
        hint=_hint(),
        query=query,
        title=_("Release %(old)s and release %(new)s", old=since, new=to),
    )
    response.headers["Link"] = link_header([(f"/diff.json{query}", "alternate", "application/json")])
    return response


def _differs(change: recorded.Change, lines: Iterable[Difference]) -> bool:
    """Whether statements tell a thing's change; one that was changed back has none. Blank nodes may be anyone's."""
    mine = (f"<{change.iri}>", f"<{change.iri}#", "_:")
    return change.kind != "updated" or any(one.subject.startswith(mine) for one in lines)


def _hint() -> str:
    return _("Take the dumps of both, or run “kgraph diff”.")


def _thing_link(edition: Edition, change: recorded.Change, since: int, to: int) -> str:
    """Where to read what changed in a thing: in a step of one release its history, else the thing itself."""
    return _history_address(change.iri, change.release)


def _comparisons() -> Comparisons:
    found: Comparisons = current_app.extensions.setdefault("kgraph.comparisons", Comparisons())
    return found


@blueprint.get("/history")
@blueprint.get("/history.<ending>")
def of_thing(ending: str = "html") -> Response:
    """The releases that changed a thing, and what one of them changed in it."""
    iri = request.args.get("iri", "").strip()
    states = memento.history_of(iri) if is_iri(iri) else []
    if not states or ending not in ("html", "json"):
        return problem(
            404,
            _("There is no history of this"),
            _("No release has a thing with the IRI %(iri)s.", iri=iri[:300]) if iri else "",
            hint=_("Write it as /history?iri=, with the IRI percent-encoded."),
        )
    steps = [state.releases[0] for state in states]
    at = request.args.get("at", steps[-1], type=int)
    log = {a.number: a for a in memento.editions().log}
    place = steps.index(at) if at in steps else len(steps) - 1
    added, removed, missing = _changed(iri, states, place)
    if ending == "json":
        return _json(
            {
                "iri": iri,
                "changes": [
                    {"release": s.releases[0], "time": log[s.releases[0]].time, "kind": s.kind}
                    for s in states
                ],
                "at": steps[place],
                "added": None if missing else [_line(q) for q in added],
                "removed": None if missing else [_line(q) for q in removed],
            }
        )
    view = View(current(), {iri, *_iris(added), *_iris(removed)})
    response = page(
        "history.html",
        view=view,
        iri=iri,
        name=view.name(iri),
        address=thing_address(current(), iri),
        states=[
            (s, _words(s.kind, log[s.releases[0]]), _history_address(iri, s.releases[0])) for s in states
        ][::-1],
        at=steps[place],
        what=_words(states[place].kind, log[steps[place]]),
        subjects=_by_subject([*(("-", q) for q in removed), *(("+", q) for q in added)]),
        missing=[(n, memento.dump_address(n)) for n in missing],
        data=_history_address(iri, steps[place], "json"),
        title=_("History of %(name)s", name=view.name(iri).text),
    )
    response.headers["Link"] = link_header(
        [(_history_address(iri, steps[place], "json"), "alternate", "application/json")]
    )
    return response


def _changed(
    iri: str, states: list[recorded.Version], place: int
) -> tuple[list[Quad], list[Quad], list[int]]:
    """What a step added and removed; and the releases that would be needed to tell, where they are not kept."""
    kept = memento.kept_numbers()
    sides: list[set[Quad]] = []
    missing = []
    for at in (place - 1, place):
        state = states[at] if at >= 0 else None
        if state is None or state.kind == "deleted":
            sides.append(set())
            continue
        number = next((n for n in state.releases if n in kept), None)
        if number is None:
            missing.append(state.releases[0])
            sides.append(set())
            continue
        edition = memento.editions().borrow(number)
        try:
            sides.append(_quads(edition, iri))
        finally:
            memento.editions().give_back(edition)
    if missing:
        return [], [], missing
    before, after = sides
    return sorted(after - before, key=_line), sorted(before - after, key=_line), []


def _quads(edition: Edition, iri: str) -> set[Quad]:
    """The statements of a thing, each in its graphs; in the default graph only where it stands in no other."""
    found = statements(edition.engine, iri, edition.hidden, edition.children(iri))
    held = {q[:3] for q in found if q.graph is not None}
    return {q for q in found if q.graph is not None or q[:3] not in held}


def _line(quad: Quad) -> str:
    return " ".join(ntriples(term) for term in quad if term is not None) + " ."


def _words(kind: str, activation: Activation) -> str:
    kinds = {"created": _("new"), "updated": _("changed"), "deleted": _("taken away")}
    return _(
        "Release %(number)s, %(day)s: %(kind)s",
        number=activation.number,
        day=memento.words(activation),
        kind=kinds[kind],
    )


def latest(iri: str) -> list[Mention]:
    """The last changes of a thing, for its page; none where the history cannot be read."""
    try:
        states = memento.history_of(iri)
    except ReleaseError as error:
        _log.warning("no history is shown: %s", error)
        return []
    log = {a.number: a for a in memento.editions().log}
    return [
        Mention(
            _words(s.kind, log[s.releases[0]]),
            _history_address(iri, s.releases[0]),
            _history_address(iri),
        )
        for s in states[::-1][:LATEST]
    ]


def _history_address(iri: str, at: int | None = None, ending: str = "") -> str:
    address = f"/history{'.' if ending else ''}{ending}?iri=" + parameter(iri)
    return with_parameter(address, f"at={at}") if at else address


def _by_subject(quads: Iterable[tuple[str, Quad]]) -> dict[Any, dict[tuple[str, IRI, Any], list[Any]]]:
    """Subject -> (sign, property, value) -> the graphs that it stands in."""
    found: dict[Any, dict[tuple[str, IRI, Any], list[Any]]] = {}
    for sign, quad in quads:
        graphs = found.setdefault(quad.subject, {}).setdefault((sign, quad.predicate, quad.object), [])
        if quad.graph is not None:
            graphs.append(quad.graph)
    return found


def _iris(quads: Iterable[Quad]) -> Iterator[str]:
    return (term.value for quad in quads for term in quad if isinstance(term, IRI))


def _json(told: dict[str, Any]) -> Response:
    body = json.dumps(told, ensure_ascii=False, indent=1) + "\n"
    return answer(body.encode(), "application/json")
