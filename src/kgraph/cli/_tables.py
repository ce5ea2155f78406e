"""What the verbs print as tables."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from kgraph.release import Activation, Manifest
from kgraph.terms import Literal, Term, visible, written

if TYPE_CHECKING:
    from kgraph.describe import Description, Names


def whole_console() -> Console:
    """Standard output: a terminal's width there, elsewhere as wide as a table needs, so that nothing is cut."""
    return _Whole() if sys.stdout.isatty() else _Whole(width=1_000_000)


class _Whole(Console):
    def on_broken_pipe(self) -> None:
        """A reader that has seen enough is no failure."""
        try:
            super().on_broken_pipe()
        finally:
            raise SystemExit(0)


def shown(text: str) -> str:
    """A text of the data in rich's markup."""
    return escape(visible(text))


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
        table.add_row(*(shown(written(row[name])) if name in row else "" for name in names))
    whole_console().print(table)
    click.echo(f"{len(rows)} row{'' if len(rows) == 1 else 's'}")


def description_table(found: Description, names: Names, hidden: frozenset[str]) -> None:
    """The statements of a thing and of its parts, each with the graphs it rests on; then what links to it."""
    called = {
        name.iri: name.text
        for name in names.of(found.iris() | {q.predicate.value for q in found.quads}).values()
    }

    def text(term: Term) -> str:
        if isinstance(term, Literal):
            return f"{term.value} @{term.language}" if term.language else term.value
        return called.get(term.value, term.value)

    console = whole_console()
    console.print(
        f"[bold]{shown(called.get(found.iri, found.iri))}[/bold]\n{shown(found.iri)}", highlight=False
    )
    statements: dict[tuple[str, str, str], list[str]] = {}
    for quad in found.quads:
        graph = quad.graph.value if quad.graph else ""
        if graph not in hidden:
            key = (quad.subject.value, text(quad.predicate), text(quad.object))
            statements.setdefault(key, [])
            if graph:
                statements[key].append(called.get(graph, graph))
    table = Table("of", "", "", "rests on")
    for (subject, predicate, value), graphs in sorted(statements.items()):
        of = "" if subject == found.iri else "#" + subject.partition("#")[2]
        table.add_row(*map(shown, (of, predicate, value, "; ".join(sorted(graphs)))))
    console.print(table)
    for group in found.incoming:
        console.print(
            f"{group.count:,} by {shown(called.get(group.predicate, group.predicate))}", highlight=False
        )
