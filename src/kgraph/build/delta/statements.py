"""An edit laid over a release: which quads come and go, what the merge and the inferred graph become."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import pyoxigraph as ox

from kgraph.build.delta.edit import Edit
from kgraph.build.delta.unsuited import Unsuited
from kgraph.build.ontology import Ontology
from kgraph.terms import RDF_TYPE

Node = ox.NamedNode | ox.BlankNode
Triple = tuple[Node, ox.NamedNode, Node | ox.Literal]
_DEFAULT = ox.DefaultGraph()
_TYPE = ox.NamedNode(RDF_TYPE)


class View:
    """A store with the merge in its default graph. *Stated* is what a file says, in whatever graph.

    What is stated is not inferred: so the stated triples are those of the merge that the inferred graph has not.
    """

    def __init__(self, store: ox.Store, inferred: ox.NamedNode, *, named: bool) -> None:
        self.store = store
        self.inferred = inferred
        self.named = named

    def stated_quads(self, s: object = None, p: object = None, o: object = None) -> Iterator[ox.Quad]:
        """The quads that files state; a triple that several graphs have comes several times. For bound subjects."""
        if self.named:
            for quad in self.store.quads_for_pattern(s, p, o, None):  # type: ignore[arg-type]
                graph = quad.graph_name
                if type(graph) is not ox.DefaultGraph and graph != self.inferred:
                    yield quad
            return
        yield from self.stated_triples(s, p, o)

    def stated_triples(self, s: object = None, p: object = None, o: object = None) -> Iterator[ox.Quad]:
        """The triples that files state, as quads of the merge."""
        for quad in self.store.quads_for_pattern(s, p, o, _DEFAULT):  # type: ignore[arg-type]
            if ox.Quad(quad.subject, quad.predicate, quad.object, self.inferred) not in self.store:
                yield quad

    def stated(self, s: object = None, p: object = None, o: object = None) -> bool:
        """Whether a file states such a triple."""
        return next(self.stated_triples(s, p, o), None) is not None

    def entailed(self, triple: Triple) -> bool:
        """Whether the inferred graph has it."""
        return ox.Quad(*triple, self.inferred) in self.store

    def lines(self, subject: Node) -> list[bytes]:
        """The sorted lines of a subject, the inferred ones with them, as the dump has them."""
        quads = list(self.stated_quads(subject))
        quads += self.store.quads_for_pattern(subject, None, None, self.inferred)
        text = ox.serialize(quads, format=ox.RdfFormat.N_QUADS) or b""
        return sorted(text.splitlines(keepends=True))


@dataclass
class Change:
    """What a release gains (True) and loses (False), by level, and the two stores.

    `quads`: lines of the dump, the inferred ones with them; `stated`: triples that files state, whatever the graph;
    `merged`: triples of the merge. `times`: the lines whose count `repeated` keeps anew.
    """

    before: View
    after: View
    quads: dict[ox.Quad, bool] = field(default_factory=dict)
    stated: dict[Triple, bool] = field(default_factory=dict)
    merged: dict[Triple, bool] = field(default_factory=dict)
    times: dict[bytes, int] = field(default_factory=dict)

    @cached_property
    def uses(self) -> Counter[ox.NamedNode]:
        """Predicate -> how many more triples files state with it."""
        found: Counter[ox.NamedNode] = Counter()
        for (_, p, _), gained in self.stated.items():
            found[p] += 1 if gained else -1
        return found

    def apply(self) -> None:
        """Bring the store of `after`, a copy of the other, to its new state."""
        named, store = self.before.named, self.after.store
        inferred = self.before.inferred
        for triple, gained in self.merged.items():
            if not gained:
                store.remove(ox.Quad(*triple))
        added = [ox.Quad(*triple) for triple, gained in self.merged.items() if gained]
        for quad, gained in self.quads.items():
            if not named and quad.graph_name != inferred:
                continue  # it stands in the merge alone
            if gained:
                added.append(quad)
            else:
                store.remove(quad)
        store.extend(added)
        store.flush()


def plan(edit: Edit, repeated: Mapping[bytes, int], ontology: Ontology, before: View, after: View) -> Change:
    """What the edit does to a release. `repeated`: line -> how often, where that is more than once. Raises Unsuited."""
    change = Change(before, after)
    for line, more in edit.lines.items():
        quad = edit.quads[line]
        had = repeated.get(line) or int(_is_there(before, quad))
        has = had + more
        if has < 0:
            raise Unsuited("the release does not hold what its files said")
        change.times[line] = has
        if bool(had) != bool(has):
            change.quads[quad] = has > 0
    touched: dict[Triple, set[object]] = {}
    for quad in change.quads:
        touched.setdefault((quad.subject, quad.predicate, quad.object), set())  # type: ignore[arg-type]
    for triple in touched:
        touched[triple] = {quad.graph_name for quad in before.stated_quads(*triple)}
    stated_before = {triple: bool(graphs) for triple, graphs in touched.items()}
    for quad, gained in change.quads.items():
        graphs = touched[quad.subject, quad.predicate, quad.object]  # type: ignore[index]
        (graphs.add if gained else graphs.discard)(quad.graph_name)
    for triple, graphs in touched.items():
        if bool(graphs) != stated_before[triple]:
            change.stated[triple] = bool(graphs)
    _infer(change, ontology)
    return change


def _is_there(view: View, quad: ox.Quad) -> bool:
    if view.named:
        return quad in view.store
    return view.stated(quad.subject, quad.predicate, quad.object)


def _infer(change: Change, ontology: Ontology) -> None:
    """Bring the inferred graph and the merge to what the stated triples entail now (see kgraph.build.load.infer)."""
    before, inferred = change.before, change.before.inferred
    trees = _Trees(ontology)
    for triple in trees.reached(change.stated):
        was = before.entailed(triple)
        now_stated = _now(change, triple)
        now = not now_stated and trees.entails(triple, lambda t: _now(change, t))
        was_merged = was or before.stated(*triple)
        if was != now:
            change.quads[ox.Quad(*triple, inferred)] = now
        if was_merged != (now or now_stated):
            change.merged[triple] = now or now_stated


def _now(change: Change, triple: Triple) -> bool:
    found = change.stated.get(triple)
    return change.before.stated(*triple) if found is None else found


class _Trees:
    """The two trees of an ontology, in both directions."""

    def __init__(self, ontology: Ontology) -> None:
        self._above_property = {p: ontology.above_property(p) for p in ontology.properties}
        self._above_class = {c: ontology.above_class(c) for c in ontology.classes}
        self._below_property = _inverse(self._above_property)
        self._below_class = _inverse(self._above_class)

    def reached(self, triples: Iterable[Triple]) -> list[Triple]:
        """The triples, and what they might entail."""
        found: dict[Triple, None] = {}
        for s, p, o in triples:
            found[s, p, o] = None
            for above in self._above_property.get(p.value, ()):
                found[s, ox.NamedNode(above), o] = None
        for s, p, o in list(found):
            if p == _TYPE and type(o) is ox.NamedNode:
                for above in self._above_class.get(o.value, ()):
                    found[s, p, ox.NamedNode(above)] = None
        return list(found)

    def entails(self, triple: Triple, stated: object) -> bool:
        """Whether stated triples entail it."""
        s, p, o = triple
        assert callable(stated)
        if any(stated((s, ox.NamedNode(below), o)) for below in self._below_property.get(p.value, ())):
            return True
        if p != _TYPE or type(o) is not ox.NamedNode:
            return False
        types = [_TYPE, *map(ox.NamedNode, self._below_property.get(RDF_TYPE, ()))]
        return any(
            stated((s, type_, ox.NamedNode(below)))
            for below in self._below_class.get(o.value, ())
            for type_ in types
        )


def _inverse(above: Mapping[str, set[str]]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for below, each in above.items():
        for name in each:
            found.setdefault(name, set()).add(below)
    return found
