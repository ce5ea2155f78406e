"""What goes into a release, and its digest: the same inputs always give the same one."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pyoxigraph as ox

from kgraph import __version__
from kgraph.build.rewrite import Rewrite
from kgraph.build.sources import Source, unreadable
from kgraph.errors import ConfigError
from kgraph.index import SCHEMA_VERSION
from kgraph.release import FORMAT
from kgraph.site import Site

FOLDERS = ("ontology", "data", "shapes", "queries")
VERSIONS = f"kgraph {__version__} format {FORMAT} index {SCHEMA_VERSION} pyoxigraph {ox.__version__}"


@dataclass(frozen=True)
class Inputs:
    """The files of a site, by folder, with the SHA-256 of each (path relative to the site -> hex)."""

    site: Site
    ontology: list[Source]
    data: list[Source]
    shapes: list[Source]
    queries: list[Path]
    digests: dict[str, str]
    digest: str

    def short(self, iri: str) -> str:
        """An IRI as a curator writes it: prefixed, or relative to the base."""
        for prefix, namespace in self.prefixes:
            if iri.startswith(namespace) and re.fullmatch(r"[\w.-]+", iri[len(namespace) :]):
                return f"{prefix}:{iri[len(namespace) :]}"
        base = self.site.base
        return f"<{iri[len(base) :]}>" if iri.startswith(base) else f"<{iri}>"

    @cached_property
    def prefixes(self) -> list[tuple[str, str]]:
        """The prefixes of the files as far as they have been read, the longest namespace first."""
        found: dict[str, str] = {}
        for source in [*self.ontology, *self.data, *self.shapes]:
            for prefix, namespace in source.prefixes.items():
                if prefix:
                    found.setdefault(namespace, prefix)
        return sorted(((p, n) for n, p in found.items()), key=lambda item: (-len(item[1]), item[0]))

    @property
    def rewrite(self) -> Rewrite:
        """From the written base to the site's."""
        return Rewrite(self.site.base, self.site.ontology_namespace)


def read_inputs(site: Site) -> Inputs:
    """Find and digest every input file. Raises ConfigError when there are no data, EnvironmentFault."""
    found = {
        folder: [Source.of(path, site.root) for path in site.files(folder)]
        for folder in FOLDERS
        if folder != "queries"
    }
    if not found["data"] and not found["ontology"]:
        raise ConfigError(
            "no RDF files found",
            where=str(site.root / "data"),
            hint="Put .ttl, .trig, .nt, .nq, .rdf or .jsonld files there (each may end in .gz or .zst).",
        )
    queries = list(site.files("queries"))
    paths = [s.path for folder in found.values() for s in folder] + queries + list(source_texts(site))
    known = _Known(site.state / "digests.json")
    digests = {_relative(path, site.root): known.digest(path) for path in dict.fromkeys(paths)}
    known.write()
    whole = hashlib.sha256()
    for part in (
        VERSIONS,
        json.dumps(dict(site.settings), sort_keys=True),
        *(f"{digest}  {name}" for name, digest in sorted(digests.items())),
    ):
        whole.update(part.encode() + b"\n")
    return Inputs(
        site, found["ontology"], found["data"], found["shapes"], queries, digests, whole.hexdigest()
    )


def source_texts(site: Site) -> Iterator[Path]:
    """The texts of sources that the operator holds and that are there."""
    for name in site.settings["sources"].values():
        path = site.root / str(name)
        if path.is_file():
            yield path


def _relative(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()


class _Known:
    """Digests of files that have not changed since, by size, time and inode; only ever a shortcut."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.fresh: dict[str, list[object]] = {}
        try:
            self.old = json.loads(path.read_text("utf-8"))
        except (OSError, ValueError):
            self.old = {}

    def digest(self, path: Path) -> str:
        try:
            stat = path.stat()
            mark = [stat.st_size, stat.st_mtime_ns, stat.st_ino]
            old = self.old.get(str(path)) if isinstance(self.old, dict) else None
            if isinstance(old, list) and old[:3] == mark:
                digest = str(old[3])
            else:
                with path.open("rb") as stream:
                    digest = hashlib.file_digest(stream, "sha256").hexdigest()
        except OSError as error:
            raise unreadable(str(path), error) from error
        self.fresh[str(path)] = [*mark, digest]
        return digest

    def write(self) -> None:
        if self.fresh == self.old:
            return
        try:
            temporary = self.path.with_name(f"digests-{os.getpid()}.json")
            temporary.write_text(json.dumps(self.fresh), "utf-8")
            temporary.replace(self.path)
        except OSError:
            return  # nothing but time is lost
