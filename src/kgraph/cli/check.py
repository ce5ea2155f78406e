"""`kgraph check`: all that build does but release."""

from __future__ import annotations

from pathlib import Path

import click

from kgraph.cli._site import Bars, open_site, site_argument
from kgraph.terms import visible


@click.command(short_help="Check the site's files without making a release.")
@site_argument
def command(site: Path, state: Path | None) -> int:
    """Parse the files of SITE, check them against the model and validate them, without making a release."""
    from kgraph.build.pipeline import check

    with Bars() as bars:
        outcome = check(open_site(site, state), progress=bars)
    for finding in outcome.findings:
        click.echo(visible(str(finding)), err=True)
    click.echo(f"Nothing is wrong ({sum(outcome.seconds.values()):.1f} s).")
    return 0
