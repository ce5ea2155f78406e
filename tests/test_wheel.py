"""The built wheel: what is in it, and that it runs in an environment that has nothing else of this tree."""

from __future__ import annotations

import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from conftest import ROOT, copy_site, missing

NETWORK = ("NewConnectionError", "Temporary failure", "Connection refused", "No matching distribution")


def run(*command: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command; a failure for want of the package index is a thing that this machine lacks."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=280)
    if done.returncode and any(sign in done.stdout + done.stderr for sign in NETWORK):
        missing("the package index", "connect to the network")
    return done


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy of the tree, so that no build folder is left in it."""
    tree = tmp_path_factory.mktemp("tree")
    for name in ("src", "pyproject.toml", "README.md", "LICENSE"):
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, tree / name, ignore=shutil.ignore_patterns("*.egg-info", "__pycache__"))
        else:
            shutil.copy(source, tree)
    done = run(sys.executable, "-m", "build", "-q", "--wheel", "--outdir", str(tree / "dist"), str(tree))
    assert done.returncode == 0, done.stderr[-2000:]
    [found] = (tree / "dist").glob("*.whl")
    return found


def test_the_wheel_holds_every_file_of_the_package(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    package = ROOT / "src" / "kgraph"
    ours = {
        f"kgraph/{path.relative_to(package)}"
        for path in package.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and not path.name.startswith(".")
    }
    assert ours - names == set()
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert not any(name.startswith(("tests/", "bench/")) for name in names)


PAGES = """
import pathlib, re, sys
from kgraph.engine import open_engine
from kgraph.release import open_active
from kgraph.site import load_site
from kgraph.web.app import create_app

site = load_site(pathlib.Path(sys.argv[1]))
release = open_active(site.state)
engine = open_engine(release)
client = create_app(site, release, engine).test_client()
style = re.search('href="(/static/[^"]+[.]css[^"]*)"', client.get("/").text).group(1)
for path in ("/", "/id/event/khojaly-1992.html?lang=fr", "/id/event/khojaly-1992.ttl", style, "/queries"):
    print(path.partition("?")[0], client.get(path).status_code)
engine.close()
"""


def test_the_wheel_runs_on_its_own(wheel: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "venv", with_pip=True)
    programs = tmp_path / "venv" / "bin"
    constraints = str(ROOT / "constraints.txt")
    done = run(str(programs / "python"), "-m", "pip", "install", "-q", "-c", constraints, str(wheel))
    assert done.returncode == 0, done.stderr[-2000:]
    kgraph = str(programs / "kgraph")
    assert run(kgraph, "--version").stdout.startswith("kgraph, version ")
    site = copy_site(tmp_path / "site")
    built = run(kgraph, "build", cwd=site)
    assert built.returncode == 0, built.stderr
    assert "Release 1" in built.stdout + built.stderr
    assert (site / ".kgraph" / "log.jsonl").is_file()
    answered = run(kgraph, "query", "queries/sources.rq", "--format", "csv", cwd=site)
    assert answered.returncode == 0, answered.stderr
    assert "id/source/moscow-2014" in answered.stdout
    pages = run(str(programs / "python"), "-c", PAGES, str(site), cwd=tmp_path)
    assert pages.returncode == 0, pages.stderr
    assert [line.split()[1] for line in pages.stdout.splitlines()] == ["200"] * 5, pages.stdout
