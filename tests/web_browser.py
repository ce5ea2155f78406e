"""A browser, and the project's own site on a loopback port."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from flask import Flask
from werkzeug.serving import make_server

from web_site import own_site


def listen(app: Flask) -> Iterator[str]:
    """Serve an application until the generator ends; gives its origin."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="session")
def origin() -> Iterator[str]:
    """The origin that serves the project's own site."""
    yield from listen(own_site())
