"""How quickly pages are served: warm against nginx with the same bytes in the same run, and cold over HTTP.

    python bench/generate.py --triples 1000000 --seed 1 --flat SITE/data/graph.nq ; cp ontology/*.ttl SITE/ontology/
    kgraph build SITE
    python bench/pages.py SITE

Needs nginx and wrk. Warm: one web process of each, `wrk -t1 -c2`, in turns, so that both meet the same noise. Cold:
every page is asked for once, on one connection, from a server that has just started; hubs are the things with
most incoming links. Times on a machine with other work say little; the server's processor time says more.
"""

from __future__ import annotations

import argparse
import http.client
import random
import re
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from kgraph.iri import address
from kgraph.release import open_active
from kgraph.site import load_site
from servers import free_port, processor, server

NGINX = """
daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 64; }}
http {{
  access_log off; sendfile on; keepalive_requests 1000000; types {{ text/html html; }} charset utf-8;
  client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
  uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  server {{ listen 127.0.0.1:{port}; root {folder}/root; }}
}}
"""


def wrk(port: int, path: str, seconds: int) -> float:
    """Requests a second; every answer must be a 200."""
    told = subprocess.run(
        ["wrk", "-t1", "-c2", f"-d{seconds}s", f"http://127.0.0.1:{port}{path}"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    if "Non-2xx" in told:
        raise SystemExit(told)
    found = re.search(r"Requests/sec:\s+([\d.]+)", told)
    assert found, told
    return float(found[1])


def things(site: Path, count: int, seed: int) -> tuple[list[str], list[tuple[str, int]]]:
    """Addresses of so many things chosen at random, and of the ten with most incoming links."""
    release = open_active(load_site(site).state)
    base = release.manifest.base
    index = sqlite3.connect(f"file:{release.index}?mode=ro", uri=True)
    rows = index.execute(
        "SELECT iri FROM node WHERE path IS NOT NULL AND parent IS NULL AND graph_kind IS NULL AND outgoing > 2"
        " AND iri LIKE ? ORDER BY id",
        (base + "id/%",),
    ).fetchall()
    hubs = index.execute(
        "SELECT iri, incoming FROM node WHERE path IS NOT NULL AND parent IS NULL AND iri LIKE ?"
        " ORDER BY incoming DESC LIMIT 10",
        (base + "id/%",),
    ).fetchall()
    release.close()
    chosen = random.Random(seed).sample(rows, min(count, len(rows)))
    return [address(r[0], base) + ".html" for r in chosen], [
        (address(r[0], base) + ".html", r[1]) for r in hubs
    ]


def fetch(connection: http.client.HTTPConnection, path: str) -> tuple[float, bytes]:
    """Milliseconds until the whole page is there, and the page."""
    start = time.perf_counter()
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != 200:
        raise SystemExit(f"{path}: {answer.status}")
    return (time.perf_counter() - start) * 1000, body


def main() -> int:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("site", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--pages", type=int, default=400)
    given = parser.parse_args()
    if not (shutil.which("nginx") and shutil.which("wrk")):
        raise SystemExit("nginx and wrk are needed (Debian: apt install nginx-light wrk)")
    pages, hubs = things(given.site, given.pages + 20, seed=1)
    port, nginx_port = free_port(), free_port()
    kgraph = [
        sys.executable,
        "-m",
        "kgraph",
        "serve",
        str(given.site),
        "--port",
        str(port),
        "--processes",
        "1",
    ]
    with tempfile.TemporaryDirectory() as temporary, server(kgraph, port, "/") as pid:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        for path in pages[:20]:  # the first pages pay for lazy look-ups, once a process
            fetch(connection, path)
        spent = [processor(pid)]
        cold = [fetch(connection, path) for path in pages[20:]]
        spent.append(processor(pid))
        cold_hubs = [(fetch(connection, path)[0], count) for path, count in hubs]
        spent.append(processor(pid))
        warm = pages[20]
        body = fetch(connection, warm)[1]
        Path(temporary).chmod(0o755)  # nginx serves as a user of its own
        root = Path(temporary) / "root"
        (root / warm.strip("/")).parent.mkdir(parents=True)
        (root / warm.strip("/")).write_bytes(body)
        (Path(temporary) / "nginx.conf").write_text(NGINX.format(folder=temporary, port=nginx_port), "utf-8")
        nginx = ["nginx", "-c", f"{temporary}/nginx.conf", "-e", f"{temporary}/error.log"]
        with server(nginx, nginx_port, warm):
            pairs = [
                (wrk(port, warm, given.seconds), wrk(nginx_port, warm, given.seconds))
                for _ in range(given.rounds)
            ]
    times = sorted(ms for ms, _ in cold)
    ratios = [ours / theirs for ours, theirs in pairs]
    hub = sorted(ms for ms, _ in cold_hubs)
    links = [count for _, count in cold_hubs]
    rounds = ", ".join(f"{ratio:.2f}" for ratio in ratios)
    rows = (
        (
            f"warm page of {len(body)} bytes, requests a second",
            f"{statistics.median(p[0] for p in pairs):,.0f}",
        ),
        ("nginx, the same bytes, requests a second", f"{statistics.median(p[1] for p in pairs):,.0f}"),
        (f"ratio, median (rounds: {rounds})", f"{statistics.median(ratios):.2f}"),
        (f"cold page, median of {len(times)}", f"{statistics.median(times):.2f} ms"),
        ("cold page, 95th percentile", f"{times[int(len(times) * 0.95)]:.2f} ms"),
        (
            "cold page, processor time of the server, mean",
            f"{(spent[1] - spent[0]) / len(times) * 1000:.2f} ms",
        ),
        ("cold page, mean size", f"{statistics.mean(len(b) for _, b in cold):,.0f} bytes"),
        (
            f"cold page of ten hubs ({min(links):,} to {max(links):,} incoming), median",
            f"{statistics.median(hub):.2f} ms",
        ),
        ("processor time of the server, mean of them", f"{(spent[2] - spent[1]) / len(hub) * 1000:.1f} ms"),
        ("the slowest of them", f"{hub[-1]:.2f} ms"),
    )
    print("| what | measured |\n|---|---|")
    for what, measured in rows:
        print(f"| {what} | {measured} |")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
