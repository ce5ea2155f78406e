"""Things and documents as earlier releases had them (Memento, RFC 7089), and what is there no longer.

`?release=N` on any page reads it in that release: that address is the memento. A thing and each of its documents are
their own TimeGate (section 4.1, pattern 1.1): with Accept-Datetime they answer 302 to the memento of that time. Two
releases in which a thing is the same have one memento, in the earliest of them that is kept.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast
from urllib.parse import quote

from flask import Blueprint, Response, abort, current_app, g, request
from werkzeug.http import http_date, parse_date

from kgraph.errors import ReleaseError
from kgraph.history import Version, record, versions
from kgraph.iri import is_iri
from kgraph.release import Activation
from kgraph.web.edition import Edition, current, parse_time, publication
from kgraph.web.editions import Editions, NoRelease, NotKept
from kgraph.web.errors import problem
from kgraph.web.language import _
from kgraph.web.links import document_address, found_at, thing_address
from kgraph.web.negotiate import MEDIA_TYPES
from kgraph.web.respond import answer, here, in_release
from kgraph.web.wording import day_words

blueprint = Blueprint("memento", __name__)

_log = logging.getLogger("kgraph.web")

LINK_FORMAT = "application/link-format"
_READABLE = {
    "things",
    "pages",
    "vocabulary",
    "browse",
    "statements",
    "queries",
    "sparql",
    "graphs",
    "terms",
    "report",
    "shapes",
}
"""Blueprints whose pages can be read in an earlier release."""

_CURRENT = {"harvest"}
"""Those that give the release that is served, and say so when another is asked for."""

_FOR_ANY = {"/machines", "/oai"}
"""Of these a page that any release leads to, and a protocol that has errors of its own for unknown arguments."""

_ADDRESS = "/:@!$&()*+,;=-._~?#%"


@dataclass(frozen=True)
class Memento:
    """A state of a thing in the release to read it in."""

    number: int
    time: datetime


def editions() -> Editions:
    """The releases of the running application."""
    return cast(Editions, current_app.extensions["kgraph.editions"])


def is_number(text: str) -> bool:
    """Whether a text can be the number of a release."""
    return text.isascii() and text.isdigit() and len(text) < 10


def no_number(text: str) -> Response:
    """400 for a release named otherwise."""
    return problem(
        400,
        _("A release is named by its number"),
        _("“%(given)s” is not one.", given=text[:40]),
        hint=_("Choose one from the list of releases."),
        choices=[{"href": "/releases", "label": _("Releases")}],
    )


def choose_release() -> Response | None:
    """Before each request: the edition that `?release=N` names."""
    text = request.args.get("release")
    if text is None or request.blueprint not in _READABLE | _CURRENT or request.path in _FOR_ANY:
        return None
    if not is_number(text):
        return no_number(text)
    number = int(text)
    served = publication().edition
    if request.blueprint in _CURRENT and served.release.number != number:
        editions().activation(number)
        return problem(
            400,
            "This address gives the current release only",
            f"What release {number} held is all in its dumps, at /dumps/{number}.",
            hint="Leave “release” out of the address.",
        )
    try:
        g.edition = served if served.release.number == number else editions().borrow(number)
    except NotKept as error:
        return dump_only(error.activation)
    g.release = number
    return None


@blueprint.app_errorhandler(NoRelease)
def no_release(error: NoRelease) -> Response:
    """404: no release has this number."""
    return problem(
        404,
        _("There is no release %(number)s", number=error.number),
        hint=_("Choose one from the list of releases."),
        choices=[{"href": "/releases", "label": _("Releases")}],
    )


def give_back(_error: BaseException | None) -> None:
    """After each request."""
    edition = g.get("edition")
    if edition is not None and g.get("release") and edition is not publication().edition:
        editions().give_back(edition)


def date_answer(response: Response) -> Response:
    """After each request: what was read in a named release says of which time it is."""
    if g.get("release") and response.status_code in (200, 300, 303, 304):
        response.headers["Memento-Datetime"] = http_date(current().published)
    return response


def dump_address(number: int) -> str:
    """Where the dump of a release is had."""
    return f"/dumps/{number}/data.nq.gz"


def dump_only(activation: Activation) -> Response:
    """410: the release can no longer be read page by page; its dump is still there."""
    dump = dump_address(activation.number)
    return problem(
        410,
        _("Pages of release %(number)s are no longer kept", number=activation.number),
        _(
            "It was made on %(day)s. Its statements are all in its dump, %(dump)s.",
            day=words(activation),
            dump=dump,
        ),
        hint=_(
            "The same page in the current release may still be there: leave “release” out of the address."
        ),
        headers=[("Link", f'<{dump}>; rel="alternate"; type="application/gzip"')],
        choices=[
            {"href": dump, "label": _("Dump of release %(number)s", number=activation.number)},
            {"href": request.path, "label": _("This address in the current release")},
        ],
    )


def words(activation: Activation) -> str:
    """The day of a release in words."""
    return day_words(parse_time(activation.time).date().isoformat())


def history_of(iri: str) -> list[Version]:
    """The states of a thing up to the release that is served; none for what is no thing. Raises ReleaseError."""
    edition = publication().edition
    log = editions().log
    served = edition.release.number
    numbers = [a.number for a in log if served is None or a.number <= served]
    record(edition.site.state, log)
    if served is not None or not numbers:
        known = bool(numbers) and _is_thing(edition, iri)
    else:  # a draft stands in no history: what counts is the release that it would follow
        released = editions().borrow(numbers[-1])
        known = _is_thing(released, iri)
        editions().give_back(released)
    row = edition.node(iri)
    once = len({a.folder for a in log}) == len(
        log
    )  # after a rollback, what an index has of changes is not all
    if known and served is not None and once and row is not None and row["changed"] == numbers[0]:
        return [Version("created", tuple(numbers))]  # as most things: none of the releases after changed it
    return versions(edition.site.state, iri, numbers, known=known)


def _is_thing(edition: Edition, iri: str) -> bool:
    row = edition.node(iri)
    return row is not None and row["digest"] is not None and row["parent"] is None


def kept_numbers() -> dict[int, Activation]:
    """The releases that can be read."""
    found = editions()
    return {a.number: a for a in found.log if found.is_kept(a)}


def mementos(iri: str) -> list[Memento]:
    """The mementos of a thing, oldest first."""
    kept = kept_numbers()
    found = []
    for version in history_of(iri):
        number = next((n for n in version.releases if n in kept), None)
        if version.kind != "deleted" and number is not None:
            found.append(Memento(number, parse_time(kept[number].time)))
    return found


def negotiated(iri: str, address: str) -> Response | None:
    """TimeGate (section 4.1): 302 to the memento of the time that Accept-Datetime names; None where it names none."""
    given = request.headers.get("Accept-Datetime")
    if given is None or g.get("release"):
        return None
    found = mementos(iri)
    if not found:
        return None
    time = parse_date(given)
    if time is None:
        return problem(
            400,
            _("The time in Accept-Datetime cannot be read"),
            hint=_("Write it like this: Thu, 01 Jan 2026 00:00:00 GMT"),
            headers=[("Vary", "Accept, Accept-Datetime")],
        )
    chosen = next((m for m in reversed(found) if m.time <= time), found[0])
    target = in_release(here(address), chosen.number)
    response = Response(f"See {target}\n", status=302, content_type="text/plain; charset=utf-8")
    response.autocorrect_location_header = False
    response.headers["Location"] = target
    response.headers["Vary"] = "Accept-Datetime"
    response.headers["Cache-Control"] = "no-cache"
    response.headers["Link"] = ", ".join([_original(address), _timemap(address), *_ends(address, found)])
    return response


def link(response: Response, address: str) -> None:
    """Add what Memento says of a thing or a document, current or in a named release (section 2.2)."""
    links = [response.headers["Link"]] if response.headers.get("Link") else []
    response.headers["Link"] = ", ".join([*links, _original(address), _timemap(address)])
    if not g.get("release"):
        names = [name for name in response.headers.get("Vary", "").split(", ") if name]
        response.headers["Vary"] = ", ".join([*names, "Accept-Datetime"])


def _original(address: str) -> str:
    return f'<{quote(address, safe=_ADDRESS)}>; rel="original timegate"'


def _timemap(address: str) -> str:
    return f'<{quote("/timemap" + address, safe=_ADDRESS)}>; rel="timemap"; type="{LINK_FORMAT}"'


def _ends(address: str, found: Sequence[Memento], origin: str = "") -> list[str]:
    lines = []
    for at, one in enumerate(found):
        rel = " ".join(
            [*(["first"] if at == 0 else []), *(["last"] if at == len(found) - 1 else []), "memento"]
        )
        if origin or rel != "memento":
            href = quote(in_release(address, one.number), safe=_ADDRESS)
            lines.append(f'<{origin}{href}>; rel="{rel}"; datetime="{http_date(one.time)}"')
    return lines


@blueprint.get("/timemap/<path:path>")
def timemap(path: str) -> Response:
    """The mementos of a thing or a document (section 5), in application/link-format (RFC 6690)."""
    found = _named("/" + path)
    if found is None:
        abort(404)
    iri, suffix = found
    shown = mementos(iri)
    if not shown:
        abort(404)
    edition = current()
    address = document_address(edition, iri, suffix) if suffix else thing_address(edition, iri)
    origin = found_at(edition)
    where = quote(address, safe=_ADDRESS)
    times = f'from="{http_date(shown[0].time)}"; until="{http_date(shown[-1].time)}"'
    lines = [
        f'<{origin}{where}>; rel="original timegate"',
        f'<{origin}/timemap{where}>; rel="self"; type="{LINK_FORMAT}"; {times}',
        *_ends(address, shown, origin),
    ]
    return answer((",\n".join(lines) + "\n").encode(), LINK_FORMAT)


def _named(path: str) -> tuple[str, str] | None:
    """The IRI that an address stands for, now or formerly, and the ending of its document."""
    stem, _dot, suffix = path.rpartition(".")
    if path == "/entity" or (stem == "/entity" and suffix in MEDIA_TYPES):
        return request.args.get("iri", ""), suffix if stem else ""
    choices = [(path, ""), *([(stem, suffix)] if suffix in MEDIA_TYPES else [])]
    for one, ending in choices:
        found = current().at(one)
        if found:
            return (found[0], ending) if len(found) == 1 else None
    for one, ending in choices:
        iri = former_iri(one)
        if iri:
            return iri, ending
    return None


def former_iri(path: str) -> str | None:
    """The IRI of an earlier release that a decoded path stood for."""
    base = current().base
    for iri in dict.fromkeys((base + path[1:], base + quote(path[1:], safe="/:@!$&'()*+,;=-._~"))):
        if is_iri(iri) and history_of(iri):
            return iri
    return None


def gone_at(path: str) -> Response | None:
    """`gone` for the address of a thing or a document."""
    try:
        iri, suffix = _named(path) or ("", "")
    except ReleaseError as error:
        _log.warning("no history is known: %s", error)
        return None
    return gone(iri, suffix) if iri else None


def gone(iri: str, suffix: str = "") -> Response | None:
    """410 for what an earlier release had, with a link to it; None for what is there or never was.

    Of what was taken away links may be left; that does not bring it back.
    """
    if g.get("release") or _is_thing(current(), iri):
        return None
    try:
        states = history_of(iri)
    except ReleaseError as error:
        _log.warning("no history is known: %s", error)
        return None
    if not states or states[-1].kind != "deleted":
        return None
    edition, log = current(), {a.number: a for a in editions().log}
    address = document_address(edition, iri, suffix) if suffix else thing_address(edition, iri)
    moved = negotiated(iri, address)
    if moved is not None:
        return moved
    kept = kept_numbers()
    had = [n for s in states if s.kind != "deleted" for n in s.releases]
    last = log[had[-1]]
    readable = next((n for n in reversed(had) if n in kept), None)
    href = in_release(address, readable) if readable else dump_address(last.number)
    label = (
        _("Release %(number)s, %(day)s", number=readable, day=words(log[readable]))
        if readable
        else _("Dump of release %(number)s", number=last.number)
    )
    response = problem(
        410,
        _("This was taken away"),
        _(
            "Release %(last)s of %(day)s was the last that had it.",
            last=last.number,
            day=words(last),
        ),
        hint=_("What it was can still be read there."),
        choices=[{"href": href, "label": label}],
        iri=iri,
    )
    response.headers["Link"] = ", ".join(
        [_original(address), _timemap(address), *_ends(address, mementos(iri))]
    )
    response.headers["Vary"] += ", Accept-Datetime"
    return response
