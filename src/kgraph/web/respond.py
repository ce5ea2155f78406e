"""How every answer is made: its language, its headers, and whether the byte cache may keep it (DESIGN section 5)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, cast
from urllib.parse import quote

from flask import Response, g, render_template, request

from kgraph.web.cache import KEEP, entity_tag
from kgraph.web.language import LANGUAGES
from kgraph.web.negotiate import choose_language

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


_RELEASELESS = ("//", "/static/", "/releases", "/diff", "/history", "/timemap", "/dumps")
"""Addresses that are the same whatever release is read."""


def language() -> str:
    """The language of this answer: `?lang=`, or by Accept-Language."""
    found = g.get("language")
    if found is None:
        asked = request.args.get("lang", "")
        g.language_fixed = asked in LANGUAGES
        found = asked
        if not g.language_fixed:
            found = LANGUAGES[choose_language(request.headers.get("Accept-Language"), LANGUAGES)]
        g.language = found
    return cast(str, found)


def addresses() -> Callable[[str], str]:
    """What `here` does, for many addresses of one answer."""
    language()
    return here if g.language_fixed or g.get("release") else lambda href: href


def here(href: str) -> str:
    """A root-relative address that keeps the language and the release that the address of this page names."""
    language()
    if not g.language_fixed or not href.startswith("/") or href.startswith("/static/"):
        return in_release(href)
    return in_release(with_parameter(href, f"lang={g.language}"))


def in_release(href: str, number: int | None = None) -> str:
    """A root-relative address in the release of this number, or in the one that the address of this page names."""
    number = number or g.get("release")
    if not number or not href.startswith("/") or href.startswith(_RELEASELESS):
        return href
    return href if re.search(r"[?&]release=", href) else with_parameter(href, f"release={number}")


def with_parameter(href: str, parameter: str) -> str:
    """An address with one more parameter."""
    path, hash_, fragment = href.partition("#")
    return f"{path}{'&' if '?' in path else '?'}{parameter}{hash_}{fragment}"


def page(
    template: str, *, status: int = 200, keep: bool = False, vary: Sequence[str] = (), **context: Any
) -> Response:
    """An HTML page. `keep`: the byte cache may keep it (its address names a page that exists, and nothing else)."""
    html = _CONTROL.sub("\ufffd", squeezed(render_template(template, **context)))
    names = [*vary, *vary_by_language()]
    response = answer(html.encode(), "text/html; charset=utf-8", status=status, keep=keep, vary=names)
    response.headers["Content-Language"] = language()
    return response


_CONTROL = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f]")  # what HTML may not hold (section 13.2.3.5)
_KEPT = re.compile(r"(<(pre|textarea)\b.*?</\2>)", re.DOTALL)
_INDENT = re.compile(r"\n\s+")


def squeezed(html: str) -> str:
    """The page without the templates' indentation; what stands in pre and textarea is kept as it is."""
    parts = _KEPT.split(html)
    return "".join(
        _INDENT.sub("\n", part) if number % 3 == 0 else part
        for number, part in enumerate(parts)
        if number % 3 != 2
    )


def vary_by_language() -> list[str]:
    """Accept-Language, where it chose the language: not where the address names it."""
    language()
    return ["Accept-Language"] if len(LANGUAGES) > 1 and not g.language_fixed else []


def answer(
    body: bytes, content_type: str, *, status: int = 200, keep: bool = False, vary: Sequence[str] = ()
) -> Response:
    """An answer with a strong entity tag; 304 where the request has it already."""
    response = Response(body, status=status, content_type=content_type)
    if vary:
        response.headers["Vary"] = ", ".join(vary)
    if keep:
        request.environ[KEEP] = True
    if status == 200:
        response.headers["ETag"] = entity_tag(body)
        response.headers["Cache-Control"] = "no-cache"  # keep it, but ask each time: an ETag makes that cheap
        response.make_conditional(request)
    return response


def see_other(location: str, *, keep: bool = False, vary: Sequence[str] = ()) -> Response:
    """303 with a short note for people."""
    response = Response(f"See {location}\n", status=303, content_type="text/plain; charset=utf-8")
    response.headers["Location"] = location
    response.headers["Cache-Control"] = "no-cache"
    response.autocorrect_location_header = False
    if vary:
        response.headers["Vary"] = ", ".join(vary)
    if keep:
        request.environ[KEEP] = True
    return response


def link_header(links: Sequence[tuple[str, str, str | None]]) -> str:
    """A Link header (RFC 8288) from (target, relation, media type)."""
    return ", ".join(
        f'<{quote(target, safe="/:@!$&()*+,;=-._~?#%")}>; rel="{relation}"'
        + (f'; type="{kind}"' if kind else "")
        for target, relation, kind in links
    )


def secure(response: Response) -> Response:
    """The headers of every answer: who may read it and what a browser may do with it."""
    headers = response.headers
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "no-referrer")
    headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
    headers.setdefault("Cross-Origin-Resource-Policy", "cross-origin")
    headers.setdefault("Access-Control-Allow-Origin", "*")
    headers.setdefault(
        "Access-Control-Expose-Headers",
        "ETag, Last-Modified, Link, Location, Memento-Datetime, Retry-After, Server-Timing, Vary",
    )
    return response
