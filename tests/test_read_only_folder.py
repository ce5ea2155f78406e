"""A folder of releases that really cannot be written: what reads works, what writes says so and changes nothing.

Root may write whatever the modes say, so as root the program runs without the capabilities that allow it.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from conftest import need_program
from harvest_site import three_releases

READ = """
import json, sys
from pathlib import Path
sys.path[:0] = [sys.argv[2]]
from harvest_site import client_of
with client_of(Path(sys.argv[1])) as web:
    print(json.dumps({path: web.get(path).status_code for path in sys.argv[3:]}))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("read-only")
    three_releases(folder, size=12)
    (folder / "data" / "more.ttl").write_text(
        "<http://localhost:8000/id/x> <http://www.w3.org/2000/01/rdf-schema#label> 'x' ."
    )
    state = folder / ".kgraph"
    inside = [state, *state.rglob("*")]
    for path in inside:
        path.chmod(path.stat().st_mode & ~0o222)
    yield folder
    for path in inside:
        path.chmod(path.stat().st_mode | 0o200)


def bound(*command: str) -> subprocess.CompletedProcess[str]:
    """Run a command to which the modes of files apply."""
    before: list[str] = []
    if os.geteuid() == 0:
        setpriv = need_program("setpriv", how="install it (Debian: apt install util-linux)")
        before = [setpriv, "--bounding-set=-dac_override,-dac_read_search", "--"]
    return subprocess.run([*before, *command], capture_output=True, text=True, timeout=240, check=False)


def kgraph(*arguments: str) -> subprocess.CompletedProcess[str]:
    return bound(sys.executable, "-m", "kgraph", *arguments)


def contents(folder: Path) -> dict[str, str]:
    state = folder / ".kgraph"
    return {
        str(p.relative_to(state)): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(state.rglob("*"))
        if p.is_file()
    }


def test_the_modes_apply(folder: Path) -> None:
    assert bound("touch", str(folder / ".kgraph" / "new")).returncode != 0


@pytest.mark.parametrize("verb", [["build"], ["check"], ["rollback", "1", "--site"]], ids=lambda v: v[0])
def test_what_writes_says_so_and_changes_nothing(folder: Path, verb: list[str]) -> None:
    before = contents(folder)
    done = kgraph(*verb, str(folder))
    assert done.returncode == 3
    assert done.stderr.splitlines() == [
        f"kgraph: {folder / '.kgraph'}: the folder of releases cannot be written: Permission denied",
        "  Name another place for releases with --state.",
    ]
    assert contents(folder) == before


def test_what_reads_works(folder: Path) -> None:
    before = contents(folder)
    for verb in (
        ["releases", str(folder)],
        ["diff", "1", "2", "--site", str(folder)],
        ["verify", "--site", str(folder)],
    ):
        done = kgraph(*verb)
        assert (done.returncode, done.stderr) == (0, ""), verb
    paths = ["/", "/id/person/p0003.ttl", "/id/person/p0003.ttl?release=1", "/ldes", "/ldes/1", "/fragments"]
    paths += [
        "/oai?verb=ListRecords&metadataPrefix=oai_dc",
        "/catalog.ttl",
        "/changes.atom",
        "/diff?from=1&to=3",
    ]
    paths += ["/sparql?query=ASK%20%7B%7D", "/sitemap.xml", "/dumps/2/data.nq.gz", "/reconcile?query=Person"]
    done = bound(sys.executable, "-c", READ, str(folder), str(Path(__file__).parent), *paths)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == dict.fromkeys(paths, 200)
    assert contents(folder) == before
