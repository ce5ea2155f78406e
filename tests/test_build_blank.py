"""Blank nodes and the digests of things: labels do not count, what is said does, however it is nested."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harvest_site import CONFIG, HEAD, open_published, release
from kgraph.build.index.blank import MOST, digest
from kgraph.build.lines import Line
from kgraph.harvest import Published

EX = "http://example.org/"
THING = f"<{EX}thing>".encode()

_PROPERTIES = [b"<http://e.org/p>", b"<http://e.org/q>"]
_terms = st.sampled_from([b"_:a", b"_:b", b"_:c", b"_:d"])
_objects = st.one_of(_terms, st.sampled_from([THING, b'"1"']))
_lines = st.lists(
    st.tuples(
        st.one_of(_terms, st.just(THING)),
        st.sampled_from(_PROPERTIES),
        _objects,
    ),
    max_size=7,
    unique=True,
)


def lines_of(triples: list[tuple[bytes, bytes, bytes]]) -> list[Line]:
    return [Line(*t, b"") for t in triples]


def canonical(triples: list[tuple[bytes, bytes, bytes]]) -> str:
    data = ox.Dataset(
        ox.parse(b"".join(b" ".join(t) + b" .\n" for t in triples), format=ox.RdfFormat.N_TRIPLES)
    )
    data.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return "\n".join(sorted(map(str, data)))


@settings(deadline=None)
@given(_lines, st.permutations([b"_:a", b"_:b", b"_:c", b"_:d"]))
def test_labels_and_order_do_not_count(triples: list[tuple[bytes, bytes, bytes]], names: list[bytes]) -> None:
    renamed = dict(zip([b"_:a", b"_:b", b"_:c", b"_:d"], names, strict=True))
    other = [(renamed.get(s, s), p, renamed.get(o, o)) for s, p, o in reversed(triples)]
    assert digest(b"x", lines_of(other)) == digest(b"x", lines_of(triples))


@st.composite
def _nested(draw: st.DrawFn) -> list[tuple[bytes, bytes, bytes]]:
    """Blank nodes in blank nodes, as brackets are written: each with one parent, the thing or another."""
    triples, nodes = [], [THING]
    for number in range(draw(st.integers(0, 5))):
        node = b"_:n%d" % number
        triples.append((draw(st.sampled_from(nodes)), draw(st.sampled_from(_PROPERTIES)), node))
        if draw(st.booleans()):
            triples.append((node, b"<http://e.org/p>", draw(st.sampled_from([b'"1"', b'"2"']))))
        nodes.append(node)
    return triples


@settings(max_examples=300, deadline=None)
@given(_nested(), _nested())
def test_nested_blank_nodes_have_one_digest_exactly_where_they_have_one_canonical_form(
    one: list[tuple[bytes, bytes, bytes]], other: list[tuple[bytes, bytes, bytes]]
) -> None:
    same = digest(b"x", lines_of(one)) == digest(b"x", lines_of(other))
    assert same == (canonical(one) == canonical(other))


def published(folder: Path, *statements: str) -> Published:
    """The site with these statements, built."""
    (folder / "data").mkdir(parents=True, exist_ok=True)
    (folder / "kgraph.toml").write_text(CONFIG.format(base="http://localhost:8000/"))
    (folder / "data" / "things.ttl").write_text(HEAD + "\n".join(statements))
    release(folder)
    return open_published(folder)


HOUSE = (
    '<id/house/{n}> rdfs:label "House {n}"@en ;'
    ' schema:address [ schema:streetAddress "{street}" ; schema:geo [ schema:latitude {n} ] ] .'
)
LISTED = '<id/list/1> rdfs:label "List"@en ; schema:itemListElement ( "a" [ schema:name "{name}" ] "c" ) .'


def test_things_change_when_what_their_blank_nodes_say_does(tmp_path: Path) -> None:
    houses = [HOUSE.format(n=n, street="Elm Street") for n in range(6)]
    listed = LISTED.format(name="b")
    published(tmp_path, *houses, listed)
    # the same again in another order: every blank node gets another label
    moved = published(tmp_path, listed, *reversed(houses))
    assert moved.number == 2
    assert moved.at_step(2) == []
    assert moved.steps == (1,)
    houses[3] = HOUSE.format(n=3, street="Oak Street")
    changed = published(tmp_path, *houses, LISTED.format(name="B"))
    assert {(i.iri.rpartition("id/")[2], i.kind) for i in changed.at_step(3)} == {
        ("house/3", "updated"),
        ("list/1", "updated"),
    }


@pytest.mark.parametrize("shape", ["chain", "ring"])
def test_very_many_blank_nodes_of_one_thing(tmp_path: Path, shape: str) -> None:
    size = MOST + 200
    last = "_:b0" if shape == "ring" else '"end"'
    chain = [
        f'_:b{n} schema:name "{n}" ; schema:next {f"_:b{n + 1}" if n < size else last} .'
        for n in range(size + 1)
    ]
    first = '<id/chain/1> rdfs:label "Chain"@en ; schema:next _:b0 .'
    published(tmp_path, first, *chain)
    assert published(tmp_path, *reversed(chain), first).at_step(2) == []
