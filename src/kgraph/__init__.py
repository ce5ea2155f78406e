"""kgraph publishes a curated knowledge graph as linked data (see docs/architecture.md)."""

from kgraph.errors import KgraphError

__all__ = ["KgraphError", "__version__"]

__version__ = "0.1.0"
