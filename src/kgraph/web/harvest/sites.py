"""What search engines, language models and the people behind machines read."""

from __future__ import annotations

from flask import Blueprint, Response

from kgraph.harvest import guide, sitemap
from kgraph.web.harvest.reply import published, reply
from kgraph.web.language import _
from kgraph.web.respond import page


def register(blueprint: Blueprint) -> None:
    """Give the doors their addresses."""

    @blueprint.get("/robots.txt")
    def robots() -> Response:
        return reply(sitemap.robots(published()), "text/plain; charset=utf-8")

    @blueprint.get("/sitemap.xml")
    def sitemap_index() -> Response:
        here = published()
        return reply(sitemap.index(here), "application/xml", time=here.time)

    @blueprint.get("/sitemaps/<int:number>.xml.gz")
    def sitemap_file(number: int) -> Response:
        here = published()
        return reply(sitemap.file(here, number), "application/gzip", time=here.time)

    @blueprint.get("/llms.txt")
    def llms() -> Response:
        here = published()
        return reply(guide.llms(here), "text/markdown; charset=utf-8", time=here.time)

    @blueprint.get("/machines")
    def machines() -> Response:
        return page(
            "harvest/machines.html", keep=True, title=_("For machines"), doors=guide.doors(published())
        )
