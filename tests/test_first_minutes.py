"""What goes wrong in a newcomer's first ten minutes, provoked: each says what is missing and what to do."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import ROOT, need_program

TOOLS = (
    "sh",
    "make",
    "sed",
    "awk",
    "grep",
    "tail",
    "mktemp",
    "rm",
    "mv",
    "cat",
    "touch",
    "dirname",
    "uname",
    "echo",
)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """The files that `make` reads before anything of Python is installed."""
    if not (ROOT / "Makefile").exists():
        pytest.skip("the tree's Makefile is not part of the wheel")
    need_program("make", how="install it (Debian: apt install make)")
    folder = tmp_path / "kgraph"
    for name in ("Makefile", "pyproject.toml", "constraints.txt", "README.md", "LICENSE"):
        folder.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    shutil.copytree(ROOT / "scripts", folder / "scripts")
    (folder / "src" / "kgraph").mkdir(parents=True)
    shutil.copy(ROOT / "src" / "kgraph" / "__init__.py", folder / "src" / "kgraph")
    return folder


def make(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run make with a PATH that holds nothing but basic tools and what the test put into ../bin."""
    programs = folder.parent / "bin"
    programs.mkdir(exist_ok=True)
    for tool in TOOLS:
        found = shutil.which(tool)
        if found and not (programs / tool).exists():
            (programs / tool).symlink_to(found)
    return subprocess.run(
        ["make", *arguments],
        cwd=folder,
        env={"PATH": str(programs), "HOME": str(folder.parent), "LC_ALL": "C.UTF-8", **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )


def program(folder: Path, name: str, script: str) -> None:
    """Put a shell script on the PATH of `make`."""
    path = folder.parent / "bin" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def python(folder: Path, name: str = "python3", before: str = "") -> None:
    """Put this Python on the PATH of `make`, perhaps behind a condition."""
    program(folder, name, f'{before}\nexec {sys.executable} "$@"')


def error_lines(done: subprocess.CompletedProcess[str]) -> list[str]:
    """What was said on standard error, without make's own closing line."""
    return [line for line in done.stderr.splitlines() if not line.startswith("make")]


def test_a_target_that_does_not_exist(clone: Path) -> None:
    done = make(clone, "serv")
    assert done.returncode == 2
    assert done.stderr.splitlines()[0] == "make: there is no target 'serv' here; 'make help' lists them."


def test_help_lists_every_target(clone: Path) -> None:
    done = make(clone)
    [declared] = [line for line in (clone / "Makefile").read_text().splitlines() if line.startswith(".PHONY")]
    assert done.returncode == 0
    assert [f"make {name}" in done.stdout for name in declared.split()[1:]] == [True] * len(
        declared.split()[1:]
    )


def test_no_python(clone: Path) -> None:
    done = make(clone, "serve")
    assert done.returncode == 2
    assert error_lines(done) == [
        "kgraph needs Python 3.11 or newer; there is no 'python3' on the PATH.",
        "  Install it (Debian, Ubuntu: apt install python3 python3-venv), or name yours: "
        "make PYTHON=/path/to/python3.12 ...",
    ]


OLD = 'case "$*" in *version_info*) exit 1;; *platform*) echo 3.9.2; exit 0;; esac'


def test_python_too_old(clone: Path) -> None:
    python(clone, before=OLD)
    done = make(clone, "serve")
    assert done.returncode == 2
    assert error_lines(done) == [
        "kgraph needs Python 3.11 or newer; 'python3' is Python 3.9.2.",
        "  Install a newer one beside it and name it: make PYTHON=python3.12 ...",
    ]


NO_VENV = (
    'case "$*" in *"-m venv"*|*"import venv, ensurepip"*) echo "No module named venv" >&2; exit 1;; esac'
)


def test_no_venv_module_and_a_newer_python_beside_an_old_one(clone: Path) -> None:
    python(clone, before=OLD)
    python(clone, "python3.12", before=NO_VENV)
    done = make(clone, "serve")
    minor = f"{sys.version_info[0]}.{sys.version_info[1]}"
    assert done.returncode == 2
    assert error_lines(done) == [
        "'python3' is Python 3.9.2; using python3.12 instead.",
        "This Python has no complete venv module, which makes the environment that kgraph is installed into.",
        f"  Debian, Ubuntu: apt install python{minor}-venv; then run make again.",
    ]
    assert not (clone / ".venv").exists()


def test_no_network(clone: Path) -> None:
    python(clone)
    nowhere = {
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_INDEX_URL": "http://127.0.0.1:9/",
        "PIP_EXTRA_INDEX_URL": "",
        "PIP_FIND_LINKS": "",
        "PIP_RETRIES": "0",
        "PIP_NO_CACHE_DIR": "1",
    }
    done = make(clone, "serve", **nowhere)
    assert done.returncode == 2
    assert error_lines(done)[-2:] == [
        "The packages could not be fetched: no way to the package index. The last lines of pip stand above.",
        "  Check the network (behind a proxy: set https_proxy; with a mirror: pip config set global.index-url "
        "ADDRESS), then run make again.",
    ]
    assert not (clone / ".venv" / "installed").exists()
