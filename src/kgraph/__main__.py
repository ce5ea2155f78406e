"""`python -m kgraph` and the entry point `kgraph`."""

from __future__ import annotations

from kgraph.cli import main

__all__ = ["main"]

if __name__ == "__main__":
    main()
