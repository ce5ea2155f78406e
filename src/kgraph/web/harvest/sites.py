"""What search engines read: robots.txt and sitemaps."""

from __future__ import annotations

from flask import Blueprint, Response

from kgraph.harvest import sitemap
from kgraph.web.harvest.reply import published, reply


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
