"""Fixtures for every test: where the shared suites are, and what this machine can run.

With KGRAPH_REQUIRE=all a missing folder, program or browser is a failure, not a skip.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("KGRAPH_SHARED", ROOT.parent / "shared"))
REQUIRE_ALL = os.environ.get("KGRAPH_REQUIRE") == "all"


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
            f"shared/{relative}",
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


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's folder, itself a site."""
    return ROOT
