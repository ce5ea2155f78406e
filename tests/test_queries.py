"""The competency questions of queries/: each runs, on the site as built, to the answer that was read in the sources.

An expected answer is tests/expected/<query>.csv: some columns of the answer, in order; the base IRI is left out.
Columns that only repeat the curator's wording (labels, descriptions, rules) are left out too, so that better
wording breaks nothing.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest

from conftest import ROOT
from kgraph import queries
from kgraph.iri import WRITTEN_BASE
from kgraph.release import open_active

FILES = sorted((ROOT / "queries").glob("*.rq"))
EXPECTED = ROOT / "tests" / "expected"


@pytest.fixture(scope="module")
def store(built_site: Path) -> Iterator[ox.Store]:
    """The store of the project's own release."""
    release = open_active(built_site / ".kgraph")
    yield ox.Store.read_only(str(release.store))
    release.close()


def answer(store: ox.Store, text: str) -> tuple[list[str], list[list[str]]]:
    """Columns and rows of a SELECT, as CSV gives them, without the base."""
    found = store.query(text)
    assert isinstance(found, ox.QuerySolutions)
    body = found.serialize(format=ox.QueryResultsFormat.CSV)
    assert body is not None
    columns, *rows = csv.reader(io.StringIO(body.decode().replace(WRITTEN_BASE, "")))
    return columns, rows


def project(columns: list[str], rows: list[list[str]], wanted: list[str]) -> list[list[str]]:
    """Only the wanted columns of each row."""
    places = [columns.index(name) for name in wanted]
    return [[row[i] for i in places] for row in rows]


def test_there_are_enough_questions_and_each_has_an_expected_answer() -> None:
    assert len(FILES) >= 25
    assert {p.stem for p in FILES} == {p.stem for p in EXPECTED.glob("*.csv")}


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_the_answer_is_what_the_sources_say(path: Path, store: ox.Store) -> None:
    text = (EXPECTED / f"{path.stem}.csv").read_text("utf-8")
    wanted, *expected = csv.reader(io.StringIO(text))
    columns, rows = answer(store, path.read_text("utf-8"))
    assert expected, "an expected answer without rows tests nothing"
    assert project(columns, rows, wanted) == expected


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_the_header_is_whole_and_the_order_is_fixed(path: Path) -> None:
    query = queries.parse(path.stem, path.read_text("utf-8"))
    assert query.title != query.name
    assert query.description.endswith(".")
    assert re.search(r"^ORDER BY ", query.text, re.MULTILINE), "answers come in one order"
    for parameter in query.parameters:
        assert parameter.default or parameter.optional, "runs as it is"


def test_every_term_of_the_vocabulary_is_defined(store: ox.Store) -> None:
    used = {name for path in FILES for name in re.findall(r"\bkg:(\w+)", path.read_text("utf-8"))}
    namespace = WRITTEN_BASE + "ontology#"
    defined = {
        q.subject.value.removeprefix(namespace)
        for path in (ROOT / "ontology").glob("*.ttl")
        for q in ox.parse(path=str(path))
        if isinstance(q.subject, ox.NamedNode) and q.subject.value.startswith(namespace)
    }
    assert len(used) > 30
    assert used - defined == set()


def test_the_answer_in_the_guide_for_researchers_is_the_one_given(store: ox.Store) -> None:
    guide = (ROOT / "docs" / "researchers.md").read_text("utf-8")
    [query] = re.findall(r"```sparql\n(.+?)```", guide, re.DOTALL)
    [shown] = re.findall(r"```\n(act,statements\n.+?)```", guide, re.DOTALL)
    columns, rows = answer(store, query)
    assert [columns, *rows] == list(csv.reader(io.StringIO(shown)))


CASES: list[tuple[str, dict[str, str], str, list[str]]] = [
    ("events-by-place", {"place": "id/place/sarajevo"}, "event", ["id/event/sarajevo-screen-2013"]),
    ("events-by-place", {"place": "id/place/kazakhstan"}, "event", ["id/event/kazakhstan-embassy-2019"]),
    ("events-by-place", {"place": "id/place/azerbaijan"}, "event", ["id/event/khojaly-1992"] * 3),
    ("events-by-place", {"place": "id/place/ankara"}, "event", []),
    (
        "events-by-year",
        {"year": "1992"},
        "event",
        [
            "id/event/kazakhstan-embassy-2019",
            *["id/event/khojaly-1992"] * 3,
            "id/event/rescue-of-civilians-1992",
            "id/recognition/heads-57-states",
        ],
    ),
    ("events-by-year", {"year": "2019"}, "event", ["id/event/kazakhstan-embassy-2019"]),
    ("dates-overlapping", {"from": "2019-02-23", "to": "2030-01-01"}, "thing", []),
    (
        "dates-overlapping",
        {"from": "2014-02-27", "to": "2014-03-01"},
        "thing",
        [
            "id/event/kazakhstan-embassy-2019",
            "id/event/moscow-ceremony-2014",
            "id/event/yearly-conferences",
            "id/event/yearly-exhibitions",
            "id/recognition/parliaments-14-states-usa",
            "id/recognition/parliaments-6-countries",
        ],
    ),
    ("persons-and-roles", {"person": "id/person/dina-oraz"}, "role", ["speaker"]),
    (
        "persons-and-roles",
        {"thing": "id/event/moscow-ceremony-2014"},
        "name",
        ["Leonid Kravets", *["Leyla Aliyeva"] * 3],
    ),
    ("persons-and-roles", {"thing": "id/event/khojaly-1992"}, "name", []),
    ("statements-about", {"thing": "id/group/kazakh-public"}, "certain", ["false", "false"]),
    ("statements-about", {"thing": "id/person/dina-oraz"}, "statement", []),
    ("declarations", {"event": "id/event/moscow-ceremony-2014"}, "declaration", []),
    ("events-of-a-campaign", {"campaign": "id/campaign/folk-project"}, "part", []),
    ("works-presented", {"event": "id/event/moscow-ceremony-2014"}, "work", []),
]
"""Query, values, column, and what the column holds."""


@pytest.mark.parametrize(("name", "values", "column", "expected"), CASES)
def test_a_parameter_changes_the_answer(
    store: ox.Store, name: str, values: dict[str, str], column: str, expected: list[str]
) -> None:
    query = queries.parse(name, (ROOT / "queries" / f"{name}.rq").read_text("utf-8"))
    columns, rows = answer(store, query.bind(values, WRITTEN_BASE))
    assert [row[0] for row in project(columns, rows, [column])] == expected
