"""A site: the folder that goes in, its kgraph.toml, and the one table of settings.

A site holds `ontology/`, `data/`, `shapes/` and `queries/`; a single RDF file is a site too. What kgraph
makes lives in `.kgraph/` beside them (beside the file, in `.kgraph/<file name>/`).
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from kgraph.errors import ConfigError
from kgraph.iri import WRITTEN_BASE, is_iri, is_linkable
from kgraph.media import COMPRESSIONS, RdfFormat

CONFIG = "kgraph.toml"


@dataclass(frozen=True)
class Setting:
    """One key of kgraph.toml: its type is that of `default` (a table where `default` is a dict).

    `least` is the smallest value of a whole number.
    """

    name: str
    default: Any
    help: str
    least: int = 0


SETTINGS: tuple[Setting, ...] = (
    Setting("title", "", "Name of the site, shown on every page; default: the folder's name"),
    Setting("description", "", "One sentence on what the site holds"),
    Setting("base_iri", WRITTEN_BASE, "What replaces the written base in ontology, data, shapes and queries"),
    Setting("ontology_iri", "", "Namespace of the site's own terms; default: base_iri + 'ontology#'"),
    Setting("address", "", "Where the site is reached, for absolute links to it; default: base_iri"),
    Setting("license", "", "IRI of the licence of the data"),
    Setting("publisher", "", "Who publishes the site"),
    Setting("contact", "", "Where errors are reported: a mailto: or https: IRI"),
    Setting("languages", ["en"], "Languages of labels, the preferred first"),
    Setting("graph_per_file", False, "Give each file of triples a named graph of its own"),
    Setting(
        "sources", {}, "Texts of the sources the operator holds: source IRI = file, relative to the site"
    ),
    Setting(
        "keep_releases", 0, "How many releases keep store and index; older ones keep their dumps; 0 keeps all"
    ),
    Setting("query_deadline", 30, "Seconds a query may take, counted from its arrival", least=1),
    Setting("query_memory", 1024, "MiB a query worker may use over its base", least=64),
    Setting("query_result", 256, "MiB that a result may have", least=1),
    Setting("query_workers", 2, "Query workers over all web processes", least=1),
    Setting("query_queue", 32, "Queries that may wait over all web processes; beyond it 503 at once"),
    Setting("query_cache", 64, "MiB of results kept over all web processes"),
    Setting("query_bytes", 65536, "Bytes that a query may have", least=1),
)


@dataclass(frozen=True)
class Site:
    """A folder (or one file) with its settings. `settings` has a value for every Setting."""

    root: Path
    settings: Mapping[str, Any]
    file: Path | None = None
    state_folder: Path | None = None

    @property
    def base(self) -> str:
        """The base IRI, ending in a slash."""
        return str(self.settings["base_iri"])

    @property
    def ontology_namespace(self) -> str:
        """Namespace of the site's own terms."""
        return str(self.settings["ontology_iri"]) or self.base + "ontology#"

    @property
    def address(self) -> str:
        """Where the site itself is reached, ending in a slash: for absolute links to its own documents."""
        return str(self.settings["address"]) or self.base

    @property
    def title(self) -> str:
        """Name of the site."""
        return str(self.settings["title"]) or (self.file or self.root.resolve()).name

    @property
    def state(self) -> Path:
        """Where releases, log and locks live."""
        if self.state_folder:
            return self.state_folder
        return self.root / ".kgraph" / self.file.name if self.file else self.root / ".kgraph"

    def files(self, folder: str) -> tuple[Path, ...]:
        """The RDF files (queries: *.rq) of one folder of the site, sorted, hidden ones left out.

        A folder without kgraph.toml and without data/ is a plain folder of RDF files: those are its data.
        Raises ConfigError for what has such a name and is no file, so that nothing is left out unseen.
        """
        if self.file:
            return (self.file,) if folder == "data" else ()
        top = self.root / folder
        if folder == "data" and not top.is_dir() and not (self.root / CONFIG).exists():
            top = self.root
        wanted = (lambda p: p.suffix == ".rq") if folder == "queries" else is_rdf_file
        return tuple(
            p
            for p in sorted(top.rglob("*"))
            if wanted(p)
            and not any(part.startswith(".") for part in p.relative_to(self.root).parts)
            and _is_readable_file(p)
        )


