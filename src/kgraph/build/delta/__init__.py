"""Building from the release before: only the files that changed are read, and only what they reach is made again.

The result is that of a full build, but for the ids of nodes and the files of the store. Whatever cannot be proven so
is Unsuited, and the build goes on in full.
"""

from __future__ import annotations

import gc
import shutil
import sqlite3
from pathlib import Path

from kgraph.build.delta.run import IncrementalRun
from kgraph.build.delta.unsuited import Unsuited
from kgraph.build.inputs import Inputs
from kgraph.build.pipeline import Run
from kgraph.build.products import Progress
from kgraph.errors import ReleaseError
from kgraph.release import Activation, Manifest

__all__ = ["IncrementalRun", "Unsuited", "released"]


def released(
    inputs: Inputs,
    folder: Path,
    progress: Progress,
    before: Activation | None,
    *,
    dumps: bool = True,
    force: bool = False,
) -> tuple[Run, Manifest, str]:
    """Fill the folder with a release, incrementally where that is proven right; gives the way taken, as a sentence."""
    why = "asked for" if force else "there is no release before"
    if before is not None and not force:
        try:
            run = IncrementalRun(inputs, folder, progress, before)
            manifest = run.release(dumps=dumps)
            return run, manifest, f"Built incrementally: {_changed(run)}."
        except Unsuited as reason:
            why = str(reason)
        except (OSError, sqlite3.Error, ReleaseError):
            why = "the release before cannot be read"
        gc.collect()  # a store that is still held keeps its folder locked
        for path in folder.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    full = Run(inputs, folder, progress)
    full.before = before
    return full, full.release(dumps=dumps), f"Built in full: {why}."


def _changed(run: IncrementalRun) -> str:
    names = {*run.files.old, *(source.name for source in run.files.new)}
    count = len(names)
    return f"{count:,} of {len(run.inputs.digests):,} files changed" if count else "no data file changed"
