"""One web process: the application over the active release, switched when another is activated.

granian's main process imports nothing of this; it only supervises. Each web process has its own engine, whose
workers end with it. The log is looked at twice a second; a new last line is opened, served from the next
request on, and what was served before is closed when its requests have had time to end.
"""

from __future__ import annotations

import json
import os
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kgraph.cli.serve import VARIABLE
from kgraph.engine import open_engine
from kgraph.errors import KgraphError
from kgraph.release import open_active, read_log
from kgraph.site import load_site

if TYPE_CHECKING:
    from flask import Flask

LOOK_EVERY = 0.5
LET_END = 60.0
"""Seconds that requests on the former release have to end; longer than any query may take by default."""


def application() -> Flask:
    """The WSGI application of this process; what to serve stands in the environment."""
    from kgraph.web import create_app

    given = json.loads(os.environ[VARIABLE])
    site = load_site(Path(given["site"]), Path(given["state"]))
    release = open_active(site.state)
    app = create_app(site, release, open_engine(release, processes=given["processes"]))
    follower = threading.Thread(
        target=_follow, args=(app, site.state, given["processes"]), daemon=True, name="releases"
    )
    follower.start()
    return app


def _follow(app: Any, state: Path, processes: int) -> None:
    publication = app.extensions["kgraph"]
    while True:
        time.sleep(LOOK_EVERY)
        try:
            served = publication.edition.release.activation
            log = read_log(state)
            if not log or (served and log[-1].number == served.number):
                continue
            release = open_active(state)
            former = publication.switch(release, open_engine(release, processes=processes))
        except KgraphError as error:
            app.logger.warning("the new release is not served: %s", error)
            continue
        ender = threading.Timer(LET_END, _end, args=(former,))
        ender.daemon = True
        ender.start()


def _end(former: Any) -> None:
    former.engine.close()
    former.release.close()
