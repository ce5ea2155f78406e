"""Every address that a page links to is made here."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit

from flask import request

from kgraph import iri as iris
from kgraph.web.edition import KEPT, Edition
from kgraph.web.respond import in_release


def found_at(edition: Edition) -> str:
    """Scheme and host of the site, for absolute links: the setting `address`, or else where this request found it.

    Under the base IRI when the Host header makes no address.
    """
    url = str(edition.site.settings["address"]) or request.host_url
    return (url if iris.is_iri(url) and urlsplit(url).hostname else edition.base).rstrip("/")


def thing_address(edition: Edition, iri: str) -> str:
    """The address of a thing on this site."""
    return iris.address(iri, edition.base, edition.kg)


def document_address(edition: Edition, iri: str, suffix: str) -> str:
    """The address of one document of a thing: its path, or `/entity` where several IRIs share that path."""
    found = edition.addresses.get(iri)
    if found is None:
        path = iris.index_path(iri, edition.base)
        shared = path is not None and len(edition.at(path)) > 1
        found = iris.exact(iri) if shared else thing_address(edition, iri)
        if len(edition.addresses) >= KEPT:
            edition.addresses.clear()
        edition.addresses[iri] = found  # each page asks for a dozen documents of one thing
    return iris.document_address(found, suffix)


def with_query(path: str, parameters: Mapping[str, str | None]) -> str:
    """A path with these parameters, empty ones left out, in this order; in the release that is read."""
    query = urlencode([(k, v) for k, v in parameters.items() if v], safe="/:,")
    return in_release(f"{path}?{query}" if query else path)


def sparql_address(query: str) -> str:
    """The address that shows a query and its answer."""
    return in_release("/sparql?" + urlencode({"query": query}))
