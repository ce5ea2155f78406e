"""Two releases compared in everything that readers see: quads, index, report, notes, manifest, dumps.

Ids of nodes and the files of the store may differ; nothing else may.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import pyoxigraph as ox
from rdflib import Graph
from rdflib.compare import isomorphic

from kgraph.release import read_log, read_manifest, verify

TABLES: dict[str, tuple[str, ...]] = {
    "node": ("parent", "kind"),
    "described": ("node",),
    "label": ("node", "via"),
    "instance": ("class", "node"),
    "date": ("node", "property"),
    "location": ("node", "place"),
    "facet": ("property", "value", "node"),
    "class_statistic": ("class",),
    "property_statistic": ("property",),
    "graph_statistic": ("graph",),
    "arriving": ("node", "property"),
    "stated": ("node", "graph"),
    "played": ("node", "agent", "role"),
    "meta": (),
    "prefix": (),
    "role": (),
    "repeated": (),
    "rewritten": (),
    "basis": (),
    "packed": (),
}
"""Table -> its columns that hold ids of nodes."""


def index_rows(path: Path) -> dict[str, Counter[tuple[Any, ...]]]:
    """Table -> its rows, ids replaced by IRIs; and the labels that each word finds."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        names = dict(db.execute("SELECT id, iri FROM node"))
        found: dict[str, Counter[tuple[Any, ...]]] = {}
        tables = [
            name
            for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            if not re.match("sqlite_|label_search", name)
        ]
        assert set(tables) <= set(TABLES), "a table of the index that no test knows"
        for table in tables:
            cursor = db.execute(f"SELECT * FROM {table}")
            columns = [column[0] for column in cursor.description]
            refer = {n for n, column in enumerate(columns) if column in TABLES[table]}
            skip = columns.index("id") if table == "node" else -1
            found[table] = Counter(
                tuple(
                    names.get(value, value) if n in refer else value
                    for n, value in enumerate(row)
                    if n != skip
                )
                for row in cursor
                if row[0] != "blank"  # kept when the last blank node goes: it only makes builds careful
            )
        words = {
            word for (text,) in db.execute("SELECT text FROM label") for word in re.findall(r"\w+", text)
        }
        found["search"] = Counter(
            (word, names[node], text)
            for word in words
            for node, text in db.execute(
                "SELECT l.node, l.text FROM label_search s JOIN label l ON l.rowid = s.rowid"
                " WHERE label_search MATCH ?",
                (f'"{word}"',),
            )
        )
        db.close()
    with closing(sqlite3.connect(path)) as db:
        db.execute("INSERT INTO label_search(label_search) VALUES ('integrity-check')")
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        db.rollback()
    return found


def quads(folder: Path) -> set[str]:
    """Everything the store holds."""
    store = ox.Store.read_only(str(folder / "store"))
    return {str(quad) for quad in store.quads_for_pattern(None, None, None, None)}


def facts(folder: Path) -> dict[str, Any]:
    """The manifest, but for time and digests of the store, of the index, and of the report (its blank nodes vary)."""
    found = dict(vars(read_manifest(folder)))
    found.pop("created")
    files = found.pop("files")
    own = ("store/", "index.sqlite", "report.ttl")
    found["files"] = {name: known for name, known in files.items() if not name.startswith(own)}
    return found


def assert_same(one: Path, other: Path) -> None:
    """Raise AssertionError where the releases (or drafts) in these folders differ."""
    assert quads(one) == quads(other)
    mine, theirs = index_rows(one / "index.sqlite"), index_rows(other / "index.sqlite")
    assert set(mine) == set(theirs)
    for table in mine:
        assert mine[table] - theirs[table] == theirs[table] - mine[table] == Counter(), table
    for name in ("report.json", "notes.json", "report.ttl", "ontology.ttl", "shapes.ttl"):
        a, b = _text(one / name), _text(other / name)
        assert a == b or (name.endswith(".ttl") and isomorphic(_graph(a), _graph(b))), name
    assert facts(one) == facts(other)


def _graph(text: str) -> Graph:
    return Graph().parse(data=text, format="turtle")


def _text(path: Path) -> str:
    if not path.exists():
        return ""
    text = path.read_text("utf-8")
    return json.dumps(json.loads(text)) if path.suffix == ".json" else text


def assert_same_states(one: Path, other: Path) -> None:
    """The same for the active releases of two folders of releases, and for their logs; both are verified."""
    a, b = read_log(one), read_log(other)
    assert [(x.number, x.inputs, x.data, x.note) for x in a] == [
        (x.number, x.inputs, x.data, x.note) for x in b
    ]
    folders = one / "releases" / a[-1].folder, other / "releases" / b[-1].folder
    assert_same(*folders)
    assert verify(folders[0], [a[-1]], active=True) == []