def _is_readable_file(path: Path) -> bool:
    """Whether it is a file, not a folder. Raises ConfigError for anything else, and for a name that is no text."""
    if path.is_dir() or not os.path.lexists(
        path
    ):  # an editor may have taken it away since the folder was read
        return False
    shown = str(path).encode("utf-8", "backslashreplace").decode()
    if not path.is_file():
        hint = "Does the link lead nowhere?" if path.is_symlink() else ""
        raise ConfigError("this is no file that can be read", where=shown, hint=hint)
    if shown != str(path):
        raise ConfigError("the file's name is not UTF-8", where=shown, hint="Rename it.")
    return True


def is_rdf_file(path: Path) -> bool:
    """Whether the name's ending is an RDF syntax, perhaps compressed."""
    endings = path.name.lower().split(".")[1:]
    if endings and endings[-1] in COMPRESSIONS:
        endings.pop()
    return bool(endings) and RdfFormat.of_ending(endings[-1]) is not None


def load_site(path: Path, state: Path | None = None) -> Site:
    """Read a site from a folder or from one RDF file; `state` puts `.kgraph` elsewhere. Raises ConfigError."""
    return replace(_load(path), state_folder=state)


def _load(path: Path) -> Site:
    if path.is_file():
        if not is_rdf_file(path):
            raise ConfigError(
                "this is not an RDF file that kgraph reads",
                where=str(path),
                hint="Known endings: "
                + ", ".join("." + f.ending for f in RdfFormat)
                + ", each also .gz or .zst",
            )
        return Site(path.parent, _checked({}, path), path)
    if not path.is_dir():
        raise ConfigError(
            "no such folder or file", where=str(path), hint="Name a site's folder or an RDF file."
        )
    config = path / CONFIG
    if not config.exists():
        return Site(path, _checked({}, config))
    try:
        return Site(path, _checked(tomllib.loads(config.read_text("utf-8-sig")), config))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"not valid TOML: {error}", where=str(config)) from error
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", where=str(config)) from error


def _checked(given: Mapping[str, Any], config: Path) -> dict[str, Any]:
    known = {s.name: s for s in SETTINGS}
    for key, value in given.items():
        if key not in known:
            raise ConfigError(
                f"unknown setting '{key}'",
                where=str(config),
                hint=_known_settings(key),
            )
        expected = type(known[key].default)
        if type(value) is not expected:
            raise ConfigError(
                f"'{key}' must be {_TYPE_NAMES[expected]}, not {_TYPE_NAMES.get(type(value), repr(value))}",
                where=str(config),
            )
        if expected is int and value < known[key].least:
            raise ConfigError(f"'{key}' must be at least {known[key].least}, not {value}", where=str(config))
    settings = {name: given.get(name, s.default) for name, s in known.items()}
    for key in ("base_iri", "ontology_iri", "address", "license", "contact"):
        value = settings[key]
        if value and not is_iri(value):
            raise ConfigError(f"'{key}' is not an absolute IRI: {value!r}", where=str(config))
    if urlsplit(settings["contact"]).scheme not in ("", "mailto", "https", "http"):
        raise ConfigError(
            f"'contact' must be a mailto: or https: IRI: {settings['contact']!r}", where=str(config)
        )
    for key in ("base_iri", "address"):
        if not settings[key].endswith("/") and (settings[key] or key == "base_iri"):
            raise ConfigError(f"'{key}' must end with a slash", where=str(config))
        if settings[key] and not (is_linkable(settings[key]) and not set("?#") & set(settings[key])):
            raise ConfigError(
                f"'{key}' must be an http or https address without query and fragment: {settings[key]!r}",
                where=str(config),
            )
    if not settings["languages"] or not all(_is_language(tag) for tag in settings["languages"]):
        raise ConfigError(
            '\'languages\' must name one language or more, as in ["en", "fr"]', where=str(config)
        )
    for iri, file in settings["sources"].items():
        if not is_iri(iri) or not isinstance(file, str):
            raise ConfigError(
                f"'sources' must give a file for the IRI of each source, not {file!r} for {iri!r}",
                where=str(config),
            )
    return settings


def _known_settings(key: str) -> str:
    near = get_close_matches(key, [s.name for s in SETTINGS], 1)
    if near:
        return f"Is '{near[0]}' meant?"
    return "Known settings: " + ", ".join(sorted(s.name for s in SETTINGS))


def _is_language(tag: object) -> bool:
    return isinstance(tag, str) and bool(re.fullmatch(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*", tag))


_TYPE_NAMES = {str: "a text", int: "a whole number", bool: "true or false", list: "a list", dict: "a table"}
