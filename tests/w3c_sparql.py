"""The W3C SPARQL suites as data: manifests read, data loaded, results compared (no tests in here).

Every data file is a named graph of one store, and each case names its dataset in the request, so one engine
serves them all through the SPARQL Protocol.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox

MF = "http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#"
QT = "http://www.w3.org/2001/sw/DataAccess/tests/test-query#"
RS = "http://www.w3.org/2001/sw/DataAccess/tests/result-set#"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
ROOT = "http://w3c.example/"
"""Where the suite's folder is said to lie, so that relative IRIs do not name a folder of this machine."""

_ENDINGS = {"ttl": ox.RdfFormat.TURTLE, "rdf": ox.RdfFormat.RDF_XML, "nt": ox.RdfFormat.N_TRIPLES}
_RESULTS = {
    "srx": ox.QueryResultsFormat.XML,
    "srj": ox.QueryResultsFormat.JSON,
    "tsv": ox.QueryResultsFormat.TSV,
}


@dataclass(frozen=True)
class Case:
    """One test. `kind` is its class's local name; `default` and `named` are the files of its dataset."""

    name: str
    kind: str
    query: Path
    default: tuple[Path, ...]
    named: tuple[Path, ...]
    result: Path | None


class Graph:
    """A manifest or result file, read by patterns."""

    def __init__(self, path: Path, base: str) -> None:
        self._dataset = ox.Dataset(
            ox.parse(path.read_bytes(), format=_ENDINGS[path.suffix[1:]], base_iri=base)
        )

    def all(self, subject: object, predicate: str) -> list[object]:
        if not isinstance(subject, ox.NamedNode | ox.BlankNode):
            return []
        return [q.object for q in self._dataset.quads_for_subject(subject) if q.predicate.value == predicate]

    def one(self, subject: object, predicate: str) -> object | None:
        found = self.all(subject, predicate)
        return found[0] if found else None

    def items(self, head: object | None) -> Iterator[object]:
        while isinstance(head, ox.BlankNode | ox.NamedNode) and head.value != RDF + "nil":
            first = self.one(head, RDF + "first")
            assert first is not None
            yield first
            head = self.one(head, RDF + "rest")

    def subjects(self, predicate: str) -> list[object]:
        return [q.subject for q in self._dataset if q.predicate.value == predicate]


def iri(suite: Path, path: Path) -> str:
    """The name of a file of the suite."""
    return ROOT + path.relative_to(suite).as_posix()


def cases(suite: Path, manifest: str) -> Iterator[Case]:
    """Every entry of a manifest and of those that it includes."""
    path = suite / manifest
    base = iri(suite, path)
    graph = Graph(path, base)

    def file(node: object) -> Path:
        assert isinstance(node, ox.NamedNode)
        return suite / node.value.removeprefix(ROOT)

    for subject in graph.subjects(MF + "include"):
        for included in graph.items(graph.one(subject, MF + "include")):
            assert isinstance(included, ox.NamedNode)
            yield from cases(suite, included.value.removeprefix(ROOT))
    for subject in graph.subjects(MF + "entries"):
        for entry in graph.items(graph.one(subject, MF + "entries")):
            action = graph.one(entry, MF + "action")
            kind = graph.one(entry, RDF + "type")
            assert isinstance(entry, ox.NamedNode)
            assert isinstance(kind, ox.NamedNode)
            result = graph.one(entry, MF + "result")
            query = graph.one(action, QT + "query") or action
            yield Case(
                f"{path.parent.name}#{entry.value.rpartition('#')[2]}",
                kind.value.rpartition("#")[2],
                file(query),
                tuple(file(f) for f in graph.all(action, QT + "data")),
                tuple(file(f) for f in graph.all(action, QT + "graphData") if isinstance(f, ox.NamedNode)),
                file(result) if isinstance(result, ox.NamedNode) else None,
            )


def load(store: ox.Store, suite: Path, files: Iterable[Path]) -> None:
    """Load each file as the graph of its own name."""
    for path in sorted(set(files)):
        name = iri(suite, path)
        parsed = ox.parse(
            path.read_bytes(), format=_ENDINGS[path.suffix[1:]], base_iri=name, rename_blank_nodes=True
        )
        store.extend(ox.Quad(q.subject, q.predicate, q.object, ox.NamedNode(name)) for q in parsed)
        store.add_graph(ox.NamedNode(name))


