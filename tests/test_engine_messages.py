"""What a visitor reads when a query fails: golden texts, and positions that are never wrong."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine_sample import BASE, PREFIXES, RUNAWAYS, make_store
from kgraph.engine import Query, lexer
from kgraph.engine.embedded import EmbeddedEngine
from kgraph.engine.limits import MIB, Limits
from kgraph.errors import QueryError, QuerySyntaxError

GOLDEN = Path(__file__).parent / "golden" / "query_messages.txt"
CASES = {
    "undeclared prefix that the site knows": "SELECT * { ?s v:name ?o }",
    "undeclared prefix": "SELECT *\n{ ?s nobody:knows ?o }",
    "two full stops": "SELECT ?o\n{ ?s ?p ?o . . }",
    "an operator without its right side": "SELECT * { ?s ?p ?o FILTER(?o > ) }",
    "a misspelt keyword": "SELEC * {}",
    "a misspelt clause": "SELECT * { ?s ?p ?o }\nORDER ?o",
    "an open bracket": "SELECT * {",
    "an open string": "SELECT * {\n ?s ?p 'x }",
    "a variable twice": "SELECT ?s ?s { ?s ?p ?o }",
    "two queries": "ASK {}\nASK {}",
    "an unknown function": "SELECT (<http://example.org/f>(1) AS ?x) {}",
    "an update": "INSERT DATA { <x:a> <x:b> 1 }",
    "a service": "SELECT * { SERVICE <http://example.org/> { ?s ?p ?o } }",
    "nothing": "  ",
    "a zero byte": "ASK {\0}",
    "half a character": "ASK { ?s ?p '\ud800' }",
    "many bytes": "ASK { ?s ?p '" + "x" * 70000 + "' }",
    "20,000 brackets": "ASK { FILTER(" + "(" * 20000 + "1" + ")" * 20000 + ") }",
    "a result too large": "SELECT * { ?a ?b ?c . ?d ?e ?f } LIMIT 50000",
    "too slow": RUNAWAYS["cross join"],
    "too much memory": RUNAWAYS["unbounded order"],
}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_store(tmp_path_factory.mktemp("messages"))


def an_engine(store: Path, deadline: float) -> EmbeddedEngine:
    limits = Limits(deadline=deadline, memory=192 * MIB, result=1 * MIB, workers=1)
    return EmbeddedEngine(store, base=BASE, prefixes=PREFIXES, limits=limits)


@pytest.fixture(scope="module")
def engine(store: Path) -> Iterator[EmbeddedEngine]:
    """An engine whose deadline no query reaches but the one that is to, however busy the machine."""
    engine = an_engine(store, 200)
    yield engine
    engine.close()


def told(engine: EmbeddedEngine, text: str) -> str:
    with pytest.raises(QueryError) as caught:
        engine.query(Query(text))
    error = caught.value
    place = f" {error.line}:{error.column}" if isinstance(error, QuerySyntaxError) else ""
    return f"{error.status} {error.problem}{place}\n{error.message}\n{error.hint}".rstrip()


def test_messages_are_the_golden_ones(engine: EmbeddedEngine, store: Path):
    hurried = an_engine(store, 2)
    try:
        now = "\n\n".join(
            f"# {name}\n{told(hurried if name == 'too slow' else engine, text)}"
            for name, text in CASES.items()
        )
    finally:
        hurried.close()
    now += "\n"
    if os.environ.get("KGRAPH_GOLDEN") == "write":
        GOLDEN.parent.mkdir(exist_ok=True)
        GOLDEN.write_text(now, "utf-8")
    assert now == GOLDEN.read_text("utf-8")


VALID = """PREFIX v: <http://example.org/v#>
SELECT ?s (COUNT(?o) AS ?n) # how many
FROM <http://example.org/g1>
WHERE {
  ?s v:knows/v:name ?o .
  OPTIONAL { ?s v:number ?x FILTER(?x > 3 && ?x < 900) }
  { ?s v:name "a" } UNION { ?s v:name \"\"\"long
text\"\"\"@en }
}
GROUP BY ?s
HAVING (COUNT(?o) > 1)
ORDER BY DESC(?n) LIMIT 10"""
PLACES = [t.start for t in lexer.tokens(VALID)]


@pytest.mark.parametrize("place", PLACES)
def test_a_fault_is_found_at_its_token(engine: EmbeddedEngine, place: int):
    broken = VALID[:place] + "%% " + VALID[place:]
    line, column = lexer.position(broken, place)
    with pytest.raises(QuerySyntaxError) as caught:
        engine.query(Query(broken))
    assert (caught.value.line, caught.value.column) == (line, column)


def test_depth_counts_brackets_of_the_query_only():
    assert lexer.depth("ASK {" + "{" * 30 + "}" * 30 + "}") == 31
    assert lexer.depth("ASK { ?s ?p '" + "(" * 50 + "' } #" + "(" * 50) == 1
    assert lexer.depth("ASK { ?s ?p <http://x/" + "(" * 50 + "> }") == 1


def test_prologue():
    head = lexer.prologue(
        "# FROM <no>\nBASE <http://b/c/> PREFIX : <d#> PREFIX x: <http://x/>\n"
        "CONSTRUCT { ?s ?p 'FROM <no>' } FROM :a FROM NAMED x:b\\,c FROM <e> WHERE { ?s ?p ?o }",
        "http://base/",
    )
    assert head.form == "CONSTRUCT"
    assert head.default == ["http://b/c/d#a", "http://b/c/e"]
    assert head.named == ["http://x/b,c"]


@pytest.mark.parametrize(
    "piece", ["a.", "a-", "é.", "\\'", '\\"', "'''\\'", "a:.", "<a ", "'a\n", "\"\"\"'''"]
)
def test_every_text_is_read_in_one_pass(piece: str):
    # A pass that steps back takes the square of the length: hours for this, where one pass takes a moment.
    assert lexer.depth("(" * 20 + piece * (400_000 // len(piece))) == 20


def test_a_stray_backslash_opens_no_string():
    assert [t.text for t in lexer.tokens("\\'( a:\\'b ')'")] == ["\\'", "(", "a:\\'b", "')'"]
    assert lexer.depth("\\'" + "(" * 30) == 30


def test_a_prefix_may_not_end_in_a_dot():
    assert [t.kind for t in lexer.tokens("a.b:c true.:d")] == ["name", "word", "other", "name"]
