"""Visitors' queries through the pool: every form and format, datasets that count once, every way to fail."""

from __future__ import annotations

import csv
import io
import json
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from engine_sample import BASE, PEOPLE, PREFIXES, RUNAWAYS, make_store
from kgraph.engine import Query, pool
from kgraph.engine.embedded import EmbeddedEngine
from kgraph.engine.limits import MIB, Limits
from kgraph.engine.pool import RESERVED
from kgraph.engine.process import WorkerProcess
from kgraph.errors import (
    NotWritable,
    PoolFull,
    QueryCrashed,
    QueryError,
    QueryMemory,
    QueryRefused,
    QueryRequestError,
    QuerySyntaxError,
    QueryTimeout,
    ResultTooLarge,
)
from kgraph.media import RdfFormat, ResultFormat

LIMITS = Limits(deadline=200, memory=192 * MIB, result=2 * MIB, workers=2, queue=3, merge=100)
COUNT = "SELECT (COUNT(*) AS ?n) {} {{ ?s ?p ?o }}"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_store(tmp_path_factory.mktemp("query"))


@pytest.fixture(scope="module")
def engine(store: Path) -> Iterator[EmbeddedEngine]:
    engine = EmbeddedEngine(store, base=BASE, prefixes=PREFIXES, limits=LIMITS)
    yield engine
    engine.close()


def rows(engine: EmbeddedEngine, text: str, **request: object) -> list[dict[str, str]]:
    answer = engine.query(Query(text, **request))  # type: ignore[arg-type]
    bindings = json.loads(answer.read())["results"]["bindings"]
    return [{name: term["value"] for name, term in row.items()} for row in bindings]


def until(condition: object, seconds: float = 60) -> bool:
    end = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


@pytest.mark.parametrize("results", list(ResultFormat))
@pytest.mark.parametrize("limit", [0, 1, 7, 900])
def test_rows_are_counted_in_every_format(engine: EmbeddedEngine, results: ResultFormat, limit: int):
    text = f"SELECT * {{ ?s <{BASE}v#label> ?o }} LIMIT {limit}"
    answer = engine.query(Query(text, results=results))
    body = answer.read()
    assert (answer.form, answer.media_type) == ("solutions", results.media_type)
    assert (answer.rows, answer.size) == (limit, len(body))


@pytest.mark.parametrize("results", [ResultFormat.XML, ResultFormat.CSV, ResultFormat.TSV])
def test_rows_are_counted_with_awkward_values(engine: EmbeddedEngine, results: ResultFormat):
    answer = engine.query(Query(f"SELECT * {{ ?s <{BASE}v#name> ?o }}", results=results))
    assert answer.rows == 5
    if results is ResultFormat.CSV:
        assert len(list(csv.reader(io.StringIO(answer.read().decode(), newline="")))) == 6


def test_rows_that_cannot_be_told_are_not_told(engine: EmbeddedEngine):
    assert (
        engine.query(Query(f'SELECT ?o {{ ?s <{BASE}v#name> ?o FILTER(STRLEN(?o) > 2 || ?o = "A") }}')).rows
        == 3
    )
    assert engine.query(Query(f"SELECT ?o {{ ?s <{BASE}v#name> ?o }}")).rows is None


@pytest.mark.parametrize("rdf", list(RdfFormat))
def test_graphs_come_in_every_syntax(engine: EmbeddedEngine, rdf: RdfFormat):
    answer = engine.query(Query(f"CONSTRUCT WHERE {{ <{BASE}a> ?p ?o }}", rdf=rdf))
    assert (answer.form, answer.media_type, answer.rows) == ("graph", rdf.media_type, 3)
    body = answer.read().decode()
    if rdf in (RdfFormat.TURTLE, RdfFormat.TRIG):
        assert "@prefix v: <http://example.org/v#> ." in body
        assert "ex:a v:knows ex:b , ex:c ;" in body
    if rdf is RdfFormat.JSONLD:
        assert json.loads(body)["@context"] == PREFIXES


