"""Errors in one shape: problem+json for machines (RFC 9457), a page for people, the same words in both."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from typing import Any

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from kgraph.errors import EnvironmentFault, KgraphError, QueryError
from kgraph.web.language import _
from kgraph.web.negotiate import HTML, choose
from kgraph.web.respond import page

PROBLEM = "application/problem+json"
_log = logging.getLogger("kgraph.web")


def problem(
    status: int,
    title: str,
    detail: str = "",
    *,
    kind: str = "about:blank",
    hint: str = "",
    headers: Sequence[tuple[str, str]] = (),
    **more: Any,
) -> Response:
    """An error for whoever asks. `kind` is the problem type, `more` goes into the JSON and to the page."""
    if choose(request.headers.get("Accept"), (PROBLEM, "application/json", HTML)) == 2:
        response = page(
            "error.html", status=status, title=title, detail=detail, hint=hint, number=status, more=more
        )
    else:
        told = {"type": kind, "title": title, "status": status, "detail": detail, "hint": hint, **more}
        body = json.dumps({k: v for k, v in told.items() if v not in ("", None, [])}, ensure_ascii=False)
        response = Response(body + "\n", status=status, content_type=PROBLEM)
    names = [v for v in response.headers.get("Vary", "").split(", ") if v]
    response.headers["Vary"] = ", ".join(["Accept", *names])
    response.headers["Cache-Control"] = "no-store"
    for name, value in headers:
        response.headers[name] = value
    return response


def register(app: Flask) -> None:
    """Give every failure its answer."""

    @app.errorhandler(QueryError)
    def query_error(error: QueryError) -> Response:
        headers = [("Retry-After", str(error.retry_after))] if error.retry_after else []
        where = {k: getattr(error, k) for k in ("line", "column") if getattr(error, k, 0)}
        return problem(
            error.status,
            error.title,
            error.message,
            kind=f"urn:kgraph:problem:{error.problem}",
            hint=error.hint,
            headers=headers,
            **where,
        )

    @app.errorhandler(KgraphError)
    def known_error(error: KgraphError) -> Response:
        status = 503 if isinstance(error, EnvironmentFault) else 400
        return problem(status, _("This cannot be answered"), error.message, hint=error.hint)

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> Response:
        status = error.code or 500
        title, detail, hint = words(status)
        headers = [("Allow", ", ".join(sorted(error.valid_methods or ())))] if status == 405 else []  # type: ignore[attr-defined]
        return problem(status, title, detail, hint=hint, headers=headers)

    @app.errorhandler(Exception)
    def unknown_error(error: Exception) -> Response:
        _log.error("failed at %s", request.path, exc_info=error)
        title, detail, hint = words(500)
        return problem(500, title, detail, hint=hint)


def words(status: int) -> tuple[str, str, str]:
    """Title, detail and hint of an HTTP status that kgraph answers with."""
    known = {
        400: (_("The request cannot be understood"), "", _("Check the address and its parameters.")),
        404: (_("There is nothing at this address"), "", _("Search for it, or start from the home page.")),
        405: (
            _("This address does not take such requests"),
            _("The method of the request is not one of those that it allows."),
            _("Use GET or HEAD."),
        ),
        406: (
            _("None of the offered formats is acceptable"),
            "",
            _("Ask for another in Accept, or open the address in a browser."),
        ),
        410: (_("This was taken away"), "", _("Search for it, or start from the home page.")),
        413: (
            _("The request is too large"),
            "",
            _("Send less at once; for all of the data there are the dumps."),
        ),
        414: (_("The address is too long"), "", _("Send a long query by POST.")),
        415: (
            _("The kind of the request’s body is not understood"),
            "",
            _("Send a form, or a query as `application/sparql-query`."),
        ),
        429: (_("The service is busy"), "", _("Try again in a few seconds.")),
        500: (
            _("Something went wrong here"),
            _("The fault is in this service, not in the request."),
            _("Try again; if it happens again, report it (see About)."),
        ),
        503: (_("The service is busy"), "", _("Try again in a few seconds.")),
    }
    return known.get(status, (_("This request failed"), "", _("Check the address and its parameters.")))
