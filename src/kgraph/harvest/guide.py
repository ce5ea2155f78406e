"""The doors for machines in plain words, each with an example that works on this site: the page and /llms.txt."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, urlencode

from kgraph.harvest import catalog, dumps, feed, fragments, jsonld, oai, reconcile, signposting, stream
from kgraph.harvest.published import Published
from kgraph.terms import RDF_TYPE

_COUNTS = "SELECT ?class (COUNT(*) AS ?things) { ?s a ?class } GROUP BY ?class"


@dataclass(frozen=True)
class Door:
    """One way in: where it is, for whom, and addresses that show it. `accept` is what the first example asks for."""

    anchor: str
    title: str
    text: str
    examples: tuple[str, ...]
    accept: str = ""


def doors(published: Published) -> list[Door]:
    """Every door that is open in this release, in the order of the page."""
    at = published.address
    example = _example(published)
    found = [
        Door(
            "documents",
            "Documents of each thing",
            "The address of a thing leads to its page, or to data when a program asks for them. The same data stand at "
            "the address with an ending: .ttl, .jsonld, .nt, .rdf, .trig, .nq. The last two say which passage "
            "supports each statement; so does .jsonld?evidence=1.",
            (example, published.document(example, "jsonld")),
            "text/turtle",
        ),
        Door(
            "sparql",
            "Queries (SPARQL)",
            "Any SPARQL 1.1 query, by GET or POST. Answers come as JSON, XML, CSV or TSV, graphs in every RDF syntax. "
            "The default graph holds every statement once; GRAPH ?g gives the evidence.",
            (f"{at}sparql?{urlencode({'query': _COUNTS})}",),
            "text/csv",
        ),
        Door(
            "fragments",
            "Fragments by pattern",
            "All statements with a given subject, property or object, page by page. Clients such as Comunica answer "
            "whole queries with them and leave the work to the client.",
            (
                f"{at}{fragments.PATH}?{urlencode({'predicate': RDF_TYPE})}",
                f"{at}{fragments.PATH}?{urlencode({'subject': example, 'graph': fragments.DEFAULT_GRAPH.value})}",
            ),
            "application/trig",
        ),
        Door(
            "reconciliation",
            "Names in a table (reconciliation)",
            "Give OpenRefine this address as a reconciliation service: it finds the things that the names in a column "
            "mean, also when they are misspelt or in another script, and adds columns from the graph. "
            f"Reconciliation Service API 0.2; {reconcile.QUERIES} names in a request at most.",
            (
                f"{at}{reconcile.PATH}",
                f"{at}{reconcile.PATH}?{urlencode({'query': _label(published, example)})}",
                f"{at}{reconcile.PATH}/suggest/property?prefix=l",
            ),
            "application/json",
        ),
    ]
    if published.release.number is not None:
        found += _historical(published)
    found.append(
        Door(
            "links",
            "Typed links and context",
            "Each page names its data, licence and citable address in its Link header (FAIR Signposting); a link set "
            "has them all. Pages hold schema.org data for search engines. The context of the JSON-LD documents is "
            "published, and each document holds what it needs of it.",
            (f"{at}{signposting.PATH}?iri={quote(example, safe='')}", at + jsonld.PATH),
            signposting.LINKSET_JSON,
        )
    )
    found.append(
        Door(
            "sitemap",
            "Site map",
            "Every page with the time of its last change, for search engines and archives.",
            (at + "sitemap.xml", at + "robots.txt"),
        )
    )
    return found


def _historical(published: Published) -> list[Door]:
    at = published.address
    found = [
        Door(
            "dumps",
            "Everything at once (dumps)",
            "All statements of a release, sorted, as N-Quads and as TriG, each packed with gzip and Zstandard, and the "
            "files as written; SHA-256 of each. Interrupted downloads go on where they stopped. `latest` leads to the "
            "newest release; earlier ones keep their addresses.",
            tuple(
                [f"{at}{dumps.PATH}/{published.number}"]
                + [f"{at}{dumps.PATH}/latest/{d.name}" for d in dumps.of_release(published, published.number)]
            ),
        ),
        Door(
            "changes",
            "What has changed",
            "A Linked Data Event Stream for copies that stay in step: the newest version of each thing, and what was "
            "taken away; a client fetches only what is new. An Atom feed tells people the same.",
            (f"{at}{stream.PATH}", f"{at}{stream.PATH}/{published.steps[-1]}", f"{at}{feed.PATH}"),
            "application/trig",
        ),
        Door(
            "oai",
            "OAI-PMH",
            "For library catalogues and aggregators: records in Dublin Core and RDF, by class and by date, deletions "
            "included. Version 2.0.",
            (f"{at}{oai.PATH}?verb=Identify", f"{at}{oai.PATH}?verb=ListRecords&metadataPrefix=oai_dc"),
        ),
    ]
    if catalog.described(published):
        found.insert(
            0,
            Door(
                "description",
                "What the dataset is",
                "Licence, publisher, releases, files, services and counts, in DCAT 3 and VoID, for data portals.",
                (f"{at}{catalog.PATH}.ttl", f"{at}.well-known/void"),
                "text/turtle",
            ),
        )
    return found


def llms(published: Published) -> bytes:
    """/llms.txt: what a language model's tools need to know, in Markdown."""
    settings, manifest = published.site.settings, published.release.manifest
    lines = [f"# {published.site.title}", ""]
    if settings["description"]:
        lines += [f"> {settings['description']}", ""]
    lines += (
        [
            f"Linked data: {manifest.triples:,} statements. Statements stand in the named graph of the passage that",
            "supports them; what a speaker says stands under the name of the speaker and is not stated as a fact. Keep",
            "the attribution when you repeat it, and cite the address of the thing.",
            "",
        ]
        if manifest.named_graphs
        else [f"Linked data: {manifest.triples:,} statements.", ""]
    )
    if settings["license"]:
        lines += [f"Licence of the data: <{settings['license']}>", ""]
    lines += ["## Ways to the data", ""]
    for door in doors(published):
        lines.append(f"- [{door.title}]({door.examples[0]}): {door.text}")
    lines += ["", f"Explained with examples: {published.address}machines", ""]
    return "\n".join(lines).encode()


def _example(published: Published) -> str:
    rows = published.rows(
        "SELECT iri FROM node WHERE digest IS NOT NULL AND parent IS NULL AND path IS NOT NULL AND graph_kind IS NULL"
        " AND label IS NOT NULL AND kind IS NOT NULL AND instr(iri, '#') = 0"
        " ORDER BY incoming + outgoing DESC, iri LIMIT 1"
    ) or published.rows("SELECT iri FROM node WHERE digest IS NOT NULL ORDER BY outgoing DESC, iri LIMIT 1")
    return str(rows[0]["iri"]) if rows else published.base


def _label(published: Published, iri: str) -> str:
    return reconcile.label_of(published, iri)
