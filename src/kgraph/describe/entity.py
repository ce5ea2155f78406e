"""The Description of one IRI: what is stated of it, what speakers say of it, what links to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from kgraph.describe.claims import Claim, claims_of
from kgraph.describe.declarations import Declaration, load_declarations, read_declaration
from kgraph.describe.evidence import OA, Evidence, Passage, Texts, evidence, load_passages, passage
from kgraph.describe.node import Kept, Node, Reader, Source
from kgraph.engine.protocol import Engine, IncomingGroup, Pattern
from kgraph.terms import IRI, BNode, Quad, Term
from kgraph.terms import Node as Resource

OUTGOING_LIMIT = 20_000
INCOMING_SHOWN = 25
"""Links by one property up to so many are shown on a page."""
INCOMING_IN_ALL = 150
"""Links by all properties together up to so many are shown on a page; the others are counted."""
PARTS_SHOWN = 120
PASSAGES_SHOWN = 60
SOME_PASSAGES = 40
"""Of a source with more passages than PASSAGES_SHOWN so many are shown."""
EVIDENCE_SHOWN = 12
"""Of the graphs that support one statement so many are read for a page; it says how many there are."""


@dataclass(frozen=True)
class Incoming:
    """Links that arrive by one property: how many nodes link, and the first of them."""

    predicate: str
    count: int
    subjects: tuple[Resource, ...]


@dataclass
class Description:
    """All there is to say of `iri`. `children` are its hash nodes and blank nodes, shown within its page.

    `said` are the claims about it, `sayings` the claims that it makes; of the relations in `some` there are more.
    `passage` is set for a passage and `drawn` holds what its graph supports. `iris` are all IRIs that need a name.
    """

    iri: str
    node: Node
    children: dict[Resource, Node]
    incoming: list[Incoming]
    said: list[Claim]
    sayings: list[Claim]
    evidence: dict[str, Evidence]
    passage: Passage | None = None
    passages: list[Passage] = field(default_factory=list)
    declarations: list[Declaration] = field(default_factory=list)
    drawn: list[Quad] = field(default_factory=list)
    nodes: dict[str, Node] = field(default_factory=dict)
    some: frozenset[str] = frozenset()

    @property
    def exists(self) -> bool:
        """Whether anything is stated of it or links to it."""
        return bool(self.node.properties or self.incoming or self.drawn or self.children)

    @property
    def size(self) -> int:
        """How many quads its documents hold."""
        return self.node.size + sum(child.size for child in self.children.values())

    @property
    def quads(self) -> list[Quad]:
        """What its documents hold: its own statements and those of its children, each in its graphs."""
        return [*self.node.quads, *(q for child in self.children.values() for q in child.quads)]

    def iris(self) -> set[str]:
        """Every IRI that a page of it names."""
        found = {self.iri}
        for node in (self.node, *self.children.values(), *self.nodes.values()):
            for statement in node.statements():
                found.add(statement.predicate)
                found.update(statement.graphs)
                _add(found, statement.object)
        for group in self.incoming:
            found.add(group.predicate)
            found.update(s.value for s in group.subjects if isinstance(s, IRI))
        for claim in (*self.said, *self.sayings):
            found |= claim.iris()
        for one in self.evidence.values():
            found.add(one.graph)
            if one.passage:
                found |= passage_iris(one.passage)
        for declaration in self.declarations:
            found |= declaration.iris()
        for each in (*self.passages, *([self.passage] if self.passage else [])):
            found |= passage_iris(each)
        for quad in self.drawn:
            for term in (quad.subject, quad.predicate, quad.object):
                _add(found, term)
        return found


def passage_iris(one: Passage) -> set[str]:
    """The IRIs that a passage's card names."""
    found = {one.iri, *one.modes}
    if one.source:
        found.add(one.source)
    for voice in (*one.voices, *one.possible_voices):
        found.add(voice.iri)
        found.update(v for v in (voice.agent, voice.role) if v)
    return found


