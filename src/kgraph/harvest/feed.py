"""An Atom feed of what is new, for people: an entry for each release that changed something (RFC 4287)."""

from __future__ import annotations

from kgraph.harvest.markup import DECLARATION, element
from kgraph.harvest.published import Item, Published

PATH = "changes.atom"
ENTRIES = 30
"""Releases that the feed tells of."""

_NAMED = 25  # things that an entry names
_WORDS = {"created": "new", "updated": "changed", "deleted": "taken away"}


def atom(published: Published) -> bytes:
    """The feed, the newest release first."""
    at = published.address + PATH
    author = element(
        "author",
        None,
        None,
        element("name", str(published.site.settings["publisher"] or published.site.title)),
    )
    entries = [_entry(published, release) for release in published.steps[::-1][:ENTRIES]]
    whole = element(
        "feed",
        None,
        {"xmlns": "http://www.w3.org/2005/Atom"},
        element("title", f"{published.site.title}: what is new"),
        element("id", at),
        element("updated", published.times.get(published.steps[-1], published.time)),
        element("link", None, {"rel": "self", "type": "application/atom+xml", "href": at}),
        element("link", None, {"rel": "alternate", "type": "text/html", "href": published.address}),
        author,
        *entries,
    )
    return (DECLARATION + whole).encode()


def _entry(published: Published, release: int) -> str:
    time = published.times.get(release, published.time)
    first = release == published.steps[0]
    if first:
        counts = {"created": published.rows(
            "SELECT count(*) FROM node WHERE digest IS NOT NULL AND parent IS NULL")[0][0]}  # fmt: skip
        told = f"The first release; {counts['created']:,} things are there now."
        items: list[Item] = []
    else:
        rows = published.rows(
            "SELECT kind, count(*) FROM history.change WHERE release = ? GROUP BY kind", release
        )
        counts = {row[0]: row[1] for row in rows}
        told = ", ".join(f"{counts[k]:,} {word}" for k, word in _WORDS.items() if k in counts)
        told = f"Things: {told}."
        items = published.at_step(release, limit=_NAMED)
    lines = [
        element(
            "li",
            f"{_WORDS[item.kind]}: ",
            None,
            element("a", label(published, item), {"href": published.document(item.iri)}),
        )
        for item in items
    ]
    content = element("p", told) + (element("ul", None, None, *lines) if lines else "")
    return element(
        "entry",
        None,
        None,
        element("title", f"Release {release}"),
        element("id", f"{published.address}{PATH}#release-{release}"),
        element("updated", time),
        element("link", None, {"rel": "alternate", "type": "text/html", "href": published.address}),
        element("summary", told),
        element("content", content, {"type": "html"}),
    )


def label(published: Published, item: Item) -> str:
    """What a thing is called, or was when it was taken away."""
    rows = published.rows("SELECT label FROM node WHERE iri = ?", item.iri)
    return (rows[0]["label"] if rows else item.label) or item.label or item.iri
