"""A running application over a store of a test's own, for tests through the front door."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

from flask import Flask
from werkzeug.serving import make_server

from kgraph.build.pipeline import build
from kgraph.engine.embedded import EmbeddedEngine
from kgraph.engine.limits import Limits
from kgraph.release import open_active
from kgraph.site import Site, load_site
from kgraph.web import create_app


def make_site(folder: Path, data: str = "", config: str = "") -> Site:
    """A site with one TriG file, built."""
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "data.trig").write_text(data or "<http://example.org/s> a <http://example.org/T> .")
    (folder / "kgraph.toml").write_text(config or 'title = "Sample"\nbase_iri = "http://example.org/"\n')
    site = load_site(folder)
    build(site)
    return site


@contextmanager
def serving(
    folder: Path,
    *,
    store: Path | None = None,
    base: str = "http://example.org/",
    limits: Limits | None = None,
    prefixes: Mapping[str, str] | None = None,
    data: str = "",
) -> Iterator[tuple[Flask, EmbeddedEngine]]:
    """An application over a release of a small site; with `store`, queries read that store instead."""
    site = make_site(folder / "site", data)
    release = open_active(site.state)
    engine = EmbeddedEngine(
        store or release.store, base=base, prefixes=prefixes or release.manifest.prefixes, limits=limits
    )
    app = create_app(site, release, engine)
    app.testing = True
    app.config["PROPAGATE_EXCEPTIONS"] = False
    try:
        yield app, engine
    finally:
        engine.close()
        release.close()


def until(condition: Callable[[], Any], seconds: float = 60) -> bool:
    """Wait for something; whether it came."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


@contextmanager
def listening(app: Flask) -> Iterator[str]:
    """The application on a loopback port of its own, a thread a request; gives its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
