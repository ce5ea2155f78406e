"""A release made from the one before it and the files that changed; equal to what a full build would make."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pyoxigraph as ox

from kgraph import __version__
from kgraph.build import basis as kept
from kgraph.build import shapes as shacl
from kgraph.build.addresses import collisions
from kgraph.build.basis import Basis
from kgraph.build.checks import check_site
from kgraph.build.checks.table import all_checks
from kgraph.build.delta import index
from kgraph.build.delta.dumps import Dumps
from kgraph.build.delta.edit import Edit, Files, Statement, changed_files, old_sources, read_edit
from kgraph.build.delta.figures import distinct_graphs
from kgraph.build.delta.index import Repeats
from kgraph.build.delta.scope import ScopedGraph
from kgraph.build.delta.statements import Change, View, plan
from kgraph.build.delta.unsuited import Unsuited
from kgraph.build.findings import Rejected, in_order
from kgraph.build.index.oddities import repeated
from kgraph.build.inputs import Inputs
from kgraph.build.load import Loaded, inferred_graph
from kgraph.build.ontology import read_ontology
from kgraph.build.packed import Block
from kgraph.build.pipeline import Run, parse_findings
from kgraph.build.products import Progress
from kgraph.build.sources import has_named_graphs
from kgraph.build.workspace import file_digests, known_digests, plain
from kgraph.release import Activation, Manifest, read_manifest
from kgraph.shacl import RawTerms, Report

MOST_FILES = 200
MOST_REWRITTEN = 5_000
PART, LEAST = 20, 1_000
"""More changed statements or reached nodes than one in PART of the release's statements, and than LEAST, are built in
full: there the two ways cost about the same (docs/build.md has the measurements)."""


class IncrementalRun(Run):
    """One run. `files` tells what changed."""

    def __init__(self, inputs: Inputs, folder: Path, progress: Progress, before: Activation) -> None:
        super().__init__(inputs, folder, progress)
        self.before = before
        self.base = self.site.state / "releases" / before.folder
        self.files = Files()
        self.most = LEAST

    def release(self, *, dumps: bool = True) -> Manifest:
        """Fill the folder. Raises Rejected as a full build does, and Unsuited where only that one will do."""
        former = self._former()
        copied = self.folder / "index.sqlite"
        with ThreadPoolExecutor(1) as aside:
            copying = aside.submit(shutil.copyfile, self.base / "index.sqlite", copied)
            basis, packed = self._basis()
            self._suited(former, basis)
            with self.step("load"):
                edit = self._edit(former, basis, packed["files.tar"])
            copying.result()
        with closing(sqlite3.connect(copied)) as db:
            db.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-65536;")
            with self.step("store"):
                change = self._change(edit, db)
            with self.step("check"):
                loaded = self._loaded(edit, basis, change, db)
                self._check(change, loaded)
            report = self._validated(change, edit, loaded)
            if any(f.severity == "error" for f in self.found):
                raise Rejected(self.found)
            with self.step("index"):
                odd = self._index(db, basis, edit, change)
            manifest, data = self._manifest(former, change, report), ""
            written: dict[str, list[Block]] = {}
            if dumps:
                data, written = self._dumps(former, packed, change, manifest)
            kept.write_packed(db, written)
            db.commit()
        self.found = in_order(
            [
                *self.found,
                *repeated(self.parsed, manifest.quads),
                *odd.findings(self.inputs.short),
            ]
        )
        self._add(collisions(copied, self.rewrite.ontology))
        shutil.rmtree(self.scratch)
        del change
        self._write_texts(report)
        with self.step("digest"):
            files = file_digests(self.folder, known_digests(self.base, former)) if dumps else {}
        return replace(manifest, data=data, files=files)

    def _former(self) -> Manifest:
        if not (self.base / "store").exists() or not (self.base / "index.sqlite").exists():
            raise Unsuited("store or index of the release before are no longer kept")
        return read_manifest(self.base)

    def _basis(self) -> tuple[Basis, dict[str, list[Block]]]:
        """What the release before keeps for this one."""
        index = f"file:{self.base / 'index.sqlite'}?mode=ro&immutable=1"
        with closing(sqlite3.connect(index, uri=True)) as db:
            basis = kept.read(db)
            if basis is None:
                raise Unsuited("another version of kgraph made the release before")
            return basis, kept.read_packed(db)

    def _suited(self, former: Manifest, basis: Basis) -> None:
        """Raise Unsuited where something changed that all depends on."""
        site, inputs = self.site, self.inputs
        if json.loads(json.dumps(plain(site.settings))) != former.settings or site.title != former.title:
            raise Unsuited("the settings changed")
        self.files = changed_files(inputs, former.sources, basis.parsed)
        if len(self.files.old) + len(self.files.new) > MOST_FILES:
            raise Unsuited(f"{len({*self.files.old, *(s.name for s in self.files.new)}):,} files changed")
        if basis.entangled:
            raise Unsuited("a file writes into the inferred graph")
        self.ontology = read_ontology(inputs.ontology, self.rewrite)
        self.shapes, _ = shacl.read_shapes(inputs.shapes, self.rewrite)
        changed = {source.name for source in self.files.new}
        for source in inputs.data:
            if source.name not in changed:
                source.prefixes = dict(basis.prefixes[source.name])
        named = has_named_graphs(inputs.data) if former.named_graphs else False
        if bool(site.settings["graph_per_file"]) and inputs.data:
            named = True
        if named != former.named_graphs:
            raise Unsuited("the site has no named graphs any more")
        self.named = named

    def _edit(self, former: Manifest, basis: Basis, archived: list[Block]) -> Edit:
        self.scratch.mkdir()
        archive = self.base / "dumps" / "files.tar.gz"
        old = old_sources(archive, archived, self.files, former.sources, self.scratch)
        self.most = max(LEAST, former.quads // PART)
        edit = read_edit(old, self.files, self.inputs, named=self.named, most=self.most)
        if edit.loaded.errors:
            raise Rejected(parse_findings(edit.loaded.errors))
        if (basis.blank or edit.loaded.blank) and self.ontology.is_kgraph(self.rewrite.namespace):
            raise Unsuited("the data have blank nodes")
        if len(edit.lines) > self.most:
            raise Unsuited(f"{len(edit.lines):,} statements changed")
        return edit

    def _change(self, edit: Edit, db: sqlite3.Connection) -> Change:
        inferred = inferred_graph(self.rewrite.base)
        store = ox.Store.read_only(str(self.base / "store"))
        store.backup(str(self.folder / "store"))
        before = View(store, inferred, named=self.named)
        after = View(ox.Store(str(self.folder / "store")), inferred, named=self.named)
        change = plan(edit, Repeats(db), self.ontology, before, after)
        change.apply()
        return change

    def _loaded(self, edit: Edit, basis: Basis, change: Change, db: sqlite3.Connection) -> Loaded:
        """What a load of all files would have told."""
        loaded = edit.loaded
        rows = db.execute(
            "SELECT n.iri, s.triples FROM property_statistic s JOIN node n ON n.id = s.property"
        )
        uses = Counter({ox.NamedNode(iri): triples for iri, triples in rows})
        uses.update(change.uses)
        loaded.predicates = {predicate for predicate, triples in uses.items() if triples > 0}
        now = {source.name for source in self.inputs.data}
        loaded.parsed_of = {
            name: number for name, number in {**basis.parsed, **loaded.parsed_of}.items() if name in now
        }
        loaded.blank = loaded.blank or basis.blank
        self.parsed = len(self.ontology.triples) + sum(loaded.parsed_of.values())
        loaded.raw = self._raw(edit, change, db)
        self.rewritten = len(loaded.raw)
        return loaded

    def _raw(self, edit: Edit, change: Change, db: sqlite3.Connection) -> RawTerms:
        """The literals that the store keeps otherwise than the files have them, over all files."""
        (number,) = db.execute("SELECT count(*) FROM rewritten").fetchone()
        if number + len(edit.raw) > MOST_REWRITTEN:
            raise Unsuited(f"{number:,} literals are kept otherwise than they are written")
        text = "\n".join(row[0] for row in db.execute("SELECT statement FROM rewritten ORDER BY statement"))
        times = [row[0] for row in db.execute("SELECT times FROM rewritten ORDER BY statement")]
        found: dict[Statement, int] = {}
        for quad, count in zip(ox.parse(text, ox.RdfFormat.N_TRIPLES), times, strict=True):
            found[quad.subject, quad.predicate, quad.object] = count
        for statement, more in edit.raw.items():
            found[statement] = found.get(statement, 0) + more
            if found[statement] < 0:
                raise Unsuited("the release does not hold what its files said")
        raw = RawTerms()
        for (s, p, o), count in found.items():
            if count:
                raw.restore(s, p, o, count)
        raw.restore_kept(lambda s, p, o: self._times(change, db, s, p, o))
        return raw

    @staticmethod
    def _times(change: Change, db: sqlite3.Connection, s: object, p: object, o: object) -> int:
        """How often the files state a triple."""
        repeats, found = Repeats(db), 0
        for quad in change.after.stated_quads(s, p, o):
            line = ox.serialize([quad], format=ox.RdfFormat.N_QUADS) or b""
            times = change.times.get(line)
            found += repeats.get(line, 1) if times is None else times
        return found

    def _check(self, change: Change, loaded: Loaded) -> None:
        if self.ontology.is_kgraph(self.rewrite.namespace):
            graph = ScopedGraph(change, self.inputs, self.ontology, loaded, self.shapes)
            self._add(found for _, run in all_checks().values() for found in run(graph))
        self._add(check_site(self.inputs))

    def _validated(self, change: Change, edit: Edit, loaded: Loaded) -> Report:
        if not self.shapes:
            return shacl.empty_report()
        from kgraph.shacl import incremental

        previous = Report.from_json((self.base / "report.json").read_text("utf-8"))
        changed = [ox.Triple(*triple) for triple in change.merged]
        changed += [ox.Triple(*statement) for statement in edit.raw]
        with self.step("validate"):
            found = incremental(
                change.after.store,
                shacl.graph(tuple(self.shapes)),
                changed,
                (),
                previous,
                raw=loaded.raw,
                ontology=shacl.graph(tuple(self.ontology.triples)),
            )
        report = replace(found, scope="full", notes=previous.notes)
        self.take(report)
        return report

    def _index(self, db: sqlite3.Connection, basis: Basis, edit: Edit, change: Change) -> index.Oddities:
        assert self.before is not None
        above = {name for below in self.ontology.classes for name in self.ontology.above_class(below)}
        number = self.before.number + 1
        before, after = index.write(db, self.index_input(), change, above, number, most=self.most)
        odd = index.oddities(basis.oddities, before, after, change)
        index.write_basis(db, self.basis(edit.loaded, odd, entangled=False), change, edit.raw)
        return odd

    def _manifest(self, former: Manifest, change: Change, report: Report) -> Manifest:
        """The manifest but for digests."""
        inferred = change.before.inferred
        more = {True: 0, False: 0}
        for quad, gained in change.quads.items():
            more[quad.graph_name == inferred] += 1 if gained else -1
        stated = sum(1 if gained else -1 for gained in change.stated.values())
        return Manifest(
            inputs=self.inputs.digest,
            data="",
            created=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            kgraph=__version__,
            base=self.site.base,
            title=self.site.title,
            settings=dict(self.site.settings),
            quads=former.quads + more[False],
            triples=former.triples + stated,
            inferred=former.inferred + more[True],
            graphs=former.graphs + distinct_graphs(change),
            named_graphs=self.named,
            conforms=report.conforms,
            rewritten=self.rewritten,
            prefixes=self.prefixes(),
            sources=self.inputs.digests,
            files={},
        )

    def _dumps(
        self, former: Manifest, packed: Mapping[str, list[Block]], change: Change, manifest: Manifest
    ) -> tuple[str, dict[str, list[Block]]]:
        """Write the dumps; gives the digest of the data, and the blocks of each."""
        folder = self.folder / "dumps"
        folder.mkdir()
        dumps = Dumps(folder, self.base / "dumps", packed, change)
        with self.step("dump"):
            dumps.verify(former.files)
            data = dumps.nquads()
            dumps.trig(former.prefixes, manifest.prefixes)
        for name in ("data.nq", "data.trig"):
            if sum(block.lines for block in dumps.written[name]) != manifest.quads + manifest.inferred:
                raise Unsuited("the dump of the release is not that of its store")
        with self.step("archive"):
            now = self.inputs.digests
            unchanged = {name for name, digest in former.sources.items() if now.get(name) == digest}
            dumps.archive(self.site.root, self.archived(), unchanged)
        return data, dumps.written
