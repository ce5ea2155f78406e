"""Which variant a request gets (RFC 9110, section 12.5): Accept, Accept-Language, Accept-Encoding.

werkzeug parses the headers; the choice is made here because its own lets `*/*` override `text/html;q=0`.
"""

from __future__ import annotations

from collections.abc import Sequence

from werkzeug.datastructures import Accept, MIMEAccept
from werkzeug.http import parse_accept_header, parse_options_header

from kgraph.media import RdfFormat

HTML = "text/html"

VARIANTS: tuple[tuple[str, str], ...] = (
    ("html", HTML),
    *((f.ending, f.media_type) for f in RdfFormat),
)
"""The documents of a thing, in the server's order of preference: ending, media type."""

MEDIA_TYPES = dict(VARIANTS)

_ALIASES = {
    HTML: ("application/xhtml+xml",),
    RdfFormat.JSONLD.media_type: ("application/json",),
    RdfFormat.TURTLE.media_type: ("application/x-turtle", "text/n3"),
    RdfFormat.NTRIPLES.media_type: ("text/plain",),
}
"""Other names that clients use; an alias counts a little less than the name itself."""


def choose(accept: str | None, offered: Sequence[str]) -> int | None:
    """Index of the best offered media type, or None when none is acceptable.

    The most specific range that matches an offer gives its quality (RFC 9110, 12.5.1), so `text/html;q=0, */*`
    excludes HTML. Parameters such as charset and the JSON-LD profile are understood and do not exclude.
    Between equals the first offered wins. No header, or one without any valid range, accepts everything.
    """
    if accept is None or not accept.strip():
        return 0 if offered else None
    ranges = _ranges(accept)
    if not ranges:
        return 0 if offered else None
    best: tuple[float, int] | None = None
    for index, media_type in enumerate(offered):
        quality = _quality(media_type, ranges)
        if quality <= 0:
            aliases = (0.999 * _quality(a, ranges, exact=True) for a in _ALIASES.get(media_type, ()))
            quality = 0.0 if _refused(media_type, ranges) else max(aliases, default=0.0)
        if quality > 0 and (best is None or quality > best[0]):
            best = (quality, index)
    return best[1] if best else None


def choose_language(accept_language: str | None, offered: Sequence[str]) -> int:
    """Index of the best offered language (RFC 4647, lookup); 0, the default language, when none fits."""
    if not accept_language:
        return 0
    best, found = 0.0, 0
    for tag, quality in _weighted(accept_language, Accept):
        primary = tag.lower().split("-")[0]
        if quality > best and primary in offered:
            best, found = quality, offered.index(primary)
    return found


def accepts_gzip(accept_encoding: str | None) -> bool:
    """Whether a gzip body may be sent (RFC 9110, section 12.5.3)."""
    if not accept_encoding:
        return False
    qualities = dict(_weighted(accept_encoding, Accept))
    return qualities.get("gzip", qualities.get("*", 0.0)) > 0


def _weighted(header: str, kind: type[Accept]) -> list[tuple[str, float]]:
    try:
        return [(str(value), float(quality)) for value, quality in parse_accept_header(header, kind)]
    except ValueError:  # a header that cannot be read asks for nothing
        return []


def _ranges(accept: str) -> list[tuple[str, int, float]]:
    """Every range as (type/subtype, number of parameters, quality)."""
    found = []
    for value, quality in _weighted(accept, MIMEAccept):
        name, parameters = parse_options_header(value)
        if "/" in name:
            found.append((name.lower(), len(parameters), quality))
        elif name == "*":  # sent by old Java clients
            found.append(("*/*", 0, quality))
    return found


def _quality(media_type: str, ranges: list[tuple[str, int, float]], *, exact: bool = False) -> float:
    family = media_type.partition("/")[0] + "/*"
    best = (-1, 0.0)
    for name, parameters, quality in ranges:
        if name == media_type:
            # a bare type refused and the same type with a parameter asked for: the latter is more specific
            rank = 2 + parameters
        elif not exact and name == family:
            rank = 1
        elif not exact and name == "*/*":
            rank = 0
        else:
            continue
        best = max(best, (rank, quality))
    return best[1]


def _refused(media_type: str, ranges: list[tuple[str, int, float]]) -> bool:
    return any(name == media_type for name, _, _ in ranges)
