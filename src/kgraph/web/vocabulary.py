"""The vocabulary: every class and property described, and the ontology as one file."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, Response, request

from kgraph.describe import Node, Reader
from kgraph.engine.serialize import write
from kgraph.errors import NotWritable
from kgraph.media import RdfFormat
from kgraph.terms import IRI, RDF, RDFS, Quad
from kgraph.web.edition import Edition, current
from kgraph.web.errors import problem
from kgraph.web.language import _
from kgraph.web.negotiate import MEDIA_TYPES, VARIANTS, choose
from kgraph.web.respond import answer, here, link_header, page, see_other
from kgraph.web.things import unknown
from kgraph.web.view import View

blueprint = Blueprint("vocabulary", __name__)

OWL = "http://www.w3.org/2002/07/owl#"
SKOS = "http://www.w3.org/2004/02/skos/core#"
_CLASSES = (OWL + "Class", RDFS + "Class")
_PROPERTIES = (
    OWL + "ObjectProperty",
    OWL + "DatatypeProperty",
    OWL + "AnnotationProperty",
    RDF + "Property",
)
_MOST = 2000


@dataclass(frozen=True)
class Entry:
    """A term of the vocabulary. `uses`: things of a class, or triples of a property."""

    iri: str
    node: Node
    uses: int | None
    constraints: tuple[str, ...] = ()


@blueprint.get("/ontology")
def ontology() -> Response:
    """303 to the page or to the file."""
    edition = current()
    offered = VARIANTS if graph_iri(edition) else VARIANTS[:1]
    chosen = choose(request.headers.get("Accept"), [kind for _suffix, kind in offered])
    links = [("/ontology." + suffix, "alternate", kind) for suffix, kind in offered]
    if chosen is None:
        return problem(
            406,
            _("None of the offered formats is acceptable"),
            _(
                "This thing has documents in these formats: %(formats)s.",
                formats=", ".join(k for _s, k in offered),
            ),
            headers=[("Link", link_header(links))],
            variants=[{"href": target, "type": kind} for target, _rel, kind in links],
        )
    target = "/ontology." + offered[chosen][0]
    response = see_other(here(target), keep=not set(request.args) - {"lang"}, vary=["Accept"])
    response.headers["Link"] = link_header(links)
    return response


@blueprint.get("/ontology.<suffix>")
def ontology_document(suffix: str) -> Response:
    """The page, or the whole ontology in one syntax."""
    edition = current()
    rdf = RdfFormat.of_ending(suffix)
    name = graph_iri(edition)
    keep = not set(request.args) - {"lang"}
    if suffix == "html":
        response = vocabulary_page(edition, name, keep=keep)
    elif rdf is None or name is None:
        return unknown(request.path)
    else:
        quads = list(edition.engine.graph(IRI(name)))
        if not rdf.datasets or rdf is RdfFormat.JSONLD:
            quads = [Quad(q.subject, q.predicate, q.object, None) for q in quads]
        try:
            body = write(quads, rdf, edition.prefixes)
        except NotWritable as error:
            return problem(406, _("This cannot be written in that format"), error.message, hint=error.hint)
        response = answer(body, rdf.media_type, keep=keep)
    links: list[tuple[str, str, str | None]] = [
        ("/ontology." + s, "alternate", kind) for s, kind in VARIANTS if s != suffix and name
    ]
    origin = edition.base.rstrip("/")
    response.headers["Link"] = link_header([*links, (f"{origin}/ontology.{suffix}", "canonical", None)])
    return response


def graph_iri(edition: Edition) -> str | None:
    """The graph that holds the site's ontology, or None."""
    return next((iri for iri, kind in edition.kinds.items() if kind == "ontology"), None)


def vocabulary_page(edition: Edition, name: str | None, *, keep: bool) -> Response:
    """Every term described."""
    reader = edition.reader()
    classes = entries(edition, reader, _CLASSES, "class_statistic", "class", "entities")
    properties = entries(edition, reader, _PROPERTIES, "property_statistic", "property", "triples")
    concepts: dict[str, list[Node]] = {}
    for iri in members(edition, (SKOS + "Concept",)):
        node = reader.node(IRI(iri))
        for scheme in node.iris(SKOS + "inScheme") or [""]:
            concepts.setdefault(scheme, []).append(node)
    iris = {
        i
        for n in [*(e.node for e in classes + properties), *(n for ns in concepts.values() for n in ns)]
        for s in n.statements()
        for i in (s.predicate, s.object.value)
        if s
    }
    described = reader.node(IRI(name)) if name else None
    view = View(edition, [i for i in iris if ":" in i] + list(concepts))
    roles = edition.roles
    return page(
        "ontology.html",
        keep=keep,
        view=view,
        ontology=described,
        ontology_iri=name,
        classes=classes,
        properties=properties,
        schemes=sorted(concepts.items()),
        definition=[SKOS + "definition", *roles["description"]],
        title=_("Vocabulary"),
        suffixes=[s for s in MEDIA_TYPES if s != "html"] if name else [],
    )


def members(edition: Edition, classes: tuple[str, ...]) -> list[str]:
    """IRIs of the things of these classes, in the order of the index."""
    marks = ",".join("?" * len(classes))
    rows = edition.rows(
        "SELECT DISTINCT n.iri, n.id FROM instance i JOIN node n ON n.id = i.node JOIN node c ON c.id = i.class"
        f" WHERE c.iri IN ({marks}) ORDER BY n.id LIMIT {_MOST}",
        *classes,
    )
    return [row["iri"] for row in rows]


def entries(
    edition: Edition, reader: Reader, classes: tuple[str, ...], table: str, column: str, count: str
) -> list[Entry]:
    """Terms that are declared, and those in use that are not, with how often each is used."""
    uses = {
        row["iri"]: row["n"]
        for row in edition.rows(
            f"SELECT n.iri, s.{count} AS n FROM {table} s JOIN node n ON n.id = s.{column}"
            f" ORDER BY s.{count} DESC LIMIT {_MOST}"
        )
    }
    declared = members(edition, classes)
    if not declared:
        return [Entry(iri, reader.node(IRI(iri)), n) for iri, n in list(uses.items())[:200]]
    found = [Entry(iri, reader.node(IRI(iri)), uses.get(iri, 0)) for iri in declared]
    namespace = edition.kg
    found.sort(key=lambda e: not e.iri.startswith(namespace))
    return found
