"""SHACL (https://www.w3.org/TR/shacl/) at the speed of the store: complete, exact, incremental.

`validate` judges a store's default graph by a shapes graph and gives a Report. This package knows nothing
of sites and releases; see docs/shacl.md.
"""

from kgraph.shacl.engine import Engine, idle, validate
from kgraph.shacl.graph import shapes_graph
from kgraph.shacl.incremental import incremental
from kgraph.shacl.raw import RawTerms
from kgraph.shacl.report import Report, Result

__all__ = ["Engine", "RawTerms", "Report", "Result", "idle", "incremental", "shapes_graph", "validate"]
