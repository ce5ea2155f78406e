"""docs/curating.md: its file passes, and its faults give the messages that it shows."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import ROOT, copy_site

DOC = (ROOT / "docs" / "curating.md").read_text("utf-8")
EXAMPLE, SLIPPED = re.findall(r"```trig\n(.*?)```", DOC, re.DOTALL)
[TEXT] = re.findall(r"```text\n(.*?)```", DOC, re.DOTALL)
[SOURCES] = re.findall(r"```toml\n(.*?)```", DOC, re.DOTALL)
MEASURED = re.findall(r"^\$ (python3 .*)\n(.*)$", DOC, re.MULTILINE)
SHOWN = re.findall(r"```\n\$ kgraph check\n(.*?)```", DOC, re.DOTALL)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """The project's site in a folder of its own."""
    return copy_site(tmp_path / "site")


def check(site: Path, text: str) -> tuple[int, str]:
    """Exit status and output of `kgraph check` with this file; the time it took left out."""
    (site / "data" / "example.trig").write_text(text, "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "kgraph", "check"],
        cwd=site,
        capture_output=True,
        text=True,
        env={"COLUMNS": "400"},
    )
    return done.returncode, re.sub(r"\([\d.]+ s\)", "(TIME)", done.stdout + done.stderr)


def test_the_example_passes(site: Path) -> None:
    assert check(site, EXAMPLE) == (0, SHOWN[0])


def test_digest_length_and_positions_are_as_shown(site: Path) -> None:
    (site / "example.txt").write_bytes(TEXT.encode())
    assert len(MEASURED) == 2
    for command, shown in MEASURED:
        program, *arguments = shlex.split(command)
        assert program == "python3"
        done = subprocess.run(
            [sys.executable, *arguments], cwd=site, capture_output=True, text=True, check=True
        )
        assert done.stdout == shown + "\n"
        assert all(part in EXAMPLE for part in shown.split())


def test_with_the_text_at_hand_the_example_passes(site: Path) -> None:
    (site / "example.txt").write_bytes(TEXT.encode())
    with (site / "kgraph.toml").open("a", encoding="utf-8") as settings:
        settings.write("\n" + SOURCES)
    assert check(site, EXAMPLE) == (0, SHOWN[0])
    (site / "example.txt").write_bytes(b"An" + TEXT.encode())
    code, said = check(site, EXAMPLE)
    assert code == 1
    assert "[source-text]" in said


def test_missing_evidence_is_told_as_shown(site: Path) -> None:
    first = SLIPPED.splitlines()[0]
    whole = EXAMPLE[EXAMPLE.index(first.removesuffix(" .")) :].partition("}\n")
    broken = EXAMPLE.replace("".join(whole[:2]), SLIPPED)
    assert broken != EXAMPLE
    assert check(site, broken) == (1, SHOWN[1])


def test_a_typing_error_is_told_as_shown(site: Path) -> None:
    assert check(site, EXAMPLE.replace("a kg:Recognition", "a kgg:Recognition")) == (1, SHOWN[2])
