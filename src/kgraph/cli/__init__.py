"""The command line: one module a verb, imported when it is asked for, so that start-up stays quick.

A module of this package named like the verb, with a click command `command`, is a verb: nothing else to register.
Exit: 0 done, 1 data rejected, 2 usage or configuration, 3 environment (kgraph.errors).
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from typing import Any, NoReturn

import click

from kgraph import __version__
from kgraph.errors import KgraphError
from kgraph.terms import visible


class Verbs(click.Group):
    """The verbs are the modules of this package; names that begin with an underscore are none."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every verb."""
        return sorted(m.name for m in pkgutil.iter_modules(__path__) if not m.name.startswith("_"))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a verb, or None."""
        if cmd_name not in self.list_commands(ctx):
            return None
        found = importlib.import_module(f"kgraph.cli.{cmd_name}").command
        assert isinstance(found, click.Command)
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The verbs with one line each."""
        rows = [(name, found.get_short_help_str(70)) for name, found in self._all(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def _all(self, ctx: click.Context) -> list[tuple[str, click.Command]]:
        found = ((name, self.get_command(ctx, name)) for name in self.list_commands(ctx))
        return [(name, command) for name, command in found if command]


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="kgraph")
def cli() -> None:
    """Publish a curated knowledge graph as linked data.

    SITE is a folder with kgraph.toml, ontology/, data/, shapes/ and queries/, any folder of RDF files,
    or one RDF file; without it, the folder you are in.
    """


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the command line and exit."""
    sys.exit(run(arguments))


def run(arguments: list[str] | None = None) -> int:
    """Run the command line; gives the exit code. Errors go to standard error, never as a traceback."""
    try:
        result: Any = cli.main(arguments, prog_name="kgraph", standalone_mode=False)
        return result if isinstance(result, int) else 0
    except click.exceptions.Abort:
        click.echo("stopped", err=True)
        return 130
    except click.ClickException as error:
        error.show()
        return 2
    except KgraphError as error:
        report_error(error)
        return error.exit_code
    except BrokenPipeError:
        return 0


def report_error(error: KgraphError) -> None:
    """Show an error; a rejection with every finding."""
    findings = getattr(error, "findings", None)
    if findings is not None:
        for finding in findings:
            click.echo(visible(str(finding)), err=True)
        click.echo(f"{error.message}; nothing was released.", err=True)
    else:
        click.echo(visible(f"kgraph: {error}"), err=True)
