"""One web process: the application over the active release or a watched draft, switched when that changes.

granian's main process imports nothing of this; it only supervises. Each web process has its own engine, whose
workers end with it. The log and the watcher's word are looked at a few times a second; what is new is opened,
served from the next request on, and what was served before is closed when its requests have had time to end.
"""

from __future__ import annotations

import gc
import json
import logging
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kgraph.cli.serve import VARIABLE
from kgraph.engine import open_engine
from kgraph.errors import KgraphError
from kgraph.index import open_index
from kgraph.release import Release, open_active, open_release, read_log
from kgraph.release.watched import read_watched
from kgraph.site import load_site

if TYPE_CHECKING:
    from flask import Flask

LOOK_EVERY = 0.25
LET_END = 60.0
"""Seconds that requests on the former release have to end; longer than any query may take by default."""
FAULTY = "The files as they are now cannot be published; what you see is the last good state."


def application() -> Flask:
    """The WSGI application of this process; what to serve stands in the environment."""
    from kgraph.web import create_app

    given = json.loads(os.environ[VARIABLE])
    if given["log_queries"]:
        _log_queries()
    site = load_site(Path(given["site"]), Path(given["state"]))
    try:
        release = open_active(site.state)
        open_index(release.index).close()
        app = create_app(site, release, open_engine(release, processes=given["processes"]))
    except KgraphError as error:  # another try would end the same way: tell it once, and stop the server
        print(f"kgraph: {error}", file=sys.stderr, flush=True)
        Path(given["failed"]).touch()
        os.kill(os.getppid(), signal.SIGTERM)
        time.sleep(60)
        raise
    gc.freeze()  # what is there now stays; a page makes some thousand objects, and few of them in cycles
    gc.set_threshold(10_000, 20, 20)
    arguments = (app, site.state, given["processes"], given["watch"])
    threading.Thread(target=_follow, args=arguments, daemon=True, name="releases").start()
    return app


def _log_queries() -> None:
    lines = logging.StreamHandler()
    lines.setFormatter(logging.Formatter("%(asctime)s %(name)s %(message)s"))
    logger = logging.getLogger("kgraph.query")
    logger.addHandler(lines)
    logger.setLevel(logging.INFO)


def wanted(state: Path, served: Release, *, watch: bool) -> Release | None:
    """What is to be served instead of `served`; None when that is right."""
    draft = read_watched(state).draft if watch else ""
    if draft:
        folder = state / "drafts" / draft
        return None if served.folder == folder else open_release(folder)
    log = read_log(state)
    if not log or served.number == log[-1].number:
        return None
    return open_active(state)


def _follow(app: Any, state: Path, processes: int, watch: bool) -> None:
    publication = app.extensions["kgraph"]
    told = ""
    while True:
        time.sleep(LOOK_EVERY)
        try:
            release = wanted(state, publication.edition.release, watch=watch)
            if release is not None:
                former = publication.switch(release, open_engine(release, processes=processes))
                ender = threading.Timer(LET_END, _end, args=(former,))
                ender.daemon = True
                ender.start()
            if watch:
                findings = read_watched(state).findings
                publication.notify((FAULTY, *findings) if findings else ())
            told = ""
        except (
            Exception
        ) as error:  # whatever it is, readers keep what they have and the next look tries again
            if str(error) != told:
                told = str(error)
                app.logger.warning(
                    "the new release is not served: %s", error, exc_info=not isinstance(error, KgraphError)
                )


def _end(former: Any) -> None:
    former.engine.close()
    former.release.close()
