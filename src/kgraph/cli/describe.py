"""`kgraph describe`: what the release says of one IRI, without a server."""

from __future__ import annotations

import sqlite3
import sys
from contextlib import ExitStack, closing
from pathlib import Path

import click

from kgraph.cli._site import open_site, state_option
from kgraph.errors import UsageError

SYNTAXES = ("ttl", "jsonld", "nt", "rdf", "trig", "nq")


@click.command(short_help="Show what the release says of an IRI.")
@click.argument("iri")
@click.option("--site", type=click.Path(path_type=Path), default=".", help="The site; default: this folder.")
@state_option
@click.option("--format", "syntax", type=click.Choice(SYNTAXES), help="Print it as RDF instead.")
def command(iri: str, site: Path, state: Path | None, syntax: str | None) -> int:
    """Show the statements of IRI, each with the graphs it stands in, and what links to it.

    IRI is absolute, or relative to the site's base: id/event/...
    """
    from kgraph.describe import Names, describe
    from kgraph.engine import open_engine
    from kgraph.engine.serialize import write
    from kgraph.index import open_index
    from kgraph.iri import is_iri, rewritten
    from kgraph.media import RdfFormat
    from kgraph.release import open_active

    place = open_site(site, state)
    with ExitStack() as stack:
        release = open_active(place.state)
        stack.callback(release.close)
        engine = open_engine(release)
        stack.callback(engine.close)
        index = stack.enter_context(closing(open_index(release.index)))
        manifest = release.manifest
        namespace = place.ontology_namespace
        iri = rewritten(iri, manifest.base, namespace) if is_iri(iri) else manifest.base + iri.lstrip("/")
        kinds, children = known(index, iri)
        hidden = frozenset(name for name, kind in kinds.items() if kind == "inferred")
        found = describe(engine, iri, kg=namespace, hidden=hidden, kinds=kinds, hash_children=children)
        if not found.exists:
            raise UsageError(
                "the release says nothing of it", where=iri, hint="Look for it with a search on the pages."
            )
        if syntax:
            rdf = next(f for f in RdfFormat if f.ending == syntax)
            sys.stdout.buffer.write(write(found.quads, rdf, manifest.prefixes))
            sys.stdout.flush()
            return 0
        from kgraph.cli._tables import description_table

        description_table(found, Names(lambda: index, prefixes=manifest.prefixes), hidden)
    return 0


def known(index: sqlite3.Connection, iri: str) -> tuple[dict[str, str | None], tuple[str, ...]]:
    """The kinds of the graphs that are no passages, and the hash IRIs below this one."""
    rows = index.execute(
        "SELECT iri, graph_kind FROM node WHERE graph_kind IS NOT NULL AND graph_kind != 'passage'"
    )
    kinds = {str(row[0]): row[1] for row in rows.fetchall()}
    rows = index.execute("SELECT iri, graph_kind FROM node WHERE iri = ? AND graph_kind IS NOT NULL", (iri,))
    kinds.update({str(row[0]): row[1] for row in rows.fetchall()})
    children = index.execute(
        "SELECT c.iri FROM node c JOIN node p ON p.id = c.parent WHERE p.iri = ? ORDER BY c.iri", (iri,)
    )
    return kinds, tuple(str(row[0]) for row in children.fetchall())
