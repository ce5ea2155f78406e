"""Request bodies that come slowly, cut or never: they hold up nobody else."""

from __future__ import annotations

import io
import json
import socket
from collections.abc import Iterable
from contextlib import ExitStack, suppress
from threading import Event
from typing import Any
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest

from kgraph.web.bodies import MOST, Bodies
from served import until

HALF = (
    b"POST /sparql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/sparql-query\r\n"
    b"Connection: close\r\nContent-Length: 60\r\n\r\nASK"
)


def sent(address: str, data: bytes) -> socket.socket:
    parts = urlsplit(address)
    connection = socket.create_connection((str(parts.hostname), int(parts.port or 80)), 120)
    connection.sendall(data)
    return connection


def asked(address: str, data: bytes, *, cut: bool = False) -> tuple[int, bytes]:
    """A request on a connection of its own, which the server closes, and its answer."""
    with sent(address, data) as connection:
        if cut:
            connection.shutdown(socket.SHUT_WR)
        return received(connection)


def received(connection: socket.socket) -> tuple[int, bytes]:
    """Status and answer, read until the server closes the connection."""
    answer = b""
    with suppress(ConnectionResetError):  # it had not read all that was sent
        while piece := connection.recv(65536):
            answer += piece
    return int(answer.split(b" ", 2)[1]), answer


def test_half_sent_queries_hold_up_nobody(live_site: str):
    with ExitStack() as stack:
        slow = [
            stack.enter_context(sent(live_site, HALF)) for _ in range(60)
        ]  # more than the server has threads
        pages_answer(live_site)
        # Each is told, and its connection closed, while the others go on waiting.
        assert {received(connection)[0] for connection in slow} == {408, 503}
        pages_answer(live_site)
        # Once they were given up, a whole query is answered again.
        whole = HALF.replace(b"Content-Length: 60", b"Content-Length: 6") + b" {}"
        assert until(lambda: asked(live_site, whole)[0] == 200, 60)


def pages_answer(address: str) -> None:
    for path in ("/", "/about", "/sparql?query=ASK%7B%7D"):
        with urlopen(address + path, timeout=120) as response:
            assert response.status == 200


def test_a_body_that_ends_early_is_no_query(live_site: str):
    status, answer = asked(live_site, HALF + b" {}", cut=True)
    assert status == 400
    assert b"shorter than its Content-Length" in answer


def test_a_body_that_is_too_long_is_not_waited_for(live_site: str):
    assert asked(live_site, HALF.replace(b"Content-Length: 60", b"Content-Length: %d" % (MOST + 1)))[0] == 413


def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    return [environ["wsgi.input"].read()]


def request(body: Any, length: str = "5", coding: str = "") -> dict[str, Any]:
    return {
        "REQUEST_METHOD": "POST",
        "CONTENT_LENGTH": length,
        "HTTP_TRANSFER_ENCODING": coding,
        "wsgi.input": body,
    }


@pytest.mark.parametrize(("length", "coding"), [("5", ""), ("", "chunked")])
def test_a_body_is_in_memory_before_the_view(length: str, coding: str):
    assert list(Bodies(app)(request(io.BytesIO(b"ASK{}"), length, coding), None)) == [b"ASK{}"]
    assert list(Bodies(app)(request(io.BytesIO(b"ASK{}"), ""), None)) == [b""]  # it says that there is none


class Slow:
    """A body of which nothing comes before it is let go."""

    def __init__(self) -> None:
        self.go = Event()

    def read(self, size: int) -> bytes:
        self.go.wait()
        return b""


def test_slow_bodies_are_few_and_given_up():
    told: list[tuple[str, dict[str, str]]] = []

    def start(status: str, headers: list[tuple[str, str]]) -> None:
        told.append((status, dict(headers)))

    bodies, slow = Bodies(app, at_once=1, seconds=0.05), Slow()
    late = json.loads(b"".join(bodies(request(slow), start)))
    full = json.loads(b"".join(bodies(request(io.BytesIO(b"ASK{}")), start)))
    assert [(status[:3], "Retry-After" in headers) for status, headers in told] == [
        ("408", False),
        ("503", True),
    ]
    assert (late["status"], full["status"]) == (408, 503)
    slow.go.set()
    assert until(lambda: list(bodies(request(io.BytesIO(b"ASK{}")), start)) == [b"ASK{}"])
