"""`kgraph diff`: what two releases differ in."""

from __future__ import annotations

from pathlib import Path

import click

from kgraph.cli._site import open_site, state_option


@click.command(short_help="Show what two releases differ in.")
@click.argument("a", type=int)
@click.argument("b", type=int)
@click.option("--site", type=click.Path(path_type=Path), default=".", help="The site; default: this folder.")
@state_option
@click.option(
    "--patch", is_flag=True, help="As RDF Patch: A adds, D deletes a statement, in one transaction."
)
def command(a: int, b: int, site: Path, state: Path | None, patch: bool) -> int:
    """Show the statements that release B has and release A has not (+), and the reverse (-)."""
    from kgraph.errors import ReleaseError
    from kgraph.release import difference, read_log

    place = open_site(site, state)
    folders = {activation.number: activation.folder for activation in read_log(place.state)}
    for number in (a, b):
        if number not in folders:
            raise ReleaseError(
                f"there is no release {number}", where=str(place.state), hint="`kgraph releases` lists them."
            )
    releases = place.state / "releases"
    counts = {"+": 0, "-": 0}
    subject = ""
    if patch:
        click.echo("TX .")
    for found in difference(releases / folders[a], releases / folders[b]):
        counts[found.sign] += 1
        if patch:
            click.echo(found.patch)
            continue
        if found.subject != subject:
            subject = found.subject
            click.echo(subject)
        click.echo(f"  {found.sign} {found.line[len(subject) + 1 :]}")
    if patch:
        click.echo("TC .")
    click.echo(f"{counts['+']:,} added, {counts['-']:,} removed", err=patch)
    return 0
