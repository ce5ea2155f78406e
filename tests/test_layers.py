"""The direction of imports (docs/architecture.md): every module has a layer, and imports only what its layer may."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "src" / "kgraph"

LEAVES = {"errors", "iri", "media", "terms", "site", "release", "index", "roles", "queries", "history"}
READERS = {"describe", "search"}
MAY_IMPORT: dict[str, set[str]] = {
    **dict.fromkeys(LEAVES, LEAVES),
    "engine": {"engine"} | LEAVES,
    "shacl": {"shacl"} | LEAVES,
    "build": {"build", "shacl"} | LEAVES,
    **{reader: {"engine"} | READERS | LEAVES for reader in READERS},
    "harvest": {"harvest", "engine"} | READERS | LEAVES,
    "web": {"web", "harvest", "engine"} | READERS | LEAVES,
}
"""Layer -> layers of kgraph it may import. `cli`, `__main__` and the package itself may import any."""
TOP = {"cli", "__main__", "__init__"}

ONLY_IN: dict[str, set[str]] = {
    "flask": {"web"},
    "werkzeug": {"web"},
    "jinja2": {"web"},
    "markupsafe": {"web"},
    "granian": {"web", "cli"},
    "click": {"cli", "__main__"},
    "pyoxigraph": {"build", "shacl", "engine"},
    "SPARQLWrapper": {"engine"},
    "pyshacl": {"shacl", "build"},
    "rdflib": {"build", "shacl", "harvest", "web", "describe"},
}
"""Library -> layers that may import it."""
LAZY = {"rdflib", "pyshacl", "SPARQLWrapper"}
"""Heavy libraries: imported inside the function that needs them, never when a module is imported."""


class Import(NamedTuple):
    """One import statement: who, what, and whether it runs when the module is imported."""

    module: str
    target: str
    at_import: bool
    line: int


def layer(module: str) -> str:
    """The layer of a dotted module name: the part after the package's own name."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


def modules() -> Iterator[tuple[str, Path]]:
    """Every module of the package with its dotted name."""
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = ["kgraph", *path.relative_to(PACKAGE).with_suffix("").parts]
        yield ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 2 else parts), path


def imports(module: str, tree: ast.Module) -> Iterator[Import]:
    """The imports of a module; those under TYPE_CHECKING are left out, as they never run."""

    def walk(node: ast.AST, at_import: bool) -> Iterator[Import]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import):
                for name in child.names:
                    yield Import(module, name.name, at_import, child.lineno)
            elif isinstance(child, ast.ImportFrom):
                assert child.level == 0, f"{module}:{child.lineno}: relative import"
                for name in child.names:
                    whole = f"{child.module}.{name.name}" if child.module == "kgraph" else str(child.module)
                    yield Import(module, whole, at_import, child.lineno)
            elif isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
                continue
            else:
                inside = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
                yield from walk(child, at_import and not inside)

    yield from walk(tree, True)


ALL = [found for name, path in modules() for found in imports(name, ast.parse(path.read_text("utf-8")))]


def wrong(found: Import) -> str | None:
    """Why an import is not allowed, or None."""
    mine, top = layer(found.module), found.target.split(".")[0]
    if top == "kgraph":
        theirs = layer(found.target)
        if theirs in {"__version__", "KgraphError"} or mine in TOP:
            return None
        if theirs not in MAY_IMPORT[mine]:
            return f"{mine} may not import {theirs}"
        return None
    if top in ONLY_IN and mine not in ONLY_IN[top]:
        return f"{top} belongs to {', '.join(sorted(ONLY_IN[top]))}"
    if top == "SPARQLWrapper" and found.module != "kgraph.engine.remote":
        return "SPARQLWrapper belongs to engine/remote.py"
    if top in LAZY and found.at_import:
        return f"{top} is imported inside the function that needs it"
    return None


def test_every_module_has_a_layer() -> None:
    unknown = {name for name, _ in modules() if layer(name) not in MAY_IMPORT.keys() | TOP}
    assert not unknown, "give these a layer here and in docs/architecture.md"


def test_imports_point_the_right_way() -> None:
    assert len(ALL) > 10
    assert [f"{f.module}:{f.line}: {why}" for f in ALL if (why := wrong(f))] == []


@pytest.mark.parametrize(
    ("module", "statement"),
    [
        ("kgraph.build.index", "from kgraph.engine.pool import Pool"),
        ("kgraph.engine.pool", "from kgraph import build"),
        ("kgraph.describe", "import flask"),
        ("kgraph.web.app", "import pyoxigraph"),
        ("kgraph.engine.pool", "from SPARQLWrapper import SPARQLWrapper"),
        ("kgraph.build.sources", "import rdflib"),
        ("kgraph.site", "from kgraph.web.app import create_app"),
    ],
)
def test_a_wrong_import_is_found(module: str, statement: str) -> None:
    assert [why for f in imports(module, ast.parse(statement)) if (why := wrong(f))]


def test_no_file_is_longer_than_400_lines() -> None:
    long = {path.name: n for _, path in modules() if (n := path.read_text("utf-8").count("\n")) > 400}
    assert long == {}


def loaded(*arguments: str) -> set[str]:
    """The top-level modules that Python loads for these arguments, as -X importtime tells."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", *arguments], capture_output=True, text=True, check=True
    )
    return {line.rpartition("|")[2].strip().split(".")[0] for line in done.stderr.splitlines()}


@pytest.mark.parametrize(
    "arguments", [("-c", "import kgraph"), ("-m", "kgraph", "--help")], ids=["import", "help"]
)
def test_start_up_loads_nothing_heavy(arguments: tuple[str, ...]) -> None:
    names = loaded(*arguments)
    assert "kgraph" in names
    assert names & LAZY == set()
