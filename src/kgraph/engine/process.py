"""One query worker as the web process sees it: start, ask, kill, reap, and tell what it died of."""

from __future__ import annotations

import contextlib
import json
import math
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

from kgraph.engine import wire

_KEPT = frozenset({"PATH", "LD_LIBRARY_PATH", "VIRTUAL_ENV", "LANG", "TMPDIR", "TZ"})
_PATIENCE = 60.0  # seconds a worker may take to start on a machine under load


class Died(Exception):
    """The worker ended by itself; `memory` when it ran out of memory, `cause` for the log."""

    def __init__(self, cause: str, memory: bool) -> None:
        super().__init__(cause)
        self.memory = memory


class Late(Exception):
    """The deadline passed before the answer was whole; what that meant for the query."""

    def __init__(self, what: str = "it was stopped") -> None:
        super().__init__(what)


class Parked(Exception):
    """The query is slow, and slow queries already run as many as may."""


class WorkerProcess:
    """A started worker. Used by one thread at a time; only `stop` may be called from another."""

    def __init__(self, start: Mapping[str, Any]) -> None:
        here, there = socket.socketpair()
        pipe_read, self._lifeline = os.pipe()
        with there:
            try:
                self._process = subprocess.Popen(
                    [
                        sys.executable,
                        "-m",
                        "kgraph.engine.worker",
                        str(there.fileno()),
                        str(pipe_read),
                    ],
                    pass_fds=(there.fileno(), pipe_read),
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.PIPE,
                    env=_environment(),
                )
            except BaseException:
                here.close()
                os.close(self._lifeline)
                raise
            finally:
                os.close(pipe_read)
        self._socket = here
        self._buffer = bytearray()
        self._closed = False
        self._thread = 0
        self.pid = self._process.pid
        here.sendall(wire.pack(dict(start)))

    def wait_ready(self) -> str:
        """Wait until it serves; why sockets are not denied, '' when they are. Raises Died."""
        try:
            message = self._message(_Clock(time.monotonic() + _PATIENCE))
        except (Late, EOFError, OSError) as error:
            raise self._death() from error
        if "error" in message:
            self.kill()
            raise Died(message["error"], False)
        self._thread = int(message["thread"])
        return str(message["unfiltered"])

    def yield_to_others(self) -> None:
        """Lower its priority for good: only a privileged process could raise it again."""
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, self._thread, 19)

    def ask(
        self,
        request: Mapping[str, Any],
        until: float,
        keep: Callable[[bytes], None],
        *,
        slow_at: float = math.inf,
        slow: Callable[[], None] = lambda: None,
    ) -> dict[str, Any]:
        """Send a request, give the result's pieces to `keep`; how it ended. Raises Died, Late.

        `slow` is called once if the answer is not whole at `slow_at`; what it raises ends the request.
        """
        clock = _Clock(until, slow_at, slow)
        try:
            self._socket.settimeout(clock.left())
            self._socket.sendall(wire.pack(dict(request)))
            while True:
                size = wire.LENGTH.unpack(self._read(wire.LENGTH.size, clock))[0]
                if size == 0:
                    return self._message(clock)
                keep(self._read(size, clock))
        except TimeoutError as error:
            raise Late from error
        except (EOFError, OSError) as error:
            raise self._death() from error

    def _message(self, clock: _Clock) -> dict[str, Any]:
        size = wire.LENGTH.unpack(self._read(wire.LENGTH.size, clock))[0]
        message: dict[str, Any] = json.loads(self._read(size, clock))
        return message

    def _read(self, size: int, clock: _Clock) -> bytes:
        """So many bytes. Raises Late, EOFError."""
        clock.left()
        while len(self._buffer) < size:
            self._socket.settimeout(clock.left())
            try:
                data = self._socket.recv(1 << 18)
            except TimeoutError:
                continue
            if not data:
                raise EOFError
            self._buffer += data
        found = bytes(self._buffer[:size])
        del self._buffer[:size]
        return found

    def _death(self) -> Died:
        """Reap a worker that hung up, and say what it died of."""
        try:
            code = self._process.wait(5)
        except subprocess.TimeoutExpired:
            code = None
        stderr = self._process.stderr
        said = ""
        if stderr is not None and code is not None:
            os.set_blocking(stderr.fileno(), False)
            said = (stderr.read() or b"").decode(errors="replace").strip()
        self.kill()
        if code is None:
            return Died("closed its channel and did not end", False)
        memory = "memory allocation" in said or "bad_alloc" in said or "MemoryError" in said
        name = signal.Signals(-code).name if code < 0 else f"exit {code}"
        # A kill that we did not send is the system's, which does so when the machine's memory is used up.
        return Died(f"{name}: {said[-300:]}" if said else name, memory or code == -signal.SIGKILL)

    def stop(self) -> None:
        """End it at once, whoever uses it: they find that it died, and free what belongs to it."""
        self._process.kill()
        self._process.wait()

    def kill(self) -> None:
        """End it at once and free what belongs to it here; `ended` reaps it.

        Not waited for: a process of the lowest priority that holds a gigabyte takes seconds to die on a busy machine.
        """
        if self._closed:
            return
        self._closed = True
        self._process.kill()
        os.close(self._lifeline)
        self._socket.close()
        if self._process.stderr is not None:
            self._process.stderr.close()

    def ended(self) -> bool:
        """Whether it has ended; then it is reaped."""
        return self._process.poll() is not None


class _Clock:
    """How long to wait for the next bytes: to the deadline, or to the moment at which a query counts as slow."""

    def __init__(
        self, until: float, slow_at: float = math.inf, slow: Callable[[], None] = lambda: None
    ) -> None:
        self._until = until
        self._slow_at = slow_at
        self._slow = slow

    def left(self) -> float:
        """Seconds to wait, more than none. Raises Late, and what `slow` raises."""
        now = time.monotonic()
        if now >= self._until:
            raise Late
        if now >= self._slow_at:
            self._slow_at = math.inf
            self._slow()
        return min(self._until, self._slow_at) - now


def _environment() -> dict[str, str]:
    """What a worker needs of the environment: no secret of the server's reaches it."""
    kept = {k: v for k, v in os.environ.items() if k in _KEPT or k.startswith(("PYTHON", "LC_"))}
    return {**kept, "MALLOC_ARENA_MAX": "2"}
