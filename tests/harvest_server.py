"""A running server for the real clients of the harvest tests: the application, on loopback, in this process."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from werkzeug.serving import WSGIRequestHandler, make_server

from kgraph.engine import open_engine
from kgraph.release import open_active
from kgraph.site import load_site
from kgraph.web import create_app


class _Quiet(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        return


def free_port() -> int:
    """A loopback port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(folder: Path, port: int) -> Iterator[str]:
    """The site's active release, served; gives the address of the home page."""
    site = load_site(folder)
    release = open_active(site.state)
    engine = open_engine(release)
    server = make_server(
        "127.0.0.1", port, create_app(site, release, engine), threaded=True, request_handler=_Quiet
    )
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        engine.close()
        release.close()
