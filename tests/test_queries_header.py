"""The header of query files and the binding of parameters (kgraph.queries)."""

from __future__ import annotations

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgraph import queries
from kgraph.errors import DataError, UsageError

BASE = "http://localhost:8000/"
TEXT = """\
# title: Things of a kind
# description: What is of a kind,
# description: and when.
# parameter: kind kg:Kind "Kind"
# parameter: name text optional "Name"
# parameter: from date "Not before"
# parameter: least integer "At least"
# parameter: year year "Year"
PREFIX kg: <http://localhost:8000/ontology#>
PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
SELECT ?kind ?name ?from ?least ?year WHERE {
  VALUES ?kind { <http://localhost:8000/id/kind/a> }
  VALUES ?name { UNDEF }
  VALUES ?from { "1992-02-25"^^xsd:date }
  VALUES ?least { 10 }
  VALUES ?year { "2014"^^xsd:gYear }
}
"""
QUERY = queries.parse("things", TEXT)


def answer(text: str) -> list[str | None]:
    """The one row of a query over an empty store, as texts."""
    [row] = ox.Store().query(text)  # type: ignore[union-attr]
    return [None if term is None else term.value for term in row]


def test_the_header_is_read() -> None:
    assert (QUERY.title, QUERY.description) == ("Things of a kind", "What is of a kind, and when.")
    assert [(p.name, p.kind, p.label, p.optional, p.default) for p in QUERY.parameters] == [
        ("kind", "iri", "Kind", False, BASE + "id/kind/a"),
        ("name", "text", "Name", True, ""),
        ("from", "date", "Not before", False, "1992-02-25"),
        ("least", "integer", "At least", False, "10"),
        ("year", "year", "Year", False, "2014"),
    ]
    assert QUERY.parameters[0].of == BASE + "ontology#Kind"


def test_without_values_the_defaults_hold() -> None:
    assert QUERY.bind({}, BASE) == TEXT
    assert answer(TEXT) == [BASE + "id/kind/a", None, "1992-02-25", "10", "2014"]
    assert answer(QUERY.bind({"kind": "", "from": " "}, BASE)) == answer(TEXT)


def test_values_replace_the_defaults() -> None:
    values = {"kind": "id/kind/b", "name": "Ağdam", "from": "2013-01-01", "least": "-3", "year": "1992"}
    assert answer(QUERY.bind(values, BASE)) == [BASE + "id/kind/b", "Ağdam", "2013-01-01", "-3", "1992"]
    assert answer(QUERY.bind({"kind": "https://example.org/x"}, BASE))[0] == "https://example.org/x"


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=60))
def test_no_text_leaves_its_place(value: str) -> None:
    row = answer(QUERY.bind({"name": value}, BASE))
    assert row[1] == (value.strip() or None)
    assert row[2:] == ["1992-02-25", "10", "2014"]


@pytest.mark.parametrize("attack", ['"} DROP ALL #', "\\", '"', "} }", "\\u0022", "\\1", "\\g<0>", "'''"])
def test_an_attack_is_a_text(attack: str) -> None:
    assert answer(QUERY.bind({"name": attack}, BASE))[1] == attack


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("kind", "http://a/> } #"),
        ("kind", "a b"),
        ("kind", 'javascript:"'),
        ("from", "2014-02-30"),
        ("from", "yesterday"),
        ("least", "1e9"),
        ("least", "9" * 40),
        ("year", "14"),
        ("name", "a\nb"),
        ("name", "x" * 1001),
        ("name", "\ud800"),
        ("other", "x"),
    ],
)
def test_a_wrong_value_is_refused(name: str, value: str) -> None:
    with pytest.raises(UsageError) as caught:
        QUERY.bind({name: value}, BASE)
    assert name in str(caught.value)
    assert "takes" in caught.value.hint


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('kg:Kind "Kind"', "kg:Kind Kind", "cannot be read"),
        ("kg:Kind", "ex:Kind", "no prefix 'ex:'"),
        ("text optional", "colour optional", "unknown type 'colour'"),
        ("  VALUES ?least { 10 }\n", "", "has 0"),
        ("VALUES ?least { 10 }", "VALUES ?least { ten }", "not of its type"),
        ("{ UNDEF }", "{ 5 }", "not of its type"),
        ("integer", "date", "not of its type"),
    ],
)
def test_a_faulty_header_is_named(old: str, new: str, message: str) -> None:
    with pytest.raises(DataError, match=r"things\.rq") as caught:
        queries.parse("things", TEXT.replace(old, new, 1))
    assert message in caught.value.message


def test_a_query_needs_no_header() -> None:
    query = queries.parse("plain", "SELECT * { ?s ?p ?o }")
    assert (query.title, query.parameters) == ("plain", ())


def test_a_file_name_is_a_slug() -> None:
    with pytest.raises(DataError, match="Rename"):
        queries.parse("../x", "ASK {}")
