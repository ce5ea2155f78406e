"""The formats of OAI-PMH records: unqualified Dublin Core, which every harvester reads, and RDF/XML."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from kgraph.engine.serialize import check_xml, write
from kgraph.errors import NotWritable
from kgraph.harvest.markup import element
from kgraph.harvest.published import Item, Published
from kgraph.media import RdfFormat
from kgraph.terms import Quad


@dataclass(frozen=True)
class Format:
    """A metadata format: where its schema is, its namespace, and how a record's metadata are written."""

    schema: str
    namespace: str
    write: Callable[[Published, Item], str]


_DC = "http://www.openarchives.org/OAI/2.0/oai_dc/"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"


def _dublin_core(published: Published, item: Item) -> str:
    labels = published.rows(
        "SELECT DISTINCT l.text, l.language FROM label l JOIN node n ON n.id = l.node"
        " WHERE n.iri = ? AND l.role = 'label' ORDER BY l.language, l.text",
        item.iri,
    )
    node = published.rows("SELECT description FROM node WHERE iri = ?", item.iri)
    classes = published.rows(
        "SELECT c.iri, c.label FROM instance i JOIN node c ON c.id = i.class JOIN node n ON n.id = i.node"
        " WHERE n.iri = ? AND i.direct = 1 ORDER BY c.iri",
        item.iri,
    )
    dates = published.rows(
        "SELECT DISTINCT COALESCE(d.edtf, d.earliest, d.latest) AS date FROM date d JOIN node n ON n.id = d.node"
        " WHERE n.iri = ? ORDER BY date",
        item.iri,
    )
    settings = published.site.settings
    parts = [
        element("dc:title", row["text"], {"xml:lang": row["language"]} if row["language"] else None)
        for row in labels
    ]
    parts += [element("dc:type", row["label"] or row["iri"]) for row in classes]
    if node and node[0]["description"]:
        parts.append(element("dc:description", node[0]["description"]))
    parts += [element("dc:date", row["date"]) for row in dates if row["date"]]
    parts += [
        element("dc:identifier", text) for text in dict.fromkeys((item.iri, published.document(item.iri)))
    ]
    if settings["publisher"]:
        parts.append(element("dc:publisher", str(settings["publisher"])))
    if settings["license"]:
        parts.append(element("dc:rights", str(settings["license"])))
    names = {
        "xmlns:oai_dc": _DC,
        "xmlns:dc": "http://purl.org/dc/elements/1.1/",
        "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
        "xsi:schemaLocation": f"{_DC} http://www.openarchives.org/OAI/2.0/oai_dc.xsd",
    }
    return element("oai_dc:dc", None, names, *parts)


def _rdf(published: Published, item: Item) -> str:
    quads = [q for q in published.statements(item.iri) if _writable(q)]
    text = write(quads, RdfFormat.RDFXML, published.release.manifest.prefixes).decode()
    return text[text.index("?>") + 2 :].strip() if text.startswith("<?xml") else text.strip()


def _writable(quad: Quad) -> bool:
    # RDF/XML cannot name every property; such a statement is in every other format
    try:
        check_xml([quad])
    except NotWritable:
        return False
    return True


FORMATS: Mapping[str, Format] = {
    "oai_dc": Format("http://www.openarchives.org/OAI/2.0/oai_dc.xsd", _DC, _dublin_core),
    "rdf": Format("http://www.openarchives.org/OAI/2.0/rdf.xsd", _RDF, _rdf),
}
"""Metadata prefix to format."""
