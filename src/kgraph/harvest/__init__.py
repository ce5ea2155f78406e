"""What machines harvest: dataset description, dumps, change stream, fragments, reconciliation and the rest.

Functions over one published release (`Published`): its index, its engine, the log and the history. None of them
knows HTTP; web/harvest puts them behind addresses.
"""

from kgraph.harvest.published import Published

__all__ = ["Published"]
