"""The pool of query workers of one web process: bounded admission, two lanes, kill, reap and replace.

`run` blocks its caller until the answer is whole, the deadline (counted from arrival, waiting included)
passes, or the place in the queue is refused. A worker is killed at the deadline, never waited for; one long-lived
thread starts the next.

Slow queries (those that run longer than PATIENCE) have as many workers as the setting says, and there are RESERVED
more for the quick ones, which no slow query holds: so a small query waits for other small ones only, whatever runs.
When the slow lane is full, a query that turns out slow loses its worker, and starts again when the lane has a place
for it. A slow query runs at the lowest priority, and its worker ends with it: it could not be raised again. Another
one is started at once, and while it starts the second reserved worker is the spare. Nobody waits for a killed worker
to end; while as many as there are places have not ended yet, no other is started.
"""

from __future__ import annotations

import logging
import math
import os
import time
from collections import OrderedDict, deque
from collections.abc import Mapping
from threading import Condition, Event, Thread
from typing import Any, Protocol

from kgraph.engine.limits import Limits
from kgraph.engine.process import Died, Late, Parked, WorkerProcess
from kgraph.errors import PoolFull, QueryCrashed, QueryMemory, QueryTimeout

log = logging.getLogger("kgraph.engine")

_REAP = 0.05  # seconds between looks at workers that were killed
_RETRY = 1.0  # seconds between attempts to start a worker that does not start


PATIENCE = 0.3
"""Seconds after which a query counts as slow."""

RESERVED = 2
"""Workers that no slow query holds: one, and one for while the other finds out that its query is slow."""

_REMEMBERED = 256  # texts of slow queries that go to the slow lane at once the next time


class Kept(Protocol):
    """Where a result is kept; `clear` forgets a first attempt."""

    def add(self, piece: bytes) -> None: ...

    def clear(self) -> None: ...


class _Ticket:
    """A place in a queue; `worker` is set when its turn comes."""

    __slots__ = ("turn", "worker")

    def __init__(self) -> None:
        self.turn = Event()
        self.worker: WorkerProcess | None = None


