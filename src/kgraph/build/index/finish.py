"""The last rows of an index: nodes with their counts, labels through other nodes, datings, places, search."""

from __future__ import annotations

import json
import sqlite3
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from kgraph.build.index.subject import coordinates, iri, token
from kgraph.index import search_text
from kgraph.iri import index_path

if TYPE_CHECKING:
    from kgraph.build.index.write import Writer

_KINDS = {"Passage": "passage", "EditorialGraph": "editorial", "ExternalGraph": "external"}


def graph_kinds(writer: Writer) -> dict[int, str]:
    """Node id of every named graph -> its kind."""
    given, ids = writer.given, writer.names.ids
    kinds = {ids[g]: "file" for g in writer.names.graphs if g in ids}
    if given.kgraph:
        for name, kind in _KINDS.items():
            class_ = ids.get(token(given.namespace + name))
            for (node,) in writer.db.execute("SELECT node FROM instance WHERE class = ?", (class_,)):
                if node in kinds:
                    kinds[node] = kind
    for name, kind in ((given.ontology, "ontology"), (given.inferred, "inferred")):
        node = ids.get(token(name))
        if node in kinds:
            kinds[node] = kind
    return kinds


def write_nodes(writer: Writer) -> None:
    """One row a name, with what its subject told; then the digests of those that have hash children."""
    from kgraph.build.index.write import combined

    given, ids = writer.given, writer.names.ids
    kinds = graph_kinds(writer)
    shown: dict[int, bytes] = {}
    writer.arriving.write()
    totals = writer.db.execute("SELECT node, sum(links) FROM arriving GROUP BY node ORDER BY node")
    total = totals.fetchone()
    cursor = writer.db.execute("SELECT * FROM shown ORDER BY node")
    pending = cursor.fetchone()
    parents: dict[int, list[tuple[bytes, int]]] = {}
    for name, node in sorted(ids.items(), key=lambda item: item[1]):
        row = (None, None, None, None, 0, None)
        if pending and pending[0] == node:
            row, pending = pending[1:], cursor.fetchone()
        incoming = 0
        if total and total[0] == node:
            incoming, total = total[1], totals.fetchone()
        parent = ids.get(name.partition(b"#")[0] + b">") if b"#" in name else None
        if parent is not None and row[5]:
            parents.setdefault(parent, []).append((name, node))
            shown[node] = row[5]
        text = iri(name)
        label, language, description, kind, outgoing, digest = row
        writer.put(
            "node",
            node,
            text,
            index_path(text, given.base),
            parent,
            label,
            language,
            description,
            kind,
            outgoing,
            incoming,
            kinds.get(node),
            digest,
            None,
        )
    writer.flush("node")
    for parent, children in parents.items():
        (own,) = writer.db.execute("SELECT digest FROM node WHERE id = ?", (parent,)).fetchone()
        digest = combined(own or b"", [shown[node] for _, node in sorted(children)])
        writer.db.execute("UPDATE node SET digest = ? WHERE id = ?", (digest, parent))


def write_hops(writer: Writer) -> None:
    """Labels and coordinates that stand at another node."""
    from kgraph.build.index.subject import Text
    from kgraph.build.index.write import best

    db = writer.db
    if not db.execute("SELECT 1 FROM hop LIMIT 1").fetchone():
        return
    db.execute("CREATE INDEX temp.hop_value_node ON hop_value(node, property)")
    rows = db.execute(
        "SELECT h.node, h.role, h.rank, v.property, v.text, v.language FROM hop h"
        " JOIN hop_value v ON v.node = h.target AND v.property = h.second ORDER BY h.node, h.role, h.rank, v.text"
    )
    for node, found in groupby(rows.fetchall(), key=lambda row: row[0]):
        texts = [Text(role, rank, p, text, language, b"") for _, role, rank, p, text, language in found]
        labels = list({(t.text, t.language): t for t in reversed(texts) if t.role == "label"}.values())
        for t in sorted(labels, key=lambda t: (t.rank, t.text)):
            writer.put("label", node, "label", t.text, t.language, None)
        name = best(writer.given.languages, labels)
        if name:
            db.execute(
                "UPDATE node SET label = ?, language = ? WHERE id = ? AND label IS NULL",
                (name.text, name.language, node),
            )
        place = coordinates({t.role: t.text for t in reversed(texts)})
        if place:
            writer.put("location", node, node, *place)
    writer.flush("label")
    writer.flush("location")


