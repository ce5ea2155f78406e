"""`kgraph build`: files to release."""

from __future__ import annotations

from pathlib import Path

import click

from kgraph.cli._site import Bars, open_site, site_argument
from kgraph.terms import visible


@click.command(short_help="Check the site's files and make a release of them.")
@site_argument
@click.option("--force", is_flag=True, help="Build in full, even when nothing has changed.")
def command(site: Path, state: Path | None, force: bool) -> int:
    """Check the files of SITE, make a release of them and activate it.

    The same files, settings and version make it a no-op. When anything is wrong, every reason is named and
    the active release stays as it is.
    """
    from kgraph.build.pipeline import build

    with Bars() as bars:
        outcome = build(open_site(site, state), progress=bars, force=force)
    activation = outcome.activation
    assert activation is not None
    for finding in outcome.findings:
        click.echo(visible(str(finding)), err=True)
    if not outcome.new or outcome.manifest is None:
        click.echo(f"Nothing has changed: release {activation.number} of {activation.time} stays active.")
        return 0
    from kgraph.cli._tables import build_table

    click.echo(outcome.way)
    build_table(outcome.manifest, activation, outcome.seconds)
    return 0