def test_the_prefixes_of_the_query_are_used(engine: EmbeddedEngine):
    text = f"PREFIX mine: <{BASE}> CONSTRUCT WHERE {{ mine:a ?p ?o }}"
    assert "mine:a v:knows mine:b" in engine.query(Query(text)).read().decode()


def test_booleans_in_any_case(engine: EmbeddedEngine):
    text = 'SELECT ("TRUE" AS ?a) (?true AS ?b) ?c { BIND(TRUE = true AS ?c) VALUES ?true { False } } # TRUE'
    true = [{"a": "TRUE", "b": "false", "c": "true"}]
    assert rows(engine, text) == true
    with pytest.raises(QuerySyntaxError) as caught:
        engine.query(Query("SELECT (TRUE AS ?x)\n{ . }"))
    assert (caught.value.line, caught.value.column) == (2, 3)


def test_relative_iris_are_of_the_site(engine: EmbeddedEngine):
    assert engine.query(Query("ASK { <a> ?p ?o }")).read() == b'{"head":{},"boolean":true}'


@pytest.mark.parametrize(
    ("text", "request_", "says"),
    [
        ("ASK {}", {"boolean": None}, "yes or no"),
        ("SELECT * {}", {"results": None}, "a table"),
        ("DESCRIBE <http://example.org/a>", {"rdf": None}, "a graph"),
        (
            "CONSTRUCT { ?s <http://example.org/1> ?o } WHERE { ?s ?p ?o }",
            {"rdf": RdfFormat.RDFXML},
            "XML name",
        ),
    ],
)
def test_what_the_client_does_not_take(
    engine: EmbeddedEngine, text: str, request_: dict[str, None], says: str
):
    with pytest.raises(NotWritable, match=says):
        engine.query(Query(text, **request_))


MERGE = 4 + PEOPLE * 2 + 3
G1, G2 = BASE + "g1", BASE + "g2"


@pytest.mark.parametrize(
    ("clause", "default", "named", "count"),
    [
        ("", None, None, MERGE),
        (f"FROM <{G1}>", None, None, 3),
        (f"FROM <{G1}> FROM <{G2}>", None, None, 7),
        ("FROM ex:g1 FROM <g2> # FROM <x>\n", None, None, 7),
        (f"FROM <{G1}> FROM <{G1}>", None, None, 3),
        (f"FROM <{G1}> FROM <{BASE}none>", None, None, 3),
        (f"FROM NAMED <{G1}>", None, None, 0),
        ("", (G1,), None, 3),
        ("", (G1, G2), None, 7),
        ("", None, (G1,), 0),
        ("", (BASE + "none",), (G1,), 0),
        (f"FROM <{G1}> FROM <{G2}>", (G2,), None, 5),
    ],
)
def test_a_triple_counts_once(
    engine: EmbeddedEngine, clause: str, default: tuple[str, ...], named: tuple[str, ...], count: int
):
    text = "PREFIX ex: <http://example.org/> " + COUNT.format(clause)
    assert rows(engine, text, default_graphs=default, named_graphs=named) == [{"n": str(count)}]


@pytest.mark.parametrize(
    ("clause", "default", "named", "graphs"),
    [
        ("", None, None, {G1, G2}),
        (f"FROM <{G1}>", None, None, set()),
        (f"FROM <{G1}> FROM <{G2}> FROM NAMED <{G2}>", None, None, {G2}),
        ("", (G1,), None, set()),
        ("", (G1, G2), (G1,), {G1}),
        ("", None, (G2, BASE + "none"), {G2}),
    ],
)
def test_only_the_named_graphs_of_the_dataset_are_seen(
    engine: EmbeddedEngine, clause: str, default: tuple[str, ...], named: tuple[str, ...], graphs: set[str]
):
    text = f"SELECT DISTINCT ?g {clause} {{ GRAPH ?g {{ ?s ?p ?o }} }}"
    found = rows(engine, text, default_graphs=default, named_graphs=named)
    assert {row["g"] for row in found} == graphs


