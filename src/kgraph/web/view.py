"""What templates work with: names of IRIs as links, values in words, evidence as cards."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from markupsafe import Markup

from kgraph.describe import Description, Evidence, Name, Node
from kgraph.iri import is_linkable
from kgraph.terms import IRI, RDF, RDF_TYPE, RDFS, BNode, Literal, Term
from kgraph.web import wording
from kgraph.web.edition import Edition
from kgraph.web.language import _
from kgraph.web.links import thing_address
from kgraph.web.respond import addresses, language

OA = "http://www.w3.org/ns/oa#"
_AS_WRITTEN = ("term", "nameAsWritten", "title", "phrase", "capacity", "unit", "addressee")
_QUOTES = ("exact", "prefix", "suffix")
SKOS = "http://www.w3.org/2004/02/skos/core#"


class Words(NamedTuple):
    """A text and its language: '' where it has none, or where it is the interface's own."""

    text: str
    language: str = ""


class Link(NamedTuple):
    """A thing as pages show it. `href` is None for what may not be linked; `external` leads off this site."""

    text: str
    language: str | None
    href: str | None
    external: bool
    iri: str
    kind: str | None = None


class View:
    """Names and words for one page. `iris` are those that the page will name: they are looked up at once."""

    def __init__(self, edition: Edition, iris: Iterable[str] = ()) -> None:
        self.edition = edition
        self.kg = edition.kg
        self.language = chosen = language()
        self._here = addresses()
        self.html: dict[str, Markup] = {}
        """Links that the page has shown, as HTML: most stand on it several times (kgraph.web.markup)."""
        site = [str(tag) for tag in edition.site.settings["languages"]]
        self.languages = [chosen, *(tag for tag in site if tag != chosen)]
        self._names: dict[str, Name] = {}
        self._links: dict[str, Link] = {}
        self._seen: set[str] = set()
        self.brief = True
        """Whether who speaks in a passage, and where it stands, are told once; a short page repeats them."""
        self._quoted = {
            SKOS + "example",
            OA + "exact",
            OA + "prefix",
            OA + "suffix",
            *(self.kg + one for one in _AS_WRITTEN),
        }
        self.learn(iris)

    def learn(self, iris: Iterable[str]) -> None:
        """Look up the names of more IRIs, those of their kinds included."""
        missing = {iri for iri in iris if iri not in self._names}
        if missing:
            self._names |= self.edition.names.of(missing, self.languages)
            kinds = {n.kind for iri in missing if (n := self._names[iri]).kind} - set(self._names)
            if kinds:
                self._names |= self.edition.names.of((k for k in kinds if k), self.languages)

    def name(self, iri: str) -> Name:
        """What an IRI is called."""
        if iri not in self._names:
            self.learn([iri])
        return self._names[iri]

    def link(self, iri: str) -> Link:
        """A thing as a link: its page here, or its own address elsewhere when this release says nothing of it."""
        found = self._links.get(iri)
        if found is None:
            found = self._links[iri] = self._link(iri)
        return found

    def _link(self, iri: str) -> Link:
        name = self.name(iri)
        kind = self.name(name.kind).text if name.kind else None
        if name.known or iri.startswith(self.edition.base):
            return Link(
                name.text, name.language, self._here(thing_address(self.edition, iri)), False, iri, kind
            )
        if is_linkable(iri):
            return Link(name.text, name.language, iri, True, iri, kind)
        return Link(name.text, name.language, None, False, iri, kind)

    def property(self, iri: str) -> Link:
        """A property as a link to its description, where there is one."""
        found = self.link(iri)
        if not self.name(iri).known:
            return Link(found.text, found.language, iri if is_linkable(iri) else None, True, iri)
        return found

    def prefixed(self, iri: str) -> str:
        """The IRI as a prefixed name, or whole."""
        return self.edition.names.prefixed(iri) or iri

    def words(self, term: Term) -> str:
        """A literal in words."""
        return wording.literal_words(term) if isinstance(term, Literal) else term.value

    def text(self, literals: Iterable[Literal]) -> Literal | None:
        """Of several literals the one in the language to prefer; the first where none is."""
        found = list(literals)
        rank = {tag: place for place, tag in enumerate(self.languages)}
        found.sort(key=lambda one: rank.get((one.language or "").split("-")[0], len(rank)))
        return found[0] if found else None

    def text_of(self, texts: dict[str, str]) -> Words | None:
        """Of a text in several languages (tag, or '' -> text) the one to prefer."""
        for tag in (*self.languages, "", *texts):
            if texts.get(tag):
                return Words(texts[tag], tag)
        return None

    def shape_name(self, described: dict[str, Any]) -> Words:
        """What a shape calls a property; the property's own label where only that is in the page's language."""
        name, own = self.text_of(described.get("name") or {}), self.name(described["path"])
        if name and (name.language in ("", self.languages[0]) or own.language != self.languages[0]):
            return name
        return Words(own.text, own.language or "")

    def part_text(self, node: Node) -> str:
        """What a part of a thing is, in a few words: its value or label, or the days that it allows."""
        roles = self.edition.roles
        found = self.text([v for p in (RDF + "value", *roles["label"]) for v in node.literals(p)])
        if found:
            return self.words(found)
        first = next((t for p in (*roles["earliest"], *roles["start"]) if (t := node.text(p))), None)
        last = next((t for p in (*roles["latest"], *roles["end"]) if (t := node.text(p))), None)
        return wording.bounds_words(first, last)

    def as_written(self, property_: str) -> bool:
        """Whether a property's values are words of a source, which pages put in quotation marks."""
        return property_ in self._quoted

    def is_kg(self, iri: str, *local: str) -> bool:
        """Whether an IRI is one of these terms of the site's own."""
        return any(iri == self.kg + one for one in local)

    def evidence_of(self, thing: Any, graphs: Iterable[str], passages_only: bool = False) -> list[Evidence]:
        """What a statement rests on: passages in the order of their source, then the curator's own.

        `passages_only`: of a thing as a whole, whose label is the curator's, only the passages, where it has any.
        """
        found = [thing.evidence[g] for g in graphs if g in thing.evidence]
        found.sort(
            key=lambda e: (
                e.passage is None,
                e.passage.source or "" if e.passage else "",
                e.passage.start or 0 if e.passage else 0,
                e.graph,
            )
        )
        passages = [e for e in found if e.passage]
        return passages if passages_only and passages else found

    def evidence_count(self, thing: Any, graphs: Sequence[str], found: Sequence[Evidence]) -> int:
        """How many graphs support a statement, those that the page does not show included."""
        return len(found) + sum(1 for g in graphs if g not in thing.evidence and g not in self.edition.kinds)

    def unseen(self, iri: str) -> bool:
        """Whether the page has not asked for this by `first`."""
        return iri not in self._seen

    def first(self, iri: str) -> bool:
        """Whether this is the first time that the page asks for this."""
        new = iri not in self._seen
        self._seen.add(iri)
        return new

    def evidence_title(self, one: Evidence) -> Words:
        """What a statement rests on, in a few words."""
        if one.passage is None and one.kind in ("editorial", "ontology"):
            return Words(_("Editorial") if one.kind == "editorial" else _("Ontology"))
        name = self.name(one.graph)
        return Words(name.text, name.language or "")

    def evidence_words(self, one: Evidence) -> str:
        """What kind of graph a statement rests on, where it is no passage; shorter where the page has said it."""
        if one.kind == "editorial" and not self.first(one.graph):
            return _("The curator’s own, in the graph")
        words = {
            "editorial": _(
                "The curator’s own: a label, a translation, an identity or a derived value, in the graph"
            ),
            "external": _("A fact taken from another dataset, with its licence and credit, in the graph"),
            "ontology": _("Part of the site’s vocabulary, in the graph"),
            "file": _("Stated in the graph"),
        }
        return words.get(one.kind or "file", words["file"])

    def link_within(self, iri: str, thing: Description) -> Link:
        """A thing that links here; a part of another page is named with that page."""
        found = self.link(iri)
        parent, hash_, _fragment = iri.partition("#")
        if not hash_ or self.name(iri).labelled:
            return found
        node = thing.nodes.get(iri)
        whole = self.name(parent)
        roles = [self.name(r).text for r in node.iris(self.kg + "role")] if node else []
        text = f"{whole.text} – {', '.join(roles) or found.text}"
        return Link(text, whole.language, found.href, found.external, iri)

    def term_link(self, iri: str) -> Link:
        """A term as a link with its prefixed name."""
        found = self.link(iri)
        return (
            found
            if self.name(iri).labelled
            else Link(self.prefixed(iri), None, found.href, found.external, iri)
        )

    def is_plumbing(self, property_: str) -> bool:
        """Statements that say what the page shows anyway."""
        return property_ in (RDF_TYPE, RDFS + "isDefinedBy", SKOS + "inScheme", SKOS + "topConceptOf")

    def fragment(self, iri: str) -> str:
        """An anchor for a term on the vocabulary's page."""
        return iri.partition("#")[2] or iri.rstrip("/").rpartition("/")[2]

    def constraints(self, iri: str) -> int:
        """How many properties of a class the shapes have a rule for."""
        return sum(len(shape["properties"]) for shape in self.edition.shapes() if shape["class"] == iri)

    def anchor(self, iri: str) -> str:
        """The fragment that a hash IRI has within its page."""
        return iri.partition("#")[2]


def is_literal(term: Any) -> bool:
    """For templates: whether a term is a literal."""
    return isinstance(term, Literal)


def is_iri_term(term: Any) -> bool:
    """For templates: whether a term is an IRI."""
    return isinstance(term, IRI)


def is_blank(term: Any) -> bool:
    """For templates: whether a term is a blank node."""
    return isinstance(term, BNode)
