"""A curator's edit of a generated site: one file changes by a given number of triples, the same edit every time."""

from __future__ import annotations

import gzip
import json
import os
import re
from pathlib import Path
from typing import Any

from synthetic.story import Source
from synthetic.stream import PIECES, SMALLEST, cut, end
from synthetic.writing import RECORD, Output, Part, writing

_SUMMARY = re.compile(r'^  dcterms:description "((?!Generated).*?)(?: Edit \d+\.)?"@en \.$', re.MULTILINE)
_SOURCES_APART = 1000
"""Numbers left between the source of one edit and the next."""


def change(folder: Path, triples: int, edit: int) -> dict[str, Any]:
    """Add three fifths of `triples` as a new source; reword passages for the rest, each one triple away and one new.

    `edit` numbers the edits of a site, from 1: each goes to another file. The file is replaced in one step, as an
    editor saves it. Gives file, `removed` and `added`. Raises ValueError for a site that cannot be edited so.
    """
    record = json.loads((folder / RECORD).read_text("utf-8"))
    files = record["files"]
    whole_files = files[:-1] or files  # the last one may be short
    part = whole_files[(edit * 7919 + record["seed"]) % len(whole_files)]
    path = folder / part["path"]
    if ".trig" not in path.name:
        raise ValueError(f"only TriG is edited, not {part['path']}")
    if triples < SMALLEST or triples % 2:
        raise ValueError(f"an even number of triples is needed, {SMALLEST} or more, not {triples}")
    reworded = triples // 5
    added = triples - 2 * reworded
    data = path.read_bytes()
    text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode()
    text, found = _SUMMARY.subn(rf'  dcterms:description "\1 Edit {edit}."@en .', text, count=reworded)
    if found < reworded:
        raise ValueError(f"{part['path']} has {found} passages, {reworded} are to be reworded")
    output = Output("trig")
    output.part = Part(part["path"], 0)
    source = Source(record["seed"], record["sources"] + edit * _SOURCES_APART, record["sources"] - 1)
    source.values["file"] = path.name.partition(".")[0]
    left = added
    for name, values in cut(source.pieces(), left):
        left -= PIECES[name].triples
        output.piece(name, values)
    for name, values in end(source, left):
        output.piece(name, values)
    saved = path.with_name(f".{path.name}")
    with writing(saved) as target:
        target.write(text.encode())
        output.flush(target)
    os.replace(saved, path)
    return {"file": part["path"], "removed": reworded, "added": reworded + output.part.triples}
