"""What every harvest route needs: the published release, a media type that the client takes, an answer."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from datetime import datetime
from weakref import WeakKeyDictionary

from flask import Response, abort, request
from werkzeug.http import http_date

from kgraph.errors import UsageError
from kgraph.harvest import Published
from kgraph.release import read_log
from kgraph.web.cache import compressible
from kgraph.web.edition import Edition, current
from kgraph.web.negotiate import accepts_gzip, choose
from kgraph.web.respond import answer

_LEVEL = 3  # statements repeat themselves: a tenth of the bytes for little work
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
    if keep and not request.args:
        response = answer(body, content_type, keep=True, vary=vary)  # the byte cache packs it, once
    else:
        response = _packed(body, content_type, vary)
    if time:
        response.headers["Last-Modified"] = http_date(datetime.fromisoformat(time.replace("Z", "+00:00")))
    if immutable:
        response.headers["Cache-Control"] = "public, max-age=604800, immutable"
    return response


def _packed(body: bytes, content_type: str, vary: Sequence[str]) -> Response:
    """An answer that is not kept (a page among very many), under gzip for who takes it."""
    if not compressible(content_type, body):
        return answer(body, content_type, vary=vary)
    wanted = accepts_gzip(request.headers.get("Accept-Encoding", ""))
    response = answer(
        gzip.compress(body, _LEVEL, mtime=0) if wanted else body,
        content_type,
        vary=[*vary, "Accept-Encoding"],
    )
    if wanted and response.status_code == 200:
        response.headers["Content-Encoding"] = "gzip"
    return response
