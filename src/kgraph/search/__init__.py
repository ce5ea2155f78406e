"""Look-ups in a release's index: things by what they are called, and selections of a class."""

from kgraph.search.names import Found, Hit, fold, match_expression, near, near_paths, search, tokens
from kgraph.search.selection import Dated, Facet, FacetValue, Located, Page, Selection

__all__ = [
    "Dated",
    "Facet",
    "FacetValue",
    "Found",
    "Hit",
    "Located",
    "Page",
    "Selection",
    "fold",
    "match_expression",
    "near",
    "near_paths",
    "search",
    "tokens",
]
