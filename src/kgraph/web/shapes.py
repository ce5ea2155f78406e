"""The rules that the data keep, in words: `/shapes`, where the IRIs of a site's shapes lead (SHACL, section 2)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import Blueprint, Response, request

from kgraph.terms import RDF, XSD
from kgraph.web.browse import ORDER
from kgraph.web.edition import Edition, current
from kgraph.web.errors import problem
from kgraph.web.language import _
from kgraph.web.negotiate import HTML, choose
from kgraph.web.respond import answer, here, link_header, page, see_other
from kgraph.web.things import unknown
from kgraph.web.view import View
from kgraph.web.wording import EDTF

blueprint = Blueprint("shapes", __name__)

_TURTLE = "text/turtle"
_OFFERED = [("html", HTML), ("ttl", _TURTLE)]
MOST = 12
"""Values of a list that a rule names."""


@blueprint.get("/shapes")
def shapes() -> Response:
    """303 to the page or to the file."""
    if not current().shapes() and not (current().release.folder / "shapes.ttl").exists():
        return unknown(request.path)
    chosen = choose(request.headers.get("Accept"), [kind for _ending, kind in _OFFERED])
    links = [(f"/shapes.{ending}", "alternate", kind) for ending, kind in _OFFERED]
    if chosen is None:
        return problem(
            406,
            _("None of the offered formats is acceptable"),
            headers=[("Link", link_header(links))],
            variants=[{"href": target, "type": kind} for target, _rel, kind in links],
        )
    response = see_other(
        here(f"/shapes.{_OFFERED[chosen][0]}"), keep=not set(request.args) - {"lang"}, vary=["Accept"]
    )
    response.headers["Link"] = link_header(links)
    return response


@blueprint.get("/shapes.<ending>")
def shapes_document(ending: str) -> Response:
    """The page, or the shapes graph of this release in Turtle."""
    edition = current()
    file = edition.release.folder / "shapes.ttl"
    keep = not set(request.args) - {"lang"}
    if ending == "ttl" and file.exists():
        return answer(file.read_bytes(), f"{_TURTLE}; charset=utf-8", keep=keep)
    if ending != "html" or not (edition.shapes() or file.exists()):
        return unknown(request.path)
    outline = ordered(edition)
    iris = {shape["class"] for shape in outline} | {p["path"] for s in outline for p in s["properties"]}
    view = View(
        edition, iris | {i for s in outline for p in s["properties"] for i in named(p.get("rules", {}))}
    )
    return page(
        "shapes.html",
        keep=keep,
        view=view,
        outline=outline,
        rule=rule,
        title=_("Rules"),
        seen=set(),
        fragment=fragment,
    )


def ordered(edition: Edition) -> list[dict[str, Any]]:
    """The outline of the shapes, the classes that readers browse first."""
    place = {edition.kg + local: number for number, local in enumerate(ORDER)}
    return sorted(edition.shapes(), key=lambda shape: (place.get(shape["class"], len(place)), shape["class"]))


def fragment(iri: str) -> str:
    """The anchor of a shape on the page: what stands behind the hash, or the last segment."""
    return iri.partition("#")[2] or iri.rstrip("/").rpartition("/")[2]


def labels(edition: Edition) -> dict[str, dict[str, str]]:
    """What each shape of the page is called, by IRI: a label or the name of its property, by language."""
    found: dict[str, dict[str, str]] = {}
    for entry in edition.shapes():
        found |= {s["iri"]: s.get("label", {}) for s in entry.get("shapes", ()) if "iri" in s}
        found |= {p["shape"]: p.get("name", {}) for p in entry["properties"] if "shape" in p}
    return found


def named(rules: dict[str, Any]) -> Iterable[str]:
    """The IRIs that a rule names."""
    for name in ("class", "hasValue"):
        if ":" in rules.get(name, ""):
            yield rules[name]
    for name in ("in", "or"):
        yield from (value for value in rules.get(name, ()) if ":" in value)


def rule(view: View, rules: dict[str, Any]) -> str:
    """A rule in words: how many values, and what each of them is."""
    return "; ".join(part for part in (count(rules), *(each(view, rules))) if part)


def count(rules: dict[str, Any]) -> str:
    """How many values there may be."""
    least, most = rules.get("minCount", "0"), rules.get("maxCount", "")
    if most == "0":
        return _("never given")
    if least != "0" and least == most:
        return _("exactly %(n)s", n=least)
    parts = [_("at least %(n)s", n=least)] if least != "0" else []
    return ", ".join([*parts, _("at most %(n)s", n=most)] if most else parts)


def each(view: View, rules: dict[str, Any]) -> Iterable[str]:
    """What each value must be."""

    def listed(values: list[str]) -> str:
        shown = [view.name(v).text if ":" in v else v for v in values[:MOST]]
        return _(" or ").join(shown) + (" …" if len(values) > MOST else "")

    if "class" in rules:
        yield _("each of the class %(name)s", name=view.name(rules["class"]).text)
    if "or" in rules:
        yield _("each of the class %(name)s", name=listed(rules["or"]))
    if "datatype" in rules:
        yield datatype(view, rules["datatype"])
    if "node" in rules and (shape := view.text_of(rules["node"])):
        yield _("each is %(what)s", what=shape.text)
    if "in" in rules:
        yield _("one of: %(values)s", values=listed(rules["in"]))
    if "hasValue" in rules:
        yield _("one value is %(value)s", value=listed([rules["hasValue"]]))
    if "languageIn" in rules:
        yield _("in one of the languages %(tags)s", tags=", ".join(rules["languageIn"]))
    if "qualifiedMinCount" in rules and (shape := view.text_of(rules.get("qualifiedValueShape", {}))):
        yield _("at least %(n)s that is %(what)s", n=rules["qualifiedMinCount"], what=shape.text)
    if rules.get("uniqueLang") == "true":
        yield _("at most one in each language")
    for name, words in (
        ("minInclusive", _("not less than %(n)s")),
        ("maxInclusive", _("not more than %(n)s")),
        ("minExclusive", _("more than %(n)s")),
        ("maxExclusive", _("less than %(n)s")),
        ("minLength", _("at least %(n)s characters")),
        ("maxLength", _("at most %(n)s characters")),
        ("pattern", _("of the form %(n)s")),
    ):
        if name in rules and not (name == "minLength" and rules[name] == "1"):
            yield words % {"n": rules[name]}


def datatype(view: View, iri: str) -> str:
    """What a literal of a datatype is."""
    known = {
        RDF + "langString": _("each a text with its language"),
        XSD + "string": _("each a text without a language"),
        XSD + "integer": _("each a whole number"),
        XSD + "decimal": _("each a number"),
        XSD + "boolean": _("each yes or no"),
        XSD + "date": _("each a day"),
        XSD + "anyURI": _("each an address"),
        EDTF: _("each a date in EDTF"),
    }
    return known.get(iri) or _("each of the datatype %(name)s", name=view.prefixed(iri))


__all__ = ["blueprint", "labels", "rule"]
