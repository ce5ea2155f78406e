"""Nodes read from the index are those of the store: the same statements, on the same graphs, in the same order."""

from __future__ import annotations

import pytest
from flask import Flask

from kgraph.describe import Lookup, Node, Reader
from kgraph.index import DESCRIBED_BYTES
from kgraph.terms import IRI
from kgraph.web.edition import Edition, Publication
from web_site import client, own_site, small_site

BASE = "http://localhost:8000/"
ODD = "\n".join(
    [
        f"@prefix : <{BASE}> .",
        f':text :says "a \\u0001 b\\n\\t\\"c\\" <{BASE}x> = \\\\u0041 \\u2028" , "x"@en , "x"@en-GB , "x" , 1 , "01" .',
        f"<{BASE}é> :to <{BASE}%20> , <urn:a:b> , :text ; :says '' .",
        ":blank :to [ :says 'inside' ] ; :says 'outside' .",
        ":in-all :says 'one' .",
        ":long :says '" + "y" * DESCRIBED_BYTES + "' .",
    ]
)
GRAPHS = (
    ODD
    + "\n:a { :in-all :says 'one' , 'two' }\n:a-b { :in-all :says 'one' ; :to :a }\n:b { :text :to :in-all }"
)


def edition(app: Flask) -> Edition:
    publication: Publication = app.extensions["kgraph"]
    return publication.edition


def sites() -> dict[str, Flask]:
    return {"own": own_site(), "turtle": small_site(ODD), "trig": small_site(GRAPHS, "trig")}


@pytest.mark.parametrize("name", ["own", "turtle", "trig"])
def test_every_node_is_that_of_the_store(name: str) -> None:
    served = edition(sites()[name])
    lookup = served.lookup
    assert lookup is not None
    stored = Reader(served.engine, served.hidden)
    iris = [row["iri"] for row in served.rows("SELECT iri FROM node")]
    known = lookup.of(iris)
    for iri in iris:
        node = stored.node(IRI(iri))
        if iri in known:
            assert known[iri].properties == node.properties
            assert sorted(known[iri].quads, key=str) == sorted(node.quads, key=str)
            assert known[iri].size == len(node.quads)
        else:
            assert not node.properties or iri in (BASE + "blank", BASE + "long")
    absent = {BASE + "blank", BASE + "long"} if name != "own" else set()
    assert absent.isdisjoint(known)
    assert absent <= set(iris)


class Asked(Lookup):
    """Notes what it is asked for."""

    def __init__(self, served: Edition) -> None:
        super().__init__(served.connect, served.base)
        self.calls: list[list[str]] = []

    def of(self, iris: object) -> dict[str, Node]:
        asked = list(iris)  # type: ignore[call-overload]
        self.calls.append(asked)
        return super().of(asked)


def test_a_reader_asks_once_and_the_store_has_what_the_index_has_not() -> None:
    served = edition(sites()["trig"])
    asked = Asked(served)
    reader = Reader(served.engine, served.hidden, None, asked)
    iris = [BASE + "text", BASE + "blank", BASE + "nothing"]
    reader.load(iris)
    assert [bool(reader.node(IRI(iri)).properties) for iri in iris] == [True, True, False]
    reader.load(iris)
    assert asked.calls == [iris]


def test_a_release_of_an_earlier_kgraph_is_read_from_the_store(monkeypatch: pytest.MonkeyPatch) -> None:
    app = small_site(GRAPHS, "trig", "http://localhost:8000/")
    before = client(app).get("/in-all.html")
    served = edition(app)
    older = Edition(served.site, served.release, served.engine)
    older.meta = {**older.meta, "schema": "3"}
    assert older.lookup is None
    monkeypatch.setattr(app.extensions["kgraph"], "edition", older)
    app.extensions["kgraph"].on_switch()
    after = client(app).get("/in-all.html")
    assert before.status_code == after.status_code == 200
    assert before.text == after.text
