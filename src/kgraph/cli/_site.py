"""The arguments and the progress display that verbs share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from kgraph.site import Site, load_site

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress

F = TypeVar("F", bound=Callable[..., Any])


def site_argument(command: F) -> F:
    """SITE and --state."""
    command = click.argument("site", type=click.Path(path_type=Path), default=".", required=False)(command)
    return state_option(command)


def state_option(command: F) -> F:
    """--state: where releases live."""
    return click.option(
        "--state",
        type=click.Path(path_type=Path, file_okay=False),
        envvar="KGRAPH_STATE",
        help="Folder for releases; default: .kgraph in the site.",
    )(command)


def open_site(site: Path, state: Path | None) -> Site:
    """The site of these arguments. Raises ConfigError."""
    return load_site(site, state)


class Bars:
    """Progress bars on standard error, when that is a terminal."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

        self.console = Console(stderr=True)
        self.bars: RichProgress = Progress(
            TextColumn("{task.description:<9}"),
            BarColumn(),
            TextColumn("{task.fields[count]}"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=self.console,
            transient=True,
            disable=not self.console.is_terminal,
        )

    def __enter__(self) -> Bars:
        self.bars.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.bars.stop()

    @contextmanager
    def step(self, name: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
        """One bar; it moves when items are counted."""
        task = self.bars.add_task(name, total=total, count="")

        def advance(items: int) -> None:
            self.bars.advance(task, items)
            done = self.bars.tasks[self.bars.task_ids.index(task)]
            rate = f"{done.speed:,.0f}/s" if done.speed else ""
            self.bars.update(task, count=f"{done.completed:,.0f} {rate}")

        yield advance
        total = int(self.bars.tasks[self.bars.task_ids.index(task)].completed) or total or 1
        self.bars.update(task, total=total, completed=total)
