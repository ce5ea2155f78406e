"""Things and their documents (Cool URIs for the Semantic Web, section 4; DESIGN section 5).

A thing's IRI answers 303 to the document that Accept asks for; a document is the same path with a suffix. What the
application itself serves wins over things, an exact IRI wins over a thing plus suffix, and `/entity?iri=` is exact.
"""

from __future__ import annotations

from urllib.parse import quote

from flask import Blueprint, Response, request

from kgraph.describe.entity import is_linked, statements
from kgraph.engine.serialize import write
from kgraph.errors import NotWritable
from kgraph.harvest import jsonld, signposting
from kgraph.iri import exact as exact_address
from kgraph.media import RdfFormat
from kgraph.search import near_paths
from kgraph.terms import IRI, RDF_TYPE, Quad
from kgraph.web import entity, memento
from kgraph.web.edition import Edition, current
from kgraph.web.errors import problem
from kgraph.web.harvest.reply import published
from kgraph.web.language import _
from kgraph.web.links import document_address, thing_address
from kgraph.web.negotiate import MEDIA_TYPES, VARIANTS, choose
from kgraph.web.respond import answer, here, in_release, link_header, page, see_other

blueprint = Blueprint("things", __name__)

LINKED_TYPED = 500
"""So many of the things that a document links to are given with their types."""

_CHARSETS = {"ttl", "nt", "trig", "nq"}


@blueprint.get("/entity")
def exact() -> Response:
    """Any IRI, exactly: 303 to its document."""
    iri = asked_iri()
    return thing(iri) if iri else missing_iri()


@blueprint.get("/entity.<suffix>")
def exact_document(suffix: str) -> Response:
    """A document of any IRI."""
    iri = asked_iri()
    if suffix not in MEDIA_TYPES:
        return unknown(request.path)
    return document(iri, suffix) if iri else missing_iri()


@blueprint.get("/<path:path>")
def by_path(path: str) -> Response:
    """Whatever IRI this path stands for, or a document of it."""
    edition = current()
    path = "/" + path
    found = meant(edition, path)
    if len(found) > 1:
        return several(edition, found)
    if found:
        return thing(found[0])
    stem, dot, suffix = path.rpartition(".")
    if dot and suffix in MEDIA_TYPES:
        found = meant(edition, stem)
        if len(found) > 1:
            return several(edition, found)
        if found:
            return document(found[0], suffix)
    return unknown(path)


def meant(edition: Edition, path: str) -> list[str]:
    """The IRIs that a decoded path stands for; one that nothing is stated of counts when something links to it."""
    found = edition.at(path)
    if found or len(path) > 2000:
        return found
    candidate = edition.base + quote(path[1:], safe="/:@!$&'()*+,;=-._~")
    return [candidate] if is_linked(edition.engine, candidate) else []


def asked_iri() -> str:
    """The `iri` parameter, a prefixed name expanded."""
    text = request.args.get("iri", "").strip()
    if text.startswith("<") and text.endswith(">"):
        text = text[1:-1]
    if "://" not in text:
        return current().names.expand(text) or text
    return text


def thing(iri: str) -> Response:
    """303 to the variant that Accept asks for, or 406 with all of them."""
    edition = current()
    if not exists(edition, iri):
        return unknown(iri)
    former = memento.gone(iri)
    if former is not None:
        return former
    original = thing_address(edition, iri)
    moved = memento.negotiated(iri, original)
    if moved is not None:
        return moved
    chosen = choose(request.headers.get("Accept"), [media_type for _, media_type in VARIANTS])
    links = variant_links(edition, iri)
    keep = not set(request.args) - {"iri", "lang"}
    if chosen is None:
        return problem(
            406,
            _("None of the offered formats is acceptable"),
            _(
                "This thing has documents in these formats: %(formats)s.",
                formats=", ".join(MEDIA_TYPES.values()),
            ),
            hint=_("Ask for one of them in Accept, or add its ending to the address."),
            headers=[("Link", link_header(links))],
            variants=[{"href": target, "type": kind} for target, _rel, kind in links],
        )
    suffix = VARIANTS[chosen][0]
    target = document_address(edition, iri, suffix)
    if suffix == "html" and "#" in iri and "iri=" not in target:
        target += "#" + iri.partition("#")[2]
    target = here(target) if suffix == "html" else in_release(target)
    response = see_other(target, keep=keep, vary=["Accept"])
    described = (document_address(edition, iri, "ttl"), "describedby", MEDIA_TYPES["ttl"])
    response.headers["Link"] = link_header([*links, described])
    memento.link(response, original)
    return response


def variant_links(edition: Edition, iri: str) -> list[tuple[str, str, str | None]]:
    """Every document of a thing, as links."""
    return [
        (in_release(document_address(edition, iri, suffix)), "alternate", kind) for suffix, kind in VARIANTS
    ]


def exists(edition: Edition, iri: str) -> bool:
    """Whether the release says anything of an IRI or of its hash IRIs, or links to it."""
    if edition.node(iri) is not None or edition.children(iri):
        return True
    return bool(edition.engine.outgoing(IRI(iri), limit=1)) or is_linked(edition.engine, iri)


