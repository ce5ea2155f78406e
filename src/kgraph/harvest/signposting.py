"""FAIR Signposting, levels 1 and 2: typed links of landing pages, content and metadata, and a link set of them all.

signposting.org, FAIR Signposting Profile 1.2; RFC 8288 (links), RFC 9264 (link sets). The landing page of a thing is
its HTML document, the content its statements with evidence (TriG), the metadata its other RDF documents.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

from kgraph.harvest.published import Published
from kgraph.iri import is_iri
from kgraph.media import RdfFormat

PATH = "linkset"
LINKSET_JSON = "application/linkset+json"
LINKSET = "application/linkset"

_CONTENT = RdfFormat.TRIG
_METADATA = (RdfFormat.TURTLE, RdfFormat.JSONLD, RdfFormat.RDFXML)


@dataclass(frozen=True)
class Link:
    """A typed link. `kind` is the media type of the target, or ''."""

    anchor: str
    relation: str
    target: str
    kind: str = ""


def links(published: Published, iri: str) -> list[Link]:
    """Every link between the documents of a thing. The addresses are absolute."""
    page = published.document(iri, "html")
    found = [Link(page, "cite-as", iri)]
    for metadata in _METADATA:
        found.append(Link(page, "describedby", published.document(iri, metadata.ending), metadata.media_type))
    content = published.document(iri, _CONTENT.ending)
    found.append(Link(page, "item", content, _CONTENT.media_type))
    found += [Link(page, "type", kind) for kind in ("https://schema.org/AboutPage", *_types(published, iri))]
    licence = str(published.site.settings["license"])
    if licence:
        found.append(Link(page, "license", licence))
    found.append(Link(page, "author", f"{published.base}catalog#publisher"))
    found.append(Link(page, "collection", published.dataset))
    found.append(Link(page, "linkset", linkset_address(published, iri), LINKSET_JSON))
    for metadata in _METADATA:
        found.append(Link(published.document(iri, metadata.ending), "describes", page, "text/html"))
    found.append(Link(content, "collection", page, "text/html"))
    return [link for link in found if is_iri(link.target)]


def of_document(published: Published, iri: str, suffix: str) -> list[Link]:
    """The links that one document of a thing sends in its Link header."""
    here = published.document(iri, suffix)
    found = [link for link in links(published, iri) if link.anchor == here]
    if suffix != "html":
        found.append(Link(here, "linkset", linkset_address(published, iri), LINKSET_JSON))
    return found


def linkset_address(published: Published, iri: str) -> str:
    """Where the link set of a thing is."""
    return f"{published.address}{PATH}?iri={quote(iri, safe='')}"


def as_json(found: list[Link]) -> bytes:
    """The link set in JSON (RFC 9264, section 4.2)."""
    contexts: dict[str, dict[str, list[dict[str, str]]]] = {}
    for link in found:
        target = {"href": link.target, **({"type": link.kind} if link.kind else {})}
        contexts.setdefault(link.anchor, {}).setdefault(link.relation, []).append(target)
    whole = {"linkset": [{"anchor": anchor, **relations} for anchor, relations in contexts.items()]}
    return json.dumps(whole, ensure_ascii=False, indent=1).encode() + b"\n"


def as_text(found: list[Link]) -> bytes:
    """The link set in the form of a Link header (RFC 9264, section 4.1)."""
    return (",\n".join(_text(found)) + "\n").encode()


def _text(found: list[Link]) -> Iterator[str]:
    for link in found:
        kind = f'; type="{link.kind}"' if link.kind else ""
        yield f'<{_uri(link.target)}>; rel="{link.relation}"{kind}; anchor="{_uri(link.anchor)}"'


def _uri(iri: str) -> str:
    return quote(iri, safe="/:@!$&'()*+,;=-._~?#%")


def _types(published: Published, iri: str) -> list[str]:
    rows = published.rows(
        "SELECT c.iri FROM instance i JOIN node c ON c.id = i.class JOIN node n ON n.id = i.node WHERE n.iri = ?"
        " AND c.iri LIKE 'http%://schema.org/%' ORDER BY c.iri LIMIT 5",
        iri,
    )
    return [row["iri"] for row in rows]
