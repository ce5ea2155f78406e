"""What there is to say of an IRI: its statements with evidence, what speakers say of it, what links to it.

Reads an Engine and the release's index and nothing else, so it serves pages, documents and `kgraph describe` alike.
"""

from kgraph.describe.entity import Description, Incoming, describe
from kgraph.describe.evidence import Evidence, Passage
from kgraph.describe.lookup import Lookup
from kgraph.describe.names import Name, Names
from kgraph.describe.node import Kept, Node, Property, Reader, Statement

__all__ = [
    "Description",
    "Evidence",
    "Incoming",
    "Kept",
    "Lookup",
    "Name",
    "Names",
    "Node",
    "Passage",
    "Property",
    "Reader",
    "Statement",
    "describe",
]
