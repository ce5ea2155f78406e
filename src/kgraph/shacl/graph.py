"""The shapes graph as an index of terms, with blank nodes named after what they say.

rdflib gives blank nodes new labels each time it reads a file. Results name the shape they come from, and a
report is compared with an earlier one (incremental validation), so blank nodes get labels drawn from their
content and place here; the same shapes always give the same labels and the same digest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import pyoxigraph as ox

from kgraph.errors import ShapesError
from kgraph.shacl.names import OWL_IMPORTS, RDF_FIRST, RDF_NIL, RDF_REST, RDFS_SUBCLASSOF, SH
from kgraph.shacl.paths import Alternative, Inverse, Path, Predicate, Repeat, Sequence
from kgraph.shacl.terms import OxNode, OxTerm, from_rdflib, ox_term, to_rdflib
from kgraph.terms import BNode, Term

if TYPE_CHECKING:
    import rdflib

_Triple = tuple[Term, Term, Term]

_PATH_FORMS = ("inversePath", "zeroOrOnePath", "zeroOrMorePath", "oneOrMorePath", "alternativePath")
_MARKS = {"zeroOrOnePath": "?", "zeroOrMorePath": "*", "oneOrMorePath": "+"}


class TermGraph:
    """A small graph of terms, indexed by subject and by predicate."""

    def __init__(self, triples: Iterable[_Triple]) -> None:
        converted = [(ox_term(s), p, ox_term(o), s, o) for s, p, o in _relabelled(list(triples))]
        lines = sorted((f"{s} <{p.value}> {o}", i) for i, (s, p, o, _, _) in enumerate(converted))
        self.digest = hashlib.sha256("\n".join(line for line, _ in lines).encode()).hexdigest()
        """SHA-256 over the sorted N-Triples lines."""
        self.triples: list[_Triple] = []
        self._forward: dict[OxTerm, dict[str, list[OxTerm]]] = {}
        self._backward: dict[str, list[tuple[OxNode, OxTerm]]] = {}
        for _, i in lines:
            s, p, o, subject, value = converted[i]
            self.triples.append((subject, p, value))
            self._forward.setdefault(s, {}).setdefault(p.value, []).append(o)
            self._backward.setdefault(p.value, []).append((s, o))  # type: ignore[arg-type]

    @classmethod
    def of(cls, graph: rdflib.Graph) -> TermGraph:
        """The index of an rdflib graph."""
        return cls((from_rdflib(s), from_rdflib(p), from_rdflib(o)) for s, p, o in graph)

    def to_rdflib(self) -> rdflib.Graph:
        """The same triples, with the labels of this index, for pyshacl."""
        import rdflib

        graph = rdflib.Graph()
        for subject, predicate, value in self.triples:
            graph.add((to_rdflib(subject), to_rdflib(predicate), to_rdflib(value)))
        return graph

    def objects(self, subject: OxTerm, predicate: str) -> list[OxTerm]:
        """The objects of (subject, predicate), in the order of their N-Triples."""
        return self._forward.get(subject, {}).get(predicate, [])

    def predicates(self, subject: OxTerm) -> dict[str, list[OxTerm]]:
        """Predicates and objects of the subject."""
        return self._forward.get(subject, {})

    def pairs(self, predicate: str) -> list[tuple[OxNode, OxTerm]]:
        """Subjects and objects of the predicate."""
        return self._backward.get(predicate, [])

    def subjects(self, predicate: str, value: OxTerm) -> list[OxNode]:
        """The subjects of (predicate, object)."""
        return [s for s, o in self.pairs(predicate) if o == value]

    def items(self, head: OxTerm) -> list[OxTerm]:
        """The members of a SHACL list. Raises ShapesError when it is not one (SHACL 1.3, "SHACL list")."""
        members: list[OxTerm] = []
        seen: set[OxTerm] = set()
        while head != ox.NamedNode(RDF_NIL):
            first, rest = self.objects(head, RDF_FIRST), self.objects(head, RDF_REST)
            if head in seen or len(first) != 1 or len(rest) != 1:
                raise ShapesError(
                    "a list is ill-formed",
                    where=str(head),
                    hint="Give each member exactly one rdf:first and one rdf:rest that ends in rdf:nil.",
                )
            seen.add(head)
            members.append(first[0])
            head = rest[0]
        return members

    def superclasses(self, start: OxTerm) -> set[OxTerm]:
        """`start` and everything it is a subclass of in this graph."""
        found, front = {start}, [start]
        while front:
            for value in self.objects(front.pop(), RDFS_SUBCLASSOF):
                if value not in found:
                    found.add(value)
                    front.append(value)
        return found

    def is_instance(self, node: OxTerm, cls: str, types: str) -> bool:
        """Whether `node` is a SHACL instance of the class `cls` in this graph; `types` is rdf:type's IRI."""
        return any(ox.NamedNode(cls) in self.superclasses(value) for value in self.objects(node, types))

    def holder(self, label: str) -> str:
        """The IRI of the node that leads to a blank node, over other blank nodes; empty where there is none."""
        node, seen = ox.BlankNode(label), set()
        while isinstance(node, ox.BlankNode) and node not in seen:
            seen.add(node)
            above = (ox_term(s) for s, _, o in self.triples if isinstance(o, BNode) and o.value == node.value)
            node = next(above, node)  # type: ignore[assignment]
        return str(node) if isinstance(node, ox.NamedNode) else ""

    def unresolved_imports(self) -> list[str]:
        """The IRIs imported with owl:imports of which the graph says nothing."""
        return sorted({o.value for _, o in self.pairs(OWL_IMPORTS) if o not in self._forward})


