"""W3C suites of the HTTP side: Protocol, Graph Store Protocol (reading), Service Description."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient

from conftest import SHARED, need_shared
from kgraph.media import RdfFormat, ResultFormat
from served import serving
from w3c_sparql import MF, RDF, Graph, same_graph

SUITE = SHARED / "suites" / "rdf-tests" / "sparql" / "sparql11"
HT = "http://www.w3.org/2011/http#"
CNT = "http://www.w3.org/2011/content#"
BASE = "http://w3c.example/"


@dataclass(frozen=True)
class Step:
    """One request of a case and what its response must be."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    statuses: tuple[str, ...]
    format: str = ""
    boolean: bool | None = None
    type: str = ""
    answer: str = ""


@dataclass(frozen=True)
class HttpCase:
    """A case: its steps in order."""

    name: str
    steps: list[Step] = field(default_factory=list)


def http_cases(manifest: str) -> list[HttpCase]:
    path = SUITE / manifest
    if not path.exists():
        return []
    graph = Graph(path, BASE + manifest)
    found = []
    for subject in graph.subjects(MF + "entries"):
        for entry in graph.items(graph.one(subject, MF + "entries")):
            assert isinstance(entry, ox.NamedNode)
            action = graph.one(entry, MF + "action")
            steps = (
                [_step(graph, r) for r in graph.items(graph.one(action, HT + "requests"))] if action else []
            )
            found.append(HttpCase(entry.value.rpartition("#")[2], steps))
    return found


def _text(node: object | None) -> str:
    return node.value if isinstance(node, ox.Literal | ox.NamedNode) else ""


def _headers(graph: Graph, message: object | None) -> dict[str, str]:
    return {
        _text(graph.one(h, HT + "fieldName")): _text(graph.one(h, HT + "fieldValue"))
        for h in graph.items(graph.one(message, HT + "headers"))
    }


def _step(graph: Graph, request: object) -> Step:
    body, response = graph.one(request, HT + "body"), graph.one(request, HT + "resp")
    encoding = _text(graph.one(body, CNT + "characterEncoding")) or "utf-8"
    answer = graph.one(response, HT + "body")
    boolean = graph.one(response, MF + "expectedBoolean")
    return Step(
        _text(graph.one(request, HT + "methodName")),
        _text(graph.one(request, HT + "absolutePath")),
        _headers(graph, request),
        _text(graph.one(body, CNT + "chars")).encode(encoding),
        tuple(_text(s).rpartition("#")[2] for s in graph.all(response, MF + "expectedStatus")),
        _text(graph.one(response, MF + "expectedFormat")),
        None if boolean is None else _text(boolean) == "true",
        _headers(graph, response).get("content-type", ""),
        _text(graph.one(answer, CNT + "chars")),
    )


NAMED_STATUSES = {"OK": 200, "NoContent": 204, "Created": 201, "NotFound": 404, "BadRequest": 400}


def status_is(status: int, wanted: tuple[str, ...]) -> bool:
    return any(
        str(status)[0] == name.removeprefix("StatusCode")[0]
        if name.startswith("StatusCode")
        else status == NAMED_STATUSES[name]
        for name in wanted
    )


# --- Protocol

PROTOCOL = http_cases("protocol/manifest.ttl")
UPDATES = "DESIGN section 5: updates are refused with 403, whatever they are"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    need_shared("suites/rdf-tests/sparql")
    folder = tmp_path_factory.mktemp("protocol")
    store = ox.Store(str(folder / "store"))
    for number in (1, 2, 3):
        name = ox.NamedNode(f"http://kasei.us/2009/09/sparql/data/data{number}.rdf")
        store.load(
            path=str(SUITE / "protocol" / f"data{number}.nt"), format=ox.RdfFormat.N_TRIPLES, to_graph=name
        )
    store.flush()
    del store
    with serving(folder, store=folder / "store", base=BASE) as (app, _):
        yield app.test_client()


def test_the_protocol_suite_is_whole():
    need_shared("suites/rdf-tests/sparql")
    assert len(PROTOCOL) == 34
    assert sum(c.name.startswith(("update", "bad_update", "bad_multiple_updates")) for c in PROTOCOL) == 14


RESULT_TYPES = {f.media_type for f in ResultFormat}
GRAPH_TYPES = {f.media_type for f in RdfFormat}
FORMATS = {
    "boolean": {ResultFormat.JSON.media_type, ResultFormat.XML.media_type},
    "tabular": RESULT_TYPES,
    "RDF": GRAPH_TYPES,
}


@pytest.mark.parametrize("case", PROTOCOL, ids=lambda c: c.name)
def test_protocol(client: FlaskClient, case: HttpCase):
    update = "update" in case.name
    for step in case.steps:
        path = step.path.replace("/sparql/", "/sparql", 1)
        response = client.open(path, method=step.method, headers=step.headers, data=step.body)
        if update and case.name.startswith("bad_"):
            assert 400 <= response.status_code < 500
        elif update and b"ASK" not in step.body:
            assert response.status_code == 403, UPDATES
        elif update:
            assert response.status_code == 200  # asks for what the refused update would have written
        else:
            assert status_is(response.status_code, step.statuses), response.get_data()
            if step.format:
                assert response.mimetype in FORMATS[step.format]
            if step.boolean is not None:
                assert response.get_json(force=True)["boolean"] is step.boolean


