"""What two releases differ in, counted, and held as long as it is small: what a page can show."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

from kgraph.errors import EnvironmentFault
from kgraph.release.core import read_manifest
from kgraph.release.difference import Difference, difference

READ = 4_000_000
"""Statements that two releases may have together for a page to compare them: seconds of work, done once."""
HELD = 50_000
"""Differences that are held."""
HELD_TEXT = 8_000_000
"""Characters of the differences that are held: literals may be long."""
_KEPT = 8


@dataclass(frozen=True)
class Comparison:
    """`lines` are all differences, or None where there are more than HELD, or more text than HELD_TEXT."""

    added: int
    removed: int
    first: tuple[Difference, ...]
    lines: tuple[Difference, ...] | None


class TooLarge(EnvironmentFault):
    """The releases are too large to be compared while someone waits."""


class Comparisons:
    """Comparisons, one at a time, the last ones kept: releases never change."""

    def __init__(self) -> None:
        self._found: OrderedDict[tuple[Path, Path], Comparison] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, before: Path, after: Path, shown: int) -> Comparison:
        """The comparison, its first `shown` differences. Raises TooLarge, ReleaseError."""
        with self._lock:
            key = (before, after)
            if key not in self._found:
                if sum(read_manifest(folder).quads for folder in key) > READ:
                    raise TooLarge("these releases are too large to be compared on a page")
                self._found[key] = _compare(before, after, shown)
                while len(self._found) > _KEPT:
                    self._found.popitem(last=False)
            self._found.move_to_end(key)
            return self._found[key]


def _compare(before: Path, after: Path, shown: int) -> Comparison:
    counts = {"+": 0, "-": 0}
    lines: list[Difference] = []
    held = 0
    for one in difference(before, after):
        counts[one.sign] += 1
        if len(lines) < max(HELD, shown) and held <= HELD_TEXT:
            lines.append(one)
            held += len(one.line)
    whole = tuple(lines) if len(lines) == sum(counts.values()) and held <= HELD_TEXT else None
    return Comparison(counts["+"], counts["-"], tuple(lines[:shown]), whole)
