"""`kgraph query`, and the one rewrite of the base in queries."""

from __future__ import annotations

from pathlib import Path

import pytest

from kgraph.cli import run
from kgraph.iri import rewritten_query


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "kgraph.toml").write_text('base_iri = "https://example.org/"\n')
    (tmp_path / "data").mkdir()
    (tmp_path / "data/one.ttl").write_text(
        "@base <http://localhost:8000/> .\n<id/a> <ontology#p> <id/b> , 'x[red]' .\n"
    )
    assert run(["build", str(tmp_path)]) == 0
    return tmp_path


def test_a_query_of_the_site_finds_rewritten_terms(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    query = site / "q.rq"
    query.write_text("SELECT ?o WHERE { <http://localhost:8000/id/a> <http://localhost:8000/ontology#p> ?o }")
    capsys.readouterr()
    assert run(["query", str(query), "--site", str(site)]) == 0
    out = capsys.readouterr().out
    assert "https://example.org/id/b" in out
    assert "x[red]" in out
    assert "2 rows" in out
    assert run(["query", str(query), "--site", str(site), "--format", "csv"]) == 0


def test_a_faulty_query_names_line_and_column(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    query = site / "q.rq"
    query.write_text("SELECT * WHERE {\n ?s ?p }")
    assert run(["query", str(query), "--site", str(site)]) == 1
    assert f"{query}:2:8: " in capsys.readouterr().err


def test_a_query_that_is_not_there(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert run(["query", str(site / "nothing.rq"), "--site", str(site)]) == 2
    assert capsys.readouterr().err == (
        f"kgraph: {site / 'nothing.rq'}: the query cannot be read: No such file or directory\n"
        "  Name a file that holds a SPARQL query; the site's own are in its folder queries/.\n"
    )


def test_without_a_release_it_says_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    query = tmp_path / "q.rq"
    query.write_text("ASK {}")
    assert run(["query", str(query), "--site", str(tmp_path)]) == 3
    assert "Run `kgraph build`" in capsys.readouterr().err


def test_strings_and_comments_of_a_query_are_left_alone() -> None:
    text = (
        'SELECT * { ?s <http://localhost:8000/id/a> "<http://localhost:8000/x>" } # <http://localhost:8000/y>'
    )
    assert rewritten_query(text, "https://e.org/", "https://e.org/terms#") == (
        'SELECT * { ?s <https://e.org/id/a> "<http://localhost:8000/x>" } # <http://localhost:8000/y>'
    )


def test_the_prefix_of_the_ontology_follows_its_own_setting() -> None:
    text = "PREFIX kg: <http://localhost:8000/ontology#> ASK { ?s a kg:X FILTER(1 < 2 && 3 > 2) }"
    assert rewritten_query(text, "https://e.org/", "https://terms.org/v/").startswith(
        "PREFIX kg: <https://terms.org/v/> ASK"
    )
