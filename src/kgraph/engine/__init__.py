"""Answering SPARQL over a release (embedded Oxigraph) or a remote SPARQL 1.1 server."""

from __future__ import annotations

from kgraph.engine.embedded import EmbeddedEngine
from kgraph.engine.protocol import Answer, Engine, IncomingGroup, Pattern, Query
from kgraph.release import Release

__all__ = ["Answer", "Engine", "IncomingGroup", "Pattern", "Query", "open_engine"]


def open_engine(release: Release) -> Engine:
    """An engine over a release, whose lease its caller keeps as long as the engine is open."""
    return EmbeddedEngine(release.store, base=release.manifest.base)
