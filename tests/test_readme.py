"""The README's query has the answer that it shows, its links lead somewhere, and it fits on a screen."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from conftest import ROOT

README = (ROOT / "README.md").read_text("utf-8")


def test_the_query_has_the_answer_shown(built_site: Path) -> None:
    [(query, shown)] = re.findall(r"kgraph query (\S+)` answers:\n\n```\n(.*?)```", README, re.DOTALL)
    done = subprocess.run(
        [sys.executable, "-m", "kgraph", "query", str(ROOT / query), "--site", str(built_site)],
        capture_output=True,
        text=True,
        env={"COLUMNS": "120", "PYTHONIOENCODING": "utf-8"},
    )
    assert [line.rstrip() for line in done.stdout.splitlines()] == shown.splitlines()


def test_links_lead_somewhere() -> None:
    for page in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")):
        for target in re.findall(r"\]\(([^)#\s]+)", page.read_text("utf-8")):
            assert "://" in target or (page.parent / target).exists(), f"{page.name}: {target}"


def test_it_fits_on_a_screen() -> None:
    assert README.count("\n") <= 45
