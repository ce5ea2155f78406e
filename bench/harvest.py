"""Harvest a whole site through its event stream, its fragments and OAI-PMH, and watch the server's memory.

    python bench/generate.py --triples 1000000 --seed 1 --out FOLDER
    kgraph build FOLDER
    python bench/harvest.py FOLDER                 all three doors
    python bench/harvest.py FOLDER --doors oai     one of them

    python bench/harvest.py FOLDER --rounds 3      again and again on the same server

Every thing must arrive exactly once. Prints a table: seconds, requests, things or statements, and the memory of the
server's processes (proportional set size, which counts what processes share once): their own together before and at
most, pages of files at most, and the own memory of each at the end, parents before their children.
"""

from __future__ import annotations

import argparse
import gzip
import http.client
import itertools
import re
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from kgraph.harvest.fragments import DEFAULT_GRAPH
from kgraph.history import THING
from kgraph.index import open_index
from kgraph.release import open_active
from kgraph.site import load_site

_NEXT = re.compile(rb"<http://www\.w3\.org/ns/hydra/core#next> <([^>]+)>")
_TOKEN = re.compile(rb"<resumptionToken>([^<]+)</resumptionToken>")
_RECORD = re.compile(rb"<identifier>([^<]+)</identifier>")
_MEMBER = re.compile(rb"<https://w3id\.org/tree#member> <([^>]+)>")
_PSS = re.compile(r"^Pss_(Anon|File):\s+(\d+) kB", re.MULTILINE)
_NODE = re.compile(rb"<https://w3id\.org/tree#node> <([^>]+)>")


class Client:
    """Requests over one connection at a time, bodies decompressed, counted.

    A connection stays with one of the server's processes, so it is a new one after each 10 requests: all of them work.
    """

    def __init__(self, base: str, port: int) -> None:
        self.base, self.requests, self.bytes = base, 0, 0
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)

    def get(self, address: str, accept: str = "*/*") -> bytes:
        """The body of an address of the site."""
        parts = urlsplit(address)
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        if self.requests % 10 == 0:
            self._connection.close()  # the next request opens it again
        self._connection.request("GET", target, headers={"Accept": accept, "Accept-Encoding": "gzip"})
        answer = self._connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise SystemExit(f"{address}: {answer.status} {body[:300]!r}")
        self.requests += 1
        self.bytes += len(body)
        return gzip.decompress(body) if answer.headers.get("Content-Encoding") == "gzip" else body


def stream(client: Client) -> Counter[bytes]:
    """Members of the event stream."""
    found: Counter[bytes] = Counter()
    waiting, seen = [client.base + "ldes"], set()
    while waiting:
        address = waiting.pop()
        if address not in seen:
            seen.add(address)
            body = client.get(address)
            found.update(_MEMBER.findall(body))
            waiting += {node.decode() for node in _NODE.findall(body)}
    return found


def fragments(client: Client) -> Counter[bytes]:
    """Statements of the merge, by their hashes."""
    found: Counter[bytes] = Counter()
    address: str | None = f"{client.base}fragments?graph={DEFAULT_GRAPH.value}"
    while address:
        body = client.get(address, "application/n-quads")
        for line in body.splitlines():
            if b"#metadata> ." not in line:
                found[str(hash(line)).encode()] += 1
        following = _NEXT.search(body)
        address = following[1].decode() if following else None
    return found


def oai(client: Client) -> Counter[bytes]:
    """Records of OAI-PMH in Dublin Core."""
    found: Counter[bytes] = Counter()
    address: str | None = f"{client.base}oai?verb=ListRecords&metadataPrefix=oai_dc"
    while address:
        body = client.get(address)
        found.update(_RECORD.findall(body))
        token = _TOKEN.search(body)
        address = f"{client.base}oai?verb=ListRecords&resumptionToken={token[1].decode()}" if token else None
    return found


DOORS: dict[str, Callable[[Client], Counter[bytes]]] = {"stream": stream, "fragments": fragments, "oai": oai}


class Memory(NamedTuple):
    """Bytes that processes hold together. `anon`: their own; `file`: pages of files, which the system takes back."""

    anon: int
    file: int


def memory(pid: int) -> dict[int, Memory]:
    """What a process and its descendants hold, by their ids; pages that they share are divided among them."""
    each, waiting = {}, [pid]
    while waiting:
        current = waiting.pop(0)
        try:
            text = Path(f"/proc/{current}/smaps_rollup").read_text()
            found = {name: 1024 * int(size) for name, size in _PSS.findall(text)}
            each[current] = Memory(found["Anon"], found["File"])
            for task in Path(f"/proc/{current}/task").iterdir():
                waiting += [int(child) for child in (task / "children").read_text().split()]
        except (OSError, KeyError):  # it has ended
            continue
    return each


def together(each: dict[int, Memory]) -> Memory:
    """The sum."""
    return Memory(sum(one.anon for one in each.values()), sum(one.file for one in each.values()))


class Watch(threading.Thread):
    """Notes the most memory that the server holds, twice a second."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.pid, self.most, self._done = pid, Memory(0, 0), threading.Event()

    def run(self) -> None:
        while not self._done.wait(0.5):
            self.most = Memory(*map(max, self.most, together(memory(self.pid))))

    def end(self) -> Memory:
        self._done.set()
        self.join()
        return self.most


@contextmanager
def served(folder: Path, port: int, processes: int = 2) -> Iterator[int]:
    """`kgraph serve` on loopback; gives its process id."""
    command = [sys.executable, "-m", "kgraph", "serve", str(folder), "--port", str(port)]
    command += ["--processes", str(processes)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(600):
            try:
                Client("", port).get("/robots.txt")
                break
            except OSError:
                time.sleep(0.1)
        yield process.pid
    finally:
        process.terminate()
        process.wait(30)


def main() -> int:
    """The command line. Exit status 1 when something did not arrive exactly once."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--port", type=int, default=8499)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--doors", nargs="+", choices=DOORS, default=list(DOORS))
    given = parser.parse_args()
    site = load_site(given.folder)
    release = open_active(site.state)
    index = open_index(release.index)
    things = index.execute(f"SELECT count(*) FROM node WHERE {THING}").fetchone()[0]
    triples = release.manifest.triples + getattr(release.manifest, "inferred", 0)
    index.close()
    failed = False
    with served(given.folder, given.port, given.processes) as pid:
        print(f"{triples:,} statements in the merge, {things:,} things")
        heads = "round, door, arrived, more than once, requests, MB sent, seconds, own MB before, most, file MB, each"
        print("| " + heads.replace(", ", " | ") + " |")
        print("|---" * 11 + "|")
        for number, name in itertools.product(range(1, given.rounds + 1), given.doors):
            before, watch, start = together(memory(pid)), Watch(pid), time.perf_counter()
            client = Client(site.address, given.port)
            watch.start()
            found = DOORS[name](client)
            seconds, most = time.perf_counter() - start, watch.end()
            again = sum(1 for count in found.values() if count > 1)
            expected = triples if name == "fragments" else things
            failed |= len(found) != expected or again > 0
            cells = [number, name, f"{len(found):,} of {expected:,}", again, f"{client.requests:,}"]
            cells += [
                client.bytes >> 20,
                f"{seconds:.0f}",
                before.anon >> 20,
                most.anon >> 20,
                most.file >> 20,
                ", ".join(str(one.anon >> 20) for one in memory(pid).values()),
            ]
            print("| " + " | ".join(map(str, cells)) + " |", flush=True)
    release.close()
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
