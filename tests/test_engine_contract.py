"""One contract for every engine: embedded, `oxigraph serve`, kgraph's own endpoint, Virtuoso where it is installed."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pyoxigraph as ox
import pytest

from conftest import need_program
from engine_sample import BASE, PEOPLE, PREFIXES, make_store
from kgraph.engine import Engine, Pattern, Query
from kgraph.engine.embedded import EmbeddedEngine
from kgraph.engine.limits import Limits
from kgraph.engine.remote import RemoteEngine
from kgraph.errors import (
    EndpointError,
    NotWritable,
    QueryError,
    QueryRefused,
    QuerySyntaxError,
    QueryTimeout,
    ResultTooLarge,
)
from kgraph.media import RdfFormat, ResultFormat
from kgraph.terms import IRI, BNode, Literal, Quad
from served import listening, serving, until

EX, V = BASE, BASE + "v#"
A, B, C, G1, G2 = (IRI(EX + name) for name in ("a", "b", "c", "g1", "g2"))
KNOWS, NAME = IRI(V + "knows"), IRI(V + "name")
INFERRED = IRI(BASE + "id/graph/inferred")
LIMITS = Limits(deadline=20, workers=1)


def sample(folder: Path) -> Path:
    """The sample store with one inferred link."""
    path = make_store(folder)
    store = ox.Store(str(path))
    for graph in (ox.NamedNode(INFERRED.value), ox.DefaultGraph()):
        store.add(ox.Quad(ox.NamedNode(C.value), ox.NamedNode(KNOWS.value), ox.NamedNode(B.value), graph))
    store.flush()
    return path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as response:
            return bool(response.status == 200)
    except OSError:
        return False


VIRTUOSO = """[Database]
DatabaseFile = {folder}/v.db
TransactionFile = {folder}/v.trx
ErrorLogFile = {folder}/v.log
LockFile = {folder}/v.lck
xa_persistent_file = {folder}/v.pxa
[Parameters]
ServerPort = {port}
DirsAllowed = {folder}
NumberOfBuffers = 10000
[HTTPServer]
ServerPort = {http}
ServerThreads = 4
[SPARQL]
ResultSetMaxRows = 100000
"""


@pytest.fixture(scope="module", params=["embedded", "oxigraph", "kgraph", "virtuoso"])
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    folder = tmp_path_factory.mktemp(request.param)
    if request.param == "virtuoso":
        program = need_program("virtuoso-t", how="install Debian's virtuoso-opensource")
        yield from virtuoso(program, folder)
        return
    store = sample(folder)
    with ExitStack() as stack:
        if request.param == "embedded":
            embedded = EmbeddedEngine(store, base=BASE, prefixes=PREFIXES, limits=LIMITS)
            stack.callback(embedded.close)
            yield embedded
        elif request.param == "kgraph":
            app, _ = stack.enter_context(serving(folder, store=store, prefixes=PREFIXES, limits=LIMITS))
            address = stack.enter_context(listening(app))
            yield RemoteEngine(address + "/sparql", base=BASE, prefixes=PREFIXES, limits=LIMITS)
        else:
            beside = Path(sys.executable).parent / "oxigraph"
            program = (
                str(beside) if beside.exists() else need_program("oxigraph", how="install PyPI's oxigraph")
            )
            port = free_port()
            server = subprocess.Popen(
                [program, "serve-read-only", "-l", str(store), "-b", f"127.0.0.1:{port}"],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            stack.callback(server.wait)
            stack.callback(server.kill)
            address = f"http://127.0.0.1:{port}/query"
            assert until(lambda: answers(address + "?query=ASK%20%7B%7D"))
            yield RemoteEngine(address, base=BASE, prefixes=PREFIXES, limits=LIMITS)


def virtuoso(program: str, folder: Path) -> Iterator[Engine]:
    """Virtuoso over the same named graphs; its default graph is their union."""
    port, http = free_port(), free_port()
    (folder / "v.ini").write_text(VIRTUOSO.format(folder=folder, port=port, http=f"127.0.0.1:{http}"))
    server = subprocess.Popen(
        [program, "-f", "-c", str(folder / "v.ini")],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        endpoint = f"http://127.0.0.1:{http}/sparql"
        assert until(lambda: answers(endpoint + "?query=ASK%20%7B%7D"), 60)
        store = ox.Store.read_only(str(sample(folder)))
        people = IRI(BASE + "people")
        lines = ["log_enable(2);"]
        for graph in (G1, G2, INFERRED, people):
            source = ox.DefaultGraph() if graph is people else ox.NamedNode(graph.value)
            quads = store.quads_for_pattern(None, None, None, source)
            triples = [
                ox.Triple(q.subject, q.predicate, q.object)
                for q in quads
                if graph is not people or "/person/" in str(q.subject)
            ]
            part = f"{folder}/{graph.value.rpartition('/')[2]}.nt"
            ox.serialize(triples, part, ox.RdfFormat.N_TRIPLES)
            lines.append(f"DB.DBA.TTLP(file_to_string_output('{part}'), '', '{graph.value}', 255);")
        isql = need_program("isql-vt", "isql-v", "isql", how="install Debian's virtuoso-opensource")
        subprocess.run(
            [isql, f"127.0.0.1:{port}", "dba", "dba", "VERBOSE=OFF", f"EXEC={' '.join(lines)}"],
            check=True,
            capture_output=True,
            timeout=60,
        )
        yield RemoteEngine(endpoint, base=BASE, prefixes=PREFIXES, limits=LIMITS)
    finally:
        server.kill()  # it would first end the query that a client left
        server.wait()
        shutil.rmtree(folder, ignore_errors=True)


def values(engine: Engine, text: str) -> list[str]:
    answer = engine.query(Query(text))
    bindings = json.loads(answer.read())["results"]["bindings"]
    answer.close()
    return [next(iter(row.values()))["value"] for row in bindings]


def test_select(engine: Engine):
    assert values(engine, f"SELECT DISTINCT ?o {{ <{EX}a> <{V}knows> ?o }} ORDER BY ?o") == [
        EX + "b",
        EX + "c",
    ]


@pytest.mark.parametrize("results", list(ResultFormat))
def test_every_results_format(engine: Engine, results: ResultFormat):
    answer = engine.query(Query(f"SELECT ?n {{ <{EX}person/7> <{V}number> ?n }}", results=results))
    assert (answer.form, answer.rows, answer.media_type) == ("solutions", 1, results.media_type)
    body = answer.read()
    assert len(body) == answer.size
    if results is ResultFormat.CSV:
        assert body == b"n\r\n7\r\n"
    if results is ResultFormat.TSV:
        assert body == b"?n\n7\n"


@pytest.mark.parametrize("results", [ResultFormat.JSON, ResultFormat.XML])
def test_ask(engine: Engine, results: ResultFormat):
    for subject, expected in (("a", b"true"), ("nobody", b"false")):
        answer = engine.query(Query(f"ASK {{ <{EX}{subject}> ?p ?o }}", boolean=results))
        assert (answer.form, answer.rows) == ("boolean", None)
        assert expected in answer.read()


@pytest.mark.parametrize("rdf", list(RdfFormat))
def test_every_rdf_format(engine: Engine, rdf: RdfFormat):
    text = f"CONSTRUCT {{ ?s <{V}knows> ?o }} WHERE {{ ?s <{V}knows> ?o }}"
    answer = engine.query(Query(text, rdf=rdf))
    assert (answer.form, answer.media_type, answer.rows) == ("graph", rdf.media_type, 3)
    if rdf is RdfFormat.TURTLE:
        assert b"ex:a v:knows ex:b , ex:c ." in answer.read()


def test_the_dataset_of_the_request(engine: Engine):
    text = "SELECT ?p { ?s ?p ?o }"
    assert len(values(engine, text + " LIMIT 2000")) >= 2000
    for graph, count in ((G1, 3), (G2, 5)):
        answer = engine.query(Query(text, default_graphs=(graph.value,)))
        assert answer.rows == count


def test_outgoing(engine: Engine):
    found = set(engine.outgoing(A))
    name = Literal("A", "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString", "en")
    assert {
        Quad(A, NAME, name, G1),
        Quad(A, KNOWS, B, G1),
        Quad(A, KNOWS, B, G2),
        Quad(A, KNOWS, C, G2),
        Quad(A, NAME, name, None),
        Quad(A, KNOWS, B, None),
        Quad(A, KNOWS, C, None),
    } == found
    assert len(engine.outgoing(A, limit=2)) == 2
    assert engine.outgoing(IRI("no iri")) == []


def test_incoming_leaves_the_inferred_out(engine: Engine):
    (group,) = engine.incoming(B)
    assert (group.predicate, group.count, group.subjects) == (KNOWS, 1, (A,))
    assert engine.incoming_page(B, KNOWS) == (1, [A])
    assert engine.incoming_page(B, KNOWS, offset=1) == (1, [])
    assert engine.incoming(IRI(EX + "nobody")) == []


def test_graphs(engine: Engine):
    assert engine.contains_graph(G1)
    assert not engine.contains_graph(IRI(EX + "none"))
    assert len(list(engine.graph(G2))) == 5
    assert {q.graph for q in engine.graph(G2)} == {G2}
    assert len(list(engine.graph(None, limit=50))) == 50
    assert list(engine.graph(IRI("no iri"))) == []


def test_patterns(engine: Engine):
    pattern = Pattern(predicate=IRI(V + "number"))
    assert engine.count(pattern, most=PEOPLE // 2) == PEOPLE // 2
    assert len(engine.page(pattern, limit=10)) == 10
    assert engine.page(Pattern(subject=A, predicate=KNOWS, graph=G1)) == [Quad(A, KNOWS, B, G1)]


@pytest.mark.parametrize("text", ["SELEC * {}", "SELECT * { ?s ?p }"])
def test_syntax_errors(engine: Engine, text: str):
    with pytest.raises(QuerySyntaxError):
        engine.query(Query(text))


@pytest.mark.parametrize("text", ["INSERT DATA { <x:a> <x:b> 1 }", "PREFIX a: <x:> CLEAR ALL"])
def test_updates_are_refused(engine: Engine, text: str):
    with pytest.raises(QueryRefused):
        engine.query(Query(text))


def test_what_is_not_accepted(engine: Engine):
    for text, refused in (
        ("ASK {}", Query("ASK {}", boolean=None)),
        ("SELECT", Query("SELECT (1 AS ?x) {}", results=None)),
        ("CONSTRUCT", Query(f"CONSTRUCT WHERE {{ <{EX}a> ?p ?o }}", rdf=None)),
    ):
        with pytest.raises(NotWritable):
            engine.query(refused), text


def test_the_cap(engine: Engine):
    with pytest.raises(ResultTooLarge):
        engine.query(Query("SELECT * { ?s ?p ?o }", result=1000))


def test_the_deadline(engine: Engine):
    start = time.monotonic()
    cross = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i FILTER(STR(?c) != STR(?i)) }"
    with pytest.raises(QueryTimeout, match="within 1 s"):
        engine.query(Query(cross, deadline=1))
    assert time.monotonic() - start < 30  # left alone it would run for years
    assert values(engine, "SELECT (1 AS ?x) {}") == ["1"]


def test_an_endpoint_that_is_not_there():
    engine = RemoteEngine(f"http://127.0.0.1:{free_port()}/sparql")
    with pytest.raises(EndpointError, match="cannot be reached"):
        engine.query(Query("ASK {}"))


def test_the_errors_of_another_kgraph_are_its_own(tmp_path: Path):
    with serving(tmp_path, limits=LIMITS) as (app, _), listening(app) as address:
        engine = RemoteEngine(address + "/sparql")
        with pytest.raises(QuerySyntaxError) as caught:
            engine.query(Query("SELECT *\n{ ?s ?p ?o . . }"))
        assert (caught.value.line, caught.value.column) == (2, 14)
        with pytest.raises(QueryError) as refused:
            engine.query(Query("SELECT * { SERVICE <http://example.org/> { ?s ?p ?o } }"))
        assert refused.value.problem == "query-refused"
        assert "Comunica" in refused.value.hint
        missing = RemoteEngine(address + "/nothing-here")
        with pytest.raises(EndpointError):
            missing.query(Query("ASK {}"))


def test_blank_nodes_cannot_be_named_there():
    engine = RemoteEngine("http://127.0.0.1:1/")
    assert engine.outgoing(BNode("x")) == []
    assert engine.incoming(BNode("x")) == []
    assert engine.page(Pattern(subject=BNode("x"))) == []
