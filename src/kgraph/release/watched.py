"""What `kgraph serve --watch` serves: `.kgraph/watch.json`, written by the watcher, read by the web processes."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

_NAME = "watch.json"


@dataclass(frozen=True)
class Watched:
    """`draft`: folder name of the draft to serve, empty for the active release. `findings`: why the files as they are
    now cannot be built; readers keep the last good state meanwhile. `watcher`: its process id."""

    draft: str = ""
    findings: tuple[str, ...] = ()
    watcher: int = 0


def read_watched(state: Path) -> Watched:
    """What to serve; the active release and no findings where nothing watches."""
    try:
        given = json.loads((state / _NAME).read_text("utf-8"))
        found = Watched(str(given["draft"]), tuple(str(f) for f in given["findings"]), int(given["watcher"]))
        os.kill(found.watcher, 0)  # a watcher that is gone says nothing any more
    except (OSError, ValueError, KeyError, TypeError):
        return Watched()
    return found


def write_watched(state: Path, watched: Watched) -> None:
    """Replace what is served."""
    temporary = state / f"{_NAME}.{os.getpid()}"
    temporary.write_text(json.dumps(asdict(watched)), "utf-8")
    temporary.replace(state / _NAME)


def remove_watched(state: Path) -> None:
    """Nothing watches any more."""
    (state / _NAME).unlink(missing_ok=True)
