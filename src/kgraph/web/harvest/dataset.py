"""The dataset as a whole: its description and its dumps."""

from __future__ import annotations

from base64 import b64encode
from datetime import datetime

from flask import Blueprint, Response, abort, request
from werkzeug.http import http_date

from kgraph.harvest import catalog, dumps
from kgraph.media import RdfFormat
from kgraph.web.errors import problem
from kgraph.web.harvest.reply import chosen, numbered, reply
from kgraph.web.respond import see_other


def register(blueprint: Blueprint) -> None:
    """Give the doors their addresses."""

    @blueprint.get("/dataset")
    @blueprint.get("/" + catalog.PATH)
    @blueprint.get("/.well-known/void")
    def description() -> Response:
        if request.path == "/dataset" and request.accept_mimetypes.best == "text/html":
            return see_other("/", vary=("Accept",))
        media_type = chosen([f.media_type for f in catalog.FORMATS])
        syntax = RdfFormat.of_media_type(media_type) or RdfFormat.TURTLE
        return see_other(f"/{catalog.PATH}.{syntax.ending}", vary=("Accept",))

    @blueprint.get("/" + catalog.PATH + ".<any(ttl,jsonld,rdf,nt):ending>")
    def description_document(ending: str) -> Response:
        here = numbered()
        syntax = RdfFormat.of_ending(ending) or RdfFormat.TURTLE
        body = catalog.document(here, syntax)
        if body is None:
            return problem(
                404,
                "This dataset has no description",
                "The site names no licence, so no one could use what is described.",
                hint="Set 'license' in kgraph.toml to the licence's IRI, then build again.",
            )
        return reply(body, syntax.media_type, time=here.time)

    @blueprint.get(f"/{dumps.PATH}/latest/<name>")
    def latest_dump(name: str) -> Response:
        here = numbered()
        if dumps.find(here, here.number, name) is None:
            abort(404)
        return see_other(f"/{dumps.PATH}/{here.number}/{name}")

    @blueprint.get(f"/{dumps.PATH}/<int:number>/<name>")
    def dump(number: int, name: str) -> Response:
        here = numbered()
        found = dumps.find(here, number, name)
        if found is None:
            abort(404)
        time = datetime.fromisoformat(here.times.get(number, here.time).replace("Z", "+00:00"))
        response = Response(content_type=found.compression or found.media_type or "application/octet-stream")
        headers = response.headers
        headers["ETag"] = f'"{found.sha256[:32]}"'
        headers["Last-Modified"] = http_date(time)
        headers["Accept-Ranges"] = "bytes"
        headers["Cache-Control"] = "public, max-age=604800, immutable"
        headers["Content-Disposition"] = f'attachment; filename="release-{number}-{found.name}"'
        headers["Repr-Digest"] = f"sha-256=:{_base64(found.sha256)}:"
        response.make_conditional(request, accept_ranges=False, complete_length=found.bytes)
        if response.status_code == 304:
            return response
        start, length = 0, found.bytes
        wanted = request.range
        if (
            wanted is not None
            and wanted.units == "bytes"
            and len(wanted.ranges) == 1
            and _if_range(headers["ETag"])
        ):
            span = wanted.range_for_length(found.bytes)
            if span is None:
                headers["Content-Range"] = f"bytes */{found.bytes}"
                response.status_code = 416
                return response
            start, length = span[0], span[1] - span[0]
            headers["Content-Range"] = f"bytes {start}-{start + length - 1}/{found.bytes}"
            response.status_code = 206
        headers["Content-Length"] = str(length)
        response.response = dumps.pieces(found.path, start, length) if request.method == "GET" else []
        return response

    @blueprint.get(f"/{dumps.PATH}/<int:number>")
    def release_dumps(number: int) -> Response:
        here = numbered()
        if number not in here.times:
            abort(404)
        rows = [f"{dump.sha256}  {dump.bytes:>12}  {dump.address}" for dump in dumps.of_release(here, number)]
        text = f"Release {number}, {here.times[number]}\nSHA-256, bytes, address\n" + "\n".join(rows) + "\n"
        return reply(text.encode(), "text/plain; charset=utf-8", time=here.times[number])

    @blueprint.get("/" + dumps.PATH)
    def newest_dumps() -> Response:
        return see_other(f"/{dumps.PATH}/{numbered().number}")


def _if_range(etag: str) -> bool:
    condition = request.headers.get("If-Range")
    return condition is None or condition == etag


def _base64(digest: str) -> str:
    return b64encode(bytes.fromhex(digest)).decode()
