"""What researchers come for: declarations, numbers stated, names and characterisations; who says so, when, where.

Each is a table over a selection of the index, sorted by the date of the source, and says on how many sources and
speakers it rests. Nothing is added up or ranked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, abort, request

from kgraph.describe import Evidence, Reader
from kgraph.describe.claims import Claim, read_claim
from kgraph.describe.declarations import Declaration, read_declaration
from kgraph.describe.entity import passage_iris
from kgraph.describe.evidence import OA, evidence
from kgraph.search import Dated, Selection
from kgraph.terms import IRI
from kgraph.web import wording
from kgraph.web.browse import DOWNLOADS, State, asked, facets_of
from kgraph.web.drawing import Mark, timeline
from kgraph.web.edition import Edition, current
from kgraph.web.language import _
from kgraph.web.links import sparql_address, thing_address
from kgraph.web.respond import here, page
from kgraph.web.view import View

blueprint = Blueprint("statements", __name__)

_ALL = 400
"""A selection of at most this many is sorted by the date of its sources; a larger one by name."""
ROWS = 40
"""Rows of one page: with what each rests on, some 1,500 bytes a row."""
DRAWN = 100
"""Declarations up to so many are drawn; more would be a column of screens before the table."""


@dataclass
class Sheet:
    """One page of claims or declarations with what they rest on. Stands in for a Description in templates."""

    evidence: dict[str, Evidence]
    children: dict[Any, Any]
    sources: dict[str, str]

    def order(self, graphs: Iterable[str]) -> tuple[str, int]:
        """The earliest source date among graphs, and the place in it."""
        best = ("9999", 0)
        for graph in graphs:
            one = self.evidence.get(graph)
            if one and one.passage and one.passage.source:
                best = min(best, (self.sources.get(one.passage.source, "9999"), one.passage.start or 0))
        return best

    def source_of(self, graphs: Iterable[str]) -> list[str]:
        """The sources that graphs belong to, each once."""
        found = (self.evidence.get(g) for g in graphs)
        return list(dict.fromkeys(e.passage.source for e in found if e and e.passage and e.passage.source))

    def day(self, source: str) -> str:
        """The date that a source bears."""
        return self.sources.get(source, "")


@blueprint.get("/declarations")
def declarations() -> Response:
    """Who declared what, when, in which form, in whose words, known through whom."""
    edition = current()
    needed(edition, "Recognition")
    state = asked(edition, edition.kg + "Recognition")
    reader = edition.reader()

    def read(iri: str) -> Declaration:
        return read_declaration(iri, reader, edition.kg)

    rows, following, total = page_of(edition, state, "/declarations", read, reader)
    graphs = [g for d in rows for g in d.graphs]
    graphs += [g for d in rows for c in d.known_through for g in c.graphs]
    sheet = sheet_of(edition, reader, graphs)
    rows.sort(key=lambda d: (sheet.order(d.graphs), d.iri))
    rows, following = part_of(rows, following, state, "/declarations")
    chosen = state.selection.dated(edition.connect(), limit=DRAWN) if total <= DRAWN else []
    return show(
        edition,
        "declarations.html",
        state,
        sheet,
        rows,
        following,
        total,
        title=_("Declarations reported"),
        path="/declarations",
        speakers={s for d in rows for c in d.known_through for s in (*c.claimants, *c.possible_claimants)},
        query=declarations_query(edition.kg),
        dated=chosen,
    )


@blueprint.get("/numbers")
def numbers() -> Response:
    """Numbers stated: by whom, of what, with which bound, as part of which other."""
    return claims_page("Tally", (), "numbers.html", "/numbers", _("Numbers stated"))


@blueprint.get("/sources")
def sources() -> Response:
    """The source documents: what kind each is, whose account, how many passages were read."""
    edition = current()
    needed(edition, "Source")
    reader = edition.reader()
    found = Selection(edition.kg + "Source").page(edition.connect(), sort="name", limit=500).iris
    nodes = [reader.node(IRI(iri)) for iri in found]
    day = {n.resource.value: next((t for p in edition.roles["date"] if (t := n.text(p))), "") for n in nodes}
    nodes.sort(key=lambda n: (day[n.resource.value] or "9999", n.resource.value))
    passages = {
        row["iri"]: row["n"]
        for row in edition.rows(
            "SELECT v.iri, count(*) AS n FROM facet f JOIN node p ON p.id = f.property JOIN node v ON v.id = f.value"
            " WHERE p.iri = ? GROUP BY v.id",
            OA + "hasSource",
        )
    }
    view = View(edition, [*found, *(k for n in nodes for k in n.iris(edition.kg + "kind"))])
    return page(
        "sources.html",
        view=view,
        nodes=nodes,
        day=day,
        passages=passages,
        title=_("Sources"),
        keep=not set(request.args) - {"lang"},
    )


@blueprint.get("/names")
def names() -> Response:
    """Names and characterisations, by speaker and date."""
    acts = ("Naming", "Characterisation", "Attribution")
    return claims_page("Claim", acts, "names.html", "/names", _("Names and characterisations"))


def claims_page(class_: str, acts: tuple[str, ...], template: str, path: str, title: str) -> Response:
    """A page of claims of a class, or of some acts."""
    edition = current()
    needed(edition, class_)
    kg = edition.kg
    state = asked(edition, kg + class_)
    act = request.args.get("act", "")
    if acts:
        act = act if act in acts else acts[0]
        rest = tuple(c for c in state.selection.chosen if c[0] != kg + "act")
        selection = Selection(
            state.selection.class_iri, state.selection.text, (*rest, (kg + "act", kg + act))
        )
        state = State(selection, state.sort, state.view, state.after)
    reader = edition.reader()

    def read(iri: str) -> Claim:
        return read_claim(reader.node(IRI(iri)), reader, kg)

    rows, following, total = page_of(edition, state, path, read, reader)
    sheet = sheet_of(edition, reader, [g for c in rows for g in c.graphs])
    rows.sort(key=lambda c: (sheet.order(c.graphs), c.iri))
    rows, following = part_of(rows, following, state, path)
    return show(
        edition,
        template,
        state,
        sheet,
        rows,
        following,
        total,
        title=title,
        path=path,
        speakers={s for c in rows for s in (*c.claimants, *c.possible_claimants)},
        query=claims_query(kg, class_, act),
        act=act,
        acts=[(a, f"{path}?act={a}") for a in acts],
    )


def needed(edition: Edition, class_: str) -> None:
    """404 where the site has nothing of this class."""
    if edition.node(edition.kg + class_) is None:
        abort(404)


def page_of(
    edition: Edition, state: State, path: str, read: Callable[[str], Any], reader: Reader
) -> tuple[list[Any], str | None, int]:
    """The rows of one page, the address of the next, and how many rows there are in all; few rows all at once."""
    connection = edition.connect()
    total = state.selection.count(connection)
    few = total <= _ALL
    found = state.selection.page(
        connection, sort="name", after=None if few else state.after, limit=_ALL if few else ROWS
    )
    following = state.address(path, after=found.following) if found.following else None
    return [read(iri) for iri in found.iris], following, total


def part_of(rows: list[Any], following: str | None, state: State, path: str) -> tuple[list[Any], str | None]:
    """One page of rows that were read and sorted all at once, and the address of the next."""
    if following or len(rows) <= ROWS:
        return rows, following
    start = int(state.after) if state.after and state.after.isdecimal() and len(state.after) < 6 else 0
    more = state.address(path, after=str(start + ROWS)) if start + ROWS < len(rows) else None
    return rows[start : start + ROWS], more


def sheet_of(edition: Edition, reader: Reader, graphs: list[str]) -> Sheet:
    """The evidence of the graphs, and the dates of their sources."""
    found = evidence(set(graphs), edition.kinds, reader, edition.kg, edition.texts)
    sources = {e.passage.source for e in found.values() if e.passage and e.passage.source}
    days = {}
    for source in sources:
        node = reader.node(IRI(source))
        days[source] = next((t for p in edition.roles["date"] if (t := node.text(p))), "9999")
    return Sheet(found, {}, days)


def show(
    edition: Edition,
    template: str,
    state: State,
    sheet: Sheet,
    rows: list[Any],
    following: str | None,
    total: int,
    *,
    title: str,
    path: str,
    speakers: set[str],
    query: str,
    dated: list[Dated] | None = None,
    **more: Any,
) -> Response:
    """Render a sheet."""
    facets = [
        f
        for f in facets_of(edition, state.selection)
        if f.property != edition.kg + "act" or not more.get("act")
    ]
    iris = {i for row in rows for i in row.iris()} | {
        v.value for f in facets for v in f.values if ":" in v.value
    }
    iris |= {f.property for f in facets if ":" in f.property} | set(sheet.sources) | set(sheet.evidence)
    for one in sheet.evidence.values():
        if one.passage:
            iris |= passage_iris(one.passage)
    iris |= {d.iri for d in dated or []} | {edition.kg + a for a, _href in more.get("acts", ())}
    view = View(edition, iris)
    drawing = None
    if dated and len(dated) > 1:
        drawing = timeline(
            dated,
            lambda d: Mark(
                here(thing_address(edition, d.iri)),
                view.name(d.iri).text,
                wording.dated_words(d),
            ),
            _("Timeline; the same stands in the list below"),
        )
    return page(
        template,
        view=view,
        thing=sheet,
        sheet=sheet,
        rows=rows,
        state=state,
        facets=facets,
        following=following,
        total=total,
        title=title,
        path_here=path,
        speakers=len(speakers),
        sources=len({s for row in rows for s in sheet.source_of(row.graphs)}),
        sparql=sparql_address(query),
        downloads=[(label, state.address(f"/browse.{ending}")) for ending, label in DOWNLOADS],
        drawing=drawing,
        **more,
    )


def declarations_query(kg: str) -> str:
    """The declarations in SPARQL."""
    return (
        f"PREFIX kg: <{kg}>\nSELECT DISTINCT ?declaration ?by ?term ?form ?claim WHERE {{\n"
        "  ?declaration a kg:Recognition .\n"
        "  OPTIONAL { ?declaration kg:declaredBy ?by }\n  OPTIONAL { ?declaration kg:term ?term }\n"
        "  OPTIONAL { ?declaration kg:form ?form }\n  OPTIONAL { ?declaration kg:knownThrough ?claim }\n"
        "} ORDER BY ?declaration"
    )


def claims_query(kg: str, class_: str, act: str) -> str:
    """The claims in SPARQL."""
    acts = f"  ?claim kg:act kg:{act} .\n" if act else ""
    return (
        f"PREFIX kg: <{kg}>\nSELECT DISTINCT ?claim ?claimant ?term ?count ?unit WHERE {{\n"
        f"  ?claim a kg:{class_} .\n{acts}"
        "  OPTIONAL { ?claim kg:claimant ?claimant }\n  OPTIONAL { ?claim kg:term ?term }\n"
        "  OPTIONAL { ?claim kg:count ?count }\n  OPTIONAL { ?claim kg:unit ?unit }\n} ORDER BY ?claim"
    )
