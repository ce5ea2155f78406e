"""Run the test suite against the built wheel: `make test-wheel`.

Builds the wheel, installs it with its test dependencies into an environment of its own, lays tests, data and documents
(not src/) into a temporary folder, and runs pytest there. Arguments go to pytest.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LEFT_OUT = {"src", "build", "dist", ".venv", ".kgraph", ".git"}
TREE_ONLY = (
    "tests/test_layers.py",
    "tests/test_wheel.py",
    "tests/test_first_minutes.py",
    "tests/test_tree.py",
)
"""Tests of the tree itself: its imports, its Makefile, the making of the wheel."""


def main() -> int:
    """Build, install, test; gives pytest's exit status."""
    with tempfile.TemporaryDirectory(prefix="kgraph-wheel-") as name:
        folder = Path(name)
        build = [sys.executable, "-m", "build", "-q", "--wheel", "--outdir", str(folder), str(ROOT)]
        subprocess.run(build, check=True)
        [wheel] = folder.glob("*.whl")
        venv.create(folder / "venv", with_pip=True)
        python = folder / "venv" / "bin" / "python"
        install = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
        constraints = ["-c", str(ROOT / "constraints.txt")]
        subprocess.run([*install, *constraints, f"{wheel}[test]"], check=True)
        tree = folder / "tree"
        shutil.copytree(
            ROOT,
            tree,
            ignore=lambda path, names: (
                {n for n in names if n in LEFT_OUT or n == "node_modules" or n.endswith(".egg-info")}
                if Path(path) == ROOT
                else {n for n in names if n in ("node_modules", "__pycache__")}
            ),
        )
        # the clients that tests run with node are found beside the scripts, as in the tree
        (tree / "tests" / "node" / "node_modules").symlink_to(ROOT / "tests" / "node" / "node_modules")
        environment = {
            **os.environ,
            "KGRAPH_SHARED": os.environ.get("KGRAPH_SHARED", str(ROOT.parent / "shared")),
            "PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}",
        }
        environment.pop("PYTHONPATH", None)
        ignored = [f"--ignore={path}" for path in TREE_ONLY]
        print(f"Testing {wheel.name}, installed apart from the tree ...", flush=True)
        return subprocess.run(
            [str(python), "-m", "pytest", *ignored, *sys.argv[1:]], cwd=tree, env=environment
        ).returncode


if __name__ == "__main__":
    sys.exit(main())
