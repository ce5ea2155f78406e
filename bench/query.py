"""Queries side by side: kgraph, `oxigraph serve`, rdflib-endpoint, and pyoxigraph in process, over one release's store.

    python bench/query.py SITE [--seconds 5] [--rounds 3] [--storm 300] [--rdflib FILE.nt]

SITE is a built site (bench/generate.py makes one). Servers run on loopback, one after another in each round, under
wrk (two connections), so that a ratio compares what the same machine did within seconds. --storm keeps 8 runaway
queries in flight for so many seconds and measures pages and small queries before and meanwhile. Prints the tables of
docs/benchmarks.md in Markdown, each figure beside its aim.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pyoxigraph as ox

from kgraph.release import open_active
from kgraph.site import load_site
from runaways import left_behind, storm
from servers import free_port, get, query, server

LABEL = "<http://www.w3.org/2000/01/rdf-schema#label>"
PAGE = "SELECT ?s ?l {{ ?s " + LABEL + " ?l }} OFFSET {n} LIMIT {rows}"
HEAVY = {
    "classes counted": "SELECT ?c (COUNT(?s) AS ?n) { ?s a ?c } GROUP BY ?c ORDER BY DESC(?n)",
    "labels joined and filtered": f"SELECT (COUNT(*) AS ?n) {{ ?s {LABEL} ?l . ?s a ?c FILTER(CONTAINS(?l, 'ar')) }}",
    "distinct properties": "SELECT (COUNT(DISTINCT ?p) AS ?n) { ?s ?p ?o }",
}
AIMS = {
    "small SELECT, each new": (1 / 3, 2.0),
    "100 rows, each new": (0.65, None),
    "1,000 rows, each new": (0.95, None),
    "small SELECT, repeated": (1.0, None),
}
"""What kgraph is to reach of `oxigraph serve`: at least this rate, at most this median."""
TIMES_RDFLIB = 10
HEAVY_AIM = 1.10
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
    """IRIs that have a label, from all over the store."""
    rows = store.query(f"SELECT DISTINCT ?s {{ ?s {LABEL} ?l }}")
    found = [row["s"].value for row in rows]  # type: ignore[union-attr]
    return found[:: max(1, len(found) // count)][:count]


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
        "| queries | server | requests/s | p50 ms | rate / oxigraph | p50 / oxigraph | aim |\n"
        "|---|---|---|---|---|---|---|"
    )
    for name, (texts, unique) in work.items():
        seen: dict[str, list[tuple[float, float]]] = {s: [] for s in ports}
        for turn in range(rounds):
            for place, (which, (port, path)) in enumerate(ports.items()):
                paths = [path + query(text) for text in texts]
                seen[which].append(wrk(port, paths, seconds, unique=unique, salt=turn * 10 + place))
        middle = {
            s: tuple(statistics.median(v[i] for v in values) for i in (0, 1)) for s, values in seen.items()
        }
        base = middle["oxigraph serve"]
        for which, (rate, median) in middle.items():
            ratio, slower = rate / base[0], median / base[1]
            met = ""
            if which == "kgraph":
                least, most = AIMS[name]
                met = (
                    f"rate {least:.2f}: {verdict(ratio >= least)}"
                    if least != 1
                    else f"ahead: {verdict(ratio > 1)}"
                )
                met += f"; p50 {most:g}: {verdict(slower <= most)}" if most else ""
            elif which == "rdflib-endpoint":
                times = middle["kgraph"][0] / rate
                met = f"kgraph {TIMES_RDFLIB} times it: {verdict(times >= TIMES_RDFLIB)} ({times:.0f})"
            print(
                f"| {name} | {which} | {rate:,.0f} | {median:.2f} | {ratio:.2f} | {slower:.2f} | {met} |",
                flush=True,
            )


def verdict(met: bool) -> str:
    """How an aim stands in the table."""
    return "met" if met else "**not met**"


def heavy(ports: dict[str, tuple[int, str]], store: ox.Store, rounds: int) -> None:
    """Aggregates over the whole: seconds, against pyoxigraph in this process."""
    print(
        f"\n| heavy query | pyoxigraph in process | {' | '.join(ports)} | aim: at most {HEAVY_AIM:.2f} |\n"
        + "|---" * (len(ports) + 3)
        + "|"
    )
    for name, text in HEAVY.items():
        times: dict[str, list[float]] = {"in process": [], **{s: [] for s in ports}}
        for turn in range(rounds):
            start = time.perf_counter()
            store.query(text).serialize(format=ox.QueryResultsFormat.JSON)  # type: ignore[union-attr]
            times["in process"].append(time.perf_counter() - start)
            for which, (port, path) in ports.items():
                start = time.perf_counter()
                status, _ = get(port, path + query(f"{text} # {turn}"), timeout=600)
                times[which].append(time.perf_counter() - start if status == 200 else float("nan"))
        base = statistics.median(times["in process"])
        cells = [f"{base:.2f} s"]
        for which in ports:
            middle = statistics.median(times[which])
            cells.append(f"{middle:.2f} s ({middle / base:.2f})")
        met = verdict(statistics.median(times["kgraph"]) / base <= HEAVY_AIM)
        print(f"| {name} | {' | '.join(cells)} | {met} |", flush=True)


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
    site = load_site(given.site)
    # `kgraph serve` would do it where a newer program builds otherwise, while the clients wait for an answer.
    build = [sys.executable, "-m", "kgraph", "build", str(given.site)]
    subprocess.run(build, check=True, stdout=subprocess.DEVNULL)
    release = open_active(site.state)
    store = ox.Store.read_only(str(release.store))
    oxigraph = shutil.which("oxigraph", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    if given.rounds and oxigraph is None:
        raise SystemExit("oxigraph is missing: install the test requirements")
    command = shlex.join(["python", "bench/query.py", "SITE", *sys.argv[2:]])
    if given.rdflib:
        command = command.replace(str(given.rdflib), "FILE.nt")
    print(
        f"`{command}`, {datetime.now(UTC):%-d %B %Y}, {release.manifest.triples:,} triples, {os.cpu_count()} cores, "
        f"load {os.getloadavg()[0]:.1f} at the start.\n"
    )
    with ExitStack() as stack:
        kgraph = [sys.executable, "-m", "kgraph", "serve", str(given.site), "--port"]
        ports: dict[str, tuple[int, str]] = {}
        if given.rounds:
            port = free_port()
            serve = [str(oxigraph), "serve-read-only", "-l", str(release.store), "-b", f"127.0.0.1:{port}"]
            stack.enter_context(server(serve, port, "/query"))
            ports["oxigraph serve"] = (port, "/query")
            port = free_port()
            stack.enter_context(server([*kgraph, str(port)], port, "/sparql"))
            ports["kgraph"] = (port, "/sparql")
        if given.rounds and given.rdflib:
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            Path(folder, "endpoint.py").write_text(RDFLIB.format(file=str(given.rdflib.resolve())))
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
        deadline = float(site.settings["query_deadline"])
        iris = things(store, 10 * (given.storm + 60))
        port = free_port()
        with server([*kgraph, str(port)], port, "/sparql") as pid:
            seen = storm(port, pid, iris, release.manifest.base, given.storm, deadline)
        print(f"Of {len(seen)} processes seen, {left_behind(seen)} were left when the server had ended.")
    print(f"\nLoad at the end: {os.getloadavg()[0]:.1f}.")


if __name__ == "__main__":
    main()
