"""index.sqlite: the tables that `build` writes and pages, search and harvest read.

Lists, facets, timelines, maps and counts come from here, never from an aggregate over the store
(docs/architecture.md). Only asserted, shown statements count: the inferred graph is left out, but
membership of a class follows the site's own rdfs:subClassOf lines (`instance.direct` = 0).
"""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

from kgraph.errors import ReleaseError
from kgraph.iri import index_path

SCHEMA_VERSION = 4
FACET_VALUES = 2000
"""A property with more distinct linked values than this is no facet."""
DESCRIBED_BYTES = 100_000
"""A node whose statements take more is read from the store."""

SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

-- One row per IRI that is the subject of a shown triple, a named graph, or a class or property in use; blank nodes
-- are not listed. meta: schema, site title, base, ontology, namespace, languages (JSON), and
-- shapes (JSON; kgraph.build.outline): which properties a class has, by name, group and order.
-- path: what a request for the node's own address would carry, percent-decoded, without the base's
-- origin ('/id/event/x'); NULL when the IRI does not start with the base. Hash nodes have `parent`.
CREATE TABLE node (
  id INTEGER PRIMARY KEY,
  iri TEXT NOT NULL UNIQUE,
  path TEXT,
  parent INTEGER REFERENCES node(id),   -- the document that shows a hash IRI (id/x#dating -> id/x)
  label TEXT,                           -- the preferred label, best language of the site first
  language TEXT,                        -- of `label`; NULL when it has none
  description TEXT,
  kind INTEGER REFERENCES node(id),     -- the most specific class, for icons and grouping
  outgoing INTEGER NOT NULL DEFAULT 0,  -- distinct shown triples with this subject
  incoming INTEGER NOT NULL DEFAULT 0,  -- distinct shown triples with this object
  graph_kind TEXT,                      -- passage, editorial, external, inferred, ontology, file; NULL: no graph
  digest BLOB,                          -- of the quads that describe it, hash children and blank nodes included
  changed INTEGER                       -- number of the release that last changed it
);
CREATE INDEX node_path ON node(path) WHERE path IS NOT NULL;
CREATE INDEX node_parent ON node(parent) WHERE parent IS NOT NULL;

-- The shown statements of a node, as pages read them: a look-up here takes a tenth of the time that the store takes.
-- Sorted lines of N-Quads without subject and end, "property object graph". The graph is "-" where there is none and
-- "=" where it is that of the line before; the byte 01, which N-Quads never holds, stands for "<" and the base. A node
-- has no row where a statement of it names a blank node, or where they take more than DESCRIBED_BYTES.
CREATE TABLE described (node INTEGER PRIMARY KEY REFERENCES node(id), lines BLOB NOT NULL);

-- Every label in every language. role: 'label' (preferred), 'alternative', 'attributed'
-- (a source's or a speaker's name for it; `via` is the Claim or passage that names it so).
CREATE TABLE label (
  node INTEGER NOT NULL REFERENCES node(id),
  role TEXT NOT NULL,
  text TEXT NOT NULL,
  language TEXT,
  via INTEGER REFERENCES node(id)
);
CREATE INDEX label_node ON label(node);
CREATE INDEX label_text ON label(text COLLATE NOCASE);
CREATE VIRTUAL TABLE label_search USING fts5(
  text, content='label', content_rowid='rowid',
  tokenize="unicode61 remove_diacritics 2", prefix='2 3 4'
);

-- Membership of classes. direct: 1 asserted, 0 through rdfs:subClassOf.
CREATE TABLE instance (
  class INTEGER NOT NULL REFERENCES node(id),
  node INTEGER NOT NULL REFERENCES node(id),
  direct INTEGER NOT NULL,
  PRIMARY KEY (class, node)
) WITHOUT ROWID;
CREATE INDEX instance_node ON instance(node);

-- Datings: proleptic Gregorian days as ISO strings, open ends NULL. property: which property gave it.
CREATE TABLE date (
  node INTEGER NOT NULL REFERENCES node(id),
  property INTEGER NOT NULL REFERENCES node(id),
  earliest TEXT, latest TEXT, edtf TEXT
);
CREATE INDEX date_node ON date(node);
CREATE INDEX date_earliest ON date(earliest);

-- Where a node is: coordinates of its own (place = node) or of the place it names.
CREATE TABLE location (
  node INTEGER NOT NULL REFERENCES node(id),
  place INTEGER NOT NULL REFERENCES node(id),
  latitude REAL, longitude REAL
);
CREATE INDEX location_node ON location(node);
CREATE INDEX location_place ON location(place);

-- Facets: which value a node has for a property that lists are filtered by: links to nodes of this table, where the
-- property has at most FACET_VALUES distinct ones; years of the date properties as text ('1992').
CREATE TABLE facet (
  property INTEGER NOT NULL REFERENCES node(id),
  value INTEGER REFERENCES node(id),
  text TEXT,
  node INTEGER NOT NULL REFERENCES node(id)
);
CREATE INDEX facet_value ON facet(property, value, text, node);
CREATE INDEX facet_node ON facet(node);

-- How many shown triples by a property have a node as object, each counted once: pages of nodes with very many
-- incoming links read no more of them than they show.
CREATE TABLE arriving (
  node INTEGER NOT NULL REFERENCES node(id),
  property INTEGER NOT NULL REFERENCES node(id),
  links INTEGER NOT NULL,
  PRIMARY KEY (node, property)
) WITHOUT ROWID;

-- Facets by way of evidence and of participations, in a site of kgraph's own model: which graphs state something of a
-- node that is no part of another, and who takes part in which role (node: the participation).
CREATE TABLE stated (
  node INTEGER NOT NULL REFERENCES node(id),
  graph INTEGER NOT NULL REFERENCES node(id)
);
CREATE INDEX stated_node ON stated(node);
CREATE INDEX stated_graph ON stated(graph);
CREATE TABLE played (
  node INTEGER NOT NULL REFERENCES node(id),
  agent INTEGER NOT NULL REFERENCES node(id),
  role INTEGER NOT NULL REFERENCES node(id)
);
CREATE INDEX played_agent ON played(agent);
CREATE INDEX played_role ON played(role);

-- VoID statistics by class, by property, by graph. Entities of a class: its members, subclasses included; triples,
-- subjects and objects of a property: of shown triples, each counted once; triples of a graph: all it holds.
CREATE TABLE class_statistic (class INTEGER PRIMARY KEY REFERENCES node(id), entities INTEGER NOT NULL);
CREATE TABLE property_statistic (
  property INTEGER PRIMARY KEY REFERENCES node(id),
  triples INTEGER NOT NULL, subjects INTEGER NOT NULL, objects INTEGER NOT NULL
);
CREATE TABLE graph_statistic (graph INTEGER PRIMARY KEY REFERENCES node(id), triples INTEGER NOT NULL);

CREATE TABLE prefix (prefix TEXT PRIMARY KEY, namespace TEXT NOT NULL) WITHOUT ROWID;

-- The roles of this site (kgraph.roles with the site's subPropertyOf lines). Best first; `second` is the second
-- property of a path that reaches its value through a node of its own.
CREATE TABLE role (
  role TEXT NOT NULL, rank INTEGER NOT NULL, property TEXT NOT NULL, second TEXT,
  PRIMARY KEY (role, rank)
) WITHOUT ROWID;
"""


def open_index(path: Path) -> sqlite3.Connection:
    """Open a release's index read-only; one connection per thread. Rows are `sqlite3.Row`. Raises ReleaseError."""
    connection = None
    try:
        connection = sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True, check_same_thread=False)
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA mmap_size=268435456")
        connection.execute("SELECT 1 FROM meta LIMIT 1").fetchone()
    except sqlite3.DatabaseError as error:
        if connection:
            connection.close()
        raise ReleaseError(
            f"the index cannot be read: {error}",
            where=str(path),
            hint="`kgraph rollback` goes to an earlier release, `kgraph build --force` makes a new one.",
        ) from error
    return connection


_CJK = re.compile(r"([\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003fa1f])")


def iris_at(connection: sqlite3.Connection, path: str, base: str) -> list[str]:
    """The IRIs that a decoded request path stands for; several where they differ only in what was encoded."""
    rows = connection.execute("SELECT iri FROM node WHERE path = ? LIMIT 2000", (path,))
    found = dict.fromkeys(row["iri"].partition("#")[0] for row in rows)
    return [iri for iri in found if index_path(iri, base) == path]


def search_text(text: str) -> str:
    """What label_search holds for a label, and what a search is matched by: each CJK character a word of its own."""
    return _CJK.sub(r" \1 ", text)
