"""The change stream: a Linked Data Event Stream with TREE pages, made from the differences of published releases.

Linked Data Event Streams 1.0 and the TREE hypermedia specification. A member is a version of one thing: an IRI of its
own, the time of the release that made it, and the thing's statements in the graph of that name. The stream keeps the
latest version of each thing (its retention policy says so), deletions included.
"""

from __future__ import annotations

from urllib.parse import quote

from kgraph.harvest.published import Item, Published
from kgraph.harvest.writing import skolem, term, time, trig, typed
from kgraph.terms import IRI, XSD, BNode, Literal, Quad, Term

PATH = "ldes"
PAGE = 250
"""Members on a page."""

_SUBJECT = "dct:isVersionOf"
_TIME = "dct:created"
_ACTS = {"created": "as:Create", "updated": "as:Update", "deleted": "as:Delete"}


def root(published: Published) -> bytes:
    """The stream and its view: one relation to the first page of each release that has members. TriG."""
    stream, view = IRI(published.address + PATH + "#stream"), IRI(published.address + PATH)
    policy = IRI(published.address + PATH + "#retention")
    said: list[tuple[IRI, str, Term]] = [
        *_stream(published),
        (stream, "dct:title", Literal(f"Changes of {published.site.title}")),
        (stream, "ldes:retentionPolicy", policy),
        (view, "ldes:retentionPolicy", policy),
        (policy, "rdf:type", term("ldes:RetentionPolicy")),
        (policy, "rdf:type", term("ldes:LatestVersionSubset")),
        (policy, "ldes:amount", typed(1, "integer")),
        (policy, "ldes:versionAmount", typed(1, "integer")),
        (view, "rdf:type", term("tree:Node")),
        (view, "rdf:type", term("tree:RootNode")),
    ]
    for release in published.steps:
        moment = published.times.get(release, published.time)
        for kind in ("GreaterThanOrEqualTo", "LessThanOrEqualTo"):
            said += _relation(view, page_address(published, release), kind, moment, str(release))
    return trig(Quad(s, term(p), o, None) for s, p, o in said)


def page(published: Published, release: int, after: str = "") -> bytes | None:
    """One page of the members that this release made, in TriG. None when the stream has no such release.

    A page is complete once its release is published: it never gets other members.
    """
    if release not in published.steps:
        return None
    items = published.at_step(release, after, PAGE)
    here = IRI(page_address(published, release, after))
    said = [*_stream(published), (here, "rdf:type", term("tree:Node"))]
    if len(items) == PAGE:
        target = page_address(published, release, items[-1].iri)
        for kind in ("GreaterThanOrEqualTo", "LessThanOrEqualTo"):
            said += _relation(here, target, kind, items[-1].time, "next")
    quads = [Quad(s, term(p), o, None) for s, p, o in said]
    for item in items:
        quads += _member(published, item)
    return trig(quads)


def page_address(published: Published, release: int, after: str = "") -> str:
    """Absolute address of the page of a release that begins after a thing."""
    return f"{published.address}{PATH}/{release}" + (f"?after={quote(after, safe='')}" if after else "")


def version(published: Published, item: Item) -> str:
    """IRI of a thing as one release has it; it leads to the thing in that release."""
    document = published.document(item.iri)
    fragment = item.iri.partition("#")[2]
    joined = f"{document}{'&' if '?' in document else '?'}release={item.release}"
    return joined + (f"#{fragment}" if fragment and "?" not in document else "")


def _stream(published: Published) -> list[tuple[IRI, str, Term]]:
    stream, view = IRI(published.address + PATH + "#stream"), IRI(published.address + PATH)
    return [
        (stream, "rdf:type", term("ldes:EventStream")),
        (stream, "tree:view", view),
        (stream, "ldes:timestampPath", term(_TIME)),
        (stream, "ldes:versionOfPath", term(_SUBJECT)),
        (stream, "ldes:versionCreateObject", term("as:Create")),
        (stream, "ldes:versionUpdateObject", term("as:Update")),
        (stream, "ldes:versionDeleteObject", term("as:Delete")),
    ]


def _relation(node: IRI, target: str, kind: str, moment: str, name: str) -> list[tuple[IRI, str, Term]]:
    relation = IRI(f"{node.value}#{name}-{kind}")  # the whole address: each page has relations of its own
    return [
        (node, "tree:relation", relation),
        (relation, "rdf:type", term(f"tree:{kind}Relation")),
        (relation, "tree:node", IRI(target)),
        (relation, "tree:path", term(_TIME)),
        (relation, "tree:value", time(moment)),
    ]


def _member(published: Published, item: Item) -> list[Quad]:
    name = IRI(version(published, item))
    said: list[tuple[IRI, str, Term]] = [
        (IRI(published.address + PATH + "#stream"), "tree:member", name),
        (name, _SUBJECT, IRI(item.iri)),
        (name, _TIME, Literal(item.time, XSD + "dateTime")),
        (name, "rdf:type", term(_ACTS[item.kind])),
    ]
    quads = [Quad(s, term(p), o, None) for s, p, o in said]
    if item.kind != "deleted":
        for q in published.statements(item.iri):
            subject = skolem(q.subject, published.address)
            assert not isinstance(subject, Literal | BNode)
            quads.append(Quad(subject, q.predicate, skolem(q.object, published.address), name))
    return quads
