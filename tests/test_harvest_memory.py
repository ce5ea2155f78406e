"""Harvest after harvest, the server holds no more than after the first: what is remembered has a bound."""

from __future__ import annotations

import gc
import re
import tracemalloc
from pathlib import Path
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient

from harvest_site import client_of, person, release, write_site
from kgraph.engine import pattern as patterns
from kgraph.engine.pattern import COUNTS
from kgraph.harvest import fragments, matching, oai, stream
from kgraph.web.cache import KEEP, ByteCache, Environ, Start

SIZE = 60
NEXT = re.compile(r"<http://www\.w3\.org/ns/hydra/core#next> <http://localhost:8000(/[^>]+)>")
NODE = re.compile(r"<https://w3id\.org/tree#node> <http://localhost:8000(/[^>]+)>")
TOKEN = re.compile(r"<resumptionToken>([^<]+)<")


def harvest(client: FlaskClient) -> int:
    """Every page of the three doors; how many there are."""
    pages, waiting, seen = 0, ["/ldes", "/fragments", "/oai?verb=ListRecords&metadataPrefix=rdf"], set()
    while waiting:
        address = waiting.pop()
        if address in seen:
            continue
        seen.add(address)
        answer = client.get(address, headers={"Accept": "application/n-quads, */*;q=0.5"})
        assert answer.status_code == 200
        pages += 1
        text = answer.text
        waiting += NEXT.findall(text) + NODE.findall(text)
        waiting += [f"/oai?verb=ListRecords&resumptionToken={token}" for token in TOKEN.findall(text)]
    return pages


def spread(client: FlaskClient, start: int, count: int) -> None:
    """Fragments and names that no one asked for before, as a hostile client invents them."""
    for number in range(start, start + count):
        subject = quote(f"http://localhost:8000/id/person/p{number:06d}", safe="")
        assert client.get(f"/fragments?subject={subject}").status_code == 200
        name = f"Persn{number} Tovn{number}" + "x" * (number % 80)
        assert client.get(f"/reconcile?query={name}").status_code == 200


def test_memory_levels_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (fragments, stream, oai):
        monkeypatch.setattr(module, "PAGE", 10)
    monkeypatch.setattr(patterns, "COUNTS", 16)
    write_site(tmp_path, {n: person(n) for n in range(SIZE)})
    release(tmp_path)
    with client_of(tmp_path) as client:
        first = harvest(client)
        assert first > SIZE // 10 * 3
        harvest(client)
        spread(client, 0, 40)
        gc.collect()
        tracemalloc.start()
        try:
            harvest(client)
            gc.collect()
            before = tracemalloc.get_traced_memory()[0]
            for _ in range(6):
                assert harvest(client) == first
            gc.collect()
            grown = tracemalloc.get_traced_memory()[0] - before
        finally:
            tracemalloc.stop()
    # a round sends about 300 kB; keeping any door's answers would be seen at once
    assert grown < 60_000


def test_counts_of_patterns_are_remembered_up_to_a_bound(tmp_path: Path) -> None:
    write_site(tmp_path, {1: person(1)})
    release(tmp_path)
    with client_of(tmp_path) as client:
        reader = client.application.extensions["kgraph"].edition.engine._patterns
        spread(client, 0, COUNTS + 40)
        assert 0 < len(reader._counts) <= COUNTS
        before = len(reader._counts)
        long = "http://localhost:8000/" + "x" * 5000
        assert client.get(f"/fragments?object={long}").status_code == 200
        assert len(reader._counts) == before


def test_words_are_remembered_up_to_a_bound() -> None:
    kept = matching.latin.__closure__
    assert kept is not None
    cache = next(cell.cell_contents for cell in kept if hasattr(cell.cell_contents, "cache_info"))
    for number in range(matching.REMEMBERED + 100):
        matching.latin(f"wörd{number}")
    assert cache.cache_info().currsize == matching.REMEMBERED
    misses = cache.cache_info().misses
    assert matching.latin("ö" * 41) == "o" * 41
    assert cache.cache_info().misses == misses


def test_kept_answers_stay_within_their_budget() -> None:
    budget = 200_000

    def app(environ: Environ, start: Start) -> list[bytes]:
        environ[KEEP] = True
        start("200 OK", [("Content-Type", "text/plain"), ("Vary", "Accept")])
        return [environ["PATH_INFO"].encode() * 50]

    cache = ByteCache(app, languages=("en",), budget=budget)
    for number in range(3000):
        environ = {
            "REQUEST_METHOD": "GET",
            "PATH_INFO": f"/thing/{number}",
            "QUERY_STRING": "lang=" + "x" * (number % 700),
            "HTTP_ACCEPT_ENCODING": "gzip" if number % 2 else "",
            "HTTP_ACCEPT": f"text/plain, x/{number}",
        }
        assert b"".join(cache(environ, lambda *_: None))
    kept = sum(
        len(answer.body[0]) + sum(map(len, address))
        for address, slot in cache._slots.items()
        for answer in slot.answers.values()
    )
    assert 50_000 < kept <= cache._used <= budget
    assert max(len(memo._known) for memo in (cache._accept, cache._gzip)) <= 2048
