"""Sites that the web tests serve, each built once: the project's own, and small ones written here."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient

from kgraph.build.pipeline import build
from kgraph.engine import open_engine
from kgraph.release import open_active
from kgraph.site import load_site
from kgraph.web import create_app

ROOT = Path(__file__).resolve().parent.parent
_FOLDERS = ("ontology", "data", "shapes", "queries")


def serve(folder: Path) -> Flask:
    """The application over a folder or file, built now."""
    site = load_site(folder)
    build(site)
    release = open_active(site.state)
    engine = open_engine(release)
    atexit.register(release.close)
    atexit.register(engine.close)
    return create_app(site, release, engine)


def temporary() -> Path:
    """A folder that goes when the tests end."""
    folder = Path(tempfile.mkdtemp(prefix="kgraph-web-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@cache
def own_site() -> Flask:
    """The project's own site, from a copy so that its state stays out of the tree."""
    folder = temporary()
    for name in _FOLDERS:
        if (ROOT / name).exists():
            shutil.copytree(ROOT / name, folder / name)
    shutil.copy(ROOT / "kgraph.toml", folder)
    return serve(folder)


@cache
def small_site(
    text: str, ending: str = "ttl", base: str = "http://localhost:8000/", address: str = ""
) -> Flask:
    """A site of one file and a base, perhaps reached at another address."""
    folder = temporary()
    (folder / "data").mkdir()
    (folder / "data" / f"all.{ending}").write_text(text, "utf-8")
    (folder / "kgraph.toml").write_text(
        f'title = "A small site"\nbase_iri = "{base}"\naddress = "{address}"\n', "utf-8"
    )
    return serve(folder)


def client(app: Flask) -> FlaskClient:
    """A client that follows nothing by itself."""
    return app.test_client()
