"""What every harvest route needs: the published release, a media type that the client takes, an answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from weakref import WeakKeyDictionary

from flask import Response, abort, request
from werkzeug.http import http_date

from kgraph.errors import UsageError
from kgraph.harvest import Published
from kgraph.release import read_log
from kgraph.web.edition import Edition, current
from kgraph.web.negotiate import choose
from kgraph.web.respond import answer

_published: WeakKeyDictionary[Edition, Published] = WeakKeyDictionary()


def published() -> Published:
    """The release that this request is answered from."""
    edition = current()
    found = _published.get(edition)
    if found is None:
        found = Published.of(edition.site, edition.release, edition.engine, read_log(edition.site.state))
        _published[edition] = found
    return found


def numbered() -> Published:
    """The same for doors that need history; 404 for a draft, which stands in none."""
    found = published()
    if found.release.number is None:
        abort(404)
    return found


def chosen(offered: Sequence[str]) -> str:
    """The media type that the client prefers; 406 when it takes none of them."""
    at = choose(request.headers.get("Accept"), offered)
    if at is None:
        abort(406)
    return offered[at]


def page_number(name: str = "page", default: int = 1) -> int:
    """A number of the request. Raises UsageError."""
    text = request.args.get(name, "") or str(default)
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise UsageError(f"'{name}' is a whole number", hint=f"Leave it out or write {name}={default}.")
    return int(text)


def reply(
    body: bytes | None,
    content_type: str,
    *,
    time: str = "",
    vary: Sequence[str] = (),
    immutable: bool = False,
    keep: bool = True,
) -> Response:
    """An answer with entity tag and date; 404 where there is no body. `immutable`: it will never be another."""
    if body is None:
        abort(404)
    response = answer(body, content_type, keep=keep and not request.args, vary=vary)
    if time:
        response.headers["Last-Modified"] = http_date(datetime.fromisoformat(time.replace("Z", "+00:00")))
    if immutable:
        response.headers["Cache-Control"] = "public, max-age=604800, immutable"
    return response
