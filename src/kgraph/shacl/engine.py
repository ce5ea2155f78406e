"""Validation: which engine judges which shape, and one report of it all."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING
from typing import Literal as OneOf

import pyoxigraph as ox

from kgraph.errors import ShapesError
from kgraph.shacl import model, reference
from kgraph.shacl.data import Data
from kgraph.shacl.graph import TermGraph
from kgraph.shacl.judge import Judge
from kgraph.shacl.loader import Shapes, load
from kgraph.shacl.names import RDF_TYPE, RDFS_SUBCLASSOF
from kgraph.shacl.patterns import in_store
from kgraph.shacl.queries import Queries
from kgraph.shacl.raw import RawTerms
from kgraph.shacl.reads import reads_of
from kgraph.shacl.report import Judge as JudgeName
from kgraph.shacl.report import Report, Result, ordered
from kgraph.shacl.screen import Screen
from kgraph.shacl.sieve import Sieve, Subjects
from kgraph.shacl.targets import Membership, each_focus_node, focus_nodes
from kgraph.shacl.terms import OxTerm, ox_term, plain
from kgraph.terms import Term

if TYPE_CHECKING:
    import rdflib

Engine = OneOf["auto", "compiled", "pyshacl"]
_TOGETHER = 10_000
"""Focus nodes of which questions are asked at once."""


def validate(
    data: ox.Store,
    shapes: rdflib.Graph,
    *,
    engine: Engine = "auto",
    focus: Collection[Term] | None = None,
    raw: RawTerms | None = None,
    ontology: rdflib.Graph | None = None,
    subjects: Subjects | None = None,
) -> Report:
    """Judge the default graph of `data` by `shapes` (SHACL 3.4).

    `engine`: `auto` compiles what it can and gives the rest to pyshacl; `compiled` raises instead;
    `pyshacl` is the reference for everything. `focus`: judge these focus nodes only, where a shape targets
    them. `raw`: literals as parsed, where the store rewrites them; without it the data graph is what the
    store holds. `ontology`: its rdfs:subClassOf statements are read as if they stood in the data. `subjects`: the same
    data graph as sorted tokens; a pass over it is several times as fast as queries.

    Raises ShapesError where shapes cannot be judged: ill-formed, an unknown component, recursive, an unread
    import. Severities play no part: any result means that the data do not conform (SHACL 3.6.1.1).
    """
    run = Run(data, shapes, engine=engine, raw=raw, ontology=ontology)
    if subjects is not None and focus is None:
        run.sift(subjects)
    nodes = None if focus is None else [ox_term(node) for node in focus]
    results: list[Result] = []
    for shape in run.shapes.targeted:
        results.extend(run.judge_shape(shape, nodes))
    return run.report(results, scope="full" if focus is None else "focus")


def idle(data: ox.Store, shapes: rdflib.Graph, raw: RawTerms | None = None) -> list[Term]:
    """The targeted shapes that have no focus node in the data: a typing error in a target would look like this."""
    run = Run(data, shapes, raw=raw)
    return [
        plain(s.node) for s in run.shapes.targeted if next(each_focus_node(run.data, s.targets), None) is None
    ]


class Run:
    """One validation: the data, the shapes read and checked, and an engine for each shape."""

    def __init__(
        self,
        data: ox.Store,
        shapes: rdflib.Graph,
        *,
        engine: Engine = "auto",
        raw: RawTerms | None = None,
        ontology: rdflib.Graph | None = None,
    ) -> None:
        self.graph = TermGraph.of(shapes)
        check_imports(self.graph)
        self.shapes: Shapes = load(self.graph)
        tree = TermGraph.of(ontology).pairs(RDFS_SUBCLASSOF) if ontology is not None else ()
        self.digest = _digest(self.graph, tree)
        self.data = Data(data, raw.seal() if raw else None, tree)
        self.engine = engine
        self.queries = Queries(self.data, self.graph)
        self.judge = Judge(self.data, self.queries)
        self.screen = Screen(self.data, self.queries, self.judge)
        self.left: dict[OxTerm, str] = {}
        for shape in self.shapes.targeted:
            why = not_compiled(shape)
            if engine == "pyshacl" or why:
                self.left[shape.node] = why or "asked for"
                if engine == "compiled":
                    raise ShapesError(
                        f"the shape cannot be compiled: {why}",
                        where=str(shape.node),
                        hint="Use --engine auto.",
                    )
        self.notes: list[str] = []
        self._rdflib: dict[frozenset[str] | None, rdflib.Graph] = {}

    def sift(self, subjects: Subjects) -> None:
        """Have the sieve look at every subject, so that the screen asks only for what it cannot tell."""
        shapes = [shape for shape in self.shapes.targeted if shape.node not in self.left]
        sieve = Sieve(self.data, self.judge, shapes, subjects.types)
        sieve.sift(subjects)
        self.screen = Screen(self.data, self.queries, self.judge, sieve)

    def judge_shape(self, shape: model.Shape, focus: Iterable[OxTerm] | None = None) -> list[Result]:
        """The results of one targeted shape, of all its focus nodes or of those given."""
        if focus is None:
            nodes: Collection[OxTerm] = self._candidates(shape)
        else:
            member = Membership(self.data, shape.targets)
            nodes = [node for node in dict.fromkeys(focus) if node in member]
        if shape.node in self.left:
            if not nodes:
                return []
            return reference.judge_shape(self._needed(shape), self.graph, shape.node, nodes)
        target, found, held = plain(shape.node), [], list(nodes)
        for start in range(0, len(held), _TOGETHER):
            some = held[start : start + _TOGETHER]
            self.judge.foresee(shape, some)
            for node in some:
                at: Term | None = None
                for result in self.judge.results(shape, node):
                    at = at or plain(node)
                    found.append(replace(result, target_shape=target, target_node=at))
        return found

    def _needed(self, shape: model.Shape) -> rdflib.Graph:
        """The statements that the shape may look at: those with a predicate that it reads; all where that is open."""
        reads = reads_of(shape)
        predicates: frozenset[str] | None = None
        if reads is not None and all(read.predicate for read in reads):
            predicates = frozenset({read.predicate or "" for read in reads} | {RDF_TYPE, RDFS_SUBCLASSOF})
        if predicates not in self._rdflib:
            self._rdflib[predicates] = self.data.to_rdflib(predicates)
        return self._rdflib[predicates]

    def _candidates(self, shape: model.Shape) -> Collection[OxTerm]:
        """The focus nodes that may have results."""
        if shape.node in self.left:
            return focus_nodes(self.data, shape.targets)
        found = self.screen.candidates(shape)
        return focus_nodes(self.data, shape.targets) if found is None else found

    def report(self, results: Iterable[Result], scope: OneOf["full", "focus", "incremental"]) -> Report:
        """The report over these results."""
        engines: list[tuple[Term, JudgeName]] = [
            (plain(shape.node), "pyshacl" if shape.node in self.left else "compiled")
            for shape in self.shapes.targeted
        ]
        notes = self.shapes.notes
        if self.engine == "auto":
            notes += tuple(f"{node} was judged by pyshacl: {why}" for node, why in self.left.items())
        return Report(ordered(results), tuple(engines), self.digest, scope, (*notes, *self.notes))


def not_compiled(shape: model.Shape) -> str:
    """Why a shape is not compiled, or the empty string."""
    for constraint in shape.constraints:
        if isinstance(constraint, model.Pattern) and not in_store(constraint.pattern, constraint.flags):
            return f"the store cannot read the pattern {constraint.pattern!r}"
        for part in model.parts(constraint):
            why = not_compiled(part)
            if why:
                return why
    return ""


def _digest(graph: TermGraph, tree: Iterable[tuple[OxTerm, OxTerm]]) -> str:
    lines = sorted(f"{child} {parent}" for child, parent in tree)
    return hashlib.sha256("\n".join([graph.digest, *lines]).encode()).hexdigest()


def check_imports(graph: TermGraph) -> None:
    """Raise ShapesError where the graph imports a document and says nothing of it, so that it was not
    read.
    """
    unread = graph.unresolved_imports()
    if unread:
        raise ShapesError(
            f"owl:imports <{unread[0]}> was not read",
            where="shapes",
            hint="Give that file among the shapes, or remove the import; shapes in it would not be checked.",
        )
