"""Queries side by side: kgraph, `oxigraph serve`, rdflib-endpoint, and pyoxigraph in process, over one release's store.

    python bench/query.py SITE [--seconds 5] [--rounds 3] [--storm 120] [--rdflib FILE.nt]

SITE is a built site (bench/generate.py makes one). Servers run on loopback, one after another in each round, under
wrk (two connections), so that a ratio compares what the same machine did within seconds. --storm keeps 8 runaway
queries in flight for so many seconds and measures pages and small queries meanwhile. Prints tables in Markdown.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pyoxigraph as ox

from kgraph.release import open_active
from kgraph.site import load_site

LABEL = "<http://www.w3.org/2000/01/rdf-schema#label>"
PAGE = "SELECT ?s ?l {{ ?s " + LABEL + " ?l }} OFFSET {n} LIMIT {rows}"
HEAVY = {
    "classes counted": "SELECT ?c (COUNT(?s) AS ?n) { ?s a ?c } GROUP BY ?c ORDER BY DESC(?n)",
    "labels joined and filtered": f"SELECT (COUNT(*) AS ?n) {{ ?s {LABEL} ?l . ?s a ?c FILTER(CONTAINS(?l, 'ar')) }}",
    "distinct properties": "SELECT (COUNT(DISTINCT ?p) AS ?n) { ?s ?p ?o }",
}
CROSS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i FILTER(?c != ?i) }"
RUNAWAYS = (
    CROSS,
    CROSS + " # 2",
    "SELECT * { ?a ?b ?c . ?d ?e ?f } ORDER BY ?f ?c",
    "SELECT * { ?a ?b ?c . ?d ?e ?f } ORDER BY ?c",
    "SELECT (COUNT(*) AS ?n) { SELECT DISTINCT ?a ?d { ?a ?b ?c . ?d ?e ?f } }",
    "SELECT (GROUP_CONCAT(?o) AS ?x) { ?s ?p ?o . ?s2 ?p2 ?o2 }",
    "ASK { FILTER(" + "(" * 20000 + "1" + ")" * 20000 + ") }",
    "SELECT (COUNT(*) AS ?n) { ?a (<x:p>|!<x:p>)* ?b }",
)
LUA = """
local n, paths = 0, {}
for line in io.lines("%s") do paths[#paths + 1] = line end
request = function()
  n = n + 1
  local path = paths[(n %% #paths) + 1]
  if %s then path = path .. "%%20%%23" .. n .. "-" .. %d end
  return wrk.format("GET", path, {["Accept"] = "application/sparql-results+json"})
end
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def server(arguments: list[str], port: int, path: str, patience: float = 60, **more: object) -> Iterator[int]:
    """Start a server, wait until it answers a query, kill it and its children in the end; gives its process id."""
    process = subprocess.Popen(
        arguments,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        **more,  # type: ignore[call-overload]
    )
    try:
        end = time.monotonic() + patience
        while get(port, path + query("ASK {}"))[0] != 200:
            if time.monotonic() > end or process.poll() is not None:
                raise SystemExit(f"{arguments[0]} does not answer")
            time.sleep(0.1)
        yield process.pid
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def query(text: str) -> str:
    return "?query=" + urllib.parse.quote(text)


def get(
    port: int, path: str, accept: str = "application/sparql-results+json", timeout: float = 120
) -> tuple[int, bytes]:
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
        connection.request("GET", path, headers={"Accept": accept})
        response = connection.getresponse()
        body = response.read()
        connection.close()
        return response.status, body
    except OSError:
        return 0, b""


def wrk(port: int, paths: list[str], seconds: int, *, unique: bool, salt: int) -> tuple[float, float]:
    """Requests a second and median milliseconds, two connections from one thread."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "paths").write_text("\n".join(paths))
        script = Path(folder, "run.lua")
        script.write_text(LUA % (f"{folder}/paths", "true" if unique else "false", salt))
        done = subprocess.run(
            [
                "wrk",
                "-t1",
                "-c2",
                f"-d{seconds}s",
                "--latency",
                "-s",
                str(script),
                f"http://127.0.0.1:{port}/",
            ],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    if "Non-2xx" in done:
        raise SystemExit(f"port {port} gave errors:\n{done}")
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", done)[1])  # type: ignore[index]
    median = re.search(r"50%\s+([\d.]+)(us|ms|s)", done)
    assert median is not None
    return rate, float(median[1]) * {"us": 1e-3, "ms": 1.0, "s": 1e3}[median[2]]


def things(store: ox.Store, count: int) -> list[str]:
    rows = store.query(f"SELECT ?s {{ ?s {LABEL} ?l }} LIMIT {count * 7}")
    return list(dict.fromkeys(row["s"].value for row in rows))[:count]  # type: ignore[union-attr]


def side_by_side(ports: dict[str, tuple[int, str]], store: ox.Store, seconds: int, rounds: int) -> None:
    """Small, 100-row, 1,000-row and repeated queries: medians over rounds."""
    small = [f"SELECT ?p ?o {{ <{iri}> ?p ?o }}" for iri in things(store, 500)]
    work = {
        "small SELECT, each new": (small, True),
        "100 rows, each new": ([PAGE.format(n=n * 100, rows=100) for n in range(100)], True),
        "1,000 rows, each new": ([PAGE.format(n=n * 1000, rows=1000) for n in range(20)], True),
        "small SELECT, repeated": (small[:50], False),
    }
    print(
        "| queries | server | requests/s | p50 ms | rate / oxigraph | p50 / oxigraph |\n|---|---|---|---|---|---|"
    )
    for name, (texts, unique) in work.items():
        seen: dict[str, list[tuple[float, float]]] = {server: [] for server in ports}
        for turn in range(rounds):
            for place, (server, (port, path)) in enumerate(ports.items()):
                paths = [path + query(text) for text in texts]
                seen[server].append(wrk(port, paths, seconds, unique=unique, salt=turn * 10 + place))
        middle = {
            s: tuple(statistics.median(v[i] for v in values) for i in (0, 1)) for s, values in seen.items()
        }
        base = middle["oxigraph serve"]
        for server, (rate, median) in middle.items():
            print(
                f"| {name} | {server} | {rate:,.0f} | {median:.2f} | {rate / base[0]:.2f} | {median / base[1]:.2f} |",
                flush=True,
            )


def heavy(ports: dict[str, tuple[int, str]], store: ox.Store, rounds: int) -> None:
    """Aggregates over the whole: seconds, against pyoxigraph in this process."""
    print(
        "\n| heavy query | pyoxigraph in process | "
        + " | ".join(ports)
        + " |\n|---" * 1
        + "|---" * (len(ports) + 2)
        + "|"
    )
    for name, text in HEAVY.items():
        times: dict[str, list[float]] = {"in process": [], **{s: [] for s in ports}}
        for turn in range(rounds):
            start = time.perf_counter()
            store.query(text).serialize(format=ox.QueryResultsFormat.JSON)  # type: ignore[union-attr]
            times["in process"].append(time.perf_counter() - start)
            for server, (port, path) in ports.items():
                start = time.perf_counter()
                status, _ = get(port, path + query(f"{text} # {turn}"), timeout=600)
                times[server].append(time.perf_counter() - start if status == 200 else float("nan"))
        base = statistics.median(times["in process"])
        cells = [f"{base:.2f} s"] + [
            f"{statistics.median(v):.2f} s ({statistics.median(v) / base:.2f})"
            for s, v in times.items()
            if s != "in process"
        ]
        print(f"| {name} | " + " | ".join(cells) + " |", flush=True)


def resident(pid: int) -> tuple[int, int]:
    """Processes below (and with) this one, and their resident MiB together."""
    parents: dict[int, list[int]] = {}
    memory: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        child = int(stat.parent.name)
        parents.setdefault(int(fields[1]), []).append(child)
        memory[child] = int(fields[21]) * os.sysconf("SC_PAGE_SIZE") >> 20
    below, found = [pid], []
    while below:
        one = below.pop()
        found.append(one)
        below += parents.get(one, [])
    return len(found), sum(memory.get(p, 0) for p in found)


def storm(port: int, pid: int, iris: list[str], base: str, seconds: int) -> None:
    """Keep the runaways in flight; measure pages and small queries."""
    outcomes: Counter[tuple[int, int]] = Counter()
    stop = threading.Event()

    def keep(number: int) -> None:
        turn = 0
        while not stop.is_set():
            turn += 1
            start = time.monotonic()
            body = f"{RUNAWAYS[number]} # {turn}".encode()
            try:
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
                connection.request("POST", "/sparql", body, {"Content-Type": "application/sparql-query"})
                status = connection.getresponse().status
                connection.close()
            except OSError:
                status = 0
            outcomes[number, status] += 1
            time.sleep(max(0.0, 0.5 - (time.monotonic() - start)))

    before = resident(pid)
    threads = [threading.Thread(target=keep, args=(n,), daemon=True) for n in range(len(RUNAWAYS))]
    for thread in threads:
        thread.start()
    time.sleep(3)
    times: dict[str, list[float]] = {"page, cold": [], "page, repeated": [], "small SELECT": []}
    failures: Counter[str] = Counter()
    most, end, turn = 0, time.monotonic() + seconds, 0
    while time.monotonic() < end:
        iri = iris[turn % len(iris)]
        turn += 1
        page = (
            urllib.parse.urlsplit(iri).path + ".html" if iri.startswith(base) else "/entity.html?iri=" + iri
        )
        asks: dict[str, Callable[[], tuple[int, bytes]]] = {
            "page, cold": lambda page=page: get(port, page, "text/html"),  # type: ignore[misc]
            "page, repeated": lambda: get(port, "/", "text/html"),
            "small SELECT": lambda iri=iri: get(port, "/sparql" + query(f"SELECT ?p ?o {{ <{iri}> ?p ?o }}")),  # type: ignore[misc]
        }
        for name, ask in asks.items():
            start = time.perf_counter()
            status, _ = ask()
            times[name].append((time.perf_counter() - start) * 1e3)
            failures[name] += status != 200
        most = max(most, resident(pid)[1])
        time.sleep(0.1)
    stop.set()
    for thread in threads:
        thread.join(60)
    print(
        f"\n8 runaways in flight for {seconds} s:\n\n"
        "| meanwhile | requests | failed | p50 ms | p99 ms | worst ms |\n|---|---|---|---|---|---|"
    )
    for name, values in times.items():
        values.sort()
        p99 = values[int(len(values) * 0.99)]
        print(
            f"| {name} | {len(values)} | {failures[name]} | {values[len(values) // 2]:.1f} | {p99:.1f} "
            f"| {values[-1]:.1f} |"
        )
    statuses: dict[int, Counter[int]] = {}
    for (number, status), count in sorted(outcomes.items()):
        statuses.setdefault(number, Counter())[status] += count
    print("\n| runaway | outcomes (status: times) |\n|---|---|")
    for number, found in statuses.items():
        print(
            f"| `{RUNAWAYS[number][:70]}` | "
            + ", ".join(f"{s}: {n}" for s, n in sorted(found.items()))
            + " |"
        )
    time.sleep(2)
    after = resident(pid)
    print(
        f"\nProcesses before and after: {before[0]}, {after[0]}. "
        f"Resident MiB before, at most, after: {before[1]}, {most}, {after[1]}."
    )


RDFLIB = """
import rdflib
from rdflib_endpoint import SparqlEndpoint
graph = rdflib.Graph()
graph.parse({file!r}, format="nt")
app = SparqlEndpoint(graph=graph, path="/")
"""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("site", type=Path)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--storm", type=int, default=0)
    parser.add_argument("--rdflib", type=Path, help="an N-Triples file for rdflib-endpoint, loaded in memory")
    given = parser.parse_args()
    release = open_active(load_site(given.site).state)
    store = ox.Store.read_only(str(release.store))
    print(
        f"{release.manifest.triples:,} triples, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the start\n"
    )
    with ExitStack() as stack:
        ports: dict[str, tuple[int, str]] = {}
        oxigraph = shutil.which("oxigraph", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
        if oxigraph is None:
            raise SystemExit("oxigraph is missing: install the test requirements")
        port = free_port()
        stack.enter_context(
            server(
                [oxigraph, "serve-read-only", "-l", str(release.store), "-b", f"127.0.0.1:{port}"],
                port,
                "/query",
            )
        )
        ports["oxigraph serve"] = (port, "/query")
        port = free_port()
        command = [sys.executable, "-m", "kgraph", "serve", str(given.site), "--port", str(port)]
        pid = stack.enter_context(server(command, port, "/sparql"))
        ports["kgraph"] = (port, "/sparql")
        if given.rdflib:
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            Path(folder, "endpoint.py").write_text(RDFLIB.format(file=str(given.rdflib)))
            port = free_port()
            asgi = [
                sys.executable,
                "-m",
                "granian",
                "--interface",
                "asgi",
                "--port",
                str(port),
                "endpoint:app",
            ]
            stack.enter_context(server(asgi, port, "/", 900, cwd=folder))
            ports["rdflib-endpoint"] = (port, "/")
        if given.rounds:
            side_by_side(ports, store, given.seconds, given.rounds)
            heavy({s: p for s, p in ports.items() if s != "rdflib-endpoint"}, store, given.rounds)
        if given.storm:
            storm(ports["kgraph"][0], pid, things(store, 2000), release.manifest.base, given.storm)
    print(json.dumps({"load at the end": os.getloadavg()[0]}))


if __name__ == "__main__":
    main()
