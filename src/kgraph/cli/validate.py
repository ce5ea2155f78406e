"""`kgraph validate`: any RDF against any shapes, no site needed; exit codes as pyshacl's command line."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from kgraph.errors import KgraphError


@click.command(short_help="Validate RDF files by SHACL shapes; no site needed.")
@click.argument("data", type=click.Path(path_type=Path, exists=True, dir_okay=False), nargs=-1, required=True)
@click.option(
    "--shapes",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    multiple=True,
    required=True,
    metavar="FILE",
    help="A file of shapes; may be given several times.",
)
@click.option(
    "--engine",
    type=click.Choice(["auto", "compiled", "pyshacl"]),
    default="auto",
    show_default=True,
    help="auto: compiled shapes, pyshacl for what is not compiled.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "turtle", "json"]),
    default="text",
    show_default=True,
    help="turtle: the standard sh:ValidationReport.",
)
def command(data: tuple[Path, ...], shapes: tuple[Path, ...], engine: str, form: str) -> int:
    """Validate the files DATA (.ttl .trig .nt .nq .rdf .jsonld, plain, .gz or .zst) by SHACL.

    The statements of all files and of all named graphs in them are judged as one graph.

    \b
    Exit status: 0 the data conform, 1 they do not, 2 no verdict (a file, a shape or an argument is wrong).
    """
    from rich.console import Console

    from kgraph.build.validation import validate_files
    from kgraph.cli import report_error
    from kgraph.shacl.render import print_report

    try:
        found = validate_files(data, shapes, engine)
    except KgraphError as error:
        report_error(error)
        return 2
    report = found.report
    if form == "json":
        click.echo(report.to_json())
    elif form == "turtle":
        click.echo(report.to_rdf().serialize(format="turtle"))
    else:
        console = Console() if sys.stdout.isatty() else Console(width=1000)
        print_report(report, console, place=found.place, short=found.short)
    return 0 if report.conforms else 1