class Pool:
    """Workers over one store. `start` is what each worker is told at its start (see worker.main)."""

    def __init__(self, start: Mapping[str, Any], limits: Limits) -> None:
        self._start = start
        self._limits = limits
        self._condition = Condition()
        self._reset()

    def _reset(self) -> None:
        self._pid = os.getpid()
        self._idle: list[WorkerProcess] = []  # the last used first, so that few stay warm
        self._busy: dict[WorkerProcess, bool] = {}  # whether it is in the slow lane
        self._dying: list[WorkerProcess] = []  # killed, not reaped yet
        self._waiting: tuple[deque[_Ticket], deque[_Ticket]] = (deque(), deque())  # quick, slow
        self._slow_texts: OrderedDict[str, None] = OrderedDict()
        self._closed = False
        self._told_unfiltered = False
        self._keeper = Thread(target=self._keep, name="kgraph-worker-keeper", daemon=True)
        self._keeper.start()

    def run(self, request: Mapping[str, Any], arrived: float, deadline: float, kept: Kept) -> dict[str, Any]:
        """Answer a request within `deadline` seconds of `arrived` (time.monotonic()).

        Raises PoolFull, QueryTimeout, QueryMemory, QueryCrashed.
        """
        if os.getpid() != self._pid:  # a server that forks after start: its threads stayed behind
            self._condition = Condition()
            self._reset()
        slow = request["text"] in self._slow_texts
        until = arrived + deadline
        try:
            try:
                return self._attempt(request, until, kept, slow)
            except Parked:
                kept.clear()
                return self._attempt(request, until, kept, True, admitted=True)
        except Late as late:
            raise QueryTimeout(
                f"the query did not end within {deadline:g} s of its arrival; {late}",
                hint="Ask for less: name a class or property, add a LIMIT, avoid joins without a shared variable.",
            ) from late

    def _attempt(
        self, request: Mapping[str, Any], until: float, kept: Kept, slow: bool, *, admitted: bool = False
    ) -> dict[str, Any]:
        worker = self._take(until, slow, admitted)
        healthy = False
        try:
            if slow:
                worker.yield_to_others()
            slow_at = math.inf if slow else time.monotonic() + PATIENCE
            ended = worker.ask(
                request, until, kept.add, slow_at=slow_at, slow=lambda: self._slow(worker, request["text"])
            )
            healthy = (
                not ended.get("retire", False) and not self._busy[worker]
            )  # a slow one has a low priority
            return ended
        except Died as death:
            raise self._died(worker, death) from death
        finally:
            self._give(worker, healthy)

    def _slow(self, worker: WorkerProcess, text: str) -> None:
        """Move a running query to the slow lane. Raises Parked when that is full."""
        with self._condition:
            self._slow_texts[text] = None
            if len(self._slow_texts) > _REMEMBERED:
                self._slow_texts.popitem(last=False)
            if sum(self._busy.values()) >= self._limits.workers or self._waiting[1]:
                raise Parked
            self._busy[worker] = True
            self._serve_waiting()
        worker.yield_to_others()

    def _died(self, worker: WorkerProcess, death: Died) -> PoolFull | QueryMemory | QueryCrashed:
        if self._closed:
            return self._stopping()
        log.warning("query worker %d died: %s", worker.pid, death)
        if death.memory:
            return QueryMemory(
                f"the query needed more than {self._limits.memory >> 20} MiB of memory and was stopped",
                hint="Sort or group fewer rows, or join fewer patterns; a LIMIT inside a subquery helps.",
            )
        return QueryCrashed(
            "the query brought its worker down; the service itself goes on",
            hint="Very long chains of operators or patterns do so: split the query.",
        )

    def processes(self) -> list[int]:
        """Process ids of all workers, those included that were killed and have not ended yet."""
        with self._condition:
            return [w.pid for w in (*self._idle, *self._busy, *self._dying)]

    def running(self) -> tuple[int, int]:
        """How many queries run, and how many wait."""
        with self._condition:
            return len(self._busy), sum(map(len, self._waiting))

    def close(self) -> None:
        """Kill every worker; queries in flight end with PoolFull."""
        with self._condition:
            self._closed = True
            idle, busy = [*self._idle], [*self._busy]
            self._idle.clear()
            self._condition.notify_all()
            dying = [*self._dying]
        for worker in idle:
            worker.kill()
        for worker in (*busy, *idle, *dying):
            worker.stop()

    def _take(self, until: float, slow: bool, admitted: bool) -> WorkerProcess:
        queue = self._waiting[slow]
        with self._condition:
            worker = None if queue else self._ready(slow)
            if worker is not None:
                return worker
            if (sum(map(len, self._waiting)) >= self._limits.queue and not admitted) or self._closed:
                raise PoolFull(
                    "every query worker is busy and the queue is full", hint="Try again in a few seconds."
                )
            ticket = _Ticket()
            queue.append(ticket)
        ticket.turn.wait(max(0.0, until - time.monotonic()))
        with self._condition:
            if ticket.worker is not None:
                return ticket.worker
            if ticket in queue:
                queue.remove(ticket)
        if self._closed:
            raise self._stopping()
        raise Late("no worker came free before that")

    def _ready(self, slow: bool) -> WorkerProcess | None:
        """A worker for this lane; called under the lock."""
        most = self._limits.workers
        if self._closed or not self._idle:
            return None
        if slow and sum(self._busy.values()) >= most:
            return None
        worker = self._idle.pop()
        self._busy[worker] = slow
        return worker

    def _give(self, worker: WorkerProcess, healthy: bool) -> None:
        if not healthy:
            worker.kill()
        with self._condition:
            self._busy.pop(worker, None)
            if healthy and not self._closed:
                self._idle.append(worker)
            elif not healthy:
                self._dying.append(worker)
                self._condition.notify_all()  # another one is to be started
            self._serve_waiting()

    def _serve_waiting(self) -> None:
        """Give free workers to who waits, the slow lane first: it can never take the reserved ones."""
        for slow in (True, False):
            queue = self._waiting[slow]
            while queue and (worker := self._ready(slow)) is not None:
                ticket = queue.popleft()
                ticket.worker = worker
                ticket.turn.set()

    def _missing(self) -> bool:
        full = self._limits.workers + RESERVED
        return len(self._idle) + len(self._busy) < full and len(self._dying) < full

    def _keep(self) -> None:
        """Keep as many workers as there should be, and reap those that ended."""
        while True:
            with self._condition:
                while not self._closed and not self._missing():
                    self._condition.wait(_REAP if self._dying else None)
                    self._dying = [w for w in self._dying if not w.ended()]
                if self._closed:
                    for ticket in (*self._waiting[0], *self._waiting[1]):
                        ticket.turn.set()
                    return
            worker = self._started()
            with self._condition:
                self._dying = [w for w in self._dying if not w.ended()]
                if worker is not None and not self._closed:
                    self._idle.append(worker)
                    self._serve_waiting()
                    continue
            if worker is not None:
                worker.kill()
                worker.stop()
            else:
                time.sleep(_RETRY)

    def _started(self) -> WorkerProcess | None:
        try:
            worker = WorkerProcess(self._start)
        except OSError as error:
            log.error("a query worker cannot be started: %s", error)
            return None
        try:
            unfiltered = worker.wait_ready()
        except Died as death:
            log.error("a query worker did not start: %s", death)
            worker.stop()
            return None
        if unfiltered and not self._told_unfiltered:
            self._told_unfiltered = True
            log.warning("query workers can open sockets here: %s; SERVICE is still refused", unfiltered)
        return worker

    def _stopping(self) -> PoolFull:
        return PoolFull("the service is stopping", hint="Try again in a few seconds.")
