"""A small site for the harvest tests, in three releases: things are made, changed and taken away."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from weakref import finalize

from flask.testing import FlaskClient

from kgraph.build.pipeline import build
from kgraph.engine import open_engine
from kgraph.harvest import Published
from kgraph.release import open_active, open_release, read_log
from kgraph.site import load_site
from kgraph.web import create_app

CONFIG = """\
title = "Sample"
description = "Made-up places, people and works"
base_iri = "{base}"
license = "https://creativecommons.org/licenses/by/4.0/"
publisher = "The Sample Society"
contact = "mailto:sample@example.org"
"""

HEAD = """\
@base <http://localhost:8000/> .
@prefix schema: <https://schema.org/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix dct: <http://purl.org/dc/terms/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""


def person(number: int, *, name: str = "", born: str = "1950-01-02") -> str:
    """One made-up person with a part (a hash IRI)."""
    iri = f"id/person/p{number:04d}"
    return (
        f'<{iri}> a schema:Person ; rdfs:label "{name or f"Person {number}"}"@en ;\n'
        f'  schema:birthDate "{born}"^^xsd:date ; schema:address <{iri}#address> ;\n'
        f"  schema:knows <id/person/p{(number + 1) % 10:04d}> .\n"
        f'<{iri}#address> schema:addressLocality "Town {number % 3}" ; schema:latitude {number}.5 .\n'
    )


def write_site(folder: Path, people: dict[int, str], *, base: str = "http://localhost:8000/") -> None:
    """The site's folder: its settings and one data file."""
    (folder / "data").mkdir(parents=True, exist_ok=True)
    (folder / "kgraph.toml").write_text(CONFIG.format(base=base))
    (folder / "data" / "people.ttl").write_text(HEAD + "".join(people.values()))


def release(folder: Path) -> None:
    """Build and activate, in another second than the release before."""
    site = load_site(folder)
    log = read_log(site.state)
    while log and time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()) <= log[-1].time:
        time.sleep(0.05)
    build(site)


def open_published(folder: Path, number: int | None = None) -> Published:
    """The newest release, or the one of this number; closed when no one holds it any more."""
    site = load_site(folder)
    log = read_log(site.state)
    activation = log[-1] if number is None else next(a for a in log if a.number == number)
    opened = open_release(site.state / "releases" / activation.folder, activation)
    engine = open_engine(opened)
    published = Published.of(site, opened, engine, log)
    finalize(published, lambda: (engine.close(), opened.close()))
    return published


@contextmanager
def client_of(folder: Path) -> Iterator[FlaskClient]:
    """A client of the application over the active release, without a server."""
    site = load_site(folder)
    opened = open_active(site.state)
    engine = open_engine(opened)
    try:
        yield create_app(site, opened, engine).test_client()
    finally:
        engine.close()
        opened.close()


def three_releases(folder: Path, *, base: str = "http://localhost:8000/", size: int = 600) -> None:
    """1: people 0 .. size-1. 2: person 3 changed, 5 gone, one more. 3: person 5 back, 3 changed again."""
    people = {n: person(n) for n in range(size)}
    write_site(folder, people, base=base)
    release(folder)
    fifth = people.pop(5)
    people[3] = person(3, born="1950-01-03")
    people[size] = person(size)
    write_site(folder, people, base=base)
    release(folder)
    people[3] = person(3, born="1950-01-04")
    people[5] = fifth
    del people[7]
    write_site(folder, people, base=base)
    release(folder)
