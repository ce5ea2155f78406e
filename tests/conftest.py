"""Fixtures for every test: where the shared suites are, and what this machine can run.

A test that needs something outside Python asks for it with one of the `need_` functions: where it is missing the test
is skipped with the reason and the way to get it, and the run ends with a table of these. With KGRAPH_REQUIRE=all
(set by .ci/run) a missing folder, program or browser is a failure, not a skip.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("KGRAPH_SHARED", ROOT.parent / "shared"))
REQUIRE_ALL = os.environ.get("KGRAPH_REQUIRE") == "all"
NODE_MODULES = ROOT / "tests" / "node" / "node_modules"


def missing(what: str, how: str) -> None:
    """Skip for something this machine lacks, or fail when everything is required."""
    text = f"{what} is missing; {how}"
    if REQUIRE_ALL:
        pytest.fail(text)
    pytest.skip(text)


def need_shared(relative: str) -> Path:
    """A path in the shared folder of sources and suites."""
    path = SHARED / relative
    if not path.exists():
        missing(
            f"shared/{relative.split('/')[0]}",
            "lay the shared folder beside the project or set KGRAPH_SHARED to it",
        )
    return path


def need_program(*names: str, how: str) -> str:
    """The path of the first of these programs that is on the PATH."""
    for name in names:
        found = shutil.which(name)
        if found:
            return found
    missing(" or ".join(names), how)
    raise AssertionError("unreachable")


def need_browser() -> str:
    """The path of Chromium, for playwright's `executable_path`."""
    return need_program(
        "chromium", "chromium-browser", "google-chrome", how="install it (Debian: apt install chromium)"
    )


def need_node(package: str) -> Path:
    """The folder of a package of tests/node/package.json; node itself is then on the PATH too."""
    need_program("node", how="install it (Debian: apt install nodejs npm), then run make node-tests")
    path = NODE_MODULES / package
    if not path.exists():
        missing(f"the npm package {package}", "run make node-tests (it needs npm and the network)")
    return path


def need_schema(name: str) -> Path:
    """The path of an XML schema of OAI-PMH (assets/fetch.py says from where)."""
    path = ROOT / "tests" / "schemas" / name
    if not path.exists():
        missing(f"the schema {name}", "run make schemas (it needs the network)")
    return path


def need_java() -> str:
    """The path of java, which runs the HTML checker."""
    return need_program("java", how="install it (Debian: apt install default-jre-headless)")


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's folder, itself a site."""
    return ROOT


@pytest.fixture(scope="session")
def built_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project's site with a release, made once for each test process. Not to be changed."""
    from kgraph.build.pipeline import build
    from kgraph.site import load_site

    folder = copy_site(tmp_path_factory.mktemp("site"))
    build(load_site(folder))
    return folder


@pytest.fixture(scope="session")
def live_site(built_site: Path) -> Iterator[str]:
    """The address of `kgraph serve` over the project's own site, on a free port; without a slash at its end."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "kgraph",
        "serve",
        str(built_site),
        "--port",
        str(port),
        "--processes",
        "1",
    ]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        for _attempt in range(600):
            assert server.poll() is None, "kgraph serve ended at once"
            try:
                urllib.request.urlopen(address + "/about", timeout=10).close()
                break
            except OSError:
                time.sleep(0.1)
        yield address
    finally:
        end(server)


def end(process: subprocess.Popen[Any]) -> None:
    """Ask a process to end, and make it if it does not; its output is closed."""
    process.terminate()
    try:
        process.communicate(timeout=20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()


CHROMIUM = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, one for each test process: playwright allows no second one beside it."""
    path = need_browser()
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=30_000)  # a busy machine is no defect of the page
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=path, args=list(CHROMIUM))
        yield found
        found.close()


def copy_site(folder: Path) -> Path:
    """Copy the project's own site into a folder, without what was built of it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("ontology", "data", "shapes", "queries"):
        shutil.copytree(ROOT / name, folder / name)
    shutil.copy(ROOT / "kgraph.toml", folder)
    return folder


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """End with a table: how many tests were skipped, for what, and how to get it."""
    reasons: Counter[str] = Counter()
    for report in terminalreporter.stats.get("skipped", []):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        reasons[reason.removeprefix("Skipped: ")] += 1
    if not reasons:
        return
    rows = [(str(n), *split_reason(reason)) for reason, n in sorted(reasons.items())]
    terminalreporter.section("skipped: what, and how to get it", sep="-")
    widths = [max(len(row[i]) for row in rows) for i in range(2)]
    for number, what, how in rows:
        terminalreporter.write_line(f"{number:>{widths[0]}}  {what:<{widths[1]}}  {how}")


def split_reason(reason: str) -> tuple[str, str]:
    """('chromium', 'install it ...') of 'chromium is missing; install it ...'; other reasons stay whole."""
    what, found, how = reason.partition(" is missing; ")
    return (what, how) if found else (reason, "")
