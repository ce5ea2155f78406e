"""`kgraph releases`: the history of a site."""

from __future__ import annotations

from pathlib import Path

import click

from kgraph.cli._site import open_site, site_argument


@click.command(short_help="List the site's releases.")
@site_argument
def command(site: Path, state: Path | None) -> int:
    """List the releases of SITE, the newest first: when, how many statements, how large."""
    from rich.table import Table

    from kgraph.cli._tables import whole_console
    from kgraph.errors import ReleaseError
    from kgraph.release import read_log, read_manifest

    place = open_site(site, state)
    log = read_log(place.state)
    if not log:
        raise ReleaseError("nothing has been built yet", where=str(place.state), hint="Run `kgraph build`.")
    table = Table("release", "activated", "statements", "inferred", "MB", "data", "")
    for activation in reversed(log):
        folder = place.state / "releases" / activation.folder
        note = activation.note
        try:
            manifest = read_manifest(folder)
        except ReleaseError as error:
            table.add_row(
                str(activation.number), activation.time, "", "", "", activation.data[:12], error.message
            )
            continue
        if not (folder / "store").exists():
            note = (note + "; " if note else "") + "dump only"
        size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6
        table.add_row(
            str(activation.number),
            activation.time,
            f"{manifest.quads:,}",
            f"{manifest.inferred:,}",
            f"{size:.1f}",
            activation.data[:12],
            "active" if activation is log[-1] else note,
        )
    whole_console().print(table)
    return 0
