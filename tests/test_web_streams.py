"""Large answers that are read slowly: they take few of the server's threads."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pytest

from kgraph.cli import serve
from kgraph.web import bodies, streams
from kgraph.web.streams import LARGE, Streams


class Answer:
    """A body in pieces that notes that it was closed."""

    def __init__(self) -> None:
        self.closed = 0

    def __iter__(self) -> Any:
        return iter([b"x"])

    def close(self) -> None:
        self.closed += 1


def app_of(headers: list[tuple[str, str]], body: Iterable[bytes]) -> Any:
    def app(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        start("200 OK", headers)
        return body

    return app


def asked(app: Streams) -> tuple[str, Any]:
    told: list[str] = []
    body = app({}, lambda status, headers, exc_info=None: told.append(status))
    return told[-1], body


@pytest.mark.parametrize("headers", [[("Content-Length", str(LARGE + 1))], []])
def test_large_answers_are_few(headers: list[tuple[str, str]]):
    answer = Answer()
    app = Streams(app_of(headers, answer), at_once=2)
    first, second = asked(app), asked(app)
    assert first[0] == second[0] == "200 OK"
    assert list(first[1]) == [b"x"]
    status, body = asked(app)
    assert (status, answer.closed) == ("503 Service Unavailable", 1)
    assert json.loads(body[0])["type"] == "urn:kgraph:problem:too-many-large"
    first[1].close()
    first[1].close()  # gives one place back, not two
    assert asked(app)[0] == "200 OK"
    assert asked(app)[0][:3] == "503"


@pytest.mark.parametrize(
    ("headers", "body"), [([("Content-Length", str(LARGE))], Answer()), ([], [b"whole"])]
)
def test_others_need_no_place(headers: list[tuple[str, str]], body: Any):
    app = Streams(app_of(headers, body), at_once=1)
    for _ in range(3):
        assert asked(app) == ("200 OK", body)


def test_the_server_has_threads_for_them_and_for_pages():
    assert bodies.AT_ONCE + streams.AT_ONCE + 8 <= serve.THREADS
