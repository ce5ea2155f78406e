"""What documents and pages of things carry for machines: context, schema.org, typed links and link sets."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, Response, abort, request
from markupsafe import Markup

from kgraph.harvest import jsonld, schemaorg, signposting
from kgraph.web.harvest.reply import chosen, published, reply


def register(blueprint: Blueprint) -> None:
    """Give the doors their addresses, and templates their functions."""

    @blueprint.get("/" + jsonld.PATH)
    def context() -> Response:
        here = published()
        return reply(jsonld.context_document(here), "application/ld+json", time=here.time)

    @blueprint.get("/" + signposting.PATH)
    def linkset() -> Response:
        here = published()
        iri = request.args.get("iri", "")
        item = here.changed(iri)
        if item is None or item.kind == "deleted":
            abort(404)
        found = signposting.links(here, iri)
        media_type = chosen([signposting.LINKSET_JSON, signposting.LINKSET])
        write = signposting.as_json if media_type == signposting.LINKSET_JSON else signposting.as_text
        return reply(write(found), media_type, time=here.time, vary=("Accept",))

    @blueprint.app_context_processor
    def functions() -> dict[str, Any]:
        return {
            "schema_org": lambda thing: _script(schemaorg.thing(published(), thing.iri, thing.node.iris)),
            "schema_org_dataset": lambda: _script(schemaorg.dataset(published())),
        }


def _script(data: dict[str, Any] | None) -> Markup:
    """A data block for a page; no text in it can end it."""
    if data is None:
        return Markup("")
    text = (
        json.dumps(data, ensure_ascii=False)
        .replace("<", "\\u003c")
        .replace(">", "\\u003e")
        .replace("&", "\\u0026")
    )
    return Markup(f'<script type="application/ld+json">{text}</script>\n')  # noqa: S704  no < or & is left in the text