def document(iri: str, suffix: str) -> Response:
    """One representation of what is said of `iri`."""
    edition = current()
    former = memento.gone(iri, suffix)
    if former is not None:
        return former
    if not exists(edition, iri):
        return unknown(iri)
    here_ = document_address(edition, iri, suffix)
    moved = memento.negotiated(iri, here_)
    if moved is not None:
        return moved
    keep = not set(request.args) - {"iri", "lang"}
    response = (
        entity.render(edition, iri, keep=keep) if suffix == "html" else data(edition, iri, suffix, keep=keep)
    )
    if response.status_code not in (200, 304):
        return response
    links = [link for link in variant_links(edition, iri) if link[0] != in_release(here_)]
    origin = edition.base.rstrip("/")
    links.append((origin + here_, "canonical", None))
    typed = signposting.of_document(published(), iri, suffix)
    links += [(link.target, link.relation, link.kind or None) for link in typed]
    response.headers["Link"] = link_header(links)
    memento.link(response, here_)
    response.headers["Last-Modified"] = edition.modified(iri)
    if response.status_code == 200:
        response.make_conditional(request)
    return response


def data(edition: Edition, iri: str, suffix: str, *, keep: bool) -> Response:
    """An RDF document: the merge, or with its graphs where the syntax holds them (JSON-LD: with `evidence=1`)."""
    rdf = RdfFormat.of_ending(suffix)
    assert rdf is not None
    with_graphs = rdf in (RdfFormat.TRIG, RdfFormat.NQUADS) or (
        rdf is RdfFormat.JSONLD and request.args.get("evidence") == "1"
    )
    quads = statements(edition.engine, iri, edition.hidden, edition.children(iri), drawn=with_graphs)
    if with_graphs:
        held = {(q.subject, q.predicate, q.object) for q in quads if q.graph is not None}
        quads = [q for q in quads if q.graph is not None or (q.subject, q.predicate, q.object) not in held]
    else:
        quads = [Quad(q.subject, q.predicate, q.object, None) for q in quads]
        if rdf is not RdfFormat.JSONLD:  # which writes what is linked as a plain address
            quads += kinds_of_linked(edition, quads)
    of = published()
    address = of.address.rstrip("/") + document_address(edition, iri, suffix)
    quads = [*quads, *jsonld.about_document(of, iri, address)]
    try:
        if rdf is RdfFormat.JSONLD and not with_graphs:
            body = jsonld.document(of, iri, quads)
        else:
            body = write(quads, rdf, edition.prefixes)
    except NotWritable as error:
        return problem(406, _("This cannot be written in that format"), error.message, hint=error.hint)
    charset = "; charset=utf-8" if suffix in _CHARSETS else ""
    return answer(body, rdf.media_type + charset, keep=keep)


def kinds_of_linked(edition: Edition, quads: list[Quad]) -> list[Quad]:
    """Types of the things that a document links to, and the schemes of concepts: what shapes ask of a value.

    So a document is judged on its own (docs/checks.md), and its reader knows what the links lead to. Of the first
    `LINKED_TYPED` things; what the document itself describes has its types already.
    """
    described = {q.subject for q in quads}
    linked = {q.object.value for q in quads if isinstance(q.object, IRI) and q.predicate.value != RDF_TYPE}
    wanted = sorted(iri for iri in linked if IRI(iri) not in described)[:LINKED_TYPED]
    rows = edition.rows(
        "SELECT n.iri, c.iri AS class FROM node n JOIN instance i ON i.node = n.id JOIN node c ON c.id = i.class"
        f" WHERE i.direct AND n.iri IN ({', '.join('?' * len(wanted))}) ORDER BY n.iri, c.iri",
        *wanted,
    )
    found = [Quad(IRI(row["iri"]), IRI(RDF_TYPE), IRI(row["class"]), None) for row in rows]
    for concept in dict.fromkeys(row["iri"] for row in rows if row["class"] == entity.SKOS + "Concept"):
        for quad in edition.engine.outgoing(IRI(concept), limit=LINKED_TYPED):
            if quad.predicate.value == entity.SKOS + "inScheme" and quad.graph is None:
                found.append(quad)
    return found


def several(edition: Edition, found: list[str]) -> Response:
    """300: IRIs that differ only in what is percent-encoded look the same on the wire."""
    choices = [(iri, exact_address(iri)) for iri in found]
    response = page("several.html", status=300, choices=choices, keep=True)
    response.headers["Link"] = link_header([(href, "alternate", None) for _iri, href in choices])
    return response


def missing_iri() -> Response:
    """400: no IRI was named."""
    return problem(
        400,
        _("No IRI was given"),
        _("This address shows the IRI that its parameter `iri` names."),
        hint=_("Write it as /entity?iri=, with the IRI percent-encoded."),
    )


def unknown(what: str) -> Response:
    """410 for what an earlier release had; else 404, with things of nearly that address."""
    former = memento.gone_at(what) if what.startswith("/") else memento.gone(what)
    if former is not None:
        return former
    edition = current()
    stem, _dot, suffix = what.rpartition(".")
    path = stem if suffix in MEDIA_TYPES else what
    close = near_paths(edition.connect(), path) if path.startswith("/") and len(path) < 500 else []
    names = edition.names.of(close)
    return problem(
        404,
        _("There is nothing at this address"),
        _("This release says nothing of %(what)s.", what=what[:300]),
        hint=_("Search for it, or start from the home page."),
        near=[{"href": thing_address(edition, iri), "label": names[iri].text} for iri in close],
    )
