"""The table of the checks and the one function that runs them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import pyoxigraph as ox

from kgraph.build.findings import Finding
from kgraph.build.inputs import Inputs
from kgraph.build.load import Loaded, inferred_graph
from kgraph.build.ontology import Ontology
from kgraph.build.scan import Scan
from kgraph.site import CONFIG
from kgraph.terms import RDF_TYPE, RDFS, XSD

_TYPE = ox.NamedNode(RDF_TYPE)
_DEFAULT = ox.DefaultGraph()
_KINDS = {
    "Passage": "passage",
    "EditorialGraph": "editorial",
    "ExternalGraph": "external",
    "InferredGraph": "inferred",
}


class Check(NamedTuple):
    """One check: its id, what it demands, and what to do when it fails."""

    id: str
    demands: str
    remedy: str


@dataclass
class Graph:
    """What the checks read: the loaded store and what is known of the site."""

    store: ox.Store
    inputs: Inputs
    ontology: Ontology
    loaded: Loaded
    shapes: list[ox.Quad]

    def kg(self, name: str) -> ox.NamedNode:
        """A term of the site's ontology."""
        return ox.NamedNode(self.inputs.site.ontology_namespace + name)

    def members(self, name: str) -> Iterator[ox.NamedNode]:
        """The named nodes of a class, subclasses included (the inferred types are in the store)."""
        for quad in self.store.quads_for_pattern(None, _TYPE, self.kg(name), _DEFAULT):
            if type(quad.subject) is ox.NamedNode:
                yield quad.subject

    def named_graphs(self) -> Iterator[ox.NamedNode | ox.BlankNode]:
        """The graphs to be looked at."""
        return self.store.named_graphs()

    def editorial(self) -> Iterator[ox.NamedNode]:
        """Graphs that are editorial and nothing else."""
        return (name for name, kinds in self.kinds.items() if kinds == {"editorial"})

    def within(
        self, name: ox.NamedNode, predicate: ox.NamedNode, value: ox.NamedNode | None
    ) -> Iterator[ox.Quad]:
        """The quads of a graph with a predicate (and a value)."""
        return self.store.quads_for_pattern(None, predicate, value, name)

    def speaking(self) -> Iterator[ox.NamedNode]:
        """The passages whose statements are to be looked at."""
        return self.members("Passage")

    def stated(self, predicate: str | ox.NamedNode) -> Iterator[tuple[Any, ox.NamedNode, Any, ox.NamedNode]]:
        """The quads of a property (a term of the ontology by its name) in these passages."""
        term = self.kg(predicate) if isinstance(predicate, str) else predicate
        for quad in self.store.quads_for_pattern(None, term, None, None):
            name = quad.graph_name
            if type(name) is ox.NamedNode and "passage" in self.kinds.get(name, ()):
                yield quad.subject, quad.predicate, quad.object, name

    def labelled(self) -> Iterator[ox.NamedNode]:
        """Nodes that have a label and no type."""
        found = self.select(
            f"SELECT DISTINCT ?s {{ ?s <{RDFS}label> ?label"
            f" FILTER(isIRI(?s)) FILTER NOT EXISTS {{ ?s {_TYPE} ?type FILTER(isIRI(?type)) }} }}"
        )
        return (s for (s,) in found)

    def places(self, name: str) -> Iterator[tuple[ox.NamedNode, ox.NamedNode | ox.BlankNode]]:
        """The members of a class, each with the graphs that have it as a subject."""
        found = self.select(
            f"SELECT ?thing ?g {{ ?thing {_TYPE} {self.kg(name)} GRAPH ?g {{ ?thing ?p ?o }} }}"
        )
        return ((thing, place) for thing, place in found)

    def beyond(self) -> Iterator[ox.NamedNode]:
        """Passages that may end after their source: an end that is not surely within."""
        oa, xsd, extent = "http://www.w3.org/ns/oa#", XSD, "<http://purl.org/dc/terms/extent>"
        test = "COALESCE(xsd:integer(STR(?end)) > xsd:integer(STR(?extent)), true)"
        found = self.select(
            f"PREFIX oa: <{oa}> PREFIX xsd: <{xsd}> SELECT DISTINCT ?passage {{"
            f" ?passage a {self.kg('Passage')} ; oa:hasSource ?source ; oa:hasSelector ?selector ."
            f" ?selector oa:end ?end . ?source {extent} ?extent FILTER(isIRI(?passage) && {test}) }}"
        )
        return (passage for (passage,) in found)

    def classes(self) -> Iterator[ox.NamedNode | ox.BlankNode | ox.Literal]:
        """What nodes are typed as."""
        return (found for (found,) in self.select(f"SELECT DISTINCT ?class {{ ?node {_TYPE} ?class }}"))

    def linked(self) -> Iterator[ox.NamedNode]:
        """What statements lead to."""
        return (o for (o,) in self.select("SELECT DISTINCT ?o { ?s ?p ?o FILTER(isIRI(?o)) }"))

    def select(self, query: str) -> Iterator[Any]:
        """The solutions of a SELECT over the merge: what a check looks for, told by the store in one scan."""
        found = self.store.query(query)
        assert isinstance(found, ox.QuerySolutions)
        return iter(found)

    def objects(self, subject: ox.NamedNode, predicate: ox.NamedNode) -> list[ox.NamedNode | ox.Literal]:
        """The objects of a property in the merge, sorted."""
        found = self.store.quads_for_pattern(subject, predicate, None, _DEFAULT)
        return sorted((q.object for q in found), key=str)  # type: ignore[misc]

    def types(self, subject: ox.NamedNode) -> set[str]:
        """IRIs of the classes of a node, inferred ones included."""
        return {
            q.object.value
            for q in self.store.quads_for_pattern(subject, _TYPE, None, _DEFAULT)
            if type(q.object) is ox.NamedNode
        }

    @cached_property
    def texts(self) -> dict[str, str]:
        """Source -> its text, where kgraph.toml says where that is."""
        site = self.inputs.site
        return {
            self.inputs.rewrite.iri(iri): path.read_bytes().decode("utf-8", "replace")
            for iri, name in dict(site.settings["sources"]).items()
            if (path := site.root / str(name)).is_file()
        }

    @cached_property
    def kinds(self) -> dict[ox.NamedNode, set[str]]:
        """Graph name -> the kinds it is typed as: passage, editorial, external."""
        found: dict[ox.NamedNode, set[str]] = {}
        for name, kind in _KINDS.items():
            for node in self.members(name):
                found.setdefault(node, set()).add(kind)
        return found

    @property
    def inferred(self) -> ox.NamedNode:
        """The inferred graph."""
        return inferred_graph(self.inputs.site.base)

    @property
    def ontology_graph(self) -> ox.NamedNode:
        """The graph of the ontology files."""
        return ox.NamedNode(self.inputs.rewrite.ontology)

    def short(self, iri: str) -> str:
        """An IRI as a curator writes it."""
        return self.inputs.short(iri)


