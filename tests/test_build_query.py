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


def asked(site: Path, text: str, form: str) -> int:
    (site / "q.rq").write_text(text)
    return run(["query", str(site / "q.rq"), "--site", str(site), "--format", form])


def test_a_terminal_takes_no_orders_from_data(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert asked(site, r'SELECT ("\u001b[31mred\u0007\u009b" AS ?x) {}', "table") == 0
    out = capsys.readouterr().out
    assert r"\x1b[31mred\x07\x9b" in out
    assert "\x1b" not in out


def test_a_form_that_cannot_hold_the_answer_is_refused(
    site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for text, form in (
        ("CONSTRUCT WHERE { ?s ?p ?o }", "csv"),
        ("ASK {}", "ttl"),
        ("ASK {}", "csv"),
        ("CONSTRUCT { <a:s> <a:p> ?t } { BIND(TRIPLE(<a:a>, <a:b>, 1) AS ?t) }", "rdf"),
    ):
        assert asked(site, text, form) == 1, (text, form)
        err = capsys.readouterr().err
        assert "the answer is" in err or "triple term" in err


def test_a_triple_term_that_a_query_makes_is_shown(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert asked(site, 'SELECT (TRIPLE(<a:a>, <a:b>, "c") AS ?t) {}', "table") == 0
    assert "<<( a:a a:b c )>>" in capsys.readouterr().out


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
