"""Kill builds, rollbacks and collections at random moments while readers read, and look at what is left.

    python bench/crash.py --kills 300 --seed 1

Each round edits the site, starts a build (or a rollback) in a process of its own and kills it with SIGKILL after a
random time. Readers open the active release all the while and check that store, index and manifest are of one
generation. Prints one JSON object; `wrong`, `lost` and `failed` must be 0.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from kgraph.build.pipeline import build
from kgraph.errors import KgraphError
from kgraph.index import open_index
from kgraph.release import building, open_active, read_log, roll_back, verify
from kgraph.site import load_site

THINGS = 200
READERS = 2


def write(site: Path, generation: int) -> None:
    """The site's file: every statement carries its generation."""
    path = site / "data" / "things.nt"
    path.parent.mkdir(exist_ok=True)
    lines = (
        f'<http://localhost:8000/id/{n}> <http://www.w3.org/2000/01/rdf-schema#label> "{generation}" .\n'
        for n in range(THINGS)
    )
    path.with_suffix(".new").write_text("".join(lines))
    path.with_suffix(".new").replace(path)


def forked(work: Callable[[], None]) -> int:
    """Do the work in a child process; it ends with 0, or 3 when kgraph reported an error."""
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        work()
        code = 0
    except KgraphError as error:
        print(error, file=sys.stderr)
        code = 3
    finally:
        os._exit(code)


def read_on(site: Path, stop: Path, problems: Path) -> None:
    """Open the active release again and again; every answer must be of one generation."""
    import pyoxigraph as ox

    state, count, parent = site / ".kgraph", 0, os.getppid()
    while not stop.exists() and os.getppid() == parent:  # not left behind when the script itself is ended
        try:
            release = open_active(state)
            store = ox.Store.read_only(str(release.store))
            values = [quad.object.value for quad in store.quads_for_pattern(None, None, None)]
            index = open_index(release.index)
            labels = {row[0] for row in index.execute("SELECT text FROM label")}
            index.close()
            del store
            if len(values) != THINGS or set(values) != labels or len(labels) != 1:
                problems.open("a").write(f"wrong: {len(values)} statements of {sorted(labels)}\n")
            release.close()
            count += 1
        except Exception as error:
            problems.open("a").write(f"failed: {type(error).__name__}: {error}\n")
    problems.with_name(f"reads-{os.getpid()}").write_text(str(count))


def debris(state: Path) -> int:
    """Files of the state folder that belong to no release in the log."""
    known = {activation.folder for activation in read_log(state)}
    extra = [f for f in (state / "releases").iterdir() if f.name not in known]
    extra += list((state / "drafts").iterdir())
    extra += [state / "trash"] if (state / "trash").exists() else []
    return len(extra)


def run(kills: int, seed: int, folder: Path) -> dict[str, int | float]:
    """The rounds. Gives what is printed."""
    chance = random.Random(seed)
    site, state = folder, folder / ".kgraph"
    (site / "kgraph.toml").write_text("keep_releases = 3\n")
    write(site, 0)
    started = time.monotonic()
    os.waitpid(forked(lambda: void(build(load_site(site)))), 0)
    longest = (time.monotonic() - started) * 4  # readers take their share of the machine
    stop, problems = folder / "stop", folder / "problems"
    problems.touch()
    readers = [forked(lambda: read_on(site, stop, problems)) for _ in range(READERS)]
    killed = ended = lost = most = refused = 0
    before = read_log(state)
    generation = 0
    while killed < kills:
        generation += 1
        write(site, generation)
        work = chance.choices((make, make_in_full, roll), (50, 35, 15))[0]
        child = forked(lambda work=work: work(site))  # type: ignore[misc]
        status, seconds = killed_after(child, chance.random() * longest)
        if os.WIFEXITED(status) and work is not roll:
            longest = seconds * 1.1  # as fast as the machine is now
        killed += os.WIFSIGNALED(status)
        ended += os.WIFEXITED(status)
        refused += os.WIFEXITED(status) and os.WEXITSTATUS(status) == 1
        log = read_log(state)
        lost += log[: len(before)] != before
        before = log
        most = max(most, debris(state))
    stop.touch()
    for reader in readers:
        os.waitpid(reader, 0)
    write(site, generation + 1)
    os.waitpid(forked(lambda: void(build(load_site(site)))), 0)
    text = problems.read_text()
    print(text, file=sys.stderr, end="")
    faults = sum(len(verify(state / "releases" / name)) for name in {a.folder for a in read_log(state)})
    return {
        "kills": killed,
        "ended before the kill": ended,
        "crashed": refused,
        "releases": len(read_log(state)),
        "reads": sum(int(p.read_text()) for p in folder.glob("reads-*")),
        "wrong": text.count("wrong:") + faults,
        "lost": lost,
        "failed": text.count("failed:"),
        "debris at most": most,
        "debris left": debris(state),
        "seconds": round(time.monotonic() - started, 1),
    }


def killed_after(child: int, seconds: float) -> tuple[int, float]:
    """Kill a process after so long, unless it ends before; gives its status and the seconds it had."""
    started = time.monotonic()
    while (passed := time.monotonic() - started) < seconds:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return status, passed
        time.sleep(0.002)
    os.kill(child, signal.SIGKILL)
    return os.waitpid(child, 0)[1], passed


def void(_: object) -> None:
    """Nothing is wanted of it."""


def make(site: Path) -> None:
    """A build from the release before, with its collection."""
    build(load_site(site))


def make_in_full(site: Path) -> None:
    """A build that starts from nothing."""
    build(load_site(site), force=True)


def roll(site: Path) -> None:
    """A rollback, if there is anything to roll back to."""
    with building(site / ".kgraph"):
        roll_back(site / ".kgraph", None)


def main() -> int:
    """The command line. Gives the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = run(given.kills, given.seed, Path(folder))
    print(json.dumps(found))
    return 1 if found["wrong"] or found["lost"] or found["failed"] or found["crashed"] else 0


if __name__ == "__main__":
    sys.exit(main())
