"""What one query may use, and how many may run: the `query_*` settings, shared out to web processes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kgraph.site import SETTINGS

MIB = 1 << 20


@dataclass(frozen=True)
class Limits:
    """Limits of one process. Times in seconds, sizes in bytes; `nesting` is how deep brackets may go.

    `memory` is what a worker may take over what it has after start. `merge` is how many triples of
    several default graphs may be put together for one query.
    """

    deadline: float = 30.0
    memory: int = 1024 * MIB
    result: int = 256 * MIB
    workers: int = 2
    queue: int = 32
    query_bytes: int = 65536
    nesting: int = 100
    merge: int = 200_000
    cache: int = 32 * MIB

    @classmethod
    def of(cls, settings: Mapping[str, Any], processes: int = 1) -> Limits:
        """The share of one of `processes` web processes; each has at least one worker and one waiting place."""
        settings = {s.name: s.default for s in SETTINGS} | dict(settings)
        return cls(
            deadline=float(settings["query_deadline"]),
            memory=int(settings["query_memory"]) * MIB,
            result=int(settings["query_result"]) * MIB,
            workers=max(1, int(settings["query_workers"]) // processes),
            queue=max(1, int(settings["query_queue"]) // processes),
            query_bytes=int(settings["query_bytes"]),
            cache=int(settings["query_cache"]) * MIB // processes,
        )
