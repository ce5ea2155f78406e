"""docs/researchers.md as it stands: every block of code is run against a live server, every answer compared."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from conftest import NODE_MODULES, ROOT, need_node, need_program

PAGE = ROOT / "docs" / "researchers.md"
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Block(NamedTuple):
    """Code as the page shows it, and the answer that follows it ('' where none does)."""

    language: str
    code: str
    answer: str


def blocks() -> list[Block]:
    """The page's blocks in order; one without a language is the answer of the one before it."""
    found: list[Block] = []
    for language, text in BLOCK.findall(PAGE.read_text("utf-8")):
        if language:
            found.append(Block(language, text, ""))
        else:
            assert found[-1].answer == "", "two answers in a row"
            found[-1] = found[-1]._replace(answer=text)
    return found


BLOCKS = blocks()
CODE = [b for b in BLOCKS if b.language != "sparql"]


def test_the_page_has_the_blocks_that_are_run():
    assert [b.language for b in BLOCKS].count("sparql") == 1
    assert sorted(b.language for b in CODE) == ["python", "python", "r", "sh", "sh", "sh", "sh", "sh"]
    assert sum(bool(b.answer) for b in CODE) == 4


def command(language: str, code: str) -> list[str]:
    """How a block is run."""
    if language == "python":
        return [sys.executable, "-c", code]
    if language == "r":
        return [need_program("Rscript", how="install it (Debian: apt install r-base-core)"), "-e", code]
    assert language == "sh"
    if "npx comunica-sparql" in code:
        need_node("@comunica/query-sparql")
        node = need_program("node", how="install Node.js")
        code = code.replace("npx comunica-sparql", f"'{node}' '{NODE_MODULES}/.bin/comunica-sparql'")
    code = re.sub(r"^kgraph ", f"'{sys.executable}' -m kgraph ", code, flags=re.MULTILINE)
    need_program("curl", how="install it (Debian: apt install curl)")
    return ["sh", "-e", "-c", code.replace("curl -s ", "curl -sSf ")]


@pytest.mark.parametrize("block", CODE, ids=lambda b: f"{b.language}-{CODE.index(b)}")
def test_a_block_gives_what_the_page_says(block: Block, live_site: str, built_site: Path, tmp_path: Path):
    (question,) = (b.code for b in BLOCKS if b.language == "sparql")
    # `kgraph query` reads the site of the folder it is run in; the question lies beside it.
    (tmp_path / "acts.rq").write_text(question, "utf-8")
    for entry in built_site.iterdir():
        (tmp_path / entry.name).symlink_to(entry)
    code = re.sub(r"http://localhost:8000/(?=sparql|queries/|graphs\?)", live_site + "/", block.code)
    done = subprocess.run(
        command(block.language, code), cwd=tmp_path, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr[-1000:]
    said = [line.rstrip() for line in done.stdout.replace("\r", "").splitlines()]
    wanted = [line.rstrip() for line in block.answer.splitlines()]
    if wanted and wanted[-1] == "...":
        assert said[: len(wanted) - 1] == wanted[:-1]
        assert len(said) >= len(wanted)
    elif wanted:
        assert said == wanted
    elif "> statements.csv" in block.code:
        table = (tmp_path / "statements.csv").read_text("utf-8").splitlines()
        assert {"speaker", "act", "passage", "date"} <= set(table[0].split(","))
        assert len(table) > 50
    elif "acts.rq" in block.code:  # a table whose look is not the page's matter: its ten rows are there
        assert done.stdout.count("characterisation") == len(re.findall(r"acts\.rq", block.code))
    else:
        assert "<http://localhost:8000/id/source/moscow-2014>" in done.stdout
