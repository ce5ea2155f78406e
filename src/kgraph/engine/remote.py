"""A remote SPARQL 1.1 server as an engine, through SPARQLWrapper, under the same contract as the embedded one.

Results are fetched as JSON and graphs as Turtle, read, and written again in the syntax that was asked for; so what
a server deviates in stays here: Virtuoso answers ASK with a row or none, writes `typed-literal`, and has a link twice
where two of its graphs hold it. The deadline and
the cap of the limits hold on this side; what the server does after we hung up is its own affair.
"""

from __future__ import annotations

import json
import re
import time
import warnings
from collections.abc import Iterator, Mapping
from typing import Any, NoReturn
from urllib.error import HTTPError, URLError

import pyoxigraph as ox

from kgraph import __version__, errors
from kgraph.engine import convert, guard, lexer, serialize
from kgraph.engine.limits import Limits
from kgraph.engine.outcome import recorded
from kgraph.engine.output import RESULTS
from kgraph.engine.pattern import deep_page, select
from kgraph.engine.protocol import Answer, IncomingGroup, Pattern, Query
from kgraph.iri import is_iri
from kgraph.media import ResultFormat
from kgraph.terms import IRI, BNode, Node, Quad, binding, ntriples

INFERRED = "id/graph/inferred"
_UPDATES = frozenset({"INSERT", "DELETE", "LOAD", "CLEAR", "CREATE", "DROP", "COPY", "MOVE", "ADD", "WITH"})
_PIECE = 1 << 16


