"""A selection as a file: CSV and JSON with name and dates, Turtle with all statements."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable

from flask import Blueprint, Response

from kgraph.describe.entity import statements
from kgraph.engine.serialize import write
from kgraph.media import RdfFormat
from kgraph.web.browse import DOWNLOADS, asked, dates_of
from kgraph.web.edition import Edition, current
from kgraph.web.errors import problem
from kgraph.web.language import _
from kgraph.web.respond import answer

blueprint = Blueprint("downloads", __name__)

DOWNLOAD = 5000


@blueprint.get("/browse.<ending>")
def download(ending: str) -> Response:
    """The selection as a file: CSV and JSON with name and dates, Turtle with all statements."""
    edition = current()
    state = asked(edition)
    if ending not in dict(DOWNLOADS) or edition.node(state.selection.class_iri) is None:
        return problem(
            404, _("There is nothing at this address"), hint=_("Choose a class on the browse page.")
        )
    connection = edition.connect()
    total = state.selection.count(connection)
    if total > DOWNLOAD:
        return problem(
            403,
            _("The selection is too large for one file"),
            _("It has %(total)s things; a file holds at most %(most)s.", total=total, most=DOWNLOAD),
            kind="urn:kgraph:problem:result-too-large",
            hint=_("Narrow it with a facet, or ask for it in SPARQL with LIMIT and OFFSET."),
        )
    iris = state.selection.page(connection, sort=state.sort, limit=DOWNLOAD).iris
    if ending == "ttl":
        quads = [
            q._replace(graph=None) for iri in iris for q in statements(edition.engine, iri, edition.hidden)
        ]
        return answer(write(quads, RdfFormat.TURTLE, edition.prefixes), "text/turtle; charset=utf-8")
    rows = table(edition, iris)
    if ending == "json":
        body = json.dumps(
            {"class": state.selection.class_iri, "total": total, "things": rows}, ensure_ascii=False
        )
        return answer(body.encode(), "application/json")
    stream = io.StringIO()
    writer = csv.DictWriter(stream, ["iri", "name", "language", "kind", "earliest", "latest", "edtf"])
    writer.writeheader()
    writer.writerows({k: guarded(v) for k, v in row.items()} for row in rows)
    response = answer(stream.getvalue().encode(), "text/csv; charset=utf-8; header=present")
    response.headers["Content-Disposition"] = 'attachment; filename="selection.csv"'
    return response


def guarded(value: str | None) -> str:
    """A CSV cell that no spreadsheet runs as a formula."""
    text = value or ""
    return "'" + text if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def table(edition: Edition, iris: Iterable[str]) -> list[dict[str, str | None]]:
    """Rows of a download."""
    wanted = list(iris)
    names = edition.names.of(wanted)
    dates = dates_of(edition, wanted)
    return [
        {
            "iri": iri,
            "name": names[iri].text,
            "language": names[iri].language,
            "kind": names[iri].kind,
            "earliest": dates[iri].earliest if iri in dates else None,
            "latest": dates[iri].latest if iri in dates else None,
            "edtf": dates[iri].edtf if iri in dates else None,
        }
        for iri in wanted
    ]
