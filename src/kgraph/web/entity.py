"""The page of one thing: its sections in order, every statement with its evidence, what speakers say apart.

The order of a contested event's sections is fixed (DESIGN section 2): date and place; names used by the sources;
numbers stated; who is named as responsible; how it is characterised; formal declarations; commemorations; what the
sources do not say. Everything is sorted by the date of its source; nothing is ranked.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import Response

from kgraph.describe import Description, Node, Statement
from kgraph.describe.claims import Claim
from kgraph.describe.evidence import OA
from kgraph.terms import IRI, ntriples
from kgraph.web import cite, history
from kgraph.web.edition import Edition
from kgraph.web.language import _
from kgraph.web.links import document_address, sparql_address, with_query
from kgraph.web.negotiate import VARIANTS
from kgraph.web.respond import in_release, page
from kgraph.web.sections import Section, grouped, rows_of
from kgraph.web.view import View

SKOS = "http://www.w3.org/2004/02/skos/core#"
_MENTIONS = "mentions"
SHORT = 60
"""Statements, those by speakers included, of a page that tells all of a passage under each."""


def render(edition: Edition, iri: str, *, keep: bool) -> Response:
    """The HTML document of one IRI."""
    described = edition.describe(iri)
    view = View(edition, described.iris())
    spoken = len(described.said) + len(described.sayings) + len(described.declarations)
    view.brief = spoken + described.size > SHORT
    sections = compose(edition, described, view)
    name = view.name(iri)
    roles = edition.roles
    lead = lead_statement(described.node, roles["description"], view)
    return page(
        "entity.html",
        keep=keep,
        view=view,
        thing=described,
        name=name,
        title=name.text,
        kinds=[view.link(t) for t in shown_types(described, edition)],
        lead=lead,
        pictures=pictures(described.node, roles["image"], edition),
        sections=sections,
        documents=[
            (suffix, in_release(document_address(edition, iri, suffix)))
            for suffix, _type in VARIANTS
            if suffix != "html"
        ],
        changes=history.latest(iri),
        canonical=True,
        html_address=document_address(edition, iri, "html"),
        sparql=sparql_address(entity_query(iri)),
        citation=cite.citation(edition, iri, name.text),
    )


def entity_query(iri: str) -> str:
    """What the page's statements are, in SPARQL."""
    node = ntriples(IRI(iri))
    return (
        f"# Every statement about this thing, with the graph (the passage) that supports it\n"
        f"SELECT ?property ?value ?graph WHERE {{\n  {{ {node} ?property ?value }}\n"
        f"  OPTIONAL {{ GRAPH ?graph {{ {node} ?property ?value }} }}\n}} ORDER BY ?property ?value"
    )


def shown_types(described: Description, edition: Edition) -> list[str]:
    """The asserted classes, those of the site's own first."""
    return sorted(set(described.node.types), key=lambda t: (not t.startswith(edition.kg), t))[:6]


def lead_statement(node: Node, properties: Iterable[str], view: View) -> Statement | None:
    """The description that stands under the title, in the best language."""
    for iri in properties:
        chosen = view.text(node.literals(iri))
        if chosen is not None and len(chosen.value) <= 1500:
            return next(s for s in node.all(iri) if s.object == chosen)
    return None


def pictures(node: Node, properties: Iterable[str], edition: Edition) -> list[tuple[str, bool]]:
    """Pictures: address, and whether it is on this site (pages load nothing from elsewhere, they link to it)."""
    found = []
    for iri in properties:
        for target in node.iris(iri):
            own = target.startswith(edition.base)
            found.append(("/" + target[len(edition.base) :] if own else target, own))
    return found[:4]


