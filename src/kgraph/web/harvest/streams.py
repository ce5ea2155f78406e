"""Statements by pattern and changes by time: fragments, event stream, OAI-PMH, feed."""

from __future__ import annotations

from flask import Blueprint, Response, request

from kgraph.harvest import feed, fragments, oai, stream
from kgraph.media import RdfFormat
from kgraph.web.harvest.reply import chosen, numbered, page_number, published, reply

_TRIG = RdfFormat.TRIG.media_type


def register(blueprint: Blueprint) -> None:
    """Give the doors their addresses."""

    @blueprint.get("/" + fragments.PATH)
    def fragments_page() -> Response:
        here = published()
        pattern = fragments.read_pattern(request.args, here.address)
        found = fragments.fragment(here, pattern, page_number())
        media_type = chosen([f.media_type for f in fragments.FORMATS])
        syntax = RdfFormat.of_media_type(media_type) or RdfFormat.TRIG
        return reply(fragments.written(here, found, syntax), media_type, time=here.time, vary=("Accept",))

    @blueprint.get("/" + stream.PATH)
    def event_stream() -> Response:
        here = numbered()
        return reply(stream.root(here), _TRIG, time=here.time)

    @blueprint.get(f"/{stream.PATH}/<int:release>")
    def event_stream_page(release: int) -> Response:
        here = numbered()
        body = stream.page(here, release, request.args.get("after", ""))
        return reply(body, _TRIG, time=here.times.get(release, ""), immutable=body is not None)

    @blueprint.route("/" + oai.PATH, methods=["GET", "POST"])
    def oai_pmh() -> Response:
        given = request.form if request.method == "POST" else request.args
        body = oai.answer(numbered(), list(given.items(multi=True)))
        response = reply(body, "text/xml; charset=utf-8", keep=False)
        response.headers["Cache-Control"] = "no-store"  # every answer tells its own time
        return response

    @blueprint.get("/" + feed.PATH)
    def atom() -> Response:
        here = numbered()
        return reply(feed.atom(here), "application/atom+xml; charset=utf-8", time=here.time)
