"""Running the queries of SPARQL-based constraints with their variables bound (SHACL 5.3, 6.3 and appendix A).

Queries see the store's terms: a literal that the store rewrote is compared and returned as the store has it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import pyoxigraph as ox

from kgraph.errors import ShapesError
from kgraph.shacl.data import Data
from kgraph.shacl.graph import TermGraph
from kgraph.shacl.model import Query, Shape, flat
from kgraph.shacl.names import XSD_BOOLEAN
from kgraph.shacl.prebinding import QueryText
from kgraph.shacl.terms import OxTerm, ox_term
from kgraph.terms import Literal

_SHAPES_GRAPH = ox.NamedNode("urn:kgraph:shapes-graph")
_REMEMBERED = 65536
_MANY = 2
_TRUE = ox.Literal("true", datatype=ox.NamedNode(XSD_BOOLEAN))


@dataclass(frozen=True, slots=True)
class Solution:
    """What a solution says of a result."""

    value: OxTerm | None = None
    path: OxTerm | None = None
    message: OxTerm | None = None
    bindings: dict[str, OxTerm] = field(default_factory=dict)


class Queries:
    """The queries of one shapes graph on one data graph."""

    def __init__(self, data: Data, shapes: TermGraph) -> None:
        self._data = data
        self._shapes = shapes
        self._texts: dict[Query, QueryText] = {}
        self._with_shapes: ox.Store | None = None
        self._asked: dict[tuple[int, OxTerm], bool] = {}
        self._clean: dict[int, set[OxTerm]] = {}

    def text(self, query: Query) -> QueryText:
        """The query, read."""
        known = self._texts.get(query)
        if known is None:
            names = {"this", "shapesGraph", "currentShape", *dict(query.bound)}
            names |= {"value"} if query.asks else set()
            known = self._texts[query] = QueryText(query.text, names, query.name)
        return known

    def select(self, shape: Shape, query: Query, focus: OxTerm) -> Iterator[Solution]:
        """The solutions for a focus node, each distinct set of what a result takes from it."""
        names = ("value", "path", "message")
        if focus in self._clean.get(id(query), ()):
            return
        seen: set[tuple[tuple[str, OxTerm], ...]] = set()
        for bindings in self._rows(shape, query, {"this": focus}):
            if bindings.get("failure") == _TRUE:
                raise ShapesError(
                    f"a query reports a failure at {focus}",
                    where=f"shape {shape.node}",
                    hint="It returned true as ?failure (SHACL 5.3.1); no verdict is given on the data.",
                )
            key = tuple(bindings.items())
            if key in seen:
                continue
            seen.add(key)
            value, path, message = (bindings.get(name) for name in names)
            yield Solution(value, path, message, bindings)

    def ask(self, shape: Shape, query: Query, focus: OxTerm, value: OxTerm) -> bool:
        """Whether a value node passes an ASK validator; remembered where only the value matters."""
        plain = not self.text(query).variables & {"this", "currentShape", "shapesGraph"}
        key = (id(query), value)
        if plain and key in self._asked:
            return self._asked[key]
        passed = next(self._rows(shape, query, {"this": focus, "value": value}), None) is not None
        if plain:
            if len(self._asked) >= _REMEMBERED:
                self._asked.clear()
            self._asked[key] = passed
        return passed

    def candidates(self, shape: Shape, query: Query, among: str = "") -> set[OxTerm] | None:
        """The focus nodes that may have results, from one run of the query; None where that cannot be known.

        `among`: a VALUES block of some focus nodes that alone are asked for.
        """
        if query.asks or not self.text(query).findable():
            return None
        return {row["this"] for row in self._rows(shape, query, {}, among)}

    def foresee(self, shape: Shape, nodes: Iterable[OxTerm]) -> None:
        """Find out in one run of each query of a shape which of the nodes surely have no results."""
        some = [node for node in nodes if isinstance(node, ox.NamedNode)]
        if len(some) < _MANY:
            return
        table = f"VALUES ?this {{ {' '.join(map(str, some))} }} "
        for owner, query in flat(shape):
            if isinstance(query, Query):
                found = self.candidates(owner, query, table)
                if found is not None:
                    self._clean[id(query)] = {node for node in some if node not in found}

    def _rows(
        self, shape: Shape, query: Query, bound: dict[str, OxTerm], among: str = ""
    ) -> Iterator[dict[str, OxTerm]]:
        """The solutions of a query with these variables bound; of ASK an empty one where it is true."""
        text = self.text(query)
        bindings: dict[str, OxTerm] = {**bound, **dict(query.bound), "currentShape": shape.node}
        store = self._data.store
        if "shapesGraph" in text.variables:
            bindings["shapesGraph"] = _SHAPES_GRAPH
            store = self._store_with_shapes()
        table = ""
        nodes: dict[ox.NamedNode, ox.BlankNode] = {}
        for name, term in bindings.items():
            if name not in text.variables:
                continue
            if isinstance(term, ox.BlankNode):
                function = ox.NamedNode(f"urn:kgraph:bound:{name}")
                nodes[function] = term
                table += f"BIND({function}() AS ?{name}) "
            else:
                table += f"VALUES ?{name} {{ {term} }} "
        answer = store.query(
            text.filled(table, among),
            custom_functions={f: _giving(n) for f, n in nodes.items()} if nodes else None,
            substitutions={
                ox.Variable(f.value.rpartition(":")[2]): n
                for f, n in nodes.items()
                if text.asks or text.projects(f.value.rpartition(":")[2])
            }
            if nodes
            else None,
        )
        if isinstance(answer, ox.QueryBoolean):
            yield from [{}] if answer else []
            return
        assert isinstance(answer, ox.QuerySolutions)
        names = [variable.value for variable in answer.variables]
        for row in answer:
            yield {name: row[name] for name in names if row[name] is not None}

    def _store_with_shapes(self) -> ox.Store:
        """The data and, as a named graph, the shapes; a copy, made when a query first asks for
        $shapesGraph.
        """
        if self._with_shapes is None:
            store = ox.Store()
            default = ox.DefaultGraph()
            store.bulk_extend(self._data.store.quads_for_pattern(None, None, None, default))
            store.bulk_extend(
                ox.Quad(ox_term(s), ox.NamedNode(p.value), ox_term(o), _SHAPES_GRAPH)  # type: ignore[arg-type]
                for s, p, o in self._shapes.triples
            )
            self._with_shapes = store
        return self._with_shapes

    def said(self, query: Query, solution: Solution, focus: OxTerm) -> tuple[Literal, ...]:
        """The messages of a result (SHACL 5.3.2): the solution's own, or the declared ones with values put
        in.
        """
        if isinstance(solution.message, ox.Literal):
            declared: tuple[ox.Literal, ...] = (solution.message,)
        else:
            declared = query.messages
        values = {**dict(query.bound), "this": focus, **solution.bindings}
        if solution.value is not None:
            values["value"] = solution.value

        def put(match: re.Match[str]) -> str:
            term = values.get(match[1])
            return match[0] if term is None else term.value

        return tuple(
            Literal(re.sub(r"\{[?$](\w+)\}", put, text.value), text.datatype.value, text.language)
            for text in declared
        )


def _giving(node: ox.BlankNode):  # type: ignore[no-untyped-def]
    return lambda: node