def compose(edition: Edition, described: Description, view: View) -> list[Section]:
    """The sections of the page, in order; empty ones are left out."""
    kg = edition.kg
    roles = edition.roles
    node = described.node
    claims = sorted(described.said, key=lambda c: claim_order(c, described, edition))
    concerns = {g.predicate: g for g in described.incoming}.get(kg + "concerns")
    contested = bool(claims) and kg + "Claim" not in node.types
    first = {*roles["start"], *roles["end"], *roles["date"], *roles["dating"], *roles["place"], kg + "dating"}
    notes = {SKOS + "editorialNote"}
    lead = set(roles["description"]) if lead_statement(node, roles["description"], view) else set()
    own = [p for p in node.properties if p not in notes and not (p in lead and len(node.all(p)) == 1)]
    sections: list[Section] = []
    if described.passage is not None:
        sections.append(Section("passage", _("Where it stands"), "passage", [described.passage]))
    groups = grouped(own, node, edition, view)
    if groups is not None and not contested:
        sections += [
            Section(f"statements-{n}", title.text, "properties", rows, language=title.language)
            for n, (title, rows) in enumerate(groups)
        ]
    elif contested:
        sections.append(
            Section(
                "when-where",
                _("Date and place"),
                "properties",
                rows_of([p for p in own if p in first], node, roles, kg),
            )
        )
    else:
        sections.append(
            Section("statements", _("What is stated"), "properties", rows_of(own, node, roles, kg))
        )
    sections += claim_sections(claims, described, view, kg)
    if concerns:
        sections += concerning(concerns.subjects, described, edition, view)
    if contested:
        rest = [p for p in own if p not in first]
        sections.append(
            Section("further", _("Further statements"), "properties", rows_of(rest, node, roles, kg))
        )
    if described.passages:
        drawn_from = next(g for g in described.incoming if g.predicate == OA + "hasSource")
        more = (
            claims_list(described.iri, OA + "hasSource") if drawn_from.count > len(described.passages) else ""
        )
        sections.append(
            Section(
                "passages",
                _("Passage by passage"),
                "passages",
                described.passages,
                more=more,
                total=drawn_from.count,
            )
        )
    if described.drawn:
        sections.append(Section("drawn", _("Statements drawn from it"), "drawn", drawn(described)))
    unsaid = [s for p in notes for s in node.all(p)]
    sections.append(Section("not-said", _("What the sources do not say"), "notes", unsaid))
    sayings = sorted(described.sayings, key=lambda c: claim_order(c, described, edition))
    says = _("What is reported as said by %(name)s", name=view.name(described.iri).text)
    made = next((g.count for g in described.incoming if g.predicate == kg + "claimant"), 0)
    more = claims_list(described.iri, kg + "claimant") if kg + "claimant" in described.some else ""
    sections.append(Section("says", says, "claims", sayings, more=more, total=made))
    parts = [
        c for c in described.children.values() if isinstance(c.resource, IRI) and not linked(c, described)
    ]
    sections.append(Section("parts", _("Parts described on this page"), "parts", parts))
    skip = (
        {kg + one for one in ("about", "possiblyAbout", "claimant", "possibleClaimant")}
        if described.said or described.sayings
        else set()
    )
    skip -= described.some - {kg + "about", kg + "claimant"}  # those two have their whole list above
    skip |= {OA + "hasSource"} if described.passages else set()
    incoming = [
        g
        for g in described.incoming
        if g.predicate not in skip and not (g.predicate == kg + "concerns" and g.count == len(g.subjects))
    ]
    sections.append(Section("incoming", _("What links here"), "incoming", incoming))
    return [s for s in sections if s.items]


def claim_sections(claims: list[Claim], described: Description, view: View, kg: str) -> list[Section]:
    """Claims about a thing, by what kind of act they are."""
    rest = list(claims)
    sections = []

    def take(section: str, title: str, kind: str, *acts: str) -> None:
        chosen = [c for c in rest if c.relation != _MENTIONS and view_act(c, kg, acts)]
        for one in chosen:
            rest.remove(one)
        sections.append(Section(section, title, kind, chosen))

    take("names", _("Names used by the sources"), "namings", "Naming")
    take("numbers", _("Numbers stated"), "tallies", "Counting")
    take("responsible", _("Who is named as responsible, and by whom"), "namings", "Attribution")
    take("characterised", _("How it is characterised"), "namings", "Characterisation")
    about = [c for c in rest if c.relation != _MENTIONS]
    sections.append(Section("said", _("What else is said of it"), "claims", about))
    mentioned = [c for c in rest if c.relation == _MENTIONS]
    sections.append(Section("mentioned", _("Statements that mention it"), "claims", mentioned))
    counts = {g.predicate: g.count for g in described.incoming}
    shown = [section for section in sections if section.items]
    for section in shown:
        if section.id == "numbers" or section is shown[0]:  # one query gives all of them
            section.query = sparql_address(claims_query(described.iri, kg))
        relation = kg + ("mentions" if section.id == "mentioned" else "about")
        if relation in described.some:
            section.more = claims_list(described.iri, relation)
            section.total = counts[relation]
    return sections


