"""What is made from the sorted lines alone: dumps and index, in a process of their own where the data are large.

The store plays no part in them, so they are made on the second core while the first checks and validates. The
process is `python -m kgraph.build.products`: a pickled Order comes in by its standard input, which stays open as long
as the builder lives, and ends it when it closes; what it has done goes out by its standard output.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, NamedTuple, Protocol

from kgraph.build.dump import read_lines, write_archive, write_nquads, write_trig
from kgraph.build.index.finish import date_nodes
from kgraph.build.index.oddities import Oddities
from kgraph.build.index.write import IndexInput, Names, write_index
from kgraph.build.packed import Block
from kgraph.errors import EnvironmentFault

BESIDE = 100_000
"""Lines from which a process of its own is worth its start (0.3 s) and its memory."""


class Step(Protocol):
    """A running step: `advance` it by a number of items."""

    def __call__(self, items: int) -> None: ...


class Progress(Protocol):
    """Where a build tells what it is doing; a terminal shows bars, tests show nothing."""

    def step(self, name: str, total: int | None = None) -> AbstractContextManager[Step]:
        """Enter a step; leave it at its end. `total` in items where it is known."""


class Silent:
    """Tells nothing."""

    def step(self, name: str, total: int | None = None) -> AbstractContextManager[Step]:
        """A step that no one sees."""
        return nullcontext(lambda items: None)


@dataclass
class Order:
    """What is to be made: an index and, with `dumps`, these. `plain` has `count` sorted lines; `scratch` is for what
    lies between. `archive`: the input files, relative to `root`. `former`: the index of the release before, `number`:
    that of this release.
    """

    folder: Path
    scratch: Path
    plain: Path
    count: int
    dumps: bool
    root: Path
    archive: list[str]
    prefixes: Mapping[str, str]
    names: Names
    index: IndexInput
    former: Path | None
    number: int

    def make(self, progress: Progress) -> Made:
        """Make it all."""
        packed = {}
        if self.dumps:
            folder = self.folder / "dumps"
            folder.mkdir()
            with progress.step("dump"):
                packed["data.nq"] = write_nquads(folder / "data.nq", self.plain)
                trig = write_trig(folder / "data.trig", read_lines(self.plain), self.scratch, self.prefixes)
                packed["data.trig"] = trig
            with progress.step("archive"):
                packed["files.tar"] = write_archive(folder / "files.tar.gz", self.root, self.archive)
        with progress.step("index", self.count) as advance:
            index = self.folder / "index.sqlite"
            write_index(index, read_lines(self.plain), self.names, self.index, advance)
            date_nodes(index, self.former, self.number)
        return Made(self.index.oddities, packed)


class Made(NamedTuple):
    """What an order tells, beside its files: what is odd in the literals, and the blocks of each dump."""

    oddities: Oddities
    packed: dict[str, list[Block]]


class Beside:
    """A process that makes an order. Leave it, and it is ended if it still runs."""

    def __init__(self, order: Order) -> None:
        command = [sys.executable, "-m", "kgraph.build.products"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._process.stdin
        assert self._process.stdout
        self._out = self._process.stdout
        with suppress(BrokenPipeError):  # it has ended; `result` says so
            pickle.dump(order, self._process.stdin, pickle.HIGHEST_PROTOCOL)
            self._process.stdin.flush()

    def __enter__(self) -> Beside:
        return self

    def __exit__(self, *error: object) -> None:
        self._process.kill()
        self._process.wait()
        with suppress(BrokenPipeError):
            self._process.communicate()

    def result(self, progress: Progress, seconds: dict[str, float]) -> Made:
        """Wait for it; `seconds` gets how long each step took. Raises OSError and EnvironmentFault."""
        context: AbstractContextManager[Step] | None = None
        step: Step = lambda items: None  # noqa: E731
        while True:
            try:
                kind, *values = pickle.load(self._out)  # noqa: S301  (from our own process)
            except EOFError as error:
                raise EnvironmentFault(
                    f"the process that makes dumps and index ended ({self._process.wait()})",
                    hint="Most often there was no memory left. Nothing was changed.",
                ) from error
            if kind == "step":
                context = progress.step(*values)
                step = context.__enter__()
            elif kind == "items":
                step(*values)
            elif kind == "end":
                name, seconds[name] = values
                assert context
                context.__exit__(None, None, None)
            elif kind == "refused":
                raise OSError(*values)
            else:
                found: Made = values[0]
                return found


class _Told:
    """Progress that goes to the builder."""

    def __init__(self, out: IO[bytes]) -> None:
        self._out = out

    def tell(self, *message: Any) -> None:
        """Send a message."""
        pickle.dump(message, self._out)
        self._out.flush()

    def step(self, name: str, total: int | None = None) -> AbstractContextManager[Step]:
        """A step that the builder is told of."""
        return _ToldStep(self, name, total)


class _ToldStep(AbstractContextManager[Step]):
    def __init__(self, told: _Told, name: str, total: int | None) -> None:
        self.told, self.name, self.total = told, name, total

    def __enter__(self) -> Step:
        self.start = time.perf_counter()
        self.told.tell("step", self.name, self.total)
        return lambda items: self.told.tell("items", items)

    def __exit__(self, *error: object) -> None:
        self.told.tell("end", self.name, time.perf_counter() - self.start)


def main() -> None:
    """Make one order."""
    # whatever a library prints goes to standard error, not among the messages
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    try:
        order: Order = pickle.load(sys.stdin.buffer)  # noqa: S301  (from our own builder)
    except (EOFError, pickle.UnpicklingError):  # it has ended already
        sys.exit(1)
    threading.Thread(target=_end_with_the_builder, daemon=True).start()
    told = _Told(out)
    try:
        told.tell("done", order.make(told))
    except OSError as error:
        told.tell("refused", error.errno, error.strerror or str(error), error.filename)


def _end_with_the_builder() -> None:
    os.read(0, 1)
    os._exit(1)


if __name__ == "__main__":
    main()
