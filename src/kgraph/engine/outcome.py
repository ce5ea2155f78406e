"""One log line a query: what came of it, how long, how many rows and bytes, and a digest of its text.

Never the text (it may hold what its author would not publish) and never the client's address.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable

from kgraph.engine.protocol import Answer, Query
from kgraph.errors import QueryError

log = logging.getLogger("kgraph.query")


def recorded(query: Query, run: Callable[[Query], Answer]) -> Answer:
    """Run a query and log its outcome; the error, if any, goes on to the caller."""
    start = time.monotonic() if query.arrived is None else query.arrived
    outcome, rows, size = "ok", None, 0
    try:
        answer = run(query)
        rows, size = answer.rows, answer.size
        return answer
    except QueryError as error:
        outcome = error.problem
        raise
    finally:
        if log.isEnabledFor(logging.INFO):
            log.info(
                "outcome=%s seconds=%.3f rows=%s bytes=%d query=%s",
                outcome,
                time.monotonic() - start,
                "-" if rows is None else rows,
                size,
                digest(query.text),
            )


def digest(text: str) -> str:
    """The first 16 hexadecimal digits of the SHA-256 of a query's text."""
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:16]
