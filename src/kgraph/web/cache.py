"""Finished answers, kept in memory in front of Flask (measured: 8 times a Flask view; DESIGN section 4).

A view that may be kept sets `environ["kgraph.keep"] = True`. What an answer was chosen by is read from its own Vary,
so a wrong Vary is a wrong cache here first, and a test sees it. Only 200, 300 and 303 are kept, so an address
that does not exist never takes room. At a miss one request builds and the others of the same key wait for it.
"""

from __future__ import annotations

import gzip
import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from kgraph.web.negotiate import MEDIA_TYPES, accepts_gzip, choose, choose_language

Environ = dict[str, Any]
Start = Callable[..., Any]
Application = Callable[[Environ, Start], Iterable[bytes]]
Headers = list[tuple[str, str]]

KEEP = "kgraph.keep"
_STATUSES = ("200", "300", "303")
_TEXT = ("text/", "application/json", "application/n-", "application/trig")
_OFFERED = tuple(MEDIA_TYPES.values())
_ACCEPT, _LANGUAGE, _ENCODING = 1, 2, 4
_BITS = {
    "accept": _ACCEPT,
    "accept-language": _LANGUAGE,
    "accept-encoding": _ENCODING,
    "accept-datetime": 0,  # requests that send it go past the cache
}
_WAIT = 10.0


class Kept(NamedTuple):
    """An answer as it goes out; `body` holds one element (a real list: granian sends it in one piece)."""

    status: str
    headers: Headers
    body: list[bytes]
    etag: str


@dataclass
class Slot:
    """The answers at one address: by what they vary, and each as (what, gzip) -> answer."""

    varies: int
    size: int = 0
    answers: dict[tuple[Any, Any, bool], Kept] = field(default_factory=dict)


class Memo:
    """A header's raw text to what it selects; a header over 512 bytes is worked out each time, so takes no room."""

    def __init__(self, work: Callable[[str], Any], size: int = 2048) -> None:
        self._work = work
        self._size = size
        self._known: dict[str, Any] = {}

    def __call__(self, text: str) -> Any:
        try:
            return self._known[text]
        except KeyError:
            value = self._work(text)
            if len(text) <= 512:
                if len(self._known) >= self._size:
                    self._known = {}
                self._known[text] = value
            return value


class ByteCache:
    """WSGI middleware. `budget` is in bytes of bodies and addresses; `languages` are those of the interface."""

    def __init__(self, app: Application, *, languages: tuple[str, ...], budget: int = 64 << 20) -> None:
        self._app = app
        self._budget = budget
        self._used = 0
        self._generation = 0
        self._slots: OrderedDict[tuple[str, str], Slot] = OrderedDict()
        self._building: dict[Any, threading.Event] = {}
        self._lock = threading.Lock()
        self._accept = Memo(lambda text: choose(text, _OFFERED))
        self._language = Memo(lambda text: choose_language(text, languages))
        self._gzip = Memo(accepts_gzip)

    def clear(self) -> None:
        """Forget everything: another release answers from now on."""
        with self._lock:
            self._generation += 1
            self._used = 0
            self._slots = OrderedDict()

    def __call__(self, environ: Environ, start_response: Start) -> Iterable[bytes]:
        method = environ["REQUEST_METHOD"]
        query = environ.get("QUERY_STRING", "")
        if (
            method not in ("GET", "HEAD")
            or not (query == "" or query.startswith(("lang=", "iri=")))
            or "HTTP_ACCEPT_DATETIME" in environ
        ):
            return self._app(environ, start_response)
        address = (environ.get("PATH_INFO", ""), query)
        kept = self._find(address, environ)
        if kept is not None:
            return _send(kept, environ, start_response)
        return self._miss(address, environ, start_response)

    def _find(self, address: tuple[str, str], environ: Environ) -> Kept | None:
        slot = self._slots.get(address)
        if slot is None:
            return None
        accept, language, wants_gzip = self._chosen(environ, slot.varies)
        kept = slot.answers.get((accept, language, wants_gzip))
        if kept is None and wants_gzip:
            plain = slot.answers.get((accept, language, False))
            if plain is not None:
                kept = _compressed(plain)
                self._store(address, slot, (accept, language, True), kept)
        return kept

    def _chosen(self, environ: Environ, varies: int) -> tuple[Any, Any, bool]:
        return (
            self._accept(environ.get("HTTP_ACCEPT", "")) if varies & _ACCEPT else 0,
            self._language(environ.get("HTTP_ACCEPT_LANGUAGE", "")) if varies & _LANGUAGE else 0,
            bool(varies & _ENCODING) and self._gzip(environ.get("HTTP_ACCEPT_ENCODING", "")),
        )

    def _miss(self, address: tuple[str, str], environ: Environ, start_response: Start) -> Iterable[bytes]:
        work = (address, self._chosen(environ, _ACCEPT | _LANGUAGE)[:2])
        with self._lock:
            other = self._building.get(work)
            if other is None:
                self._building[work] = mine = threading.Event()
        if other is not None:
            other.wait(_WAIT)
            kept = self._find(address, environ)
            return _send(kept, environ, start_response) if kept else self._app(environ, start_response)
        try:
            return self._build(address, environ, start_response)
        finally:
            with self._lock:
                self._building.pop(work, None)
            mine.set()

    def _build(self, address: tuple[str, str], environ: Environ, start_response: Start) -> Iterable[bytes]:
        generation = self._generation
        inner = {
            k: v for k, v in environ.items() if k not in ("HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE")
        }
        inner["REQUEST_METHOD"] = "GET"
        seen: list[tuple[str, Headers]] = []

        def note(status: str, headers: Headers, exc_info: Any = None) -> Callable[[bytes], Any]:
            seen[:] = [(status, headers)]
            return lambda data: None

        answer = self._app(inner, note)
        status, headers = seen[0]
        body = b"".join(answer) if inner.get(KEEP) and status.startswith(_STATUSES) else None
        # an answer too large to keep (a dump) has an entity tag of its own
        etag = dict(headers).get("ETag", "") if body is None and status.startswith("200") else ""
        same = bool(etag) and _matches(environ.get("HTTP_IF_NONE_MATCH", ""), etag)
        if body is None and environ["REQUEST_METHOD"] == "GET" and not same:
            start_response(status, headers)
            return answer
        close = getattr(answer, "close", None)
        if close:
            close()
        if same:
            return _not_modified(Kept(status, headers, [], etag), start_response)
        if body is None:
            start_response(status, headers)
            return []
        kept, varies = _finished(status, headers, body)
        if varies is not None:
            with self._lock:
                if generation == self._generation:
                    slot = self._slots.setdefault(address, Slot(varies))
                    slot.varies |= varies
            if generation == self._generation:
                self._store(address, slot, (*self._chosen(environ, slot.varies)[:2], False), kept)
                kept = self._find(address, environ) or kept
        return _send(kept, environ, start_response)

    def _store(self, address: tuple[str, str], slot: Slot, key: tuple[Any, Any, bool], kept: Kept) -> None:
        with self._lock:
            if self._slots.get(address) is not slot or key in slot.answers:
                return
            size = len(kept.body[0]) + 512 + sum(map(len, address))
            slot.answers[key] = kept
            slot.size += size
            self._used += size
            while self._used > self._budget and self._slots:
                _, gone = self._slots.popitem(last=False)
                self._used -= gone.size


