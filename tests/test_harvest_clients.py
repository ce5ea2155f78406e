"""Real clients against a running server: each harvest door as its own kind of machine uses it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conftest import ROOT, missing, need_program
from harvest_server import free_port, running
from harvest_site import person, release, write_site

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # the clients' own
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]

SIZE = 600
PERSON = "https://schema.org/Person"


class Sample:
    """A site of 600 made-up people and the port at which it is served, release after release."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.base = f"http://127.0.0.1:{self.port}/"
        self.people = {n: person(n) for n in range(SIZE)}
        self.release()

    def release(self) -> None:
        write_site(self.folder, self.people, base=self.base)
        release(self.folder)


@pytest.fixture
def sample(tmp_path: Path) -> Sample:
    return Sample(tmp_path)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    sample = Sample(tmp_path_factory.mktemp("served"))
    with running(sample.folder, sample.port) as address:
        yield address


def node(script: str, *arguments: str) -> Any:
    """Run a script of tests/node; what it prints last is JSON."""
    program = need_program("node", how="install Node.js 20 or newer")
    if not (ROOT / "tests" / "node" / "node_modules").is_dir():
        missing("tests/node/node_modules", "run `npm ci` in tests/node")
    done = subprocess.run(
        [program, ROOT / "tests" / "node" / script, *arguments], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.strip().splitlines()[-1])


# --- Linked Data Event Streams -----------------------------------------------------------------------------


def test_ldes_client_replicates_and_then_gets_only_what_is_new(sample: Sample, tmp_path: Path) -> None:
    state = str(tmp_path / "state")
    with running(sample.folder, sample.port) as address:
        first = node("replicate.mjs", address + "ldes", state)
        again = node("replicate.mjs", address + "ldes", state)
    assert len(first) == SIZE
    assert set(first.values()) == {1}
    assert again == {}
    del sample.people[7]
    sample.people[3] = person(3, born="1949-12-31")
    sample.people[SIZE] = person(SIZE)
    sample.release()
    with running(sample.folder, sample.port) as address:
        changed = node("replicate.mjs", address + "ldes", state)
        afresh = node("replicate.mjs", address + "ldes", str(tmp_path / "other"))
    at = sample.base + "id/person/p"
    assert changed == {f"{at}0003?release=2": 1, f"{at}0007?release=2": 1, f"{at}{SIZE:04d}?release=2": 1}
    assert len(afresh) == SIZE + 1
    assert set(afresh.values()) == {1}


# --- Pattern fragments -------------------------------------------------------------------------------------


def test_comunica_queries_fragments(served: str) -> None:
    prefixes = "PREFIX schema: <https://schema.org/> PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#> "
    queries = [
        "SELECT (COUNT(*) AS ?n) { ?s a schema:Person }",
        f"SELECT ?l {{ ?a schema:knows <{served}id/person/p0003> ; rdfs:label ?l }} ORDER BY ?l LIMIT 5",
        'SELECT ?s { ?s rdfs:label "Person 42"@en }',
        f"SELECT ?p ?o {{ <{served}id/person/p0042#address> ?p ?o }} ORDER BY ?p",
        "SELECT ?s { ?s schema:birthDate ?d ; schema:address ?a . ?a schema:latitude 44.5 }",
    ]
    fragments = node("comunica.mjs", served + "fragments", *(prefixes + q for q in queries))
    assert fragments[0] == [{"n": str(SIZE)}]
    assert [len(rows) for rows in fragments[1:]] == [5, 1, 3, 1]
    assert fragments[1][0] == {"l": "Person 102"}
    assert fragments[4] == [{"s": f"{served}id/person/p0044"}]
