"""Write docs/settings.md and docs/cli.md from the settings table and the help of the command line: `make docs`.

tests/test_reference.py fails when a file is not what this script would write.
"""

from __future__ import annotations

import json
from pathlib import Path

import click

from kgraph.cli import cli
from kgraph.errors import KgraphError
from kgraph.site import SETTINGS, WRITTEN_BASE

DOCS = Path(__file__).resolve().parent.parent / "docs"
KINDS = {str: "text", int: "whole number", bool: "true or false", list: "list", dict: "table"}


def settings() -> str:
    """docs/settings.md."""
    rows = [f"| `{s.name}` | {KINDS[type(s.default)]} | {shown(s.default)} | {s.help} |" for s in SETTINGS]
    return "\n".join(
        [
            "# Settings",
            "A site may have a file `kgraph.toml` at its root. Every key is optional; an unknown key or a value of",
            "another type stops kgraph before it does anything. This file is written by `make docs`.",
            "",
            "| setting | type | default | meaning |",
            "|---|---|---|---|",
            *rows,
            "",
            f"Files, shapes and queries are written with the base `{WRITTEN_BASE}`, so that any tool reads them alone;",
            "`base_iri` replaces it everywhere when the site is built.",
            "",
        ]
    )


def shown(value: object) -> str:
    """A default as it would stand in kgraph.toml."""
    return f"`{json.dumps(value)}`" if value not in ("", {}, []) else ""


def command_line() -> str:
    """docs/cli.md."""
    parts = [
        "# Command line",
        "Written by `make docs` from what `kgraph VERB --help` prints.",
        "",
        "Exit status: 0 done, 1 the data are rejected or a query failed, 2 a wrong argument or setting, "
        "3 the machine (port, disk, release).",
        "",
        help_of(cli, "kgraph"),
    ]
    context = click.Context(cli, info_name="kgraph")
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        assert command is not None
        parts += [f"## kgraph {name}", help_of(command, f"kgraph {name}")]
    return "\n".join(parts)


def help_of(command: click.Command, name: str) -> str:
    """The help of one command as a block of text, 100 columns wide."""
    settings = {**cli.context_settings, "max_content_width": 100, "terminal_width": 100}
    context = click.Context(command, info_name=name, **settings)
    return f"```\n{command.get_help(context)}\n```\n"


FILES = {"settings.md": settings, "cli.md": command_line}


def main() -> None:
    """Write the files."""
    for name, text in FILES.items():
        (DOCS / name).write_text(text(), "utf-8")


if __name__ == "__main__":
    try:
        main()
    except KgraphError as error:
        raise SystemExit(str(error)) from error