def read_path(graph: TermGraph, node: OxTerm, _above: frozenset[OxTerm] = frozenset()) -> Path:
    """The path at `node` (SHACL 2.3.1). Raises ShapesError where it is ill-formed or recursive."""
    if isinstance(node, ox.NamedNode):
        if graph.objects(node, RDF_FIRST) and node.value != RDF_NIL:
            raise _bad_path(node, "a sequence must stand in a blank node")
        return Predicate(node.value)
    if not isinstance(node, ox.BlankNode):
        raise _bad_path(node, "a literal is no path")
    if node in _above:
        raise _bad_path(node, "the path refers to itself")
    above = _above | {node}
    forms = [form for form in _PATH_FORMS if graph.objects(node, SH + form)]
    is_list = bool(graph.objects(node, RDF_FIRST) or graph.objects(node, RDF_REST))
    if is_list:
        # SHACL 2.3.1.2: further properties of the list node do not matter (W3C test path-strange-001).
        return Sequence(_members(graph, node, node, above))
    if len(forms) != 1:
        raise _bad_path(node, "it has none of the path forms" if not forms else "it mixes several path forms")
    inner = graph.objects(node, SH + forms[0])
    if len(inner) != 1:
        raise _bad_path(node, f"sh:{forms[0]} has {len(inner)} values")
    if forms[0] == "alternativePath":
        return Alternative(_members(graph, node, inner[0], above))
    path = read_path(graph, inner[0], above)
    return Inverse(path) if forms[0] == "inversePath" else Repeat(path, _MARKS[forms[0]])


def _members(graph: TermGraph, node: OxTerm, head: OxTerm, above: frozenset[OxTerm]) -> tuple[Path, ...]:
    members = graph.items(head)
    if len(members) < 2:
        raise _bad_path(node, "its list has fewer than two members")
    return tuple(read_path(graph, member, above) for member in members)


def _bad_path(node: OxTerm, why: str) -> ShapesError:
    return ShapesError(
        f"a property path is ill-formed: {why}",
        where=str(node),
        hint="See https://www.w3.org/TR/shacl/#property-paths for the forms a path may have.",
    )


def _relabelled(triples: list[_Triple]) -> Iterator[_Triple]:
    """The triples with blank nodes labelled by colour refinement over what they say and who refers to
    them.
    """
    colours: dict[Term, str] = {t: "" for s, _, o in triples for t in (s, o) if isinstance(t, BNode)}
    if not colours:
        yield from triples
        return

    def name(term: Term) -> str:
        return colours[term] if isinstance(term, BNode) else str(tuple(term))

    edges: dict[Term, list[tuple[str, str, Term]]] = {node: [] for node in colours}
    for s, p, o in triples:
        if isinstance(s, BNode):
            edges[s].append(("out", p.value, o))
        if isinstance(o, BNode):
            edges[o].append(("in", p.value, s))
    kinds = 0
    while True:
        colours = {
            node: hashlib.sha256(
                repr((colours[node], sorted((way, p, name(other)) for way, p, other in around))).encode()
            ).hexdigest()
            for node, around in edges.items()
        }
        now = len(set(colours.values()))
        if now == kinds:
            break
        kinds = now
    labels: dict[Term, Term] = {}
    taken: dict[str, int] = {}
    for node, colour in colours.items():
        short = "b" + colour[:16]
        taken[short] = taken.get(short, 0) + 1
        labels[node] = BNode(short if taken[short] == 1 else f"{short}x{taken[short]}")
    for s, p, o in triples:
        yield labels.get(s, s), p, labels.get(o, o)


def shapes_graph(quads: Iterable[ox.Quad | ox.Triple]) -> rdflib.Graph:
    """Parsed statements as an rdflib graph, lexical forms as parsed (rdflib's own parser normalises them)."""
    import rdflib

    from kgraph.shacl.terms import rdflib_from_ox

    graph = rdflib.Graph()
    for quad in quads:
        graph.add((rdflib_from_ox(quad.subject), rdflib_from_ox(quad.predicate), rdflib_from_ox(quad.object)))
    return graph
