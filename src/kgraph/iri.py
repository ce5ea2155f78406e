"""IRIs: which may be linked, how an address in the site is made, and how a base is rewritten (RFC 3987, RFC 3986)."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote, urlsplit

WRITTEN_BASE = "http://localhost:8000/"
"""The base that every file, shape and query of a site is written with; rewritten to `base_iri` at build."""
WRITTEN_ONTOLOGY = WRITTEN_BASE + "ontology#"

_FORBIDDEN = re.compile(r'[\x00-\x20<>"{}|^`\\]')
_LINKABLE = frozenset({"http", "https"})
_ELSEWHERE = re.compile(r"^/[/\\]|/(?:\.|%2e){1,2}(?:/|$)|%0a", re.IGNORECASE)
_SAFE = "/:@!$&'()*+,;=-._~?"
_PLAIN = re.compile(r"[A-Za-z0-9/:@!$&'()*+,;=._~-]*(#[A-Za-z0-9/:@!$&'()*+,;=._~-]+)?")


def is_iri(text: str) -> bool:
    """Whether this is an absolute IRI that may stand in N-Triples (no control characters, spaces, quotes)."""
    return bool(re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", text)) and not _FORBIDDEN.search(text)


def is_linkable(iri: str) -> bool:
    """Whether a page may link to it: http and https only, never javascript: or data:."""
    try:
        parts = urlsplit(iri)
    except ValueError:
        return False
    return parts.scheme in _LINKABLE and bool(parts.netloc) and is_iri(iri)


def local_name(iri: str) -> str:
    """The last part of an IRI, to show where there is no label."""
    return iri.rstrip("/#").replace("#", "/").rpartition("/")[2] or iri


def address(iri: str, base: str, ontology: str = "") -> str:
    """The site's own address of an IRI, root-relative, so that pages work on any host and port.

    An IRI under the base has its own path, a fragment stays a fragment. Any other is shown by `/entity?iri=`, and so is
    one whose path leads elsewhere: to another host (a second slash: RFC 3986, section 4.2), to what its dot segments
    resolve to (section 5.2.4; clients take %2e for a dot), to no route (a line break), or to what the application
    itself serves, unless it is a term of the site's `ontology`.
    """
    if iri.startswith(base) and "?" not in iri:
        path, hash_, fragment = iri[len(base) :].partition("#")
        found = "/" + iri[len(base) :]
        if not _PLAIN.fullmatch(found, 1):  # most have nothing to encode
            found = (
                "/" + quote(path, safe=_SAFE + "%") + (hash_ + quote(fragment, safe=_SAFE) if hash_ else "")
            )
        own = bool(ontology) and iri.startswith(ontology.rstrip("#"))
        if not _ELSEWHERE.search("/" + path) and (own or not is_reserved(found)):
            return found
    return exact(iri)


def exact(iri: str) -> str:
    """The address at which the site shows any IRI."""
    return "/entity?iri=" + parameter(iri)


def parameter(iri: str) -> str:
    """An IRI as the value of a parameter in an address."""
    return quote(iri, safe="/:@!$'()*,;-._~")


def document_address(thing: str, suffix: str) -> str:
    """The address of one document of a thing, given the thing's address."""
    if thing.startswith("/entity?"):
        return f"/entity.{suffix}?" + thing.partition("?")[2]
    return thing.partition("#")[0] + "." + suffix


RESERVED = frozenset(
    [
        ".well-known",
        "about",
        "browse",
        "catalog",
        "changes",
        "context",
        "dataset",
        "declarations",
        "diff",
        "dumps",
        "entity",
        "fragments",
        "graphs",
        "history",
        "incoming",
        "ldes",
        "linkset",
        "llms",
        "machines",
        "names",
        "numbers",
        "oai",
        "ontology",
        "openapi",
        "opensearch",
        "queries",
        "reconcile",
        "releases",
        "report",
        "robots",
        "search",
        "shapes",
        "sitemap",
        "sitemaps",
        "sources",
        "sparql",
        "static",
        "timemap",
    ]
)
"""First path segments, endings left off, that the application serves itself: such a thing is at `/entity?iri=`."""


def is_reserved(path: str) -> bool:
    """Whether a root-relative path is the application's own, so that no thing can have it for its address."""
    first = path[1:].partition("#")[0].partition("/")[0]
    return (first if first.startswith(".") else first.partition(".")[0]) in RESERVED


def index_path(iri: str, base: str) -> str | None:
    """The percent-decoded path of an IRI under the base, without query and fragment; None for another's IRI."""
    if not iri.startswith(base):
        return None
    return "/" + unquote(iri[len(base) :].partition("#")[0])


def rewritten(iri: str, base: str, namespace: str) -> str:
    """The site's IRI for one written with WRITTEN_BASE; `namespace` is that of the ontology's terms."""
    if not iri.startswith(WRITTEN_BASE):
        return iri
    if iri.startswith(WRITTEN_ONTOLOGY):
        return namespace + iri[len(WRITTEN_ONTOLOGY) :]
    if iri == WRITTEN_ONTOLOGY[:-1]:
        return namespace.rstrip("#/")
    return base + iri[len(WRITTEN_BASE) :]


def rewritten_query(text: str, base: str, namespace: str) -> str:
    """A SPARQL text with the IRIs that it writes in angle brackets rewritten; strings and comments are left alone."""
    if base == WRITTEN_BASE and namespace == WRITTEN_ONTOLOGY:
        return text

    def token(match: re.Match[str]) -> str:
        iri = match.group(1)
        return match.group(0) if iri is None else f"<{rewritten(iri, base, namespace)}>"

    return _TOKENS.sub(token, text)


_TOKENS = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*"""'
    r"|'''(?:[^'\\]|\\.|'(?!''))*'''"
    r"""|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|<([^<>"{}|^`\\\x00-\x20]*)>|#[^\n]*""",
    re.DOTALL,
)
