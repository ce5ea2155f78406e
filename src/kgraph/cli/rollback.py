"""`kgraph rollback`: make an earlier release's data active again."""

from __future__ import annotations

from pathlib import Path

import click

from kgraph.cli._site import open_site, state_option


@click.command(short_help="Make an earlier release active again.")
@click.argument("number", type=int, required=False)
@click.option("--site", type=click.Path(path_type=Path), default=".", help="The site; default: this folder.")
@state_option
def command(number: int | None, site: Path, state: Path | None) -> int:
    """Make the data of release NUMBER (default: those before the active ones) active again, under a new number.

    The files of the site stay as they are: the next build makes a release of them.
    """
    from kgraph.history import record
    from kgraph.release import building, roll_back

    place = open_site(site, state)
    with building(place.state):
        active = roll_back(place.state, number)
        record(place.state)
    click.echo(f"Release {active.number} is active: {active.note}.")
    return 0
