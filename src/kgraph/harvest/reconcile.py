"""Reconciliation Service API 0.2: names in a researcher's table find things of the graph.

Identifiers are the IRIs of things, classes and properties. Section numbers are of the specification.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from rapidfuzz import fuzz

from kgraph.engine import Pattern
from kgraph.errors import UsageError
from kgraph.harvest.matching import Matcher, words
from kgraph.harvest.published import Published
from kgraph.iri import is_iri, local_name
from kgraph.terms import IRI, RDF_TYPE, RDFS, XSD, XSD_STRING, Literal, Term

PATH = "reconcile"
QUERIES = 100
"""Queries in one batch."""
LIMIT = 50
"""Candidates for one query."""
ROWS = 1000
"""Things in one request for values."""

_SURE, _MARGIN = 95.0, 4.0
_PROPERTY_WEIGHT = 0.4
_NUMBERS = frozenset(XSD + name for name in ("integer", "decimal", "double", "float"))

Json = dict[str, Any]


def manifest(published: Published) -> Json:
    """What the service is and can do (section 3.1)."""
    at = published.address
    service = {
        kind: {"service_url": at.rstrip("/"), "service_path": f"/{PATH}/suggest/{kind}"}
        for kind in ("entity", "type", "property")
    }
    limit = {
        "name": "limit",
        "label": "Limit",
        "type": "number",
        "default": 0,
        "help_text": "Values for each thing; 0 for all",
    }
    return {
        "versions": ["0.1", "0.2"],
        "name": published.site.title,
        "identifierSpace": published.base,
        "schemaSpace": published.site.ontology_namespace,
        "documentation": at + "machines#reconciliation",
        "view": {"url": at + "entity?iri={{id}}"},
        "defaultTypes": types(published)[:20],
        "suggest": service,
        "preview": {"url": f"{at}{PATH}/preview?id={{{{id}}}}", "width": 430, "height": 300},
        "extend": {
            "propose_properties": {"service_url": at.rstrip("/"), "service_path": f"/{PATH}/properties"},
            "property_settings": [limit],
        },
    }


def types(published: Published) -> list[Json]:
    """The classes in use, the largest first."""
    rows = published.rows(
        "SELECT n.iri, n.label FROM class_statistic s JOIN node n ON n.id = s.class WHERE s.entities > 0"
        " ORDER BY s.entities DESC, n.iri LIMIT 500"
    )
    return [{"id": row["iri"], "name": row["label"] or local_name(row["iri"])} for row in rows]


def read_json(text: str, what: str) -> Any:
    """JSON of a parameter. Raises UsageError."""
    try:
        found = json.loads(text)
        json.dumps(found, ensure_ascii=False, allow_nan=False).encode()  # no halves of characters, no 1e999
        return found
    except (ValueError, RecursionError) as error:
        raise UsageError(f"'{what}' is not JSON: {error}") from error


def batch(published: Published, matcher: Matcher, queries: Any) -> dict[str, Json]:
    """Candidates for each query of a batch (sections 4.2 and 4.3). Raises UsageError."""
    if not isinstance(queries, dict):
        raise UsageError("a batch is an object: a key for each query")
    if len(queries) > QUERIES:
        raise UsageError(f"a batch has at most {QUERIES} queries, this one has {len(queries)}")
    return {str(key): {"result": candidates(published, matcher, query)} for key, query in queries.items()}


def candidates(published: Published, matcher: Matcher, query: Any) -> list[Json]:
    """Candidates for one query, best first. A bare text is a query for a name. Raises UsageError."""
    if isinstance(query, str):
        query = {"query": query}
    if not isinstance(query, dict):
        raise UsageError("a query is an object with 'query' or 'properties'")
    text, wanted = query.get("query", ""), query.get("properties") or []
    if "query" in query and isinstance(text, str) and not text.strip() and not wanted:
        return []  # an empty cell: no reason to refuse the whole batch
    if not isinstance(text, str) or not isinstance(wanted, list) or not (text.strip() or wanted):
        raise UsageError("a query has a text in 'query', or a list in 'properties'")
    constraints = [_constraint(item) for item in wanted]
    limit = query.get("limit", 10)
    limit = max(1, min(int(limit), LIMIT)) if isinstance(limit, int | float) else 10
    named = query.get("type") or []
    iris = (
        [named] if isinstance(named, str) else [str(iri) for iri in named] if isinstance(named, list) else []
    )
    classes = _nodes(published, iris)
    if iris and not classes:
        return []
    every = query.get("type_strict") == "all"
    scores: dict[int, tuple[float | None, str]] = {}
    if text.strip():
        direct = _nodes(published, [text.strip()]) if is_iri(text.strip()) else []
        scores = dict.fromkeys(direct, (100.0, ""))
        many = limit * 4 if constraints else limit
        for found in matcher.candidates(published.index, text[:500], classes, max(many, 20)):
            scores.setdefault(found.node, (found.score, found.name))
    else:
        scores = dict.fromkeys(_holders(published, constraints, classes), (None, ""))
    results = [
        _result(published, node, score, name, constraints)
        for node, (score, name) in scores.items()
        if not every or _is_all(published, node, classes)
    ]
    results.sort(key=lambda r: (-r["score"], r["id"]))
    if results:
        first = results[0]["score"]
        second = results[1]["score"] if len(results) > 1 else 0.0
        results[0]["match"] = first >= _SURE and first - second >= _MARGIN
    return results[:limit]


def _constraint(item: Any) -> tuple[str, list[Any]]:
    if not isinstance(item, dict) or not isinstance(item.get("pid"), str) or "v" not in item:
        raise UsageError("each of 'properties' has 'pid' and 'v'")
    value = item["v"]
    return item["pid"], list(value) if isinstance(value, list) else [value]


def _nodes(published: Published, iris: Sequence[str]) -> list[int]:
    marks = ",".join("?" * len(iris[:50]))
    return [row["id"] for row in published.rows(f"SELECT id FROM node WHERE iri IN ({marks})", *iris[:50])]


def _is_all(published: Published, node: int, classes: Collection[int]) -> bool:
    marks = ",".join(map(str, classes))
    (found,) = published.rows(
        f"SELECT count(DISTINCT class) FROM instance WHERE node = ? AND class IN ({marks})", node
    )[0]
    return bool(found == len(classes))


def _holders(
    published: Published, constraints: Sequence[tuple[str, list[Any]]], classes: Collection[int]
) -> list[int]:
    """The things that have one of the values of the first constraint, for a query without a name."""
    pid, values = constraints[0]
    found: dict[str, None] = {}
    for value in values[:10]:
        for term in _terms(value) if is_iri(pid) else []:
            for q in published.engine.page(Pattern(predicate=IRI(pid), object=term), limit=200):
                found[q.subject.value] = None
    nodes = _nodes(published, list(found))
    return [node for node in nodes if not classes or any(_is_all(published, node, [c]) for c in classes)]


def _terms(value: Any) -> list[Term]:
    if isinstance(value, dict):
        return [IRI(value["id"])] if is_iri(str(value.get("id", ""))) else []
    if isinstance(value, bool):
        return [Literal(str(value).lower(), XSD + "boolean")]
    text = str(value)
    kinds = (XSD_STRING, XSD + "integer", XSD + "decimal", XSD + "date", XSD + "gYear")
    return [*(Literal(text, kind) for kind in kinds), *([IRI(text)] if is_iri(text) else [])]


def _result(
    published: Published,
    node: int,
    score: float | None,
    name: str,
    constraints: Sequence[tuple[str, list[Any]]],
) -> Json:
    row = published.rows("SELECT iri, label, description FROM node WHERE id = ?", node)[0]
    features: list[Json] = [] if score is None else [{"id": "name", "value": score}]
    weights, total = (0.0, 0.0) if score is None else (1.0, score)
    if constraints:
        values = _values(published, row["iri"])
        for pid, wanted in constraints:
            alike = max(
                (_value_likeness(published, w, t) for w in wanted for t in values.get(pid, [])), default=0.0
            )
            features.append({"id": pid, "value": alike})
            weights, total = weights + _PROPERTY_WEIGHT, total + _PROPERTY_WEIGHT * alike
    label = row["label"] or name or local_name(row["iri"])
    result: Json = {
        "id": row["iri"],
        "name": label,
        "score": round(total / weights, 2) if weights else 0.0,
        "match": False,
        "type": _types_of(published, node),
        "features": features,
    }
    told = row["description"] or ""
    if name and name != label:
        told = f"Found by the name “{name}”. {told}".strip()
    if told:
        result["description"] = told[:300]
    return result


def _types_of(published: Published, node: int) -> list[Json]:
    rows = published.rows(
        "SELECT c.iri, c.label FROM instance i JOIN node c ON c.id = i.class WHERE i.node = ?"
        " ORDER BY i.direct DESC, c.iri LIMIT 8",
        node,
    )
    return [{"id": row["iri"], "name": row["label"] or local_name(row["iri"])} for row in rows]


def _values(published: Published, iri: str) -> dict[str, list[Term]]:
    found: dict[str, list[Term]] = {}
    for q in published.engine.outgoing(IRI(iri), limit=20_000):
        if q.graph is None:
            found.setdefault(q.predicate.value, []).append(q.object)
    return found


def _value_likeness(published: Published, wanted: Any, term: Term) -> float:
    if isinstance(wanted, dict):
        if isinstance(term, IRI) and term.value == wanted.get("id"):
            return 100.0
        wanted = wanted.get("name", "")
    text = str(wanted).lower() if isinstance(wanted, bool) else str(wanted)
    if isinstance(term, Literal):
        if term.datatype in _NUMBERS:
            return 100.0 if _number(text) == _number(term.value) is not None else 0.0
        return 100.0 if text == term.value else round(fuzz.ratio(text.casefold(), term.value.casefold()), 2)
    if term.value == text:
        return 100.0
    return round(fuzz.ratio(text.casefold(), label_of(published, term.value).casefold()), 2)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def label_of(published: Published, iri: str) -> str:
    """The label of a node, or the last part of its IRI."""
    rows = published.rows("SELECT label FROM node WHERE iri = ?", iri)
    return (rows[0]["label"] if rows else None) or local_name(iri)


def extend(published: Published, query: Any) -> Json:
    """The values that things have for properties (section 6.2). Raises UsageError."""
    if not isinstance(query, dict) or not isinstance(query.get("ids"), list):
        raise UsageError("an extension has lists 'ids' and 'properties'")
    wanted = query.get("properties")
    if not isinstance(wanted, list) or not all(
        isinstance(p, dict) and isinstance(p.get("id"), str) for p in wanted
    ):
        raise UsageError("each of 'properties' has an 'id'")
    if len(query["ids"]) > ROWS:
        raise UsageError(f"an extension has at most {ROWS} things, this one has {len(query['ids'])}")
    rows: Json = {}
    for iri in map(str, query["ids"]):
        values = _values(published, iri) if is_iri(iri) else {}
        rows[iri] = {
            p["id"]: [_cell(published, t) for t in _limited(p, values.get(p["id"], []))] for p in wanted
        }
    return {"meta": [{"id": p["id"], "name": label_of(published, p["id"])} for p in wanted], "rows": rows}


def _limited(wanted: Mapping[str, Any], values: Sequence[Term]) -> Sequence[Term]:
    settings = wanted.get("settings")
    limit = settings.get("limit") if isinstance(settings, dict) else None
    number = _number(str(limit)) if limit is not None else None
    return values[: int(number)] if number and number > 0 else values


def _cell(published: Published, term: Term) -> Json:
    if isinstance(term, IRI):
        return {"id": term.value, "name": label_of(published, term.value)}
    if isinstance(term, Literal):
        if term.datatype == XSD + "integer":
            return {"int": int(term.value)}
        number = _number(term.value) if term.datatype in _NUMBERS else None
        if number is not None and number == number and abs(number) != float("inf"):
            return {"float": number}
    return {"str": term.value}


def properties_of(published: Published, class_iri: str, limit: int = 50) -> Json:
    """The properties that the members of a class have, the commonest first, by a sample (section 6.3)."""
    members = published.rows(
        "SELECT n.iri FROM instance i JOIN node n ON n.id = i.node WHERE i.class ="
        " (SELECT id FROM node WHERE iri = ?) ORDER BY n.id LIMIT 60",
        class_iri,
    )
    counts: dict[str, int] = {}
    for row in members:
        for pid in _values(published, row["iri"]):
            counts[pid] = counts.get(pid, 0) + 1
    ordered = sorted(counts, key=lambda pid: (-counts[pid], pid))[: max(1, min(limit, 500))]
    found = [{"id": pid, "name": label_of(published, pid)} for pid in ordered if pid != RDF_TYPE]
    return {"type": class_iri, "limit": limit, "properties": found}


def suggest(published: Published, kind: str, prefix: str, cursor: int = 0, limit: int = 10) -> Json:
    """Things, classes or properties whose names begin so (section 5). `kind`: entity, type or property."""
    if kind == "entity":
        return {"result": _suggested_things(published, prefix, cursor, limit)}
    table, key = ("class_statistic", "class") if kind == "type" else ("property_statistic", "property")
    order = "s.entities" if kind == "type" else "s.triples"
    rows = published.rows(
        f"SELECT n.iri, n.label, n.description FROM {table} s JOIN node n ON n.id = s.{key}"
        f" ORDER BY {order} DESC, n.iri"
    )
    asked = prefix.casefold()
    found = []
    for row in rows:
        name = row["label"] or local_name(row["iri"])
        parts = f"{name} {local_name(row['iri'])}".casefold().split()
        if (
            name.casefold().startswith(asked)
            or any(p.startswith(asked) for p in parts)
            or row["iri"] == prefix
        ):
            told = {"description": row["description"][:300]} if row["description"] and kind != "type" else {}
            found.append({"id": row["iri"], "name": name, **told})
    return {"result": found[cursor : cursor + limit]}


def _suggested_things(published: Published, prefix: str, cursor: int, limit: int) -> list[Json]:
    asked = words(prefix)
    if not asked:
        return []
    expression = " ".join(f'"{word}"' for word in asked) + "*"
    rows = published.rows(
        "SELECT n.id, n.iri, n.label, n.description, min(rank) FROM (SELECT l.node, bm25(label_search) AS rank"
        " FROM label_search JOIN label l ON l.rowid = label_search.rowid WHERE label_search MATCH ?"
        " ORDER BY rank LIMIT 2000) JOIN node n ON n.id = node"
        " WHERE n.digest IS NOT NULL AND n.graph_kind IS NULL"
        " GROUP BY n.id ORDER BY min(rank), n.id LIMIT ? OFFSET ?",
        expression,
        limit,
        cursor,
    )
    return [
        {
            "id": row["iri"],
            "name": row["label"] or local_name(row["iri"]),
            "notable": _types_of(published, row["id"]),
            **({"description": row["description"][:300]} if row["description"] else {}),
        }
        for row in rows
    ]


def preview(published: Published, iri: str) -> dict[str, Any] | None:
    """What a preview shows of a thing (section 5.1); None for what is none."""
    rows = published.rows(
        "SELECT id, iri, label, description FROM node WHERE iri = ? AND digest IS NOT NULL", iri
    )
    if not rows:
        return None
    row = rows[0]
    values: dict[str, list[str]] = {}
    for q in published.shown(published.engine.outgoing(IRI(iri), limit=20_000)):
        if q.predicate.value not in (RDF_TYPE, RDFS + "label"):
            text = label_of(published, q.object.value) if isinstance(q.object, IRI) else q.object.value
            if text != row["description"]:
                values.setdefault(q.predicate.value, []).append(
                    text if len(text) <= 120 else text[:118] + "…"
                )
    facts = [(label_of(published, pid), "; ".join(texts[:3])) for pid, texts in list(values.items())[:8]]
    types = {t["name"].casefold(): t["name"] for t in reversed(_types_of(published, row["id"]))}
    return {
        "iri": iri,
        "address": published.document(iri),
        "label": row["label"] or local_name(iri),
        "description": row["description"] or "",
        "types": list(reversed(types.values())),
        "facts": facts,
    }
