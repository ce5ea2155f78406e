"""The closing tables of build and check."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from kgraph.release import Activation, Manifest


def build_table(manifest: Manifest, activation: Activation, seconds: Mapping[str, float]) -> None:
    """What was released, and how long each step took."""
    table = Table(
        title=f"Release {activation.number}: {manifest.title}", title_justify="left", show_header=False
    )
    table.add_column()
    table.add_column(justify="right")
    for name, value in (
        ("statements in their graphs" if manifest.named_graphs else "triples", manifest.quads),
        *((("distinct triples", manifest.triples),) if manifest.named_graphs else ()),
        ("inferred triples", manifest.inferred),
        ("named graphs", manifest.graphs),
        ("literals in canonical form", manifest.rewritten),
        ("input files", len(manifest.sources)),
    ):
        table.add_row(name, f"{value:,}")
    table.add_section()
    for name, value in seconds.items():
        if value >= 0.05:
            table.add_row(name, f"{value:.1f} s")
    table.add_row("in all", f"{sum(seconds.values()):.1f} s")
    Console().print(table)


def result_table(body: bytes) -> None:
    """A SELECT or ASK answer (SPARQL 1.1 Query Results JSON) as a table; never cut, as wide as it needs."""
    answer = json.loads(body)
    if "boolean" in answer:
        click.echo("yes" if answer["boolean"] else "no")
        return
    names = answer["head"]["vars"]
    table = Table(*names)
    rows = answer["results"]["bindings"]
    for row in rows:
        table.add_row(*(escape(row[name]["value"]) if name in row else "" for name in names))
    Console(soft_wrap=not sys.stdout.isatty()).print(table)
    click.echo(f"{len(rows)} row{'' if len(rows) == 1 else 's'}")
