"""How many links arrive at each node by each property, counted while the lines pass.

Memory: at most PAIRS pairs of node and property are held; more wait in a temporary table, to be added up at the end.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping

PAIRS = 1_000_000


class Arriving:
    """Counts of links; `write` fills the table `arriving` of an index."""

    def __init__(self, connection: sqlite3.Connection, pairs: int = PAIRS) -> None:
        self._db = connection
        self._pairs = pairs
        self._counts: dict[tuple[int, bytes], int] = {}
        self._properties: dict[bytes, int] = {}
        self._waiting = False

    def add(self, ids: Mapping[bytes, int], links: Iterable[tuple[bytes, bytes]]) -> None:
        """Count links (property, object), each given once; objects that are no nodes are passed over."""
        counts = self._counts
        for property_, target in links:
            node = ids.get(target)
            if node is not None:
                pair = (node, property_)
                counts[pair] = counts.get(pair, 0) + 1
                self._properties[property_] = ids[property_]
        if len(counts) > self._pairs:
            self._put_aside()

    def _rows(self) -> list[tuple[int, int, int]]:
        properties = self._properties
        return sorted((node, properties[p], links) for (node, p), links in self._counts.items())

    def _put_aside(self) -> None:
        if not self._waiting:
            self._db.execute("CREATE TEMP TABLE arriving_part (node, property, links)")
            self._waiting = True
        self._db.executemany("INSERT INTO arriving_part VALUES (?, ?, ?)", self._rows())
        self._counts.clear()

    def write(self) -> None:
        """Write what was counted."""
        if not self._waiting:
            self._db.executemany("INSERT INTO arriving VALUES (?, ?, ?)", self._rows())
            return
        self._put_aside()
        self._db.execute(
            "INSERT INTO arriving SELECT node, property, sum(links) FROM arriving_part GROUP BY node, property"
        )
        self._db.execute("DROP TABLE arriving_part")
