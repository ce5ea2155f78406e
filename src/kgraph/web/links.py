"""Every address that a page links to is made here."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote, urlencode

from kgraph.iri import address, index_path, is_reserved
from kgraph.web.edition import Edition
from kgraph.web.respond import in_release

_QUOTE = "/:@!$'()*,;-._~"


def thing_address(edition: Edition, iri: str, *, exact: bool = False) -> str:
    """The address of a thing on this site. `exact`: only the encoded IRI, for `/entity?iri=`."""
    if exact:
        return quote(iri, safe=_QUOTE)
    found = address(iri, edition.base)
    if found.startswith("/entity?"):
        return found
    if is_reserved(found) and not iri.startswith(edition.kg.rstrip("#")):
        return "/entity?iri=" + quote(iri, safe=_QUOTE)
    return found


def document_address(edition: Edition, iri: str, suffix: str) -> str:
    """The address of one document of a thing: its path, or `/entity` where several IRIs share that path."""
    found = thing_address(edition, iri)
    path = index_path(iri, edition.base)
    if path and len(edition.at(path)) > 1:
        found = "/entity?iri=" + quote(iri, safe=_QUOTE)
    if found.startswith("/entity?"):
        return f"/entity.{suffix}?" + found.partition("?")[2]
    return found.partition("#")[0] + "." + suffix


def with_query(path: str, parameters: Mapping[str, str | None]) -> str:
    """A path with these parameters, empty ones left out, in this order; in the release that is read."""
    query = urlencode([(k, v) for k, v in parameters.items() if v], safe="/:,")
    return in_release(f"{path}?{query}" if query else path)


def sparql_address(query: str) -> str:
    """The address that shows a query and its answer."""
    return in_release("/sparql?" + urlencode({"query": query}))