def describe(
    engine: Engine,
    iri: str,
    *,
    kg: str,
    hidden: frozenset[str] = frozenset(),
    kinds: dict[str, str | None] | None = None,
    hash_children: tuple[str, ...] = (),
    texts: Texts | None = None,
    arriving: Mapping[str, int] | None = None,
    kept: Kept | None = None,
    source: Source | None = None,
) -> Description:
    """Describe an IRI. `kg` is the namespace of the site's own terms.

    `hidden` are the graphs never shown (inferred), `kinds` gives the kind of each graph, `hash_children` the hash IRIs
    that the index lists under this one, `arriving` how many links arrive by each property, as the index has it (None:
    the engine counts them), `kept` what was read before, `source` where nodes are looked up before the engine. Nothing
    is raised for an unknown IRI: `exists` is False.
    """
    reader = Reader(engine, hidden, kept, source)
    texts = texts or Texts({})
    resource = IRI(iri)
    reader.load([iri, *hash_children[:PARTS_SHOWN]])
    node = reader.node(resource, limit=OUTGOING_LIMIT)
    below = iri.rstrip("/") + "/"  # foreign data often keep a thing's parts below its path
    children = reader.closure(node, lambda t: _within(iri)(t) or t.value.startswith(below))
    for one in hash_children:
        child = IRI(one)
        if child not in children and len(children) < PARTS_SHOWN:
            children[child] = reader.node(child)
    groups = arrivals(engine, resource, arriving)
    said, sayings, some = claims_of(resource, groups, reader, kg)
    drawn: list[Quad] = []
    own_passage = None
    if engine.contains_graph(resource) and iri not in hidden:
        drawn = list(engine.graph(resource, limit=PARTS_SHOWN))
        if not node.properties or (kinds or {}).get(iri) == "passage":
            own_passage = passage(node, reader, kg, texts)
    graphs = {
        g for n in (node, *children.values()) for s in n.statements() for g in s.graphs[:EVIDENCE_SHOWN]
    }
    graphs |= {g for claim in (*said, *sayings) for g in claim.graphs[:EVIDENCE_SHOWN]}
    found = evidence(graphs, kinds or {}, reader, kg, texts)
    described = Description(
        iri,
        node,
        children,
        [Incoming(g.predicate.value, g.count, g.subjects) for g in groups],
        said,
        sayings,
        found,
        own_passage,
        drawn=drawn,
        some=frozenset(some),
    )
    for group in groups:
        if group.predicate.value == OA + "hasSource":
            most = PASSAGES_SHOWN if group.count <= PASSAGES_SHOWN else SOME_PASSAGES
            subjects = engine.incoming_page(resource, group.predicate, limit=most, total=group.count)[1]
            load_passages(reader, (s.value for s in subjects if isinstance(s, IRI)), kg)
            described.passages = [passage(reader.node(s), reader, kg, texts) for s in subjects]
            described.passages.sort(key=lambda p: (p.start or 0, p.iri))
        elif group.predicate.value == kg + "concerns":
            reader.load(s.value for s in group.subjects if isinstance(s, IRI))
            nodes = [reader.node(s) for s in group.subjects]
            found_ = [n.resource.value for n in nodes if kg + "Recognition" in n.types]
            load_declarations(reader, found_, kg)
            described.declarations = [read_declaration(one, reader, kg) for one in found_]
    more = {g for d in described.declarations for g in d.graphs[:EVIDENCE_SHOWN]}
    more |= {g for d in described.declarations for c in d.known_through for g in c.graphs}
    described.evidence |= evidence(more - set(found), kinds or {}, reader, kg, texts)
    _linked(described, reader, kg)
    return described


def arrivals(engine: Engine, resource: IRI, arriving: Mapping[str, int] | None) -> list[IncomingGroup]:
    """The links that arrive, by property, most first, each with the first of them while there is room on a page."""
    if arriving is None:
        return engine.incoming(resource, per_property=INCOMING_SHOWN)
    groups = []
    room = INCOMING_IN_ALL
    for predicate, count in sorted(arriving.items(), key=lambda item: (-item[1], item[0])):
        most = min(room, INCOMING_SHOWN)
        subjects = engine.incoming_page(resource, IRI(predicate), limit=most, total=count)[1] if most else []
        room -= len(subjects)
        groups.append(IncomingGroup(IRI(predicate), count, tuple(subjects)))
    return groups


def is_linked(engine: Engine, iri: str) -> bool:
    """Whether any link arrives at an IRI; of very many it is not asked whether all of them are inferred."""
    links = engine.count(Pattern(object=IRI(iri)), most=INCOMING_IN_ALL)
    return links == INCOMING_IN_ALL or bool(links and engine.incoming(IRI(iri), per_property=1))


def statements(
    engine: Engine,
    iri: str,
    hidden: frozenset[str],
    hash_children: tuple[str, ...] = (),
    *,
    drawn: bool = False,
) -> list[Quad]:
    """What the documents of an IRI hold: its statements and those of its hash nodes and blank nodes, in their graphs.

    `drawn`: for a named graph also what it holds. An IRI that nothing is stated of gives the links that arrive at it.
    """
    reader = Reader(engine, hidden)
    resource = IRI(iri)
    node = reader.node(resource)
    children = reader.closure(node, _within(iri), most=2000)
    for one in hash_children:
        children.setdefault(IRI(one), reader.node(IRI(one)))
    quads = [*node.quads, *(q for child in children.values() for q in child.quads)]
    if drawn and iri not in hidden and engine.contains_graph(resource):
        quads += engine.graph(resource, limit=OUTGOING_LIMIT)
    if not quads:
        for group in engine.incoming(resource, per_property=INCOMING_SHOWN):
            quads += [Quad(subject, group.predicate, resource, None) for subject in group.subjects]
    return quads


def _within(iri: str) -> Callable[[Resource], bool]:
    document = iri.partition("#")[0] + "#"

    def within(target: Resource) -> bool:
        return isinstance(target, BNode) or (target.value.startswith(document) and target.value != iri)

    return within


def _linked(described: Description, reader: Reader, kg: str) -> None:
    """Read the nodes that a page shows though they are parts of others: participations, sources."""
    parts = [
        s.value
        for group in described.incoming
        for s in group.subjects
        if isinstance(s, IRI) and "#" in s.value
    ]
    reader.load(parts)
    for group in described.incoming:
        for subject in group.subjects:
            if isinstance(subject, IRI) and "#" in subject.value:
                described.nodes[subject.value] = reader.node(subject)
    for one in described.evidence.values():
        if one.passage and one.passage.source:
            described.nodes[one.passage.source] = reader.node(IRI(one.passage.source))


def _add(found: set[str], term: Term) -> None:
    if isinstance(term, IRI):
        found.add(term.value)