# --- Graph Store Protocol: the reading steps, each over the graphs that the writing steps before it would leave

INDIRECT = http_cases("graph-store-protocol/manifest-indirect.ttl")


def test_the_graph_store_suite_is_whole():
    need_shared("suites/rdf-tests/sparql")
    assert len(INDIRECT) == 9
    assert sum(s.method in ("GET", "HEAD") for c in INDIRECT for s in c.steps) == READS


READS = 12


@pytest.mark.parametrize("case", INDIRECT, ids=lambda c: c.name)
def test_graph_store(tmp_path: Path, case: HttpCase):
    graphs: dict[str, list[ox.Quad]] = {}
    for place, step in enumerate(case.steps):
        # A POST to the store itself makes a graph, whose name the next step is to use.
        query = (step.path.partition("?")[2] or CREATED).replace("$LOCATION$", CREATED.partition("=")[2])
        name = "" if query == "default" else _graph_name(query)
        if step.method in ("GET", "HEAD"):
            _read(tmp_path / str(place), graphs, step, query)
        elif step.method == "DELETE":
            graphs.pop(name, None)
        else:
            new = [
                q
                for part in _parts(step)
                for q in ox.parse(part, format=ox.RdfFormat.TURTLE, base_iri=name or BASE)
            ]
            graphs[name] = new + (graphs.get(name, []) if step.method == "POST" else [])


CREATED = "graph=http://w3c.example/created"


def _parts(step: Step) -> list[bytes]:
    """The Turtle documents of a body: one, or those of a multipart form."""
    boundary = step.headers.get("content-type", "").partition("boundary=")[2]
    if not boundary:
        return [step.body]
    parts = step.body.replace(b"\r\n", b"\n").split(b"--" + boundary.encode())[1:-1]
    return [part.partition(b"\n\n")[2] for part in parts]


def _graph_name(query: str) -> str:
    return parse_qs(query).get("graph", [""])[0]


def _read(folder: Path, graphs: dict[str, list[ox.Quad]], step: Step, query: str) -> None:
    folder.mkdir()
    store = ox.Store(str(folder / "store"))
    for name, quads in graphs.items():
        target = ox.NamedNode(name) if name else ox.DefaultGraph()
        store.extend(ox.Quad(q.subject, q.predicate, q.object, target) for q in quads)
        if name:
            store.add_graph(ox.NamedNode(name))
    store.flush()
    del store
    with serving(folder, store=folder / "store", base=BASE) as (app, _):
        response = app.test_client().open(f"/graphs?{query}", method=step.method, headers=step.headers)
    assert status_is(response.status_code, step.statuses), (response.status_code, step.statuses)
    if step.type and response.status_code == 200:
        assert response.content_type.replace(" ", "") == step.type.replace(" ", "")
    if step.answer:
        wanted = ox.Dataset(ox.parse(step.answer, format=ox.RdfFormat.TURTLE, base_iri=BASE))
        assert same_graph(ox.Dataset(ox.parse(response.get_data(), format=ox.RdfFormat.TURTLE)), wanted)


# --- Service Description

DESCRIPTION = http_cases("service-description/manifest.ttl")
SD = "http://www.w3.org/ns/sparql-service-description#"


@pytest.mark.parametrize("name", ["returns-rdf", "has-endpoint-triple", "conforms-to-schema"])
@pytest.mark.parametrize("rdf", list(RdfFormat))
def test_service_description(client: FlaskClient, name: str, rdf: RdfFormat):
    assert {c.name for c in DESCRIPTION} == {"returns-rdf", "has-endpoint-triple", "conforms-to-schema"}
    response = client.get("/sparql", headers={"Accept": rdf.media_type})
    assert (response.status_code, response.mimetype) == (200, rdf.media_type)
    form = ox.RdfFormat.from_media_type(rdf.media_type)
    graph = list(ox.parse(response.get_data(), format=form))
    endpoint = ox.NamedNode("http://localhost/sparql")
    said = {(q.predicate.value, q.object) for q in graph if q.subject == endpoint}
    if name == "has-endpoint-triple":
        assert (SD + "endpoint", endpoint) in said
    if name == "conforms-to-schema":
        assert (RDF + "type", ox.NamedNode(SD + "Service")) in said
        assert (SD + "supportedLanguage", ox.NamedNode(SD + "SPARQL11Query")) in said
        kinds = {
            "defaultDataset": "Dataset",
            "defaultGraph": "Graph",
            "namedGraph": "NamedGraph",
            "graph": "Graph",
        }
        types = {q.subject: q.object for q in graph if q.predicate.value == RDF + "type"}
        for q in graph:
            kind = kinds.get(q.predicate.value.removeprefix(SD))
            assert kind is None or types[q.object] == ox.NamedNode(SD + kind)  # type: ignore[index]
