"""Eight runaway queries kept in flight against a server, pages and small queries measured before and meanwhile.

Run by bench/query.py --storm. Each client sends its runaway again, under a new text, as soon as it ended, so none is
answered from a cache and none is known as slow beforehand.
"""

from __future__ import annotations

import http.client
import json
import threading
import time
import urllib.parse
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from servers import get, query, resident, running

CROSS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i FILTER(?c != ?i) }"
ENDS = ("504 query-timeout", "503 query-memory")
RUNAWAYS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("cross join of three patterns", CROSS, ENDS),
    ("cross join of groups", "SELECT * { { ?a ?b ?c . ?d ?e ?f } { ?g ?h ?i } FILTER(?c != ?i) } OFFSET 1000000", ENDS),
    ("unbounded ORDER BY", "SELECT * { ?a ?b ?c . ?d ?e ?f } ORDER BY ?f ?c", ENDS),
    ("unbounded ORDER BY, one key", "SELECT * { ?a ?b ?c . ?d ?e ?f } ORDER BY ?c", ENDS),
    ("DISTINCT of all pairs", "SELECT (COUNT(*) AS ?n) { SELECT DISTINCT ?a ?d { ?a ?b ?c . ?d ?e ?f } }", ENDS),
    ("GROUP_CONCAT of all pairs", "SELECT (GROUP_CONCAT(?o) AS ?x) { ?s ?p ?o . ?s2 ?p2 ?o2 }", ENDS),
    ("20,000 brackets", "ASK { FILTER(" + "(" * 20000 + "1" + ")" * 20000 + ") }", ("413 query-too-long",)),
    ("path of any length between any two nodes", "SELECT (COUNT(*) AS ?n) { ?a (<x:p>|!<x:p>)* ?b }", ENDS),
)  # fmt: skip
"""Name, text, and the outcomes (status and problem type) that are right for it."""

QUIET = 20.0
"""Seconds of the same requests without runaways, before the storm."""
LATE = 3.0
"""Seconds past the deadline at which an answer counts as late."""


@dataclass
class Meanwhile:
    """Milliseconds of each kind of request, and how many failed."""

    times: dict[str, list[float]] = field(default_factory=dict)
    failed: Counter[str] = field(default_factory=Counter)

    def rows(self, when: str) -> list[str]:
        """Rows of the table."""
        found = []
        for name, values in self.times.items():
            ordered = sorted(values)
            p50, p99 = ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.99)]
            told = f"{p50:.1f} | {p99:.1f} | {ordered[-1]:.1f}"
            found.append(f"| {name} | {when} | {len(ordered)} | {self.failed[name]} | {told} |")
        return found


def storm(
    port: int, pid: int, iris: list[str], base: str, seconds: int, deadline: float
) -> set[tuple[int, int]]:
    """Measure and print; gives every process seen. `pid` is the server's, `iris` are things whose pages are asked for
    once each."""
    pages = iter(iris)
    outcomes: dict[int, Counter[str]] = {n: Counter() for n in range(len(RUNAWAYS))}
    longest = [0.0] * len(RUNAWAYS)
    seen: dict[tuple[int, int], int] = {}
    most = 0

    def look() -> int:
        nonlocal most
        now = resident(pid)
        most = max(most, sum(now.values()))
        for process, size in now.items():
            seen[process] = max(seen.get(process, 0), size)
        return len(now)

    quiet = _ask(port, pages, base, QUIET, look)
    before = look()
    stop = threading.Event()

    def keep(number: int) -> None:
        turn = 0
        while not stop.is_set():
            turn += 1
            start = time.monotonic()
            outcomes[number][_post(port, f"{RUNAWAYS[number][1]} # {turn}")] += 1
            took = time.monotonic() - start
            longest[number] = max(longest[number], took)
            stop.wait(0.5 - took)

    threads = [threading.Thread(target=keep, args=(n,), daemon=True) for n in range(len(RUNAWAYS))]
    for thread in threads:
        thread.start()
    time.sleep(3)
    during = _ask(port, pages, base, seconds, look)
    stop.set()
    for thread in threads:
        thread.join(2 * deadline)
    end = time.monotonic() + 10
    while look() != before and time.monotonic() < end:
        time.sleep(0.1)
    after = resident(pid)
    print(
        f"\n{len(RUNAWAYS)} runaways in flight for {seconds} s, each sent again as soon as it ended:\n"
        f"\n| asked | when | requests | failed | p50 ms | p99 ms | worst ms |\n|---|---|---|---|---|---|---|\n"
        + "\n".join(quiet.rows("before") + during.rows("meanwhile"))
    )
    print("\n| runaway | ended as (times) | longest, s | right |\n|---|---|---|---|")
    for number, (name, _, right) in enumerate(RUNAWAYS):
        wrong = set(outcomes[number]) - set(right)
        late = longest[number] > deadline + LATE
        told = ", ".join(f"{outcome} ({times})" for outcome, times in sorted(outcomes[number].items()))
        verdict = "**no**" if wrong else "**late**" if late else "yes"
        print(f"| {name} | {told} | {longest[number]:.1f} | {verdict} |")
    ended = sum(not running(p) for p in seen)
    print(
        f"\nProcesses before and after: {before}, {len(after)}; {ended} that were seen meanwhile had ended. "
        f"Resident MiB: at most {max(seen.values())} in one process and {most} in all, "
        f"{sum(after.values())} in all afterwards."
    )
    return set(seen)


def left_behind(before: set[tuple[int, int]], seconds: float = 5) -> int:
    """How many of these processes still run some seconds after their server ended."""
    end = time.monotonic() + seconds
    while (left := sum(map(running, before))) and time.monotonic() < end:
        time.sleep(0.1)
    return left


def _ask(port: int, pages: object, base: str, seconds: float, look: Callable[[], int]) -> Meanwhile:
    """New pages, the home page again, and small queries, one after another; processes are looked at in between."""
    found = Meanwhile({"page, new": [], "page, repeated": [], "small SELECT, new": []})
    end = time.monotonic() + seconds
    while time.monotonic() < end and (iri := next(pages, None)):  # type: ignore[call-overload]
        page = (
            urllib.parse.urlsplit(iri).path + ".html" if iri.startswith(base) else "/entity.html?iri=" + iri
        )
        select = f"SELECT ?p ?o {{ <{iri}> ?p ?o }}"
        for name, path, accept in (
            ("page, new", page, "text/html"),
            ("page, repeated", "/", "text/html"),
            ("small SELECT, new", "/sparql" + query(select), "application/sparql-results+json"),
        ):
            start = time.perf_counter()
            status, _ = get(port, path, accept)
            found.times[name].append((time.perf_counter() - start) * 1e3)
            found.failed[name] += status != 200
        look()
        time.sleep(0.1)
    return found


def _post(port: int, text: str) -> str:
    """Status and problem type of a posted query."""
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        connection.request("POST", "/sparql", text.encode(), {"Content-Type": "application/sparql-query"})
        response = connection.getresponse()
        body = response.read()
        connection.close()
    except OSError as error:
        return f"no answer ({type(error).__name__})"
    problem = json.loads(body).get("type", "").rpartition(":")[2] if body else ""
    return f"{response.status} {problem}".strip()
