"""The pool of query workers of one web process: bounded admission, a warm spare, kill, reap and replace.

`run` blocks its caller until the answer is whole, the deadline (counted from arrival, waiting included)
passes, or the place in the queue is refused. A worker is killed at the deadline, never waited for; the spare
takes its place at once and one long-lived thread starts the next spare.
"""

from __future__ import annotations

import logging
import os
import time
from collections import deque
from collections.abc import Callable, Mapping
from threading import Condition, Event, Thread
from typing import Any

from kgraph.engine.limits import Limits
from kgraph.engine.process import Died, Late, WorkerProcess
from kgraph.errors import PoolFull, QueryCrashed, QueryMemory, QueryTimeout

log = logging.getLogger("kgraph.engine")

_RETRY = 1.0  # seconds between attempts to start a worker that does not start


class _Ticket:
    """A place in the queue; `worker` is set when its turn comes."""

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
        self._spare: list[WorkerProcess] = []
        self._busy: set[WorkerProcess] = set()
        self._waiting: deque[_Ticket] = deque()
        self._closed = False
        self._told_unfiltered = False
        self._keeper = Thread(target=self._keep, name="kgraph-worker-keeper", daemon=True)
        self._keeper.start()

    def run(self, request: Mapping[str, Any], until: float, keep: Callable[[bytes], None]) -> dict[str, Any]:
        """Answer a request by `until` (time.monotonic()). Raises PoolFull, QueryTimeout, QueryMemory, QueryCrashed."""
        if os.getpid() != self._pid:  # a server that forks after start: its threads stayed behind
            self._condition = Condition()
            self._reset()
        worker = self._take(until)
        healthy = False
        try:
            ended = worker.ask(request, until, keep)
            healthy = not ended.get("retire", False)
            return ended
        except Late as error:
            raise self._too_late("it was stopped") from error
        except Died as death:
            log.warning("query worker %d died: %s", worker.pid, death)
            if death.memory:
                raise QueryMemory(
                    f"the query needed more than {self._limits.memory >> 20} MiB of memory and was stopped",
                    hint="Sort or group fewer rows, or join fewer patterns; a LIMIT inside a subquery helps.",
                ) from death
            raise QueryCrashed(
                "the query brought its worker down; the service itself goes on",
                hint="Very long chains of operators or patterns do so: split the query.",
            ) from death
        finally:
            self._give(worker, healthy)

    def processes(self) -> list[int]:
        """Process ids of all workers, the spare included."""
        with self._condition:
            return [w.pid for w in (*self._idle, *self._spare, *self._busy)]

    def close(self) -> None:
        """Kill every worker; queries in flight end with QueryCrashed."""
        with self._condition:
            self._closed = True
            workers = [*self._idle, *self._spare, *self._busy]
            self._idle.clear()
            self._spare.clear()
            self._condition.notify_all()
        for worker in workers:
            worker.kill()

    def _take(self, until: float) -> WorkerProcess:
        with self._condition:
            worker = self._ready()
            if worker is not None:
                return worker
            if len(self._waiting) >= self._limits.queue or self._closed:
                raise PoolFull(
                    "every query worker is busy and the queue is full", hint="Try again in a few seconds."
                )
            ticket = _Ticket()
            self._waiting.append(ticket)
        ticket.turn.wait(max(0.0, until - time.monotonic()))
        with self._condition:
            if ticket.worker is not None:
                return ticket.worker
            if ticket in self._waiting:
                self._waiting.remove(ticket)
        if self._closed:
            raise PoolFull("the service is stopping", hint="Try again in a few seconds.")
        raise self._too_late("no worker came free before that")

    def _ready(self) -> WorkerProcess | None:
        """An idle worker, or the spare where one is missing; called under the lock."""
        if self._closed or len(self._busy) >= self._limits.workers:
            return None
        source = self._idle or self._spare
        if not source:
            return None
        worker = source.pop()
        self._busy.add(worker)
        self._condition.notify_all()
        return worker

    def _give(self, worker: WorkerProcess, healthy: bool) -> None:
        if not healthy:
            worker.kill()
        with self._condition:
            self._busy.discard(worker)
            if healthy and not self._closed:
                self._idle.append(worker)
            self._serve_waiting()
            self._condition.notify_all()

    def _serve_waiting(self) -> None:
        while self._waiting:
            worker = self._ready()
            if worker is None:
                return
            ticket = self._waiting.popleft()
            ticket.worker = worker
            ticket.turn.set()

    def _missing(self) -> bool:
        have = len(self._idle) + len(self._spare) + len(self._busy)
        return have < self._limits.workers + 1

    def _keep(self) -> None:
        """Keep as many workers as there should be, and one more, ready."""
        while True:
            with self._condition:
                while not self._closed and not self._missing():
                    self._condition.wait()
                if self._closed:
                    for ticket in self._waiting:
                        ticket.turn.set()
                    return
            worker = self._started()
            with self._condition:
                if worker is not None and not self._closed:
                    self._spare.append(worker)
                    self._serve_waiting()
                    continue
            if worker is not None:
                worker.kill()
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
            return None
        if unfiltered and not self._told_unfiltered:
            self._told_unfiltered = True
            log.warning("query workers can open sockets here: %s; SERVICE is still refused", unfiltered)
        return worker

    def _too_late(self, what: str) -> QueryTimeout:
        seconds = f"{self._limits.deadline:g} s"
        return QueryTimeout(
            f"the query did not end within {seconds} of its arrival; {what}",
            hint="Ask for less: name a class or property, add a LIMIT, avoid joins without a shared variable.",
        )
