"""Browse: per class a list with words, facets, sorting and pages; timeline and map of the same selection.

All state is in the address: class, q, f (property~value, repeated), year, sort, view, after.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, request

from kgraph.search import Selection
from kgraph.search.selection import ROLE, SORTS, SOURCE, YEAR, width
from kgraph.terms import IRI, RDF_TYPE, XSD, ntriples
from kgraph.web import wording
from kgraph.web.drawing import Mark, map_of, timeline
from kgraph.web.edition import Edition, current
from kgraph.web.errors import problem
from kgraph.web.language import _
from kgraph.web.links import sparql_address, thing_address
from kgraph.web.respond import here, page
from kgraph.web.view import OA, View, Words

blueprint = Blueprint("browse", __name__)

PAGE = 50
DOWNLOADS = (("csv", "CSV"), ("json", "JSON"), ("ttl", "Turtle"))
_VIEWS = ("list", "timeline", "map")
_PLUMBING = (
    "http://www.w3.org/2002/07/owl#",
    "http://www.w3.org/2000/01/rdf-schema#",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "http://www.w3.org/ns/shacl#",
    "http://www.w3.org/ns/oa#",
    "http://www.w3.org/2004/02/skos/core#",
    "http://rdfs.org/ns/void#",
)
ORDER = (
    "Event", "Commemoration", "Recognition", "Campaign", "Person", "Organization", "Group", "Place", "Work", "Claim",
    "Tally", "Source",
)  # fmt: skip
_INNER = ("Agent", "Participation", "Dating", "Passage", "EditorialGraph", "ExternalGraph", "InferredGraph")
_FIRST = (
    "place",
    "partOf",
    "kind",
    "declaredBy",
    "form",
    "claimant",
    "act",
    "about",
    "concerns",
    "voice",
    "mode",
)
_NEVER = ("dating", "participation", "knownThrough", "reports", "begins", "ends")


@dataclass(frozen=True)
class ClassCount:
    """A class and how many things it has, through subclasses too."""

    iri: str
    entities: int
    id: int


def classes_shown(edition: Edition, most: int = 24) -> list[ClassCount]:
    """The classes worth browsing: the site's own in their order, then others asserted, largest first."""
    rows = edition.rows(
        "SELECT n.iri, n.id, s.entities FROM class_statistic s JOIN node n ON n.id = s.class"
        " WHERE EXISTS (SELECT 1 FROM instance i WHERE i.class = s.class AND i.direct = 1)"
        " ORDER BY s.entities DESC, n.iri"
    )
    own = {edition.kg + local: place for place, local in enumerate(ORDER)}
    hidden = {edition.kg + local for local in _INNER}
    found = [
        ClassCount(row["iri"], row["entities"], row["id"])
        for row in rows
        if not row["iri"].startswith(_PLUMBING) and row["iri"] not in hidden
    ]
    found.sort(key=lambda c: own.get(c.iri, len(own)))
    return found[:most]


@dataclass(frozen=True)
class State:
    """What the address asks for."""

    selection: Selection
    sort: str
    view: str
    after: str | None

    def address(self, path: str = "/browse", **changes: Any) -> str:
        """The address of this state with changes; a change of what is selected starts at the first page."""
        now: dict[str, Any] = {
            "q": self.selection.text,
            "chosen": self.selection.chosen,
            "sort": self.sort,
            "view": self.view,
            "after": None,
            **changes,
        }
        edition = current()
        pairs: list[tuple[str, str]] = []
        if path == "/browse" or path.startswith("/browse."):
            pairs.append(("class", short(edition, self.selection.class_iri)))
        pairs += [("q", now["q"])] if now["q"] else []
        for property_, value in now["chosen"]:
            pairs.append(
                ("year", value)
                if property_ == YEAR
                else ("f", f"{short(edition, property_)}~{short(edition, value)}")
            )
        pairs += [(k, now[k]) for k, usual in (("sort", "name"), ("view", "list")) if now[k] != usual]
        pairs += [("after", now["after"])] if now["after"] else []
        return path + ("?" + urlencode(pairs, safe=":/~,") if pairs else "")

    def sheet_value(self, path: str, property_: str, value: str) -> str:
        """The same on a page of statements; ends so that more parameters can follow."""
        one = (property_, value)
        rest = tuple(c for c in self.selection.chosen if c[0] not in (property_, current().kg + "act"))
        found = self.address(path, chosen=rest if one in self.selection.chosen else (*rest, one))
        return found if "?" in found else found + "?"

    def with_value(self, property_: str, value: str) -> str:
        """The address with one more value, or without it where it is chosen."""
        one = (property_, value)
        rest = tuple(c for c in self.selection.chosen if c != one and c[0] != property_)
        return self.address(chosen=rest if one in self.selection.chosen else (*rest, one))