class RemoteEngine:
    """An Engine over the endpoint at `endpoint`. `base` names the inferred graph, if the data are kgraph's."""

    def __init__(
        self,
        endpoint: str,
        *,
        base: str = "",
        prefixes: Mapping[str, str] | None = None,
        limits: Limits | None = None,
    ) -> None:
        self._endpoint = endpoint
        self._base = base
        self._prefixes = dict(prefixes or {})
        self.limits = limits or Limits()

    def query(self, query: Query) -> Answer:
        """Run a query there. Raises QueryError."""
        return recorded(query, self._query)

    def _query(self, query: Query) -> Answer:
        arrived = time.monotonic() if query.arrived is None else query.arrived
        guard.check(query.text, self.limits)
        form = self._form(query.text)
        if form in _UPDATES:
            raise errors.QueryRefused(guard.UPDATE[0], hint=guard.UPDATE[1])
        deadline = self.limits.deadline if query.deadline is None else query.deadline
        cap = self.limits.result if query.result is None else min(query.result, self.limits.result)
        graph = form in ("CONSTRUCT", "DESCRIBE")
        try:
            fetched = self._fetch(query, graph=graph, until=arrived + deadline, cap=cap)
        except TimeoutError as error:
            raise errors.QueryTimeout(
                f"the endpoint did not answer within {deadline:g} s",
                hint="Ask for less: name a class or property, add a LIMIT.",
            ) from error
        try:
            body, media, rows, shape = _written(fetched, query, graph, self._prefixes | self._own(query.text))
        except (SyntaxError, ValueError, KeyError, TypeError) as error:
            raise errors.EndpointError(
                f"the endpoint's answer cannot be read: {str(error)[:200]}",
                hint=f"Endpoint: {self._endpoint}",
            ) from error
        return Answer(shape, media, len(body), rows, time.monotonic() - arrived, iter([body]), lambda: None)

    def _form(self, text: str) -> str:
        try:
            return lexer.prologue(text, self._base or self._endpoint).form
        except ValueError:
            return ""

    def _own(self, text: str) -> dict[str, str]:
        try:
            return lexer.prologue(text, self._base or self._endpoint).prefixes
        except ValueError:
            return {}

    def _fetch(self, query: Query, *, graph: bool, until: float, cap: int) -> bytes:
        """The endpoint's answer. Raises TimeoutError past `until`."""
        from SPARQLWrapper import JSON, POST, TURTLE, SPARQLWrapper
        from SPARQLWrapper.SPARQLExceptions import SPARQLWrapperException

        wrapper = SPARQLWrapper(self._endpoint, agent=f"kgraph/{__version__}")
        wrapper.setMethod(POST)
        for iri in query.default_graphs or ():
            wrapper.addDefaultGraph(iri)
        for iri in query.named_graphs or ():
            wrapper.addNamedGraph(iri)
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # of a query form that it does not know: the server judges the text
            wrapper.setQuery(query.text)
            wrapper.setReturnFormat(TURTLE if graph else JSON)
            try:
                left = until - time.monotonic()
                if left <= 0:
                    raise TimeoutError
                wrapper.setTimeout(max(1, int(left + 0.999)))
                response = wrapper.query().response
                body = bytearray()
                while piece := response.read(_PIECE):
                    body += piece
                    if len(body) > cap:
                        raise errors.ResultTooLarge(
                            f"the result has more than {cap >> 20} MiB; nothing of it is given",
                            hint="Add a LIMIT.",
                        )
                    if time.monotonic() > until:
                        raise TimeoutError
                return bytes(body)
            except SPARQLWrapperException as error:
                self._refused(error)
            except HTTPError as error:
                self._answered(error.code, error.read(_PIECE))
            except (URLError, OSError) as error:
                if isinstance(error, TimeoutError) or isinstance(
                    getattr(error, "reason", None), TimeoutError
                ):
                    raise TimeoutError from error
                raise errors.EndpointError(
                    f"the endpoint cannot be reached: {getattr(error, 'reason', error)}",
                    hint=f"Is {self._endpoint} its address?",
                ) from error

    def _refused(self, error: Exception) -> NoReturn:
        cause = error.__context__
        code = cause.code if isinstance(cause, HTTPError) else 0
        text = str(error.args[0]) if error.args else ""
        # SPARQLWrapper keeps the body of the response only as part of its message.
        match = re.search(r"b(['\"])(.*)\1", text, re.DOTALL)
        body = (
            match[2].encode().decode("unicode_escape", "replace").encode("latin-1", "replace")
            if match
            else b""
        )
        self._answered(code or 400, body or text.encode())

    def _answered(self, status: int, body: bytes) -> NoReturn:
        """Raise what an error response of the endpoint says."""
        text = body.decode(errors="replace").strip()
        try:
            problem = json.loads(text)
        except ValueError:
            problem = {}
        if isinstance(problem, dict) and str(problem.get("type", "")).startswith("urn:kgraph:problem:"):
            raise _own_error(problem)
        told = " ".join(text.split())[:400] or f"status {status}"
        if status == 400:
            raise errors.QuerySyntaxError(f"the endpoint says: {told}")
        if status == 403:
            raise errors.QueryRefused(f"the endpoint says: {told}")
        if status == 503:
            raise errors.PoolFull(f"the endpoint says: {told}", hint="Try again in a few seconds.")
        if status in (408, 504):
            raise errors.QueryTimeout(
                f"the endpoint says: {told}", hint="Ask for less: name a class or property, add a LIMIT."
            )
        raise errors.EndpointError(
            f"the endpoint answered {status}: {told}", hint=f"Is {self._endpoint} its address?"
        )

    def outgoing(self, subject: Node, *, limit: int | None = None) -> list[Quad]:
        """Every quad with this subject, in every graph, the default graph included."""
        if not _named(subject):
            return []
        s = ntriples(subject)
        cut = "" if limit is None else f"LIMIT {limit:d}"
        text = f"SELECT ?p ?o ?g {{ {{ {s} ?p ?o }} UNION {{ GRAPH ?g {{ {s} ?p ?o }} }} }} {cut}"
        return [_quad(row, subject) for row in select(self.query, text)]

    def incoming(self, node: Node, *, per_property: int = 25) -> list[IncomingGroup]:
        """Links that arrive (default graph, inferred left out), grouped by property, most first."""
        if not _named(node):
            return []
        text = f"SELECT ?p (COUNT(DISTINCT ?s) AS ?n) {{ {self._links('?p', node)} }} GROUP BY ?p"
        groups = []
        for row in select(self.query, text):
            predicate = IRI(row["p"]["value"])
            subjects = tuple(self._subjects(node, predicate, 0, per_property))
            if subjects:  # Virtuoso counts one link to an IRI that it does not know
                groups.append(IncomingGroup(predicate, int(row["n"]["value"]), subjects))
        return sorted(groups, key=lambda g: (-g.count, g.predicate.value))

    def incoming_page(
        self, node: Node, predicate: IRI, *, offset: int = 0, limit: int = 100, total: int | None = None
    ) -> tuple[int, list[Node]]:
        """How many subjects link by this property (`total`, if that is known), and one page of them, sorted by IRI."""
        if not _named(node) or not _named(predicate):
            return 0, []
        if total is None:
            text = f"SELECT (COUNT(DISTINCT ?s) AS ?n) {{ {self._links(ntriples(predicate), node)} }}"
            total = int(select(self.query, text)[0]["n"]["value"])
        return total, self._subjects(node, predicate, offset, limit)

    def _links(self, predicate: str, node: Node) -> str:
        pattern = f"?s {predicate} {ntriples(node)}"
        if not self._base:
            return pattern
        return f"{pattern} MINUS {{ GRAPH <{self._base}{INFERRED}> {{ {pattern} }} }}"

    def _subjects(self, node: Node, predicate: IRI, offset: int, limit: int) -> list[Node]:
        text = (
            f"SELECT DISTINCT ?s {{ {self._links(ntriples(predicate), node)} }} "
            f"ORDER BY STR(?s) OFFSET {offset:d} LIMIT {limit:d}"
        )
        found = [binding(row["s"]) for row in select(self.query, text)]
        return [s for s in found if isinstance(s, IRI | BNode)]

    def graph(self, name: Node | None, *, limit: int | None = None) -> Iterator[Quad]:
        """The quads of one graph (None: the default graph)."""
        if name is not None and not _named(name):
            return iter(())
        pattern = "?s ?p ?o" if name is None else f"GRAPH {ntriples(name)} {{ ?s ?p ?o }}"
        cut = "" if limit is None else f"LIMIT {limit:d}"
        rows = select(self.query, f"SELECT ?s ?p ?o {{ {pattern} }} {cut}")
        return (_quad(row, _node(row["s"]))._replace(graph=name) for row in rows)

    def contains_graph(self, name: Node) -> bool:
        """Whether this named graph exists (holds a triple)."""
        if not _named(name):
            return False
        answer = self.query(Query(f"ASK {{ GRAPH {ntriples(name)} {{ ?s ?p ?o }} }}"))
        return bool(json.loads(answer.read())["boolean"])

    def page(self, pattern: Pattern, *, offset: int = 0, limit: int = 100) -> list[Quad]:
        """One page of the quads that match."""
        if not all(
            t is None or not isinstance(t, BNode) for t in (pattern.subject, pattern.object, pattern.graph)
        ):
            return []
        return deep_page(self.query, pattern, offset, limit)

    def count(self, pattern: Pattern, *, most: int = 2000) -> int:
        """How many quads match, counted up to `most`."""
        return len(self.page(pattern, limit=most))

    def close(self) -> None:
        """Nothing is held open."""


