"""Real clients run the site's own queries against the service: SPARQLWrapper, rdflib, Comunica, the command line."""

from __future__ import annotations

import csv
import io
import json
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import rdflib
from rdflib.plugins.stores.sparqlstore import SPARQLStore
from SPARQLWrapper import CSV, JSON, TURTLE, XML, SPARQLWrapper

from conftest import ROOT, missing, need_program
from kgraph.build.pipeline import build
from kgraph.cli import run
from kgraph.engine import open_engine
from kgraph.release import open_active
from kgraph.site import load_site
from kgraph.web import create_app
from served import listening

QUERIES = sorted(ROOT.glob("queries/*.rq"))
COMUNICA = ROOT / "tests" / "node" / "node_modules" / ".bin" / "comunica-sparql"


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The endpoint of the curated graph."""
    site = load_site(ROOT, tmp_path_factory.mktemp("state"))
    build(site)
    release = open_active(site.state)
    engine = open_engine(release)
    app = create_app(site, release, engine)
    try:
        with listening(app) as address:
            yield address + "/sparql"
    finally:
        engine.close()
        release.close()


@pytest.fixture(scope="module")
def rows(endpoint: str) -> dict[str, Counter[tuple[str, ...]]]:
    """What SPARQLWrapper gets for each query as JSON, as bags of rows."""
    found = {}
    for path in QUERIES:
        wrapper = SPARQLWrapper(endpoint)
        wrapper.setQuery(path.read_text("utf-8"))
        wrapper.setReturnFormat(JSON)
        table = wrapper.queryAndConvert()
        names = sorted(table["head"]["vars"])
        found[path.stem] = Counter(
            tuple(row.get(n, {}).get("value", "") for n in names) for row in table["results"]["bindings"]
        )
    return found


def test_there_are_queries(rows: dict[str, Counter[tuple[str, ...]]]):
    assert len(QUERIES) > 30
    assert sum(map(bool, rows.values())) > 30


def test_sparqlwrapper_in_other_formats(endpoint: str):
    wrapper = SPARQLWrapper(endpoint)
    text = (ROOT / "queries" / "statements.rq").read_text("utf-8")
    wrapper.setQuery(text)
    wrapper.setReturnFormat(CSV)
    table = list(csv.DictReader(io.StringIO(wrapper.queryAndConvert().decode(), newline="")))
    assert {"speaker", "capacity", "act", "term", "count", "about", "source", "passage", "date"} <= set(
        table[0]
    )
    wrapper.setMethod("POST")
    wrapper.setReturnFormat(XML)
    assert len(wrapper.queryAndConvert().getElementsByTagName("result")) == len(table)
    wrapper.setQuery("CONSTRUCT WHERE { <http://localhost:8000/id/event/khojaly-1992> ?p ?o }")
    wrapper.setReturnFormat(TURTLE)
    assert len(rdflib.Graph().parse(data=wrapper.queryAndConvert(), format="turtle")) > 0


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of rdflib, at itself
def test_sparqlstore(endpoint: str, rows: dict[str, Counter[tuple[str, ...]]]):
    graph = rdflib.Graph(SPARQLStore(endpoint, context_aware=False))
    for path in QUERIES:
        result = graph.query(path.read_text("utf-8"))
        names = sorted(str(v) for v in result.vars or [])
        found = Counter(
            tuple("" if row[n] is None else str(row[n]) for n in names)  # type: ignore[index, call-overload]
            for row in result
        )
        assert sum(found.values()) == sum(rows[path.stem].values()), path.stem
    event = rdflib.URIRef("http://localhost:8000/id/event/khojaly-1992")
    assert len(list(graph.triples((event, None, None)))) > 0


def test_the_command_line(
    endpoint: str, rows: dict[str, Counter[tuple[str, ...]]], capfd: pytest.CaptureFixture[str]
):
    for path in QUERIES:
        assert run(["query", str(path), "--endpoint", endpoint, "--format", "json"]) == 0
        table = json.loads(capfd.readouterr().out)
        assert len(table["results"]["bindings"]) == sum(rows[path.stem].values())
    assert run(["query", "-", "--endpoint", "nowhere"]) == 2


def test_comunica(endpoint: str, rows: dict[str, Counter[tuple[str, ...]]]):
    node = need_program("node", how="install Node.js")
    if not COMUNICA.exists():
        missing("Comunica", "run `make node-tests`")
    for name in ("statements", "events-by-place", "names-of-the-event", "speakers"):
        text = (ROOT / "queries" / f"{name}.rq").read_text("utf-8")
        done = subprocess.run(
            [node, str(COMUNICA), f"sparql@{endpoint}", "-q", text, "-t", "application/sparql-results+json"],
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr[-500:]
        table = json.loads(done.stdout)
        assert len(table["results"]["bindings"]) == sum(rows[name].values()), name


def test_an_endpoint_that_is_down_is_an_error(capfd: pytest.CaptureFixture[str], tmp_path: Path):
    query = tmp_path / "q.rq"
    query.write_text("ASK {}")
    assert run(["query", str(query), "--endpoint", "http://127.0.0.1:9/sparql"]) == 1
    assert "cannot be reached" in capfd.readouterr().err