def short(edition: Edition, iri: str) -> str:
    """A prefixed name where there is one; things of the site by their path."""
    return edition.names.prefixed(iri) or iri


def whole(edition: Edition, text: str) -> str:
    """The IRI of a prefixed name, or of a text that is one."""
    return text if "://" in text else edition.names.expand(text) or text


def asked(edition: Edition, class_iri: str | None = None) -> State:
    """The state that the request's address gives."""
    chosen: list[tuple[str, str]] = []
    for pair in request.args.getlist("f")[:8]:
        property_, bar, value = pair.partition("~")
        if bar:
            chosen.append((whole(edition, property_), whole(edition, value)))
    year = request.args.get("year", "")
    if year.isdigit() and len(year) <= 4:
        chosen.append((YEAR, year))
    sort, view = request.args.get("sort", "name"), request.args.get("view", "list")
    return State(
        Selection(
            class_iri or whole(edition, request.args.get("class", "")),
            " ".join(request.args.get("q", "").split())[:200],
            tuple(chosen),
        ),
        sort if sort in SORTS else "name",
        view if view in _VIEWS else "list",
        request.args.get("after"),
    )


@blueprint.get("/browse")
def browse() -> Response:
    """Every class; with `class`, the things of one."""
    edition = current()
    if not request.args.get("class"):
        shown = classes_shown(edition, 200)
        view = View(edition, [c.iri for c in shown])
        keep = not set(request.args) - {"lang"}
        return page("classes.html", view=view, classes=shown, title=_("Browse"), keep=keep)
    state = asked(edition)
    if edition.node(state.selection.class_iri) is None:
        return problem(
            404,
            _("There is no such class"),
            _("This release has nothing of the class %(what)s.", what=state.selection.class_iri[:300]),
            choices=[{"href": here("/browse"), "label": _("Browse")}],
        )
    return listing(edition, state)


def listing(edition: Edition, state: State) -> Response:
    """The list, timeline or map of a selection."""
    connection = edition.connect()
    chosen = state.selection
    total = chosen.count(connection)
    facets = facets_of(edition, chosen)
    dated = chosen.dated(connection, limit=200)
    located = chosen.located(connection)
    offered = [
        v for v, enough in (("list", True), ("timeline", len(dated) > 1), ("map", len(located) > 1)) if enough
    ]
    shown = state.view if state.view in offered else "list"
    rows = chosen.page(connection, sort=state.sort, after=state.after, limit=PAGE)
    iris = {chosen.class_iri, *rows.iris, *(d.iri for d in dated), *(p.place for p in located)}
    iris |= {i for p in located for i in p.things[:3]} | {f.property for f in facets if f.property != YEAR}
    iris |= {v.value for f in facets if f.property != YEAR for v in f.values}
    iris |= {i for pair in chosen.chosen for i in pair if ":" in i}
    view = View(edition, iris)
    return page(
        "browse.html",
        view=view,
        state=state,
        selection=chosen,
        total=total,
        facets=facets,
        views=offered,
        shown=shown,
        rows=rows,
        dates=dates_of(edition, rows.iris),
        drawing=draw(edition, view, shown, dated, located),
        dated=dated,
        located=located,
        following=state.address(after=rows.following) if rows.following else None,
        downloads=[(ending, label, state.address(f"/browse.{ending}")) for ending, label in DOWNLOADS],
        sparql=None if chosen.text else sparql_address(query_of(chosen, edition.kg)),
        title=view.name(chosen.class_iri).text,
        YEAR=YEAR,
    )


def facets_of(edition: Edition, chosen: Selection) -> list[Any]:
    """The facets of a selection; those of whole classes are kept, since they are asked for most and cost most."""
    first = [edition.kg + local for local in _FIRST]
    never = {
        RDF_TYPE,
        *(edition.kg + local for local in _NEVER),
        *edition.roles["same as"],
        *edition.roles["image"],
    }
    kept = edition.kept.get(chosen) if not chosen.text else None
    if kept is None:
        kept = chosen.facets(edition.connect(), first, never)
        if not chosen.text and len(edition.kept) < 2000:
            edition.kept[chosen] = kept
    return kept


