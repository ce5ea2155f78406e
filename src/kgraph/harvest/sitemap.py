"""Sitemaps with true dates of change, and robots.txt (sitemaps.org protocol; RFC 9309).

Listed are the pages of things under the base. Parts (hash IRIs) have no page of their own.
"""

from __future__ import annotations

import gzip

from kgraph.harvest.markup import DECLARATION, element
from kgraph.harvest.published import Published

FILE = 49_999
"""Things in one file; with the home page at most the 50,000 addresses that the protocol allows."""

_NAMESPACE = {"xmlns": "http://www.sitemaps.org/schemas/sitemap/0.9"}
_PAGES = (
    "FROM node n WHERE digest IS NOT NULL AND parent IS NULL AND path IS NOT NULL AND instr(iri, '#') = 0"
    " AND instr(iri, '?') = 0 AND COALESCE(graph_kind, '') != 'inferred'"
)


def index(published: Published) -> bytes:
    """The sitemap index."""
    (count,) = published.rows(f"SELECT count(*) {_PAGES}")[0]
    files = [
        element(
            "sitemap",
            None,
            None,
            element("loc", f"{published.address}sitemaps/{n + 1}.xml.gz"),
            element("lastmod", published.time),
        )
        for n in range(max(1, -(-count // FILE)))
    ]
    return (DECLARATION + element("sitemapindex", None, _NAMESPACE, *files)).encode()


def file(published: Published, number: int) -> bytes | None:
    """One file, gzipped, counted from 1; None when there is none of that number."""
    if number < 1:
        return None
    rows = published.historical.execute(
        "SELECT iri, (SELECT max(c.release) FROM history.change c WHERE c.iri = n.iri AND c.release <= ?) AS changed"
        f" {_PAGES} ORDER BY n.id LIMIT ? OFFSET ?",
        (published.number, FILE, (number - 1) * FILE),
    )
    first = published.times.get(published.steps[0], published.time)
    entries = [
        element(
            "url",
            None,
            None,
            element("loc", published.document(row["iri"], "html")),  # the page itself: no redirect
            element("lastmod", published.times.get(row["changed"], first)),
        )
        for row in rows
    ]
    if not entries and number > 1:
        return None
    home = element("url", None, None, element("loc", published.address), element("lastmod", published.time))
    whole = DECLARATION + element("urlset", None, _NAMESPACE, *([home] if number == 1 else []), *entries)
    return gzip.compress(whole.encode(), 6, mtime=0)


def robots(published: Published) -> bytes:
    """robots.txt: everything may be read; only endless answers are kept from crawlers."""
    return (
        "User-agent: *\n"
        "Disallow: /sparql\n"
        "Disallow: /fragments\n"
        "Disallow: /search\n"
        "Allow: /\n"
        f"\nSitemap: {published.address}sitemap.xml\n"
    ).encode()
