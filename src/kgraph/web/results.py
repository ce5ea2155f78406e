"""Results of an immutable release, kept in memory: the same request of the same release has the same answer.

The key is (query text, dataset, syntaxes); one cache belongs to one engine, so to one release. A query that asks
for the time or for chance is answered afresh each time.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary

from kgraph.engine.protocol import Answer, Engine, Form, Query
from kgraph.web.cache import entity_tag

_CHANGING = re.compile(r"\b(now|rand|uuid|struuid)\b", re.IGNORECASE)
_LARGEST = 1 << 20


@dataclass(frozen=True)
class Result:
    """A whole result in memory, with its entity tag."""

    form: Form
    media_type: str
    rows: int | None
    body: bytes
    etag: str


Key = tuple[Any, ...]


class ResultCache:
    """Results by key, the least recently used dropped first. `budget` is in bytes of texts and bodies."""

    def __init__(self, budget: int) -> None:
        self._budget = budget
        self._used = 0
        self._kept: OrderedDict[Key, tuple[Result, int]] = OrderedDict()
        self._lock = Lock()

    def get(self, query: Query) -> Result | None:
        """What an earlier request of the same query was answered."""
        key = _key(query)
        with self._lock:
            found = self._kept.get(key)
            if found is None:
                return None
            self._kept.move_to_end(key)
            return found[0]

    def put(self, query: Query, answer: Answer) -> Result | None:
        """Keep an answer and close it; None when it is too large or changes, and then it stays open."""
        if answer.size > min(_LARGEST, self._budget) or _CHANGING.search(query.text):
            return None
        body = answer.read()
        answer.close()
        result = Result(answer.form, answer.media_type, answer.rows, body, entity_tag(body))
        size = len(body) + len(query.text) + 512
        key = _key(query)
        with self._lock:
            if size <= self._budget and key not in self._kept:
                self._kept[key] = (result, size)
                self._used += size
                while self._used > self._budget:
                    _, (_, gone) = self._kept.popitem(last=False)
                    self._used -= gone
        return result


def _key(query: Query) -> Key:
    return (query.text, query.default_graphs, query.named_graphs, query.results, query.boolean, query.rdf)


_caches: WeakKeyDictionary[Engine, ResultCache] = WeakKeyDictionary()
_making = Lock()


def cache_of(engine: Engine, budget: int) -> ResultCache:
    """The cache of an engine, made when first asked for."""
    found = _caches.get(engine)
    if found is None:
        with _making:
            found = _caches.setdefault(engine, ResultCache(budget))
    return found
