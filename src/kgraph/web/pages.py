"""The site's own pages: home, about, search, links that arrive, OpenSearch."""

from __future__ import annotations

import json
from dataclasses import dataclass
from html import escape

from flask import Blueprint, Response, request

from kgraph.search import near, search
from kgraph.terms import IRI
from kgraph.web.browse import classes_shown
from kgraph.web.edition import Edition, current
from kgraph.web.errors import problem
from kgraph.web.language import _
from kgraph.web.links import sparql_address, thing_address, with_query
from kgraph.web.respond import answer, here, link_header, page, see_other, vary_by_language
from kgraph.web.view import View

blueprint = Blueprint("pages", __name__)

PAGE = 20
_SKOS = "http://www.w3.org/2004/02/skos/core#"


@dataclass(frozen=True)
class Basis:
    """On what the graph rests: sources by kind, how many speak, which kinds of source are absent."""

    sources: int
    kinds: tuple[tuple[str, int], ...]
    absent: tuple[str, ...]
    speakers: int
    passages: int


def basis(edition: Edition) -> Basis | None:
    """Counted in the index; None where the graph names no sources."""
    sources = instances(edition, edition.kg + "Source")
    if not sources:
        return None
    used = edition.rows(
        "SELECT v.iri, count(DISTINCT f.node) AS n FROM facet f"
        " JOIN node p ON p.id = f.property JOIN node v ON v.id = f.value"
        " JOIN instance i ON i.node = f.node JOIN node c ON c.id = i.class"
        " WHERE p.iri = ? AND c.iri = ? GROUP BY v.iri ORDER BY n DESC, v.iri",
        edition.kg + "kind",
        edition.kg + "Source",
    )
    known = edition.rows(
        "SELECT n.iri FROM facet f JOIN node p ON p.id = f.property"
        " JOIN node v ON v.id = f.value JOIN node n ON n.id = f.node"
        " WHERE p.iri = ? AND v.iri = ? ORDER BY n.id",
        _SKOS + "inScheme",
        edition.kg + "SourceKinds",
    )
    have = {row["iri"] for row in used}
    speakers = edition.rows(
        "SELECT count(DISTINCT f.value) AS n FROM facet f JOIN node p ON p.id = f.property"
        " WHERE p.iri = ? AND f.value NOT IN"
        " (SELECT i.node FROM instance i JOIN node c ON c.id = i.class WHERE c.iri = ?)",
        edition.kg + "claimant",
        edition.kg + "Source",
    )[0]["n"]
    return Basis(
        sources,
        tuple((row["iri"], row["n"]) for row in used),
        tuple(row["iri"] for row in known if row["iri"] not in have),
        speakers,
        instances(edition, edition.kg + "Passage"),
    )


def instances(edition: Edition, class_: str) -> int:
    """How many things of a class there are, through subclasses too."""
    rows = edition.rows(
        "SELECT s.entities FROM class_statistic s JOIN node n ON n.id = s.class WHERE n.iri = ?", class_
    )
    return int(rows[0]["entities"]) if rows else 0


@blueprint.get("/")
def home() -> Response:
    """The home page leads into the data and says on what it rests."""
    edition = current()
    shown = classes_shown(edition)
    found = basis(edition)
    iris = [c.iri for c in shown]
    if found:
        iris += [*(k for k, _n in found.kinds), *found.absent]
    view = View(edition, iris)
    response = page(
        "home.html",
        keep=not set(request.args) - {"lang"},
        view=view,
        classes=shown,
        basis=found,
        contested=contested(edition),
        quads=edition.release.manifest.triples,
        plain_search=True,
    )
    response.headers["Link"] = link_header([(edition.base, "canonical", None)])
    return response


def contested(edition: Edition) -> list[str]:
    """The events that most statements are about: at most three, with at least three statements each."""
    rows = edition.rows(
        "SELECT v.iri, count(*) AS n FROM facet f JOIN node p ON p.id = f.property JOIN node v ON v.id = f.value"
        " JOIN instance i ON i.node = v.id JOIN node c ON c.id = i.class"
        " WHERE p.iri = ? AND c.iri = ? GROUP BY v.iri HAVING n >= 3 ORDER BY n DESC, v.iri LIMIT 3",
        edition.kg + "about",
        edition.kg + "Event",
    )
    return [row["iri"] for row in rows]


@blueprint.get("/about")
def about() -> Response:
    """Scope, method, limits, licence, how to report an error."""
    edition = current()
    found = basis(edition)
    view = View(edition, [*(k for k, _n in found.kinds), *found.absent] if found else [])
    return page("about.html", keep=not set(request.args) - {"lang"}, view=view, basis=found, title=_("About"))


