"""The application: every route, one edition behind them, the byte cache in front."""

from __future__ import annotations

from flask import Flask, Response, request
from flask_babel import Babel

from kgraph.engine.protocol import Engine
from kgraph.release import Release
from kgraph.site import Site
from kgraph.web import (
    assets,
    browse,
    downloads,
    errors,
    graphs,
    harvest,
    history,
    macros,
    memento,
    openapi,
    pages,
    queries,
    report,
    shapes,
    sparql,
    statements,
    terms,
    things,
    vocabulary,
)
from kgraph.web.bodies import Bodies
from kgraph.web.cache import ByteCache
from kgraph.web.edition import Edition, Publication
from kgraph.web.editions import Editions
from kgraph.web.language import LANGUAGES, install
from kgraph.web.respond import language, secure
from kgraph.web.streams import Streams

_ROOMS = (
    pages,
    vocabulary,
    browse,
    downloads,
    statements,
    shapes,
    report,
    sparql,
    queries,
    terms,
    graphs,
    openapi,
    harvest,
    memento,
    history,
    things,  # last: it takes every path that no other route has
)


def create_app(site: Site, release: Release, engine: Engine) -> Flask:
    """A WSGI application that serves a release of a site. `app.extensions["kgraph"]` is its Publication.

    Release and engine stay the caller's to close. Kept free of the server: granian and gunicorn both run it.
    """
    app = Flask("kgraph.web", static_folder=None, template_folder="templates")
    app.url_map.merge_slashes = False
    app.url_map.strict_slashes = False
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.config["BABEL_DEFAULT_LOCALE"] = LANGUAGES[0]
    Babel(app, locale_selector=language)
    install(app.jinja_env)
    publication = Publication(Edition(site, release, engine))
    app.extensions["kgraph"] = publication
    app.extensions["kgraph.editions"] = Editions(site)
    macros.register(app)
    assets.register(app)
    errors.register(app)
    for room in _ROOMS:
        app.register_blueprint(room.blueprint)
    app.before_request(preflight)
    app.before_request(memento.choose_release)
    app.after_request(secure)
    app.after_request(memento.date_answer)
    app.teardown_request(memento.give_back)
    cache = ByteCache(Streams(Bodies(app.wsgi_app)), languages=LANGUAGES)
    publication.on_switch = cache.clear
    app.wsgi_app = cache  # type: ignore[method-assign]
    return app


def preflight() -> Response | None:
    """CORS preflight (Fetch, section 3.2): anyone may read."""
    if request.method != "OPTIONS" or "Access-Control-Request-Method" not in request.headers:
        return None
    response = Response(status=204)
    response.headers["Access-Control-Allow-Methods"] = "GET, HEAD, POST, OPTIONS"
    response.headers["Access-Control-Allow-Headers"] = (
        "Accept, Accept-Datetime, Accept-Language, Content-Type, If-None-Match, If-Modified-Since"
    )
    response.headers["Access-Control-Max-Age"] = "86400"
    return response


__all__ = ["create_app"]