def claims_list(iri: str, relation: str) -> str:
    """The address of the whole list of claims that touch a thing in one way."""
    return with_query("/incoming", {"iri": iri, "property": relation})


def view_act(claim: Claim, kg: str, acts: tuple[str, ...]) -> bool:
    """Whether a claim is one of these acts; a number counts as a counting whatever its act."""
    wanted = {kg + act for act in acts}
    if "Counting" in acts and (kg + "Tally" in claim.types or claim.count):
        return True
    return bool(wanted & set(claim.acts))


def claims_query(iri: str, kg: str) -> str:
    """What speakers say of a thing, in SPARQL."""
    return (
        f"PREFIX kg: <{kg}>\n# What speakers say of this thing, and in which passage\n"
        "SELECT ?claim ?act ?claimant ?term ?count ?passage WHERE {\n"
        f"  GRAPH ?passage {{ ?claim kg:about {ntriples(IRI(iri))} }}\n"
        "  OPTIONAL { ?claim kg:act ?act }\n  OPTIONAL { ?claim kg:claimant ?claimant }\n"
        "  OPTIONAL { ?claim kg:term ?term }\n  OPTIONAL { ?claim kg:count ?count }\n} ORDER BY ?act ?claimant"
    )


def concerning(
    subjects: Iterable[Any], described: Description, edition: Edition, view: View
) -> list[Section]:
    """Declarations, commemorations and other things that concern an event."""
    kg = edition.kg
    declared: list[str] = []
    held: list[str] = []
    other: list[str] = []
    for iri in (s.value for s in subjects if isinstance(s, IRI)):
        kind = view.name(iri).kind
        (declared if kind == kg + "Recognition" else held if kind == kg + "Commemoration" else other).append(
            iri
        )
    return [
        Section(
            "declarations",
            _("Formal declarations reported"),
            "declarations",
            described.declarations,
            query=sparql_address(concerns_query(described.iri, kg, "Recognition")),
        ),
        Section(
            "commemorations",
            _("Commemorations"),
            "things",
            held,
            query=sparql_address(concerns_query(described.iri, kg, "Commemoration")),
        ),
        Section(
            "concerning",
            _("What else concerns it"),
            "things",
            other,
            query=sparql_address(concerns_query(described.iri, kg)),
        ),
    ]


def concerns_query(iri: str, kg: str, kind: str = "") -> str:
    """What concerns a thing, in SPARQL."""
    typed = f" a kg:{kind} ;" if kind else ""
    pattern = f"?thing{typed} kg:concerns {ntriples(IRI(iri))}"
    return f"PREFIX kg: <{kg}>\nSELECT DISTINCT ?thing WHERE {{ {pattern} }} ORDER BY ?thing"


def claim_order(claim: Claim, described: Description, edition: Edition) -> tuple[str, int, str]:
    """By date of source, then by place in it."""
    best = ("9999", 1 << 30)
    for graph in claim.graphs:
        one = described.evidence.get(graph)
        if one and one.passage and one.passage.source:
            source = described.nodes.get(one.passage.source)
            day = source_day(source, edition) if source else "9999"
            best = min(best, (day, one.passage.start or 0))
    return (*best, claim.iri)


def source_day(source: Node, edition: Edition) -> str:
    """The date that a source bears, for sorting."""
    for iri in edition.roles["date"]:
        text = source.text(iri)
        if text:
            return text
    return "9999"


def drawn(described: Description) -> list[tuple[Any, list[Any]]]:
    """What a passage's graph holds, by subject, kinds left to the names."""
    found: dict[Any, list[Any]] = {}
    for quad in sorted(described.drawn, key=lambda q: (q.subject.value, q.predicate.value, q.object.value)):
        found.setdefault(quad.subject, []).append(quad)
    return list(found.items())


def linked(child: Node, described: Description) -> bool:
    """Whether a part is already shown under a statement that leads to it."""
    nodes = [described.node, *(c for c in described.children.values() if c is not child)]
    return any(s.object == child.resource for n in nodes for s in n.statements())


__all__ = ["render"]
