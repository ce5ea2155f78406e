"""What an edit changed: the files that differ from those of a release, and the quads they gain and lose.

The files as they were stand in the release's archive; both versions are parsed, and the lines that only one of
them has (or has more often) are the edit.
"""

from __future__ import annotations

import hashlib
import io
import tarfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pyoxigraph as ox

from kgraph.build.delta.unsuited import Unsuited
from kgraph.build.dump import file_names
from kgraph.build.inputs import Inputs, source_texts
from kgraph.build.load import Loaded, inferred_graph, quads_of
from kgraph.build.ontology import Ontology
from kgraph.build.packed import Block, read_at
from kgraph.build.sources import Source

Statement = tuple[ox.NamedNode | ox.BlankNode, ox.NamedNode, ox.Literal]


@dataclass
class Files:
    """The data files that differ. `old` are names in the archive, `new` the sources as they are now."""

    old: list[str] = field(default_factory=list)
    new: list[Source] = field(default_factory=list)
    queries: bool = False


@dataclass
class Edit:
    """`lines`: quad as a canonical line -> how often more (below 0: less) the files have it; `quads`: its quad.

    `raw`: the same for statements, as parsed, whose literal the store keeps otherwise. `loaded` tells of the files as
    they are now.
    """

    lines: dict[bytes, int]
    quads: dict[bytes, ox.Quad]
    raw: dict[Statement, int]
    loaded: Loaded


def changed_files(inputs: Inputs, before: Mapping[str, str], data_before: Mapping[str, int]) -> Files:
    """Which files differ. `before`: file -> digest; `data_before` has the data files. Raises Unsuited."""
    found = Files()
    now = {source.name: source for source in inputs.data}
    queries = {name for name in {*before, *inputs.digests} if name.endswith(".rq")}
    texts = {path.relative_to(inputs.site.root).as_posix() for path in _inside(inputs)}
    for name in sorted({*before, *inputs.digests}):
        if before.get(name) == inputs.digests.get(name):
            if (name in now) != (name in data_before):
                raise Unsuited(f"{name} plays another part now")
            continue
        if name in texts or not (name in now or name in data_before or name in queries):
            raise Unsuited(f"{name} changed")
        if name in queries:
            found.queries = True
        if name in data_before:
            found.old.append(name)
        if name in now:
            found.new.append(now[name])
    order = {source.name: n for n, source in enumerate(inputs.data)}
    found.new.sort(key=lambda source: order[source.name])
    return found


def _inside(inputs: Inputs) -> list[Path]:
    root = inputs.site.root
    return [path for path in source_texts(inputs.site) if path.is_relative_to(root)]


def old_sources(
    archive: Path, blocks: list[Block], files: Files, digests: Mapping[str, str], scratch: Path
) -> list[Source]:
    """The files as they were, unpacked into `scratch`. Raises Unsuited where they are not what was digested."""
    wanted, found, start = set(files.old), list[Source](), 0
    try:
        with archive.open("rb") as packed:
            for block in blocks:
                if not wanted.isdisjoint(file_names(block)):
                    data = zlib.decompress(read_at(packed, start, block.gzip), wbits=31)
                    with tarfile.open(fileobj=io.BytesIO(data)) as entries:
                        for entry in entries:
                            if entry.name in wanted:
                                stream = entries.extractfile(entry)
                                found.append(
                                    _old(entry.name, stream.read() if stream else b"", digests, scratch)
                                )
                start += block.gzip
    except (OSError, zlib.error, tarfile.TarError) as error:
        raise Unsuited("the release's archive cannot be read") from error
    if len(found) != len(wanted):
        raise Unsuited("the release's archive is not whole")
    return found


def _old(name: str, data: bytes, digests: Mapping[str, str], scratch: Path) -> Source:
    if hashlib.sha256(data).hexdigest() != digests[name]:
        raise Unsuited("the release's archive is damaged")
    source = Source.of(Path(name), Path())
    # its name names its graph
    source.path = scratch / hashlib.sha256(name.encode()).hexdigest() / source.path.name
    source.path.parent.mkdir()
    source.path.write_bytes(data)
    return source


def read_edit(old: list[Source], files: Files, inputs: Inputs, *, named: bool, most: int) -> Edit:
    """Parse both versions. An error of a new file is left in `loaded.errors`. Raises Unsuited."""
    rewrite, none = inputs.rewrite, Ontology()
    loaded, before = Loaded(), Loaded()
    after_quads = list(quads_of(files.new, none, rewrite, named, loaded))
    edit = Edit({}, {}, {}, loaded)
    if loaded.errors:
        return edit
    before_quads = list(quads_of(old, none, rewrite, named, before))
    if before.errors:
        raise Unsuited("a file as it was is no longer well-formed to this version")
    if loaded.blank and before.blank and len(after_quads) > most:
        raise Unsuited("a large file with blank nodes changed")
    inferred = inferred_graph(rewrite.base)
    for quads, sign in ((after_quads, 1), (before_quads, -1)):
        _count(edit, quads, sign)
    edit.lines = {line: times for line, times in edit.lines.items() if times}
    edit.quads = {line: edit.quads[line] for line in edit.lines}
    for quad in edit.quads.values():
        if quad.graph_name == inferred:
            raise Unsuited("a file writes into the inferred graph")
        if not named and type(quad.graph_name) is not ox.DefaultGraph:
            raise Unsuited("the site has named graphs now")
    for found, sign in ((loaded, 1), (before, -1)):
        for s, p, o, times in found.raw.counts():
            edit.raw[s, p, o] = edit.raw.get((s, p, o), 0) + sign * times
    edit.raw = {statement: times for statement, times in edit.raw.items() if times}
    return edit


def _count(edit: Edit, quads: list[ox.Quad], sign: int) -> None:
    text = ox.serialize(quads, format=ox.RdfFormat.N_QUADS) or b""
    for line, quad in zip(text.splitlines(keepends=True), quads, strict=True):
        edit.lines[line] = edit.lines.get(line, 0) + sign
        edit.quads[line] = quad
