"""Dumps are packed in blocks: an edit leaves those it does not touch as they were, and readers see one file."""

from __future__ import annotations

import gzip
import io
import subprocess
import tarfile
from itertools import pairwise
from pathlib import Path

import pyoxigraph as ox
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from conftest import need_program
from kgraph.build import dump, packed
from kgraph.build.packed import Block, Packed, cut, edited
from kgraph.build.pipeline import build
from kgraph.release import read_log
from kgraph.site import load_site

EX = "http://example.org/"
KEYS = st.sets(
    st.tuples(st.integers(0, 9), st.integers(0, 99)).map(lambda n: b"<http://example.org/%d> p %d .\n" % n)
)


@given(KEYS, KEYS, st.data())
def test_an_edit_gives_the_blocks_of_all_lines(
    had: set[bytes], more: set[bytes], data: st.DataObject
) -> None:
    more -= had
    gone = data.draw(st.sets(st.sampled_from(sorted(had)))) if had else set()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(packed, "ENDS", 4)
        patch.setattr(packed, "MOST", 500)
        old = list(cut(sorted(had)))
        blocks = [Block(keys[0], len(keys), 0, 0) for keys in old]
        found = edited(blocks, lambda place: old[place], sorted(more), gone)
        assert [old[n] if isinstance(n, int) else n for n in found] == list(cut(sorted(had - gone | more)))


@given(KEYS)
def test_a_block_ends_between_subjects(keys: set[bytes]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(packed, "ENDS", 4)
        found = list(cut(sorted(keys)))
    assert [key for block in found for key in block] == sorted(keys)
    for one, other in pairwise(found):
        assert one[-1].split()[0] != other[0].split()[0]


def write_site(site: Path, name: str = "T") -> Path:
    (site / "data").mkdir(exist_ok=True)
    for n in range(6):
        text = "".join(
            f"<{EX}{n}{m:02}> <{EX}p> <{EX}{name if n == 4 else 'T'}> <{EX}g{m % 3}> .\n" for m in range(40)
        )
        (site / "data" / f"f{n}.nq").write_text(text)
    return site


def dumps(site: Path) -> tuple[str, dict[str, bytes]]:
    outcome = build(load_site(site))
    return outcome.way, {path.name: path.read_bytes() for path in folder(site).iterdir()}


def folder(site: Path) -> Path:
    state = site / ".kgraph"
    return state / "releases" / read_log(state)[-1].folder / "dumps"


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed, "ENDS", 16)
    monkeypatch.setattr(dump, "FILES", 1)


@pytest.mark.usefixtures("small_blocks")
def test_untouched_blocks_are_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, before = dumps(write_site(tmp_path))
    added, add = [], Packed.add

    def count(self: Packed, first: bytes, lines: int, data: bytes) -> None:
        added.append(lines)
        add(self, first, lines, data)

    monkeypatch.setattr(Packed, "add", count)
    way, after = dumps(write_site(tmp_path, "U"))
    assert way == "Built incrementally: 1 of 6 files changed."
    assert 0 < sum(added) < 300  # of 480 lines in the two dumps
    for name in before:
        assert before[name] != after[name]
        assert before[name][:200] == after[name][:200] or name.startswith("data.trig")


@pytest.mark.usefixtures("small_blocks")
def test_readers_see_one_file(tmp_path: Path) -> None:
    _, found = dumps(write_site(tmp_path))
    lines, trig = gzip.decompress(found["data.nq.gz"]), gzip.decompress(found["data.trig.gz"])
    assert found["data.nq.gz"].count(b"\x1f\x8b\x08") > 5
    assert len(lines.splitlines()) == 240
    program = need_program("zcat", how="install gzip")
    assert (
        subprocess.run([program], input=found["data.nq.gz"], capture_output=True, check=True).stdout == lines
    )
    assert set(ox.parse(trig, ox.RdfFormat.TRIG)) == set(ox.parse(lines, ox.RdfFormat.N_QUADS))
    for name, content in (("data.nq.zst", lines), ("data.trig.zst", trig)):
        with zstandard.open(io.BytesIO(found[name])) as stream:
            assert stream.read() == content
        with pytest.raises(
            zstandard.ZstdError
        ):  # a reader of one frame is refused; it gets no part for the whole
            zstandard.ZstdDecompressor().decompress(found[name])
    with tarfile.open(fileobj=io.BytesIO(found["files.tar.gz"])) as archive:
        assert archive.getnames() == [f"data/f{n}.nq" for n in range(6)]
        stream = archive.extractfile("data/f3.nq")
        assert stream
        assert stream.read() == (tmp_path / "data" / "f3.nq").read_bytes()


def test_a_dump_that_is_not_what_was_written_is_no_base(tmp_path: Path) -> None:
    dumps(write_site(tmp_path))
    path = folder(tmp_path) / "data.trig.zst"
    path.write_bytes(path.read_bytes() + b"x")
    way, found = dumps(write_site(tmp_path, "U"))
    assert way == "Built in full: the dump of the release is not what was written."
    assert b"U" in gzip.decompress(found["data.nq.gz"])


def test_a_new_prefix_stands_in_all_of_trig(tmp_path: Path) -> None:
    write_site(tmp_path)
    dumps(tmp_path)
    text = "@prefix e: <http://example.org/> . e:new { e:a e:p e:T . }"
    (tmp_path / "data" / "more.trig").write_text(text)
    way, found = dumps(tmp_path)
    assert way.startswith("Built incrementally")
    assert gzip.decompress(found["data.trig.gz"]).startswith(
        b"@prefix e: <http://example.org/> .\ne:g0 {\n\te:000 e:p e:T .\n"
    )