@dataclass(frozen=True)
class When:
    """The most exact dating of a thing, and how many it has."""

    earliest: str | None
    latest: str | None
    edtf: str | None
    datings: int


def dates_of(edition: Edition, iris: Iterable[str]) -> dict[str, When]:
    """What the index says of the dates of these things; bounds of two datings are never mixed."""
    wanted = list(iris)
    found: dict[str, When] = {}
    for start in range(0, len(wanted), 500):
        part = wanted[start : start + 500]
        for row in edition.rows(
            "SELECT DISTINCT n.iri, d.earliest, d.latest, d.edtf FROM date d JOIN node n ON n.id = d.node"
            f" WHERE n.iri IN ({','.join('?' * len(part))}) ORDER BY n.iri, d.edtf",
            *part,
        ):
            old = found.get(row["iri"])
            count = old.datings + 1 if old else 1
            if old is None or width(row["earliest"], row["latest"]) < width(old.earliest, old.latest):
                old = When(row["earliest"], row["latest"], row["edtf"], count)
            found[row["iri"]] = replace(old, datings=count)
    return found


def date_text(when: When | None) -> str:
    """The dates of a thing in words: its most exact dating, and how many there are."""
    if when is None:
        return ""
    words = wording.dated_words(when)
    return words if when.datings < 2 else _("%(words)s (one of %(n)s datings)", words=words, n=when.datings)


def facet_name(view: View, property_: str) -> Words:
    """What a facet is called."""
    own = {YEAR: _("Year"), SOURCE: _("Source"), ROLE: _("Role")}
    if property_ in own:
        return Words(own[property_])
    name = view.name(property_)
    return Words(name.text, name.language or "")


def draw(edition: Edition, view: View, shown: str, dated: list[Any], located: list[Any]) -> Any:
    """The drawing for the view that is shown."""
    if shown == "timeline":
        return timeline(
            dated,
            lambda d: Mark(
                here(thing_address(edition, d.iri)),
                view.name(d.iri).text,
                wording.dated_words(d),
            ),
            _("Timeline; the same things stand in the table below"),
        )
    if shown == "map":
        return map_of(
            located,
            lambda p: Mark(
                here(thing_address(edition, p.place)),
                view.name(p.place).text,
                ", ".join(view.name(i).text for i in p.things[:3]) + (" …" if p.count > 3 else ""),
            ),
            _("Map of land outlines; the same places stand in the table below"),
        )
    return None


def query_of(chosen: Selection, kg: str) -> str:
    """The selection in SPARQL; words in a name are left out, since SPARQL has no such search."""
    lines = [f"?thing a {ntriples(IRI(chosen.class_iri))} ."]
    for n, (property_, value) in enumerate(chosen.chosen):
        if property_ == SOURCE:
            passage = f"?passage{n}"
            lines.append(
                f"{passage} <{OA}hasSource> {ntriples(IRI(value))} . GRAPH {passage} {{ ?thing ?stated{n} ?as{n} }}"
            )
        elif property_ == ROLE:
            lines.append(f"?part{n} <{kg}agent> ?thing ; <{kg}role> {ntriples(IRI(value))} .")
        elif property_ == YEAR:
            first, last = f'"{value:0>4}-01-01"^^xsd:date', f'"{value:0>4}-12-31"^^xsd:date'
            lines.append(
                "{ ?thing kg:dating ?dating . ?dating kg:earliest ?first ; kg:latest ?last ."
                f" FILTER(?first <= {last} && ?last >= {first}) }}"
                f' UNION {{ ?thing ?property ?date . FILTER(isLiteral(?date) && strstarts(str(?date), "{value}-")) }}'
            )
        else:
            lines.append(f"?thing {ntriples(IRI(property_))} {ntriples(IRI(value))} .")
    body = "\n  ".join(lines)
    prefixes = (
        f"PREFIX kg: <{kg}>\nPREFIX xsd: <{XSD}>\n" if any(p == YEAR for p, _v in chosen.chosen) else ""
    )
    return f"{prefixes}SELECT DISTINCT ?thing WHERE {{\n  {body}\n}} ORDER BY ?thing"