def _written(
    fetched: bytes, query: Query, graph: bool, prefixes: Mapping[str, str]
) -> tuple[bytes, str, int | None, Any]:
    """The fetched answer in the syntax that was asked for: bytes, media type, rows, form."""
    if graph:
        if query.rdf is None:
            raise errors.NotWritable("the answer is a graph, and no RDF syntax is accepted")
        quads = [convert.quad(q) for q in ox.parse(fetched, format=ox.RdfFormat.TURTLE)]
        return serialize.write(quads, query.rdf, prefixes), query.rdf.media_type, len(quads), "graph"
    document = json.loads(fetched)
    boolean = document.get("boolean")
    rows = document.get("results", {}).get("bindings", [])
    if boolean is None and document["head"].get("vars") == ["__ASK_RETVAL"]:
        boolean = bool(rows) and rows[0]["__ASK_RETVAL"]["value"] == "1"
    if boolean is not None:
        if query.boolean is None:
            raise errors.NotWritable("the answer is yes or no, and neither JSON nor XML results are accepted")
        if query.boolean is ResultFormat.JSON:
            return (
                json.dumps({"head": {}, "boolean": boolean}).encode(),
                query.boolean.media_type,
                None,
                "boolean",
            )
        found = ox.parse_query_results(
            json.dumps({"head": {}, "boolean": boolean}).encode(), format=ox.QueryResultsFormat.JSON
        )
        body = found.serialize(format=RESULTS[query.boolean])
        assert body is not None
        return body, query.boolean.media_type, None, "boolean"
    if query.results is None:
        raise errors.NotWritable("the answer is a table, and no results syntax is accepted")
    clean = {"head": {"vars": document["head"]["vars"]}, "results": {"bindings": [_row(r) for r in rows]}}
    solutions = ox.parse_query_results(json.dumps(clean).encode(), format=ox.QueryResultsFormat.JSON)
    body = solutions.serialize(format=RESULTS[query.results])
    assert body is not None
    return body, query.results.media_type, len(rows), "solutions"


def _row(row: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    return {
        name: {**term, "type": "literal" if term["type"] == "typed-literal" else term["type"]}
        for name, term in row.items()
    }


def _own_error(problem: Mapping[str, Any]) -> errors.QueryError:
    """The error of another kgraph, as it was raised there."""
    name = str(problem["type"]).rpartition(":")[2]
    message, hint = str(problem.get("detail", "")), str(problem.get("hint", ""))
    for kind in errors.QueryError.__subclasses__():
        if kind.problem == name and kind is errors.QuerySyntaxError:
            return errors.QuerySyntaxError(
                message, hint=hint, line=int(problem.get("line", 0)), column=int(problem.get("column", 0))
            )
        if kind.problem == name:
            return kind(message, hint=hint)
    return errors.EndpointError(message, hint=hint)


def _quad(row: Mapping[str, Mapping[str, str]], subject: Node) -> Quad:
    predicate = binding(row["p"])
    assert isinstance(predicate, IRI)
    graph = _node(row["g"]) if "g" in row else None
    return Quad(subject, predicate, binding(row["o"]), graph)


def _node(term: Mapping[str, str]) -> Node:
    found = binding(term)
    assert isinstance(found, IRI | BNode)
    return found


def _named(node: Node) -> bool:
    """Whether a query can name it: a blank node it cannot."""
    return isinstance(node, IRI) and is_iri(node.value)
