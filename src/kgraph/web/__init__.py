"""Pages and documents over HTTP (Flask). `create_app` is the door; nothing below this package knows Flask."""

from kgraph.web.app import create_app

__all__ = ["create_app"]