Run = Callable[[Graph], Iterator[Finding]]

CHECKS: dict[str, tuple[Check, Run]] = {}
"""Check id -> the check and what runs it, in the order of docs/checks.md."""


def check(id_: str, demands: str, remedy: str) -> Callable[[Run], Run]:
    """Enter a function into the table."""

    def enter(run: Run) -> Run:
        CHECKS[id_] = (Check(id_, demands, remedy), run)
        return run

    return enter


def check_model(
    store: ox.Store,
    inputs: Inputs,
    ontology: Ontology,
    loaded: Loaded,
    shapes: list[ox.Quad],
    scan: Scan | None = None,
) -> Iterator[Finding]:
    """Every finding of the model checks; none for a site that does not use the kgraph ontology.

    `scan` has the sorted lines of all that is in the store.
    """
    if not ontology.is_kgraph(inputs.site.ontology_namespace):
        return
    graph = Graph(store, inputs, ontology, loaded, shapes)
    if scan is not None:
        from kgraph.build.checks.ordered import OrderedGraph

        graph = OrderedGraph(store, inputs, ontology, loaded, shapes, scan)
    for _, run in all_checks().values():
        yield from run(graph)


def check_site(inputs: Inputs) -> Iterator[Finding]:
    """What kgraph.toml leaves open, as notes (a site without one is published as it is), and faulty query files."""
    from kgraph.build.checks.queries import check_queries

    site = inputs.site
    if not site.settings["license"] and (site.root / CONFIG).exists() and site.file is None:
        yield Finding(
            "licence",
            "no licence is named, so machines get no description of the dataset (DCAT, VoID)",
            file=CONFIG,
            hint="Set 'license' to the IRI of the licence of the data.",
            severity="note",
        )
    yield from check_queries(inputs)