def test_a_dataset_too_large_to_merge_is_refused(store: Path):
    engine = EmbeddedEngine(store, base=BASE, limits=Limits(workers=1, merge=5))
    try:
        with pytest.raises(QueryRefused, match="more than 5 triples together"):
            engine.query(Query(COUNT.format(f"FROM <{G1}> FROM <{G2}>")))
    finally:
        engine.close()


def test_a_dataset_of_no_iris_is_an_error(engine: EmbeddedEngine):
    with pytest.raises(QueryRequestError):
        engine.query(Query("ASK {}", default_graphs=("not an iri",)))


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }",
        "SELECT * { service silent ?x { ?s ?p ?o } }",
        "ASK { { SELECT * { SERVICE<http://127.0.0.1:9/>{} } } }",
        "INSERT DATA { <x:a> <x:b> 1 }",
        "PREFIX x: <x:> # SELECT\nBASE <x:y> LOAD <http://127.0.0.1:9/>",
        "WITH <x:g> DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }",
        "drop all",
    ],
)
def test_service_and_update_are_refused(engine: EmbeddedEngine, text: str):
    with pytest.raises(QueryRefused) as caught:
        engine.query(Query(text))
    assert "Comunica" in caught.value.hint or "read-only" in caught.value.message


@pytest.mark.parametrize(
    "text",
    [
        # Texts that a tokenizer takes for an IRI or a string where the grammar has `<` and code.
        "SELECT * { FILTER(1<2)SERVICE#>\n<http://127.0.0.1:9/> { ?s ?p ?o } }",
        "SELECT * { FILTER(1<'>' || 1<2) SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } #'\n}",
        "SELECT * { FILTER(1<?b#>'''\n) SERVICE <http://127.0.0.1:9/> {} #'''\n}",
    ],
)
def test_a_hidden_service_never_runs(engine: EmbeddedEngine, text: str):
    with pytest.raises(QueryError) as caught:
        engine.query(Query(text))
    assert caught.value.problem in ("query-refused", "query-syntax")


@pytest.mark.parametrize(
    "text",
    [
        'SELECT * { ?service <http://schema.org/Service> "SERVICE <x> {}" } # SERVICE',
        "PREFIX service: <x:> ASK { service:SERVICE service:a 'FROM LOAD' }",
    ],
)
def test_the_word_service_is_free_elsewhere(engine: EmbeddedEngine, text: str):
    engine.query(Query(text)).close()


