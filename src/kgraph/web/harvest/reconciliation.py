"""The Reconciliation Service API over HTTP: form fields or query parameters, JSON back, open to every origin."""

from __future__ import annotations

import json
from typing import Any
from weakref import WeakKeyDictionary

from flask import Blueprint, Response, abort, request

from kgraph.errors import UsageError
from kgraph.harvest import Published, reconcile
from kgraph.harvest.matching import Matcher
from kgraph.web.harvest.reply import page_number, published, reply
from kgraph.web.respond import page

_BODY = 1 << 20
# a preview is shown in a frame of the table tool that asks for it
_FRAMED = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors *"
_matchers: WeakKeyDictionary[Published, Matcher] = WeakKeyDictionary()


def _matcher(here: Published) -> Matcher:
    return _matchers.setdefault(here, Matcher())


def _json(value: Any, *, keep: bool = False) -> Response:
    body = json.dumps(value, ensure_ascii=False).encode() + b"\n"
    return reply(body, "application/json", keep=keep)


def register(blueprint: Blueprint) -> None:
    """Give the doors their addresses."""
    at = "/" + reconcile.PATH

    @blueprint.route(at, methods=["GET", "POST"])
    def reconciliation() -> Response:
        request.max_content_length = _BODY
        here = published()
        given = request.values
        if "queries" in given:
            queries = reconcile.read_json(given["queries"], "queries")
            return _json(reconcile.batch(here, _matcher(here), queries))
        if "query" in given:
            text = given["query"]
            query = reconcile.read_json(text, "query") if text.lstrip().startswith("{") else text
            return _json({"result": reconcile.candidates(here, _matcher(here), query)})
        if "extend" in given:
            return _json(reconcile.extend(here, reconcile.read_json(given["extend"], "extend")))
        if request.method == "POST":
            raise UsageError(
                "send 'queries', 'query' or 'extend'", hint="As a form field, or in the address."
            )
        return _json(reconcile.manifest(here), keep=True)

    @blueprint.get(at + "/suggest/<any(entity,type,property):kind>")
    def suggestions(kind: str) -> Response:
        start = page_number("cursor", 0)
        prefix = request.args.get("prefix", "")[:200]
        return _json(reconcile.suggest(published(), kind, prefix, start))

    @blueprint.get(at + "/properties")
    def proposed() -> Response:
        return _json(
            reconcile.properties_of(published(), request.args.get("type", ""), page_number("limit", 50))
        )

    @blueprint.get(at + "/preview")
    def preview() -> Response:
        found = reconcile.preview(published(), request.args.get("id", ""))
        if found is None:
            abort(404)
        response = page("harvest/preview.html", **found)
        response.headers["Content-Security-Policy"] = _FRAMED
        return response
