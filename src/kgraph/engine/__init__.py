"""Answering SPARQL over a release (embedded Oxigraph) or a remote SPARQL 1.1 server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kgraph.engine.protocol import Answer, Engine, IncomingGroup, Pattern, Query

if TYPE_CHECKING:
    from kgraph.release import Release

__all__ = ["Answer", "Engine", "IncomingGroup", "Pattern", "Query", "open_endpoint", "open_engine"]


def open_engine(release: Release, *, processes: int = 1, on_demand: bool = False) -> Engine:
    """An engine over a release, whose lease its caller keeps as long as the engine is open.

    `processes` is among how many web processes the `query_*` limits of the settings are shared out; `on_demand`
    starts no query worker before the first query.
    """
    # Imported here: a query worker imports this package too, and is to start quickly.
    from kgraph.engine.embedded import EmbeddedEngine
    from kgraph.engine.limits import Limits

    manifest = release.manifest
    return EmbeddedEngine(
        release.store,
        base=manifest.base,
        prefixes=manifest.prefixes,
        limits=Limits.of(manifest.settings, processes),
        on_demand=on_demand,
    )


def open_endpoint(endpoint: str, *, base: str = "", deadline: float = 30.0) -> Engine:
    """An engine over a remote SPARQL 1.1 endpoint. `base` is that of the data, if they are a kgraph site's."""
    from kgraph.engine.limits import Limits
    from kgraph.engine.remote import RemoteEngine

    return RemoteEngine(endpoint, base=base, limits=Limits(deadline=deadline))