def all_checks() -> dict[str, tuple[Check, Run]]:
    """The whole table."""
    from kgraph.build.checks import datings, evidence, positions, speech, terms  # they enter themselves

    assert all((datings, evidence, positions, speech, terms))
    return CHECKS


_ALONE = """\
A served document can be judged on its own by any SHACL processor: beside what it says of its thing it gives the types
of what it links to, and the schemes of concepts, which is what a shape asks of a value. The ontology is judged
with it, and `--focus` names what is judged:

```sh
curl -sL -H 'Accept: text/turtle' http://localhost:8000/id/event/khojaly-1992 > thing.ttl
cat ontology/*.ttl thing.ttl > data.ttl; cat shapes/*.ttl > rules.ttl
.venv/bin/pyshacl -s rules.ttl --focus http://localhost:8000/id/event/khojaly-1992 data.ttl
```

Without `--focus` a processor judges whatever has a type, and misses in this document what the linked things say in
theirs. To hold that too, a document would have to hold their links as well, and so on to most of the graph. Targets
that only full descriptions have (a label, say) would do without it, and would let a thing that lacks its label pass.
`tests/test_crawl.py` judges every document alone, and all of them together without a focus."""


def reference() -> str:
    """docs/checks.md."""
    lines = [
        "# Checks",
        "",
        "`kgraph check` and `kgraph build` look at three things, in this order, and report them in one way:",
        "",
        "1. **parse**: every file is well-formed RDF 1.1; of every faulty file the first error, with line and column.",
        "2. The **model checks** below: what no shape can say. They apply where the ontology of the site is that of",
        "   kgraph (it defines Passage and Claim); other RDF is published as it is.",
        "3. **shacl**: the shapes in `shapes/`. A result of severity sh:Violation rejects the data; sh:Warning",
        "   and sh:Info are reported.",
        "",
        "A file of `queries/` (id query) is SPARQL in UTF-8 with a sound header and a name of its own, on any site.",
        "A note (id licence) tells when kgraph.toml names no licence: then there is no description of the dataset.",
        "`kgraph build` adds a warning (id address) for each thing at an address that kgraph serves itself, such as",
        "/browse: its page is at `/entity?iri=` with its IRI; and notes (id odd) on what readers will trip over.",
        "",
        "Each message has the file, in Turtle and TriG the line where a block of its subject begins, the id of the",
        "check, the subject, and what to do. `tests/broken/` has a file for each, with its message.",
        "",
        *_ALONE.splitlines(),
        "",
        "| id | demands | when it fails |",
        "|---|---|---|",
    ]
    rows = [f"| {c.id} | {c.demands} | {c.remedy} |" for c, _ in all_checks().values()]
    return "\n".join([*lines, *(row.replace("<", "&lt;") for row in rows)]) + "\n"


def finding(id_: str, message: str, **rest: object) -> Finding:
    """A finding of a check, with its remedy as the hint."""
    return Finding(id_, message, hint=CHECKS[id_][0].remedy, **rest)  # type: ignore[arg-type]


def value_of(term: object) -> str:
    """An IRI, a literal's text or `_:label`, for a message."""
    if isinstance(term, ox.BlankNode):
        return f"_:{term.value}"
    return term.value if isinstance(term, ox.NamedNode | ox.Literal) else str(term)
