"""What no file of the project may hold, and what its pins must: for whoever clones it, anywhere."""

from __future__ import annotations

import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from conftest import ROOT, need_shared

REGISTRIES = "|".join(
    ("pypi" + r"\.org", "python" + "hosted", r"npmjs\." + "(org|com)", r"deb\.debian\." + "org")
)
MACHINE = re.compile(r"(^|[^A-Za-z0-9_.])/(work|farm|root)/")


def tracked() -> Iterator[tuple[str, str]]:
    """The text files of the tree with their text."""
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        pytest.skip("this is not a git checkout")
    for name in filter(None, done.stdout.split("\0")):
        path = ROOT / name
        if path.is_file() and path.stat().st_size < 2_000_000:
            yield name, path.read_text("utf-8", errors="ignore")


def test_no_registry_address_and_no_path_of_one_machine() -> None:
    found = [name for name, text in tracked() if re.search(REGISTRIES, text) or MACHINE.search(text)]
    assert found == []


def test_no_sentence_of_a_source_is_copied() -> None:
    """Nine words in a row are a copy; names, titles, terms and short quote selectors are not."""
    folder = need_shared("sources")
    copied: set[tuple[str, ...]] = set()
    for source in folder.glob("*.txt"):
        words = source.read_text("utf-8").split()
        copied |= {tuple(words[i : i + 9]) for i in range(len(words) - 8)}
    assert len(copied) > 500
    for name, text in tracked():
        words = text.split()
        assert not copied & {tuple(words[i : i + 9]) for i in range(len(words) - 8)}, name


def test_every_dependency_is_pinned_and_has_its_reason() -> None:
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    project = tomllib.loads(text)["project"]
    declared = [
        *project["dependencies"],
        *(d for group in project["optional-dependencies"].values() for d in group),
    ]
    pins = [line for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines() if line[:1] != "#"]
    assert [line for line in pins if not re.fullmatch(r"[\w.-]+==[\w.]+", line)] == []
    pinned = {normal(line.partition("==")[0]) for line in pins}
    assert {normal(re.split(r"[<>=\[; ]", d)[0]) for d in declared} - pinned == set()
    for name in declared:
        assert re.search(rf'"{re.escape(name)}",\s+# \w', text), f"{name} has no reason beside it"


def normal(name: str) -> str:
    """A package's name as registries compare it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize("lock", ["assets/editor/package-lock.json", "tests/node/package-lock.json"])
def test_lock_files_name_digests_and_no_addresses(lock: str) -> None:
    text = Path(ROOT / lock).read_text("utf-8")
    assert '"integrity": "sha512-' in text
    assert '"resolved"' not in text
