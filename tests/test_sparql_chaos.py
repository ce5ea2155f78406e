"""Runaways in flight: pages and small queries still answer, each runaway has its status, nothing is left behind."""

from __future__ import annotations

import os
import time
import urllib.error
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from engine_sample import PEOPLE, RUNAWAYS, TRIG
from kgraph.engine.limits import MIB, Limits
from kgraph.engine.pool import RESERVED
from served import listening, serving, until

LIMITS = Limits(deadline=8, memory=192 * MIB, result=4 * MIB, workers=2, queue=16)
PEOPLE_TRIG = "\n".join(
    f'<http://example.org/person/{n}> <http://example.org/v#label> "Person {n}" ; <http://example.org/v#number> {n} .'
    for n in range(PEOPLE)
)
BRACKETS = "ASK { FILTER(" + "(" * 20000 + "1" + ")" * 20000 + ") }"
STORM = {
    "cross join": (RUNAWAYS["cross join"], {504}),
    "cross join again": (RUNAWAYS["cross join"] + " # again", {504}),
    "order": (RUNAWAYS["unbounded order"], {503, 504}),
    "order again": (RUNAWAYS["unbounded order"] + " # again", {503, 504}),
    "distinct": (RUNAWAYS["distinct bomb"], {503, 504}),
    "concat": (RUNAWAYS["concat bomb"], {503, 504}),
    "brackets": (BRACKETS, {413}),
    "brackets again": (BRACKETS + " # again", {413}),
}


def get(url: str, accept: str = "*/*", data: bytes | None = None) -> tuple[int, bytes]:
    headers = {"Accept": accept}
    if data is not None:
        headers["Content-Type"] = "application/sparql-query"
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data, headers), timeout=60) as response:
            return response.status, response.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def children() -> set[int]:
    """Processes that this one started and that still run."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == os.getpid() and fields[0] != "Z":
            found.add(int(stat.parent.name))
    return found


def resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def test_nothing_takes_the_service_down(tmp_path: Path):
    before = children()
    with (
        serving(tmp_path, data=TRIG + PEOPLE_TRIG, limits=LIMITS) as (app, engine),
        listening(app) as address,
        ThreadPoolExecutor(len(STORM)) as threads,
    ):
        storm = {
            name: threads.submit(get, f"{address}/sparql", "*/*", text.encode())
            for name, (text, _) in STORM.items()
        }
        assert until(lambda: engine._pool.running()[1] >= 2)
        answered, most = 0, 0
        for n in range(60):
            page, _ = get(f"{address}/person/{n}.html")
            select = f"SELECT * {{ <http://example.org/person/{n}> ?p ?o }}"
            small, _ = get(f"{address}/sparql?query=" + urllib.parse.quote(select))
            assert (page, small) == (200, 200)
            answered += any(not query.done() for query in storm.values())
            most = max(most, *(resident(pid) for pid in engine.workers()))
            time.sleep(0.02)
        assert answered > 5
        assert most < 192 * MIB + 150 * MIB
        for name, query in storm.items():
            status, body = query.result()
            assert status in STORM[name][1], (name, status, body)
        pool = engine._pool
        assert until(lambda: len(pool._idle) == LIMITS.workers + RESERVED and not pool._dying)
        assert children() - before == set(engine.workers())
    assert children() - before == set()
