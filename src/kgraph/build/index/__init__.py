"""The index of a release: one row set per subject, made from sorted lines, written to index.sqlite."""

from kgraph.build.index.write import IndexInput, write_index

__all__ = ["IndexInput", "write_index"]