def _finished(status: str, headers: Headers, body: bytes) -> tuple[Kept, int | None]:
    """The answer with length and entity tag, and what it varies by; None when that cannot be a key here."""
    given = dict(headers)
    if status.startswith("200") and compressible(given.get("Content-Type", ""), body):
        given["Vary"] = f"{given['Vary']}, Accept-Encoding" if given.get("Vary") else "Accept-Encoding"
    given["Content-Length"] = str(len(body))
    etag = ""
    if status.startswith("200"):
        etag = given["ETag"] = entity_tag(body)
    names = [name.strip().lower() for name in given.get("Vary", "").split(",") if name.strip()]
    varies = None if set(names) - set(_BITS) else sum({_BITS[name] for name in names})
    return Kept(status, list(given.items()), [body], etag), varies


def _compressed(plain: Kept) -> Kept:
    """The same answer under gzip, with an entity tag of its own (RFC 9110, section 8.8.3.3)."""
    body = gzip.compress(plain.body[0], 6, mtime=0)
    given = dict(plain.headers)
    given["Content-Encoding"] = "gzip"
    given["Content-Length"] = str(len(body))
    etag = given["ETag"] = entity_tag(body)
    return Kept(plain.status, list(given.items()), [body], etag)


def compressible(kind: str, body: bytes) -> bool:
    """Whether gzip makes a body of this media type much smaller."""
    return len(body) > 512 and (kind.startswith(_TEXT) or "+xml" in kind or "+json" in kind)


def entity_tag(body: bytes) -> str:
    """A strong entity tag: the digest of the bytes."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


_NOT_MODIFIED_KEEPS = {"ETag", "Vary", "Cache-Control", "Last-Modified", "Content-Location", "Link"}


def _send(kept: Kept, environ: Environ, start_response: Start) -> list[bytes]:
    condition = environ.get("HTTP_IF_NONE_MATCH")
    if condition and kept.etag:
        if _matches(condition, kept.etag):
            return _not_modified(kept, start_response)
    elif kept.etag and "HTTP_IF_MODIFIED_SINCE" in environ:
        # compared as text: caches send back what they were given (RFC 9110, section 13.1.3)
        since = environ["HTTP_IF_MODIFIED_SINCE"]
        if any(name == "Last-Modified" and value == since for name, value in kept.headers):
            return _not_modified(kept, start_response)
    start_response(kept.status, kept.headers)
    return [] if environ["REQUEST_METHOD"] == "HEAD" else kept.body


def _matches(condition: str, etag: str) -> bool:
    return condition.strip() == "*" or any(
        tag.strip().removeprefix("W/") == etag for tag in condition.split(",")
    )


def _not_modified(kept: Kept, start_response: Start) -> list[bytes]:
    always = ("Access-Control-",)
    headers = [h for h in kept.headers if h[0] in _NOT_MODIFIED_KEEPS or h[0].startswith(always)]
    start_response("304 Not Modified", headers)
    return []
