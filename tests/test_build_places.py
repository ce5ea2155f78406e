"""Where findings point: files are passed over where they cannot have a subject, however it may be written."""

from __future__ import annotations

from pathlib import Path

import pytest

from kgraph.build import places
from kgraph.build.findings import Finding
from kgraph.build.places import with_places
from kgraph.build.rewrite import Rewrite
from kgraph.build.sources import Source

BASE = "http://localhost:8000/"
WAYS = {
    "absolute": "<http://localhost:8000/id/event/a_b-1> a <x:T> .",
    "relative": "@base <http://localhost:8000/> .\n<id/event/a_b-1> a <x:T> .",
    "near": "@base <http://localhost:8000/id/event/z> .\n<a_b-1> a <x:T> .",
    "up": "@base <http://localhost:8000/id/event/deep/z> .\n<../a_b-1> a <x:T> .",
    "the base itself": "@base <http://localhost:8000/id/event/a_b-1> .\n<> a <x:T> .",
    "prefix": "@prefix e: <http://localhost:8000/id/event/> .\ne:a_b-1 a <x:T> .",
    "prefix within the word": "PREFIX e: <http://localhost:8000/id/event/a_b->\ne:1 a <x:T> .",
    "relative prefix": "@base <http://localhost:8000/id/> .\n@prefix e: # x\n <event/a> .\ne:_b-1 a <x:T> .",
    "prefix is the word": "@prefix e: <http://localhost:8000/id/event/a_b-1> .\ne: a <x:T> .",
    "escaped": "@prefix e: <http://localhost:8000/id/event/> .\ne:a\\_b\\-1 a <x:T> .",
    "by number": "<http://localhost:8000/id/event/\\u0061_b-1> a <x:T> .",
    "graph": "@base <http://localhost:8000/> .\n<id/event/a_b-1> { <x:s> a <x:T> . }",
}


def placed(folder: Path, text: str, rewrite: Rewrite) -> tuple[str, int]:
    files = {"a.trig": "<x:1> a <x:T> .\n<x:a_b-> a <x:T> .", "b.trig": text, "c.nt": "<x:s> <x:p> <x:o> .\n"}
    for name, each in files.items():
        (folder / name).write_text(each)
    sources = [Source.of(folder / name, folder) for name in files]
    finding = Finding("test", "", subject=rewrite.iri(BASE + "id/event/a_b-1"))
    (found,) = with_places([finding], sources, rewrite)
    return found.file, found.line


@pytest.mark.parametrize("base", [BASE, "http://example.org/data-", "http://example.org/e"])
@pytest.mark.parametrize("way", WAYS)
def test_a_subject_is_found_however_it_is_written(tmp_path: Path, way: str, base: str) -> None:
    text = WAYS[way]
    where = text.splitlines().index(text.splitlines()[-1]) + 1
    assert placed(tmp_path, text, Rewrite(base, base + "ontology#")) == ("b.trig", where)


def test_files_that_cannot_have_a_subject_are_not_parsed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = []
    cut = places.blocks

    def blocks(text: str):  # type: ignore[no-untyped-def]
        read.append(text)
        return cut(text)

    monkeypatch.setattr(places, "blocks", blocks)
    monkeypatch.setattr(Source, "quads", None)  # c.nt is not parsed, either
    assert placed(tmp_path, WAYS["relative"], Rewrite()) == ("b.trig", 2)
    assert read == [WAYS["relative"]]
