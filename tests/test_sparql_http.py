"""The SPARQL service through the front door: every form of request, format, error, cache and page."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient
from openapi_spec_validator import validate

from engine_sample import TRIG
from kgraph.engine.embedded import EmbeddedEngine
from kgraph.engine.limits import MIB, Limits
from kgraph.engine.output import Output
from kgraph.errors import NotWritable
from kgraph.iri import RESERVED, is_reserved
from kgraph.media import RdfFormat, ResultFormat
from kgraph.web import openapi
from served import serving

SELECT = "SELECT ?o { <http://example.org/a> <http://example.org/v#knows> ?o } ORDER BY ?o"
ASK = "ASK { <http://example.org/a> ?p ?o }"
CONSTRUCT = "CONSTRUCT WHERE { <http://example.org/a> ?p ?o }"
G1 = "http://example.org/g1"
LIMITS = Limits(deadline=60, memory=192 * MIB, result=1 * MIB, workers=1, queue=1)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[FlaskClient, EmbeddedEngine]]:
    with serving(tmp_path_factory.mktemp("http"), data=TRIG, limits=LIMITS) as (app, engine):
        yield app.test_client(), engine


@pytest.fixture
def client(served: tuple[FlaskClient, EmbeddedEngine]) -> FlaskClient:
    return served[0]


def at(text: str, **more: str) -> str:
    return "/sparql?query=" + quote(text) + "".join(f"&{k}={quote(v)}" for k, v in more.items())


def test_the_three_ways_to_ask_are_one(client: FlaskClient):
    got = client.get(at(SELECT))
    form = client.post("/sparql", data={"query": SELECT})
    direct = client.post("/sparql", data=SELECT, content_type="application/sparql-query; charset=UTF-8")
    assert got.status_code == form.status_code == direct.status_code == 200
    assert got.data == form.data == direct.data
    assert [r["o"]["value"][-1] for r in got.get_json(force=True)["results"]["bindings"]] == ["b", "c"]


@pytest.mark.parametrize("results", list(ResultFormat))
def test_results_in_every_format(client: FlaskClient, results: ResultFormat):
    by_accept = client.get(at(SELECT), headers={"Accept": results.media_type})
    by_name = client.get(at(SELECT, format=results.ending), headers={"Accept": "text/html"})
    assert (by_accept.status_code, by_accept.mimetype) == (200, results.media_type)
    assert by_accept.data == by_name.data
    assert by_accept.headers["Vary"] == "Accept"


@pytest.mark.parametrize("rdf", list(RdfFormat))
def test_graphs_in_every_format(client: FlaskClient, rdf: RdfFormat):
    by_accept = client.get(at(CONSTRUCT), headers={"Accept": rdf.media_type})
    by_name = client.get(at(CONSTRUCT, format=rdf.ending))
    assert (by_accept.status_code, by_accept.mimetype) == (200, rdf.media_type)
    assert by_accept.data == by_name.data


@pytest.mark.parametrize(
    ("text", "accept", "mimetype"),
    [
        (SELECT, None, "application/sparql-results+json"),
        (SELECT, "*/*", "application/sparql-results+json"),
        (SELECT, "application/json", "application/sparql-results+json"),
        (SELECT, "text/xml", "application/sparql-results+xml"),
        (SELECT, "application/sparql-results+json;q=0, */*;q=0.1", "application/sparql-results+xml"),
        (SELECT, "text/turtle, text/csv;q=0.5", "text/csv"),
        (ASK, "text/csv, application/sparql-results+xml;q=0.3", "application/sparql-results+xml"),
        (CONSTRUCT, "application/sparql-results+json, application/n-triples;q=0.2", "application/n-triples"),
        (CONSTRUCT, None, "text/turtle"),
    ],
)
def test_the_format_is_chosen_when_the_form_is_known(
    client: FlaskClient, text: str, accept: str | None, mimetype: str
):
    response = client.get(at(text), headers={"Accept": accept} if accept else {})
    assert (response.status_code, response.mimetype) == (200, mimetype)


@pytest.mark.parametrize(
    ("text", "accept"),
    [(SELECT, "image/png"), (ASK, "text/csv"), (CONSTRUCT, "text/csv"), (SELECT, "text/turtle")],
)
def test_406(client: FlaskClient, text: str, accept: str):
    response = client.get(at(text), headers={"Accept": accept})
    assert response.status_code == 406
    assert response.mimetype == "application/problem+json"


@pytest.mark.parametrize("value", ["\\u0001", "\\uFFFE", "\\uFFFF"])
def test_xml_is_never_ill_formed(client: FlaskClient, value: str):
    text = f'SELECT ("{value}" AS ?x) {{}}'
    refused = client.get(at(text), headers={"Accept": "application/sparql-results+xml"})
    assert refused.status_code == 406
    assert "control character" in refused.get_json()["detail"]
    assert client.get(at(text)).status_code == 200
    assert client.get(at(text.replace(value, "é￼\\t\\n"), format="xml")).status_code == 200


def test_a_character_cut_in_two_is_found():
    here, there = socket.socketpair()
    with here, there:
        for cut in (1, 2):
            out = Output(here, 1000, xml=True)
            out.write(b"\xef\xbf\xbe"[:cut])
            out._send(b"")
            out.write(b"\xef\xbf\xbe"[cut:])
            with pytest.raises(NotWritable):
                out.finish({})


def test_a_direction_is_kept_in_every_syntax(client: FlaskClient):
    text = 'CONSTRUCT { <urn:a> <urn:b> ?t } { BIND("x"@ar--rtl AS ?t) }'
    for form in ("ttl", "nt", "trig", "nq"):
        assert b'"x"@ar--rtl' in client.get(at(text, format=form)).data
    for form in ("jsonld", "rdf"):
        assert b"rtl" in client.get(at(text, format=form)).data


def test_an_address_with_bare_utf_8(client: FlaskClient):
    path = "/sparql?query=" + quote('SELECT ("Շուշի" AS ?x) {}', safe="Շուշի")
    environ = {"QUERY_STRING": path.partition("?")[2].encode().decode("latin-1")}
    response = client.get("/sparql", environ_overrides=environ)
    assert response.get_json(force=True)["results"]["bindings"][0]["x"]["value"] == "Շուշի"
    response = client.get("/sparql", environ_overrides={"QUERY_STRING": "query=ASK%7B%7D%23\xff"})
    assert (response.status_code, "UTF-8" in response.get_json()["detail"]) == (400, True)
    for page in ("/", "/browse", "/search", "/nothing-here"):
        assert client.get(page, environ_overrides={"QUERY_STRING": "q=\xff"}).status_code in (200, 404)


def test_a_byte_order_mark_is_no_part_of_a_query(client: FlaskClient):
    data = b"\xef\xbb\xbf" + ASK.encode()
    assert client.post("/sparql", data=data, content_type="application/sparql-query").status_code == 200


@pytest.mark.parametrize(
    ("text", "detail", "column"),
    [
        ("ASK { _:a ?p ?o . . }", "'.' is not expected here", 19),
        ("BASE <http://[::1> ASK { <x> ?p ?o }", "", 0),
        ("ASK FROM <http://[x> FROM <urn:y> {}", "", 0),
        ("ASK FROM foo:x FROM <urn:y> {}", "the prefix 'foo:' is not declared", 10),
    ],
)
def test_what_is_wrong_is_told_as_syntax(client: FlaskClient, text: str, detail: str, column: int):
    response = client.get(at(text))
    told = response.get_json()
    assert (response.status_code, told["type"]) == (400, "urn:kgraph:problem:query-syntax")
    assert (told["detail"], told["column"]) == (detail, column) or not detail


def test_head_equals_get(client: FlaskClient):
    got, head = client.get(at(SELECT)), client.head(at(SELECT))
    assert head.data == b""
    assert dict(head.headers) == dict(got.headers)


def test_options_and_cors(client: FlaskClient):
    response = client.options("/sparql")
    assert response.status_code == 204
    assert response.headers["Allow"] == "GET, HEAD, POST, OPTIONS"
    preflight = client.options(
        "/sparql", headers={"Origin": "https://x.example", "Access-Control-Request-Method": "POST"}
    )
    assert "POST" in preflight.headers["Access-Control-Allow-Methods"]
    for answer in (response, preflight, client.get(at(SELECT)), client.get(at("SELEC"))):
        assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_an_entity_tag_saves_the_body(client: FlaskClient):
    first = client.get(at(SELECT))
    again = client.get(at(SELECT), headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    other = client.get(at(SELECT, format="csv"), headers={"If-None-Match": first.headers["ETag"]})
    assert other.status_code == 200


def test_a_kept_result_needs_no_worker(served: tuple[FlaskClient, EmbeddedEngine]):
    client, engine = served
    text = SELECT + " LIMIT 1"
    first = client.get(at(text))
    closed = engine.query
    engine.query = None  # type: ignore[method-assign, assignment]
    try:
        assert client.get(at(text)).data == first.data
    finally:
        engine.query = closed  # type: ignore[method-assign]


def test_what_changes_is_not_kept(client: FlaskClient):
    answers = {client.get(at("SELECT (RAND() AS ?x) {}")).data for _ in range(3)}
    assert len(answers) == 3


FORM = {"Content-Type": "application/x-www-form-urlencoded"}
DIRECT = {"Content-Type": "application/sparql-query"}
FULL = "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n ?o }"
PROBLEMS = [
    ("GET", at("SELEC"), {}, None, 400, "query-syntax"),
    ("GET", "/sparql?query=", {}, None, 400, "query-request"),
    ("GET", at(ASK) + "&query=" + quote(ASK), {}, None, 400, "query-request"),
    ("GET", "/sparql?query=%ff", {}, None, 400, "query-request"),
    ("GET", at(ASK) + "&default-graph-uri=x%20y", {}, None, 400, "query-request"),
    ("GET", "/sparql?default-graph-uri=http://x/", {}, None, 400, "query-request"),
    ("GET", at(ASK, format="docx"), {}, None, 400, "query-request"),
    ("GET", "/sparql?update=CLEAR%20ALL", {}, None, 403, "query-refused"),
    ("POST", "/sparql", FORM, b"update=CLEAR+ALL", 403, "query-refused"),
    ("POST", "/sparql", {"Content-Type": "application/sparql-update"}, b"CLEAR ALL", 403, "query-refused"),
    ("POST", "/sparql", DIRECT, b"CLEAR ALL", 403, "query-refused"),
    ("GET", at("SELECT * { SERVICE <http://example.org/> {} }"), {}, None, 403, "query-refused"),
    ("POST", "/sparql", DIRECT, "ASK {} #é".encode("latin-1"), 400, "query-request"),
    ("POST", "/sparql", {"Content-Type": "application/sparql-query; charset=utf-16"}, b"ASK {}", 400, "query-request"),
    ("POST", "/sparql", {"Content-Type": "text/plain"}, b"ASK {}", 415, "media-type"),
    ("POST", "/sparql", {}, b"ASK {}", 415, "media-type"),
    ("POST", "/sparql", FORM, b"", 400, "query-request"),
    ("POST", "/sparql", DIRECT, b"ASK {} #" + b"x" * 70000, 413, "query-too-long"),
    ("GET", at("ASK { FILTER(" + "(" * 200 + "1" + ")" * 200 + ") }"), {}, None, 413, "query-too-long"),
    ("GET", at(FULL), {}, None, 403, "result-too-large"),
    ("GET", at("SELECT (<http://example.org/f>() AS ?x) {}"), {}, None, 400, "query-unsupported"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "headers", "body", "status", "problem"), PROBLEMS)
def test_problems(
    client: FlaskClient,
    method: str,
    path: str,
    headers: dict[str, str],
    body: bytes,
    status: int,
    problem: str,
):
    response = client.open(path, method=method, headers=headers, data=body)
    told = response.get_json(force=True)
    assert (response.status_code, response.mimetype) == (status, "application/problem+json")
    assert told["type"].endswith(problem)
    assert told["detail"]
    assert response.headers["Cache-Control"] == "no-store"


def test_methods_that_are_not_of_the_protocol(client: FlaskClient):
    for method in ("PUT", "DELETE", "PATCH"):
        assert client.open("/sparql", method=method).status_code == 405


HTML = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


def test_people_get_a_page(client: FlaskClient):
    page = client.get("/sparql", headers=HTML)
    assert (page.status_code, page.mimetype) == (200, "text/html")
    assert b"<textarea" in page.data
    result = client.get(at(SELECT), headers=HTML)
    assert b'href="/b"' in result.data
    assert b"2 rows" in result.data
    assert "SELECT ?o" in result.text
    assert b"format=csv" in result.data


def test_a_page_shows_why_a_query_failed(client: FlaskClient):
    page = client.get(at("SELECT *\n{ <script>alert(1)</script> }"), headers=HTML)
    assert (page.status_code, page.mimetype) == (400, "text/html")
    assert "Line 2, column" in page.text
    assert "<script>alert" not in page.text
    large = client.get(at(FULL), headers=HTML)
    assert large.status_code == 403
    assert "too large" in large.text


def test_a_page_of_a_graph_and_of_yes(client: FlaskClient):
    assert "v:knows" in client.get(at(CONSTRUCT), headers=HTML).text
    assert "Yes" in client.get(at(ASK), headers=HTML).text


def test_graphs(client: FlaskClient):
    graph = client.get("/graphs?graph=" + quote(G1), headers={"Accept": "application/n-triples"})
    assert (graph.status_code, len(graph.text.splitlines())) == (200, 3)
    merge = client.get("/graphs?default", headers={"Accept": "application/n-triples"})
    assert len(merge.text.splitlines()) == 7
    assert client.head("/graphs?graph=" + quote(G1)).headers["Content-Length"]
    tag = graph.headers["ETag"]
    again = {"Accept": "application/n-triples", "If-None-Match": tag}
    assert client.get("/graphs?graph=" + quote(G1), headers=again).status_code == 304


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/graphs", 400),
        ("/graphs?graph=http://example.org/nope", 404),
        ("/graphs?graph=", 400),
        ("/graphs?graph=http://x/%3E%7D%20INSERT", 400),
        ("/graphs?default&graph=http://example.org/g1", 400),
        ("/graphs?default&format=csv", 406),
    ],
)
def test_graphs_that_cannot_be_had(client: FlaskClient, path: str, status: int):
    assert client.get(path, headers={"Accept": "text/turtle"}).status_code == status


def test_graphs_are_not_changed(client: FlaskClient):
    for method in ("PUT", "POST", "DELETE", "PATCH"):
        response = client.open("/graphs?default", method=method, data=b"")
        assert response.status_code == 405
        assert response.headers["Allow"] == "GET, HEAD, OPTIONS"


def test_openapi_is_valid_and_whole(served: tuple[FlaskClient, EmbeddedEngine]):
    client, _ = served
    described = json.loads(client.get("/openapi.json").data)
    validate(described)
    rules = {rule.rule for rule in client.application.url_map.iter_rules()}
    machine = {re.sub(r"<(?:\w+(?:\([^)]*\))?:)?(\w+)>", r"{\1}", rule) for rule in rules - openapi.PAGES}
    advice = "put a new route into PATHS (machines) or PAGES (people) of kgraph.web.openapi"
    assert machine == set(described["paths"]), advice


def test_the_addresses_that_no_thing_can_have_are_those_of_the_routes(client: FlaskClient) -> None:
    paths = [rule.rule for rule in client.application.url_map.iter_rules()]
    ours = [path for path in paths if path not in ("/", "/<path:path>")]
    assert [path for path in ours if not is_reserved(path)] == []
    assert {
        name for name in RESERVED if not any(is_reserved(p) and p[1:].startswith(name) for p in ours)
    } == set()
