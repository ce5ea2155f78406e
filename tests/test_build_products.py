"""Dumps and index made by a second process are those that one process makes; it never outlives its builder."""

from __future__ import annotations

import json
import os
import pickle
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import ROOT
from kgraph.build import pipeline
from kgraph.build.index.write import IndexInput, Names
from kgraph.build.pipeline import build
from kgraph.build.products import Order
from kgraph.release import open_active
from kgraph.site import load_site


def made(folder: Path) -> tuple[dict[str, str], list[str]]:
    """Digests of a release's files but the store's and the index's, and the rows of the index."""
    build(load_site(folder), force=True)
    release = open_active(folder / ".kgraph")
    manifest = json.loads((release.folder / "manifest.json").read_text())
    db = sqlite3.connect(release.index)
    rows = [line for line in db.iterdump() if "sqlite_stat" not in line and "label_search" not in line]
    db.close()
    release.close()
    files = {
        name: told["sha256"]
        for name, told in manifest["files"].items()
        if not name.startswith(("store/", "index"))
    }
    return files | {"data": manifest["data"]}, rows


def test_a_second_process_makes_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("data", "ontology", "shapes", "queries"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "kgraph.toml").write_text((ROOT / "kgraph.toml").read_text("utf-8"), "utf-8")
    alone = made(tmp_path)
    started = []

    class Counted(pipeline.Beside):
        def __init__(self, order: pipeline.Order) -> None:
            started.append(order.count)
            super().__init__(order)

    monkeypatch.setattr(pipeline, "BESIDE", 1)
    monkeypatch.setattr(pipeline, "Beside", Counted)
    monkeypatch.setattr(pipeline.os, "cpu_count", lambda: 2)
    files, rows = made(tmp_path)
    assert len(started) == 1
    assert files == alone[0]
    assert "dumps/data.trig.zst" in files
    # the second release follows a first one with the same data, so `changed` is the same too
    assert rows == alone[1]


@pytest.mark.parametrize("working", [False, True])
def test_the_second_process_ends_with_its_builder(tmp_path: Path, *, working: bool) -> None:
    plain = tmp_path / "plain"
    os.mkfifo(plain)  # nothing ever writes into it, so the order is never done
    unused = IndexInput("", "", [], "", "", "", False, set, {}, {})
    order = Order(tmp_path, tmp_path, plain, 1, True, tmp_path, [], {}, Names(), unused, None, 1)
    command = [sys.executable, "-m", "kgraph.build.products"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin
        assert process.stdout
        if working:
            pickle.dump(order, process.stdin)
            process.stdin.flush()
            assert pickle.load(process.stdout)[:2] == ("step", "dump")
        process.stdin.close()
        assert process.wait(120) == 1
