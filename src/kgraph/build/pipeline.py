"""From a site to a release: parse, check, infer, store, validate, dump, index, manifest, activate.

Everything happens in a folder of its own (workspace); a failure at any step leaves the active release as it is.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pyoxigraph as ox

from kgraph import __version__
from kgraph.build import shapes as shacl
from kgraph.build.addresses import collisions
from kgraph.build.basis import Basis, Repeated, keep
from kgraph.build.checks import check_model, check_site
from kgraph.build.dump import Lines
from kgraph.build.findings import Finding, Rejected, in_order
from kgraph.build.index.oddities import Oddities, repeated
from kgraph.build.index.subject import token
from kgraph.build.index.write import IndexInput
from kgraph.build.inputs import Inputs, read_inputs
from kgraph.build.lines import Runs
from kgraph.build.load import Loaded, Loader, inferred_graph, load, new_store
from kgraph.build.merge import Merge
from kgraph.build.ontology import Ontology, read_ontology
from kgraph.build.outline import outline
from kgraph.build.places import with_places
from kgraph.build.products import BESIDE, Beside, Order, Progress, Silent, Step
from kgraph.build.scan import Scan
from kgraph.build.sources import Source, has_named_graphs
from kgraph.build.workspace import file_digests, settle, workspace
from kgraph.errors import EnvironmentFault, ParseError, ReleaseError
from kgraph.history import record
from kgraph.release import Activation, Manifest, append_log, building, collect, read_log, remove_orphans
from kgraph.roles import own_roles, site_roles
from kgraph.site import CONFIG, Site

if TYPE_CHECKING:
    from kgraph.shacl import Report

PATIENCE = 2.0
"""Seconds that a build waits for another one, such as a draft of `serve --watch`, to end."""


@dataclass
class Outcome:
    """What a build or check gave. `activation` is None for a check; `new` False when nothing was to do.

    `way` says how a build went, and why.
    """

    manifest: Manifest | None
    activation: Activation | None = None
    new: bool = True
    findings: list[Finding] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    way: str = ""


def build(site: Site, *, progress: Progress | None = None, force: bool = False) -> Outcome:
    """Build the site and activate the release; a no-op when the active one has the same inputs.

    Where little changed it is made from the active release (kgraph.build.delta); `force` builds in full.
    Raises Rejected (with every finding), ConfigError, EnvironmentFault, BusyError.
    """
    from kgraph.build.delta import released

    with guarded(site), building(site.state, PATIENCE):
        remove_orphans(site.state)
        inputs = read_inputs(site)
        log = read_log(site.state)
        releases = site.state / "releases"
        if log and log[-1].inputs == inputs.digest and not force:
            folder = releases / log[-1].folder
            if (folder / "manifest.json").exists() and (folder / "store").exists():
                return Outcome(None, log[-1], new=False)
        with workspace(site.state) as folder:
            before = log[-1] if log else None
            run, manifest, way = released(inputs, folder, progress or Silent(), before, force=force)
            target = free_name(releases, inputs.digest)
            settle(folder, manifest, target)
            activation = Activation(
                number=log[-1].number + 1 if log else 1,
                time=manifest.created,
                folder=target.name,
                inputs=inputs.digest,
                data=manifest.data,
            )
            append_log(site.state, activation)
            with suppress(
                ReleaseError
            ):  # the release is active; who reads the history is told that it is damaged
                record(site.state)
        collect(site.state, int(site.settings["keep_releases"]))
    return Outcome(manifest, activation, findings=run.found, seconds=run.seconds, way=way)


def draft(site: Site) -> tuple[Path | None, list[Finding]]:
    """A draft of the site's files as they are now, in its folder; None when the active release has these inputs.

    A draft has no number, no dumps and no part in history; the next one and the next build remove it once nobody
    reads it. Raises Rejected, ConfigError, EnvironmentFault, BusyError.
    """
    from kgraph.build.delta import released

    with guarded(site), building(site.state, PATIENCE):
        remove_orphans(site.state)
        inputs = read_inputs(site)
        log = read_log(site.state)
        if log and log[-1].inputs == inputs.digest:
            return None, []
        target = site.state / "drafts" / inputs.digest[:16]
        if not (target / "manifest.json").exists():
            with workspace(site.state) as folder:
                before = log[-1] if log else None
                run, manifest, _ = released(inputs, folder, Silent(), before, dumps=False)
                settle(folder, manifest, target, durable=False)
                return target, run.found
    return target, []


def check(site: Site, *, progress: Progress | None = None, engine: str = "auto") -> Outcome:
    """All that `build` does but release; `engine` is one of kgraph.shacl. Raises Rejected."""
    with guarded(site), building(site.state):
        inputs = read_inputs(site)
        with workspace(site.state) as folder:
            run = Run(inputs, folder, progress or Silent(), engine)
            run.judged()
    return Outcome(None, findings=run.found, seconds=run.seconds)


def guarded(site: Site) -> AbstractContextManager[None]:
    """Turns what the system refuses (disk full, read-only folder) into an EnvironmentFault."""
    return _Guard(site)


class _Guard(AbstractContextManager[None]):
    def __init__(self, site: Site) -> None:
        self.site = site

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, OSError):
            where = str(error.filename or self.site.state)
            raise EnvironmentFault(
                f"the release cannot be written: {error.strerror or error}",
                where=where,
                hint="Nothing was changed. Free some space or name another place with --state.",
            ) from error


def free_name(releases: Path, inputs: str) -> Path:
    """A folder named by its inputs; a number follows where the same inputs were built before."""
    name = inputs[:16]
    number = 1
    while (releases / name).exists():
        number += 1
        name = f"{inputs[:16]}-{number}"
    return releases / name


class Run:
    """One run of the pipeline in one folder."""

    def __init__(self, inputs: Inputs, folder: Path, progress: Progress, engine: str = "auto") -> None:
        self.engine = engine
        self.before: Activation | None = None
        self.inputs = inputs
        self.site = inputs.site
        self.folder = folder
        self.scratch = folder / "scratch"
        self.runs = Runs(self.scratch)
        self.progress = progress
        self.rewrite = inputs.rewrite
        self.found: list[Finding] = []
        self.seconds: dict[str, float] = {}
        self.ontology = Ontology()
        self.shapes: list[ox.Quad] = []
        self.places: list[tuple[str, int]] = []

    def step(self, name: str, total: int | None = None) -> AbstractContextManager[Step]:
        """A step of this run, timed."""
        return _Timed(self, name, total)

    def judged(self) -> Report:
        """Everything loaded, inferred, checked and valid. Raises Rejected."""
        with ExitStack() as stack:
            return self._judge(*self._load(stack))

    def _load(self, stack: ExitStack) -> tuple[ox.Store, Loader, Loaded]:
        """All files read, their lines merged; what the store still lacks is on its way. Raises Rejected."""
        inputs, rewrite = self.inputs, self.rewrite
        self.ontology = read_ontology(inputs.ontology, rewrite)
        self.shapes, shape_errors = shacl.read_shapes(inputs.shapes, rewrite)
        self.named = has_named_graphs(inputs.data) or (
            bool(self.site.settings["graph_per_file"]) and bool(inputs.data)
        )
        store = new_store(self.folder / "store")
        self.scratch.mkdir()
        loader = stack.enter_context(Loader(store, self.runs, named=self.named))
        with self.step("load") as advance:
            loaded = load(loader, inputs.data, self.ontology, rewrite, named=self.named, progress=advance)
        errors = [*self.ontology.errors, *shape_errors, *loaded.errors]
        if errors:
            raise Rejected(parse_findings(errors))
        with self.step("merge", loaded.parsed) as advance:
            self.merge = Merge(self.ontology, self._inferred, named=self.named)
            self.lines = Lines(self.scratch / "data.nq")
            self.repeats = Repeated(token(self._inferred))
            self.lines.write(self.merge.lines(self.runs.merged(self.repeats), loader.entail), advance)
            for predicate in sorted(p.value for p in loaded.predicates):
                self.merge.names.add(token(predicate))
        self.parsed, self.rewritten = loaded.parsed, len(loaded.raw)
        return store, loader, loaded

    def _judge(self, store: ox.Store, loader: Loader, loaded: Loaded) -> Report:
        """The store filled, checked and valid. Raises Rejected."""
        with self.step("store"):
            loader.finish()
        with self.step("optimize"):
            store.flush()
            store.optimize()
        scan = Scan(self.lines.path, self.merge)
        with self.step("check"):
            self._add(check_model(store, self.inputs, self.ontology, loaded, self.shapes, scan))
            self._add(check_site(self.inputs))
        if self.shapes:
            with self.step("validate"):
                report = shacl.judge(store, self.shapes, self.ontology, loaded.raw, self.engine, scan)
            self.take(report)
        else:
            report = shacl.empty_report()
        if any(f.severity == "error" for f in self.found):
            raise Rejected(self.found)
        return report

    def take(self, report: Report) -> None:
        """Add what a report found to the findings, with the places that `report.json` tells, too."""
        placed = self._placed(shacl.findings(report, self.inputs.short))
        self.places = [(finding.file, finding.line) for finding in placed]
        self.found = in_order([*self.found, *placed])

    def _placed(self, found: Iterable[Finding]) -> list[Finding]:
        sources = [*self.inputs.data, *self.inputs.ontology, *self.inputs.shapes]
        return with_places(found, sources, self.rewrite)

    def _add(self, found: Iterable[Finding]) -> None:
        self.found = in_order([*self.found, *self._placed(found)])

    def release(self, *, dumps: bool = True) -> Manifest:
        """Fill the folder; the manifest is returned, and written by whoever settles the folder."""
        with ExitStack() as stack:
            loading = self._load(stack)
            loaded = loading[2]
            order = self._order(dumps=dumps)
            beside = None
            if self.lines.count >= BESIDE and (os.cpu_count() or 1) > 1:
                beside = stack.enter_context(Beside(order))
            report = self._judge(*loading)
            del loading
            made = beside.result(self.progress, self.seconds) if beside else order.make(self)
        basis = self.basis(loaded, made.oddities, entangled=self.merge.entangled)
        keep(self.folder / "index.sqlite", basis, self.repeats, loaded.raw.counts(), made.packed)
        odd = [
            *repeated(self.parsed, self.lines.count - self.merge.inferred),
            *made.oddities.findings(self.inputs.short),
        ]
        self.found = in_order([*self.found, *odd])
        self._add(collisions(self.folder / "index.sqlite", self.rewrite.ontology))
        self.lines.path.unlink()
        self.scratch.rmdir()
        self._write_texts(report)
        with self.step("digest"):
            files = file_digests(self.folder) if dumps else {}
        return Manifest(
            inputs=self.inputs.digest,
            data=self.lines.digest,
            created=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            kgraph=__version__,
            base=self.site.base,
            title=self.site.title,
            settings=dict(self.site.settings),
            quads=self.lines.count - self.merge.inferred,
            triples=self.merge.triples - self.merge.inferred,
            inferred=self.merge.inferred,
            graphs=len(self.merge.names.graphs),
            named_graphs=self.named,
            conforms=report.conforms,
            rewritten=self.rewritten,
            prefixes=self.prefixes(),
            sources=self.inputs.digests,
            files=files,
        )

    def basis(self, loaded: Loaded, odd: Oddities, *, entangled: bool) -> Basis:
        """What the next build needs to go on from this release."""
        sources = [*self.inputs.ontology, *self.inputs.data, *self.inputs.shapes]
        prefixes = {source.name: source.prefixes for source in sources}
        return Basis(loaded.parsed_of, prefixes, loaded.blank, entangled, odd)

    def archived(self) -> list[str]:
        """The input files that the release keeps as they were written, relative to the site."""
        sources = [*self.inputs.ontology, *self.inputs.data, *self.inputs.shapes]
        paths = [source.path for source in sources] + self.inputs.queries
        paths += [path for path in [self.site.root / CONFIG] if path.is_file() and not self.site.file]
        return [path.relative_to(self.site.root).as_posix() for path in paths]

    def _order(self, *, dumps: bool) -> Order:
        """What is to be made from the sorted lines; `changed` of a node comes from the release before."""
        before = self.before
        return Order(
            folder=self.folder,
            scratch=self.scratch,
            plain=self.lines.path,
            count=self.lines.count,
            dumps=dumps,
            root=self.site.root,
            archive=self.archived(),
            prefixes=self.prefixes(),
            names=self.merge.names,
            index=self.index_input(),
            former=self.site.state / "releases" / before.folder / "index.sqlite" if before else None,
            number=before.number + 1 if before else 1,
        )

    @property
    def _inferred(self) -> str:
        return inferred_graph(self.rewrite.base).value

    def index_input(self) -> IndexInput:
        """What the index is made from, beside the lines."""
        namespace = self.rewrite.namespace
        is_kgraph = self.ontology.is_kgraph(namespace)
        roles = site_roles(self.ontology.properties)
        return IndexInput(
            base=self.site.base,
            title=self.site.title,
            languages=[str(tag).lower() for tag in self.site.settings["languages"]],
            namespace=namespace,
            ontology=self.rewrite.ontology,
            inferred=self._inferred,
            kgraph=is_kgraph,
            classes=self.ontology.above_class,
            roles=own_roles(roles, namespace) if is_kgraph else roles,
            prefixes=self.prefixes(),
            shapes=outline(self.shapes),
        )

    def prefixes(self) -> dict[str, str]:
        """The prefixes that the files declare; the first file that uses a name has it."""
        found: dict[str, str] = {}
        sources: list[Source] = [*self.inputs.ontology, *self.inputs.data, *self.inputs.shapes]
        for source in sources:
            for prefix, namespace in source.prefixes.items():
                if prefix and namespace not in found.values():
                    found.setdefault(prefix, namespace)
        return found

    def _write_texts(self, report: Report) -> None:
        """The report, ontology, shapes and queries as this release has them, the base rewritten."""
        (self.folder / "report.json").write_text(shacl.report_json(report, self.places), "utf-8")
        notes = [finding.as_json() for finding in self.found]
        (self.folder / "notes.json").write_text(json.dumps(notes, ensure_ascii=False, indent=1), "utf-8")
        (self.folder / "report.ttl").write_text(shacl.report_turtle(report), "utf-8")
        prefixes = self.prefixes()
        for name, triples in (("ontology.ttl", self.ontology.triples), ("shapes.ttl", self.shapes)):
            if triples:
                ox.serialize(triples, self.folder / name, ox.RdfFormat.TURTLE, prefixes=prefixes)
        for path in self.inputs.queries:
            target = self.folder / "queries" / path.relative_to(self.site.root / "queries")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(self.rewrite.text(path.read_text("utf-8-sig")), "utf-8")


def parse_findings(errors: Iterable[ParseError]) -> list[Finding]:
    """Parse errors as findings."""
    return [Finding("parse", e.message, e.where, e.line, e.column, hint=e.hint) for e in errors]


class _Timed(AbstractContextManager[Step]):
    def __init__(self, run: Run, name: str, total: int | None) -> None:
        self.run, self.name = run, name
        self.inner = run.progress.step(name, total)

    def __enter__(self) -> Step:
        self.start = time.perf_counter()
        return self.inner.__enter__()

    def __exit__(self, *error: object) -> None:
        self.run.seconds[self.name] = time.perf_counter() - self.start
        self.inner.__exit__(*error)  # type: ignore[arg-type]
