"""`kgraph verify`: is a release as it was written?"""

from __future__ import annotations

from pathlib import Path

import click

from kgraph.cli._site import open_site, state_option


@click.command(short_help="Check releases against the digests of their manifests.")
@click.argument("number", type=int, required=False)
@click.option("--site", type=click.Path(path_type=Path), default=".", help="The site; default: this folder.")
@state_option
def command(number: int | None, site: Path, state: Path | None) -> int:
    """Check every file of release NUMBER (default: of all) against the SHA-256 in its manifest.

    The statements of the dump are checked against the digest of the data, and both digests against the log.
    """
    from kgraph.errors import ReleaseError
    from kgraph.release import read_log, verify

    place = open_site(site, state)
    whole = read_log(place.state)
    log = [a for a in whole if number in (None, a.number)]
    if not log:
        what = "nothing has been built yet" if number is None else f"there is no release {number}"
        raise ReleaseError(what, where=str(place.state))
    faults = 0
    for folder in dict.fromkeys(activation.folder for activation in log):
        lines = [a for a in whole if a.folder == folder]
        numbers = ", ".join(str(a.number) for a in lines)
        path = place.state / "releases" / folder
        try:
            wrong = verify(path, lines, active=folder == whole[-1].folder)
        except ReleaseError as error:
            wrong = [error.message]
        faults += len(wrong)
        kept = "" if (path / "store").exists() else ", kept as a dump only"
        click.echo(f"release {numbers}: {'sound' + kept if not wrong else 'damaged'}")
        for one in wrong:
            click.echo(f"  {one}", err=True)
    if faults:
        raise ReleaseError(
            "not as it was written",
            where=str(place.state),
            hint="`kgraph rollback` goes to a sound release, `kgraph build --force` makes a new one.",
        )
    return 0
