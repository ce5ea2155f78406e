"""kill -9 at random moments of build, rollback and collection, with readers (bench/crash.py runs it for longer)."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parent.parent / "bench" / "crash.py"


@pytest.mark.timeout(600)
def test_a_killed_builder_loses_nothing() -> None:
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "--kills", "60", "--seed", "7"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["kills"] == 60
    assert (found["wrong"], found["lost"], found["failed"], found["crashed"]) == (0, 0, 0, 0)
    assert found["reads"] > 50
    assert found["releases"] > 5
    assert found["debris at most"] <= 4
    assert found["debris left"] == 0
