"""Formats: one table of names, media types and file endings, for files, documents and query results.

RDF syntaxes: W3C RDF 1.1; results: SPARQL 1.1 Query Results JSON, XML, CSV and TSV.
"""

from __future__ import annotations

from enum import Enum


class RdfFormat(Enum):
    """An RDF syntax. Each value: file ending, media type, whether it holds named graphs, label."""

    TURTLE = ("ttl", "text/turtle", False, "Turtle")
    JSONLD = ("jsonld", "application/ld+json", True, "JSON-LD")
    NTRIPLES = ("nt", "application/n-triples", False, "N-Triples")
    RDFXML = ("rdf", "application/rdf+xml", False, "RDF/XML")
    TRIG = ("trig", "application/trig", True, "TriG")
    NQUADS = ("nq", "application/n-quads", True, "N-Quads")

    def __init__(self, ending: str, media_type: str, datasets: bool, label: str) -> None:
        self.ending = ending
        self.media_type = media_type
        self.datasets = datasets
        self.label = label

    @classmethod
    def of_ending(cls, ending: str) -> RdfFormat | None:
        """The syntax of a file ending (without dot), or None."""
        return next((f for f in cls if f.ending == ending), None)

    @classmethod
    def of_media_type(cls, media_type: str) -> RdfFormat | None:
        """The syntax of a media type (no parameters), or None."""
        return next((f for f in cls if f.media_type == media_type), None)


class ResultFormat(Enum):
    """A SELECT or ASK result syntax (CSV and TSV: SELECT only)."""

    JSON = ("json", "application/sparql-results+json", "JSON")
    XML = ("xml", "application/sparql-results+xml", "XML")
    CSV = ("csv", "text/csv", "CSV")
    TSV = ("tsv", "text/tab-separated-values", "TSV")

    def __init__(self, ending: str, media_type: str, label: str) -> None:
        self.ending = ending
        self.media_type = media_type
        self.label = label


COMPRESSIONS = ("gz", "zst")
"""Endings that may follow an RDF ending: `data.nt.gz`."""