@blueprint.get("/search")
def search_page() -> Response:
    """Search over every name; an exact IRI or prefixed name leads straight to its page."""
    edition = current()
    text = " ".join(request.args.get("q", "").split())[:300]
    direct = exact(edition, text)
    if direct and not request.args.get("stay"):
        return see_other(here(thing_address(edition, direct)))
    kind = request.args.get("class") or None
    offset = max(0, min(request.args.get("offset", 0, type=int) or 0, 2000))
    connection = edition.connect()
    found = search(connection, text, kind=kind, limit=PAGE, offset=offset)
    suggestions = near(connection, text) if text and not found.total else []
    view = View(
        edition,
        [
            *(h.iri for h in found.hits),
            *(h.via for h in found.hits if h.via),
            *(h.kind for h in found.hits if h.kind),
            *(c for c, _n in found.classes),
        ],
    )
    following = offset + PAGE < found.total
    return page(
        "search.html",
        view=view,
        text=text,
        kind=kind,
        found=found,
        offset=offset,
        suggestions=suggestions,
        following=with_query("/search", {"q": text, "class": kind, "offset": str(offset + PAGE)})
        if following
        else None,
        former=with_query(
            "/search",
            {"q": text, "class": kind, "offset": str(max(0, offset - PAGE)) if offset > PAGE else None},
        )
        if offset
        else None,
        plain_search=True,
        title=_("Search"),
    )


@blueprint.get("/search.json")
def search_data() -> Response:
    """The search as data; the suggestions while typing are its first page."""
    edition = current()
    text = " ".join(request.args.get("q", "").split())[:300]
    limit = max(1, min(request.args.get("limit", 8, type=int) or 8, 100))
    found = search(edition.connect(), text, kind=request.args.get("class") or None, limit=limit)
    view = View(edition, [*(h.iri for h in found.hits), *(h.via for h in found.hits if h.via)])
    things = []
    for hit in found.hits:
        link = view.link(hit.iri)
        note = link.kind or ""
        if hit.role == "attributed":
            via = view.link(hit.via).text if hit.via else _("a source")
            note = _("named “%(name)s” in: %(via)s", name=hit.text, via=via)
        elif hit.text != hit.label:
            note = f"{hit.text} · {note}" if note else hit.text
        things.append({"iri": hit.iri, "text": link.text, "href": link.href, "note": note, "role": hit.role})
    body = json.dumps({"total": found.total, "things": things}, ensure_ascii=False).encode()
    return answer(body, "application/json", vary=vary_by_language())


def exact(edition: Edition, text: str) -> str | None:
    """The IRI that a search text is: whole, in brackets, or as a prefixed name; only one that is known."""
    if not text or " " in text:
        return None
    iri = text[1:-1] if text.startswith("<") and text.endswith(">") else text
    for candidate in (iri, edition.names.expand(iri)):
        if candidate and ":" in candidate and edition.node(candidate) is not None:
            return candidate
    return None


@blueprint.get("/incoming")
def incoming() -> Response:
    """Links that arrive at a thing by one property, page by page."""
    edition = current()
    iri, property_ = request.args.get("iri", ""), request.args.get("property", "")
    offset = max(0, request.args.get("offset", 0, type=int) or 0)
    if not iri or not property_:
        return problem(
            400,
            _("No thing was named"),
            _("This address lists what links to a thing; its parameters are `iri` and `property`."),
            hint=_("Follow the link from the thing's own page."),
        )
    total, subjects = edition.engine.incoming_page(IRI(iri), IRI(property_), offset=offset, limit=100)
    view = View(edition, [iri, property_, *(s.value for s in subjects if isinstance(s, IRI))])
    parameters = {"iri": iri, "property": property_}
    query = f"SELECT ?thing WHERE {{ ?thing <{property_}> <{iri}> }} ORDER BY ?thing"
    return page(
        "incoming.html",
        view=view,
        iri=iri,
        property=property_,
        subjects=subjects,
        total=total,
        offset=offset,
        following=with_query("/incoming", {**parameters, "offset": str(offset + 100)})
        if offset + 100 < total
        else None,
        former=with_query("/incoming", {**parameters, "offset": str(offset - 100) if offset > 100 else None})
        if offset
        else None,
        sparql=sparql_address(query),
        title=_("What links here"),
    )


@blueprint.get("/opensearch.xml")
def opensearch() -> Response:
    """So that a browser can search here (OpenSearch 1.1)."""
    edition = current()
    origin = edition.base.rstrip("/")
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<OpenSearchDescription xmlns="http://a9.com/-/spec/opensearch/1.1/">\n'
        f"<ShortName>{escape(edition.site.title[:16])}</ShortName>\n"
        f"<Description>{escape(edition.site.title)}</Description>\n"
        f'<Url type="text/html" template="{escape(origin)}/search?q={{searchTerms}}"/>\n'
        "</OpenSearchDescription>\n"
    )
    return answer(body.encode(), "application/opensearchdescription+xml", keep=True)