def test_workers_cannot_open_sockets_or_start_programs():
    code = (
        "import socket, subprocess\nfrom kgraph.engine.seccomp import deny_network\n"
        "print(deny_network() or 'filtered')\n"
        "for make in (socket.socket, lambda: socket.socket(socket.AF_UNIX), lambda: subprocess.run(['true'])):\n"
        "  try: make(); print('open')\n  except PermissionError: print('denied')\n"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    if "filtered" not in told:
        pytest.skip("no socket filter on this platform")
    assert told == ["filtered", "denied", "denied", "denied"]


def test_a_result_over_the_cap_is_refused_and_the_worker_lives(engine: EmbeddedEngine):
    assert until(lambda: at_rest(engine))
    before = set(engine.workers())
    with pytest.raises(ResultTooLarge):
        engine.query(Query("SELECT * { ?a ?b ?c . ?d ?e ?f } LIMIT 50000"))
    assert set(engine.workers()) == before


@pytest.mark.parametrize("name", ["unbounded order", "distinct bomb", "concat bomb"])
def test_a_memory_bomb_ends_alone(engine: EmbeddedEngine, name: str):
    with pytest.raises(QueryMemory, match="192 MiB"):
        engine.query(Query(RUNAWAYS[name]))
    assert rows(engine, "SELECT (1 AS ?x) {}") == [{"x": "1"}]


def test_the_deadline_counts_from_arrival(engine: EmbeddedEngine):
    runaway = Query(RUNAWAYS["cross join"], arrived=time.monotonic() - 199.5)
    with pytest.raises(QueryTimeout, match="within 200 s of its arrival"):
        engine.query(runaway)
    with pytest.raises(QueryTimeout):
        engine.query(Query("ASK {}", arrived=time.monotonic() - 300))
    with pytest.raises(
        QueryTimeout, match=r"within 0\.5 s of its arrival"
    ):  # its own, shorter than the setting
        engine.query(Query(RUNAWAYS["cross join"], deadline=0.5))
    assert rows(engine, "SELECT (1 AS ?x) {}") == [{"x": "1"}]


def test_a_crash_is_told_from_the_rest(engine: EmbeddedEngine, caplog: pytest.LogCaptureFixture):
    assert until(lambda: at_rest(engine))
    with ThreadPoolExecutor(1) as threads:
        idle = set(engine.workers())
        running = threads.submit(engine.query, Query(RUNAWAYS["cross join"]))
        busy: set[int] = set()

        def seen() -> bool:
            busy.update(pid for pid in idle if _seconds(pid) > 0.3)
            return bool(busy)

        assert until(seen)
        for pid in busy:
            os.kill(pid, signal.SIGSEGV)
        with pytest.raises(QueryCrashed):
            running.result()
    assert "SIGSEGV" in caplog.text


def _seconds(pid: int) -> float:
    """Processor time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) / os.sysconf("SC_CLK_TCK")


def at_rest(engine: EmbeddedEngine) -> bool:
    """Whether every worker is there and idle, and whoever was killed has ended."""
    pool = engine._pool
    return pool is not None and len(pool._idle) == engine.limits.workers + RESERVED and not pool._dying


def runaway(number: int) -> Query:
    """A query that ends at its deadline; each has a text of its own."""
    return Query(RUNAWAYS["cross join"] + f" # {number}")


def test_admission_is_bounded(store: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pool, "PATIENCE", 600.0)  # no query counts as slow, so every worker stays held
    engine = EmbeddedEngine(store, base=BASE, limits=Limits(deadline=600, workers=1, queue=2))
    try:
        assert until(lambda: at_rest(engine))
        with ThreadPoolExecutor(5) as threads:
            running = [threads.submit(engine.query, runaway(n)) for n in range(5)]
            assert until(lambda: engine._pool.running() == (3, 2))
            with pytest.raises(PoolFull) as caught:
                engine.query(Query("ASK {}"))
            assert caught.value.retry_after == 5
            assert not any(query.done() for query in running), "refused at once, not after a wait"
            engine.close()
            assert {str(query.exception()).partition("\n")[0] for query in running} == {
                "the service is stopping"
            }
    finally:
        engine.close()


def test_runaways_leave_workers_to_small_queries(store: Path):
    engine = EmbeddedEngine(store, base=BASE, limits=Limits(deadline=600, workers=1, queue=20))
    try:
        with ThreadPoolExecutor(6) as threads:
            slow = [threads.submit(engine.query, runaway(n)) for n in range(6)]
            assert until(lambda: sum(map(len, engine._pool._waiting)) >= 3)
            assert engine.query(Query("ASK {}")).form == "boolean"  # waits for those before it, not their end
            assert until(lambda: len(engine._pool._waiting[1]) == 5)
            for n in range(20):
                assert engine.query(Query(f"SELECT ({n} AS ?x) {{}}")).rows == 1
            assert until(lambda: len(engine._pool._idle) == RESERVED)
            assert engine._pool.running() == (1, 5)
            assert not any(query.done() for query in slow)
            engine.close()
    finally:
        engine.close()


def test_one_who_tries_a_query_out_does_not_stop_small_ones(store: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pool, "PATIENCE", 600.0)
    engine = EmbeddedEngine(store, base=BASE, limits=Limits(deadline=600, workers=1, queue=20))
    try:
        assert until(lambda: at_rest(engine))
        with ThreadPoolExecutor(2) as threads:
            tried = [threads.submit(engine.query, runaway(n)) for n in range(2)]
            assert until(lambda: engine._pool.running() == (2, 0))
            assert engine.query(Query("ASK {}")).form == "boolean"
            assert not any(query.done() for query in tried)
            engine.close()
    finally:
        engine.close()


def test_nobody_waits_for_a_killed_worker_to_end(store: Path, monkeypatch: pytest.MonkeyPatch):
    engine = EmbeddedEngine(store, base=BASE, limits=Limits(workers=1, queue=20))
    full = 1 + RESERVED
    try:
        assert until(lambda: at_rest(engine))
        with monkeypatch.context() as patched:  # as on a machine so busy that they take very long
            patched.setattr(WorkerProcess, "ended", lambda worker: False)
            for n in range(full):
                assert until(lambda: len(engine._pool._idle) == full)  # another one took its place
                with pytest.raises(QueryTimeout):
                    engine.query(Query(runaway(n).text, deadline=0.1))
                assert rows(engine, f"SELECT ({n} AS ?x) {{}}") == [{"x": str(n)}]
            assert len(engine._pool._dying) == full
            assert not engine._pool._missing()  # no other is started before one of them has ended
            assert len(engine.workers()) == 2 * full - 1
        assert until(lambda: at_rest(engine))
    finally:
        engine.close()


def test_a_slow_query_that_was_parked_still_answers(store: Path):
    join = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f FILTER(STRLEN(STR(?c)) != STRLEN(STR(?f))) }"
    engine = EmbeddedEngine(store, base=BASE, limits=Limits(deadline=60, workers=1, queue=20))
    try:
        with ThreadPoolExecutor(3) as threads:
            answers = list(threads.map(lambda n: rows(engine, f"{join} # {n}"), range(3)))
        assert len({answer[0]["n"] for answer in answers}) == 1
    finally:
        engine.close()


def test_close_leaves_no_process(store: Path):
    engine = EmbeddedEngine(store, base=BASE, limits=Limits(workers=1))
    assert until(lambda: at_rest(engine))
    pids = engine.workers()
    engine.close()
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)
    with pytest.raises(PoolFull):
        engine.query(Query("ASK {}"))


def test_workers_end_with_a_killed_parent(store: Path):
    code = (
        "import sys, time, threading\nfrom pathlib import Path\n"
        "from kgraph.engine.embedded import EmbeddedEngine\nfrom kgraph.engine import Query\n"
        f"e = EmbeddedEngine(Path({str(store)!r}), base={BASE!r})\n"
        f"threading.Thread(target=lambda: e.query(Query({RUNAWAYS['cross join']!r})), daemon=True).start()\n"
        "while len(e.workers()) < 4 or not e._pool.running()[0]: time.sleep(0.02)\n"
        "time.sleep(0.3)\nprint(*e.workers(), flush=True)\ntime.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pids = [int(pid) for pid in parent.stdout.readline().split()]
    assert len(pids) == 4
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert until(lambda: not any(_alive(pid) for pid in pids), 5)


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def test_one_log_line_a_query_without_its_text(engine: EmbeddedEngine, caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.INFO, "kgraph.query"):
        engine.query(Query("SELECT * { <http://example.org/a> ?p ?o }")).close()
        with pytest.raises(QueryError):
            engine.query(Query("SELECT"))
    first, second = (r.getMessage() for r in caplog.records)
    assert first.startswith("outcome=ok seconds=0.")
    assert "rows=3 bytes=" in first
    assert second.startswith("outcome=query-syntax")
    assert "example.org" not in caplog.text


def test_limits_are_shared_out():
    settings = {"query_deadline": 9, "query_memory": 5, "query_result": 7, "query_workers": 4}
    settings |= {"query_queue": 33, "query_bytes": 100}
    share = Limits.of(settings, processes=4)
    assert (share.workers, share.queue, share.memory, share.deadline) == (1, 8, 5 * MIB, 9.0)
    assert Limits.of(settings, processes=8).workers == 1