def write_datings(writer: Writer) -> None:
    """Dates by way of dating nodes, and locations by way of places."""
    db = writer.db
    db.execute(
        "INSERT INTO date SELECT l.node, l.property, d.earliest, d.latest, d.edtf FROM link l"
        " JOIN dating d ON d.node = l.target WHERE l.role = 'dating'"
    )
    rows = db.execute(
        "SELECT l.node, l.property, d.earliest, d.latest FROM link l JOIN dating d ON d.node = l.target"
        " WHERE l.role = 'dating' AND d.earliest IS NOT NULL AND d.latest IS NOT NULL"
    )
    for node, property_, earliest, latest in rows.fetchall():
        first, last = int(earliest[:4]), int(latest[:4])
        for year in range(first, last + 1 if last - first < 5 else first):
            writer.put("facet", property_, None, f"{year:04}", node)
    db.execute(
        "INSERT INTO location SELECT DISTINCT l.node, l.target, o.latitude, o.longitude FROM link l"
        " LEFT JOIN location o ON o.node = l.target AND o.place = l.target WHERE l.role = 'place'"
    )


def write_statistics(writer: Writer) -> None:
    """Counts by class, property and graph; and the facets of properties that turned out to have too many values."""
    db, ids = writer.db, writer.names.ids
    writer.flush("facet")
    many = [ids[p] for p, values in writer.facets.items() if values is None]
    if many:
        db.execute(
            "DELETE FROM facet WHERE value IS NOT NULL AND property IN (SELECT value FROM json_each(?))",
            (json.dumps(many),),
        )
    db.execute("INSERT INTO class_statistic SELECT class, count(*) FROM instance GROUP BY class")
    for p in sorted(writer.objects):
        hashes = writer.objects.pop(p)
        writer.put("property_statistic", ids[p], len(hashes), writer.subjects[p], len(set(hashes)))
    for g, count in sorted(writer.names.graphs.items()):
        if g in ids:
            writer.put("graph_statistic", ids[g], count)
    writer.flush("property_statistic")
    writer.flush("graph_statistic")


def write_search(writer: Writer) -> None:
    """The full-text index over every label."""
    db = writer.db
    db.create_function("search_text", 1, search_text, deterministic=True)
    db.execute("INSERT INTO label_search(rowid, text) SELECT rowid, search_text(text) FROM label")
    db.execute("INSERT INTO label_search(label_search) VALUES ('optimize')")


def write_meta(writer: Writer) -> None:
    """Prefixes, roles and what the index says of itself."""
    from kgraph.build.index.write import meta

    given, db = writer.given, writer.db
    db.executemany("INSERT INTO meta VALUES (?, ?)", sorted(meta(given).items()))
    db.executemany("INSERT INTO prefix VALUES (?, ?)", sorted(given.prefixes.items()))
    for role, paths in given.roles.items():
        for rank, path in enumerate(paths):
            db.execute(
                "INSERT INTO role VALUES (?, ?, ?, ?)",
                (role, rank, path[0], path[1] if len(path) > 1 else None),
            )


def date_nodes(path: Path, former: Path | None, number: int) -> None:
    """Fill `changed`: the number of the release that last changed a node, by the digests of the release before."""
    db = sqlite3.connect(f"file:{path}", uri=True)
    try:
        db.execute("PRAGMA journal_mode=OFF")
        if former is not None and former.exists():
            db.execute("ATTACH ? AS former", (f"file:{former}?mode=ro&immutable=1",))
            db.execute(
                "UPDATE node SET changed = coalesce((SELECT o.changed FROM former.node o WHERE o.iri = node.iri"
                " AND o.digest IS node.digest), ?) WHERE digest IS NOT NULL",
                (number,),
            )
        else:
            db.execute("UPDATE node SET changed = ? WHERE digest IS NOT NULL", (number,))
        db.commit()
    finally:
        db.close()