def canonical(term: ox.NamedNode | ox.BlankNode | ox.Literal) -> ox.NamedNode | ox.BlankNode | ox.Literal:
    """The term as the store keeps it: "01" is 1 there (DESIGN: one truth)."""
    if isinstance(term, ox.Literal):
        store = ox.Store()
        store.add(ox.Quad(ox.NamedNode("x:s"), ox.NamedNode("x:p"), term))
        kept = next(iter(store)).object
        assert isinstance(kept, ox.Literal)
        return kept
    return term


Row = dict[str, ox.NamedNode | ox.BlankNode | ox.Literal]
Table = tuple[list[str], list[Row]]


def expected(suite: Path, path: Path) -> bool | Table | ox.Dataset:
    """A result file: yes or no, variables and rows (in order where it gives one), or a graph."""
    ending = path.suffix[1:]
    if ending in _RESULTS:
        return parsed(path.read_bytes(), _RESULTS[ending])
    graph = Graph(path, iri(suite, path))
    sets = [
        s
        for s in graph.subjects(RDF + "type")
        if ox.NamedNode(RS + "ResultSet") in graph.all(s, RDF + "type")
    ]
    if not sets:
        return ox.Dataset(ox.parse(path.read_bytes(), format=_ENDINGS[ending], base_iri=iri(suite, path)))
    (head,) = sets
    boolean = graph.one(head, RS + "boolean")
    if isinstance(boolean, ox.Literal):
        return boolean.value == "true"
    variables = [str(v.value) for v in graph.all(head, RS + "resultVariable")]  # type: ignore[attr-defined]
    numbered = []
    for solution in graph.all(head, RS + "solution"):
        row: Row = {}
        for binding in graph.all(solution, RS + "binding"):
            variable, value = graph.one(binding, RS + "variable"), graph.one(binding, RS + "value")
            assert isinstance(variable, ox.Literal)
            assert isinstance(value, ox.NamedNode | ox.BlankNode | ox.Literal)
            row[variable.value] = value
        index = graph.one(solution, RS + "index")
        numbered.append((int(index.value) if isinstance(index, ox.Literal) else 0, row))
    numbered.sort(key=lambda item: item[0])
    return variables, [row for _, row in numbered]


def parsed(body: bytes, form: ox.QueryResultsFormat) -> bool | Table:
    """A result in a SPARQL results format."""
    found = ox.parse_query_results(body, format=form)
    if isinstance(found, ox.QueryBoolean):
        return bool(found)
    names = [v.value for v in found.variables]
    rows = [{n: row[n] for n in names if row[n] is not None} for row in found]
    return names, rows  # type: ignore[return-value]  # triple terms do not occur in these suites


def same_graph(one: ox.Dataset, other: ox.Dataset) -> bool:
    """Isomorphism, by canonical blank nodes."""
    pair = []
    for dataset in (one, other):
        kept = ox.Dataset(
            ox.Quad(q.subject, q.predicate, canonical(q.object), q.graph_name)  # type: ignore[arg-type]
            for q in dataset
        )
        kept.canonicalize(ox.CanonicalizationAlgorithm.UNSTABLE)
        pair.append(set(kept))
    return pair[0] == pair[1]


def same_table(one: Table, other: Table, *, ordered: bool, distinct: bool = False) -> bool:
    """The same variables and the same rows: as a bag, in order, or as a set."""
    if set(one[0]) != set(other[0]):
        return False
    rows = [[{n: canonical(t) for n, t in row.items()} for row in table[1]] for table in (one, other)]
    if not any(isinstance(t, ox.BlankNode) for r in (*rows[0], *rows[1]) for t in r.values()):
        keys = [[tuple(sorted((n, str(t)) for n, t in row.items())) for row in part] for part in rows]
        if ordered:
            return keys[0] == keys[1]
        return set(keys[0]) == set(keys[1]) if distinct else Counter(keys[0]) == Counter(keys[1])
    if ordered:  # a blank node's place is in the graph that stands for the table
        rows = [[{**row, "": ox.Literal(place)} for place, row in enumerate(part)] for part in rows]
    return len(rows[0]) == len(rows[1]) and same_graph(*map(_as_graph, rows))


def _as_graph(rows: list[Row]) -> ox.Dataset:
    graph = ox.Dataset()
    for place, row in enumerate(rows):
        node = ox.BlankNode(f"row{place}")
        graph.add(ox.Quad(node, ox.NamedNode("x:is"), ox.Literal("row")))
        for name, term in row.items():
            graph.add(ox.Quad(node, ox.NamedNode("x:" + name), term))
    return graph
