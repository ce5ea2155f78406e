"""/sparql/terms.json: what the query editor completes, from this release's index: prefixes, classes, properties.

One small document a release; the editor picks from it without asking again, and no other host is asked at all.
"""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from flask import Blueprint, Response, request

from kgraph.web.edition import Edition, current
from kgraph.web.language import LANGUAGES
from kgraph.web.respond import answer
from kgraph.web.view import View

blueprint = Blueprint("terms", __name__)

_VARY = ("Accept-Language",) if len(LANGUAGES) > 1 else ()

MOST = 2000
"""Classes, and properties, that are offered: the most used ones."""


@blueprint.get("/sparql/terms.json")
def terms() -> Response:
    """Prefixes, and the classes and properties in use with their labels and how often they are used."""
    edition = current()
    classes = edition.rows(
        "SELECT n.iri, s.entities AS uses FROM class_statistic s JOIN node n ON n.id = s.class"
        " ORDER BY uses DESC, n.iri LIMIT ?",
        MOST,
    )
    properties = edition.rows(
        "SELECT n.iri, s.triples AS uses FROM property_statistic s JOIN node n ON n.id = s.property"
        " ORDER BY uses DESC, n.iri LIMIT ?",
        MOST,
    )
    told = {
        "prefixes": edition.prefixes,
        "classes": described(edition, classes),
        "properties": described(edition, properties),
    }
    body = json.dumps(told, ensure_ascii=False)
    return answer(body.encode(), "application/json", keep=not request.args, vary=_VARY)


def described(edition: Edition, rows: list[sqlite3.Row]) -> list[dict[str, Any]]:
    """Terms with their labels."""
    view = View(edition, [row["iri"] for row in rows])
    return [{"iri": row["iri"], "label": view.name(row["iri"]).text, "uses": row["uses"]} for row in rows]
