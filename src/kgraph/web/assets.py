"""Style sheet, scripts and icon: read once, served under names that carry their digest, kept for a year."""

from __future__ import annotations

import hashlib
import mimetypes
from importlib.resources import files
from typing import Any

from flask import Flask, Response, abort, request

from kgraph.web.cache import KEEP

_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}


def register(app: Flask) -> None:
    """Read the package's static files and serve them under /static/."""
    named: dict[str, str] = {}
    bodies: dict[str, tuple[bytes, str]] = {}
    for path, body in _files(files("kgraph.web") / "static", ""):
        stem, dot, ending = path.rpartition(".")
        hashed = f"{stem}.{hashlib.sha256(body).hexdigest()[:12]}.{ending}" if dot else path
        kind = _TYPES.get(dot + ending) or mimetypes.guess_type(path)[0] or "application/octet-stream"
        named[path] = "/static/" + hashed
        bodies[hashed] = (body, kind)

    @app.get("/static/<path:name>")
    def static_file(name: str) -> Response:
        if name not in bodies:
            abort(404)
        body, kind = bodies[name]
        response = Response(body, content_type=kind)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        request.environ[KEEP] = not request.args
        return response

    app.jinja_env.globals["asset"] = named.__getitem__
    app.jinja_env.globals["has_asset"] = named.__contains__


def _files(folder: Any, under: str) -> list[tuple[str, bytes]]:
    found = []
    for entry in sorted(folder.iterdir(), key=lambda e: str(e.name)):
        if entry.is_dir():
            found += _files(entry, f"{under}{entry.name}/")
        else:
            found.append((under + entry.name, entry.read_bytes()))
    return found
