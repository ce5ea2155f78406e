"""Statements with what they rest on, and the cards of passages: what stands on a page some hundred times.

Written in Python as kgraph.web.markup is: nested macros of templates take five times as long. Every function gives
finished HTML; what comes from data goes through `escape`, `said` or `linked`, the interface's texts are put in as
templates put them in. Pieces are joined by f-strings, since `+` between text and Markup would escape.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from markupsafe import Markup, escape

from kgraph.describe import Evidence, Node, Passage, Statement
from kgraph.describe.claims import Claim
from kgraph.describe.evidence import Voice
from kgraph.terms import IRI, BNode, Literal
from kgraph.web import wording
from kgraph.web.language import LANGUAGES, _
from kgraph.web.markup import called, linked, linked_property, named, said
from kgraph.web.sections import Row
from kgraph.web.view import View

DEPTH = 4
"""Parts within parts are shown so deep; further down they are links."""


class Phrases(NamedTuple):
    """The interface's texts that are used here, in one language."""

    rests: str
    more: str
    passage: str
    speaks: str
    position: str
    perhaps: str
    unclear: str
    or_: str
    details: str
    unnamed: str
    undated: str
    cut: str
    some: str


@lru_cache(maxsize=len(LANGUAGES))
def phrases(language: str) -> Phrases:
    """The texts in the language of this answer, which `language` is."""
    return Phrases(
        _("Rests on:"),
        _("and %(n)s more"),
        _("Passage"),
        _("Who speaks:"),
        _("Characters %(start)s to %(end)s"),
        _("perhaps"),
        _("unclear; perhaps"),
        _(" or "),
        _("Details"),
        _("a thing without a name"),
        _("not dated"),
        _("cut: %(n)s characters in all, whole in the data documents"),
        _("%(shown)s of %(total)s values; the data documents have all."),
    )


def literal(view: View, term: Literal) -> Markup:
    """A literal in words."""
    text = said(view.words(term), term.language, view.language)
    if len(term.value) <= wording.SHOWN:
        return text
    cut = phrases(view.language).cut % {"n": wording.number_words(str(len(term.value)))}
    return Markup(f'{text} <span class="tag">{cut}</span>')  # noqa: S704  escaped by `said`


def voices(view: View, passage: Passage) -> Markup:
    """Who speaks in a passage; who perhaps does."""
    text = "; ".join(_voice(view, one) for one in passage.voices)
    if passage.possible_voices:
        words = phrases(view.language)
        possible = words.or_.join(_voice(view, one) for one in passage.possible_voices)
        text += f" ({words.perhaps} {possible})"
    return Markup(text)  # noqa: S704  escaped by `_voice`


def _voice(view: View, one: Voice) -> str:
    if not one.agent:
        return named(view, one.iri)
    text = f"{linked(view, one.agent)}"
    if one.role:
        text += f", {named(view, one.role)}"
    return f"{text}, <q>{escape(one.capacity)}</q>" if one.capacity else text


def speakers(view: View, claim: Claim) -> Markup:
    """Who makes a statement; who perhaps does."""
    text = ", ".join(linked(view, iri) for iri in claim.claimants)
    if claim.possible_claimants:
        words = phrases(view.language)
        text += f"{words.unclear} {words.or_.join(linked(view, iri) for iri in claim.possible_claimants)}"
    return Markup(text)  # noqa: S704  escaped by `linked`


def _modes(view: View, passage: Passage) -> str:
    return "".join(f" ({named(view, mode)})" for mode in passage.modes)


def _place(view: View, passage: Passage) -> str:
    """Where a passage stands in its source, and how it begins and ends."""
    text = ""
    if passage.start is not None:
        text = phrases(view.language).position % {"start": passage.start, "end": passage.end}
    if passage.begins or passage.ends:
        text += f": <q>{escape(passage.begins)}</q> … <q>{escape(passage.ends)}</q>"
    return text


def passage_item(view: View, passage: Passage) -> Markup:
    """A passage in the list of its source."""
    text = f'<li id="{escape(view.fragment(passage.iri))}">\n'
    text += (
        f'<p class="by">{linked(view, passage.iri)} · {voices(view, passage)}{_modes(view, passage)}</p>\n'
    )
    if passage.description:
        text += f"<p>{said(passage.description, passage.description_language, view.language)}</p>"
    if passage.words:
        text += f'<blockquote lang="und"><mark>{escape(passage.words.text)}</mark></blockquote>'
    return Markup(f'{text}<p class="note">{_place(view, passage)}</p>\n</li>')  # noqa: S704  all is escaped


def _short(view: View, passage: Passage, named: bool) -> str:
    """A passage in a few lines; on a long page who speaks, the position and the words stand once."""
    words = phrases(view.language)
    first = view.first(passage.iri) or not view.brief
    text = ""
    if passage.description:
        text = f"<p>{said(passage.description, passage.description_language, view.language)}</p>"
    if named:
        text += f'<p><a href="{escape(view.link(passage.iri).href)}">{words.passage}</a>'
    else:
        text += f"<p>{linked(view, passage.iri)}"
    if first:
        if passage.source:
            text += f" · {linked(view, passage.source)}"
        text += f" · {words.speaks} {voices(view, passage)}{_modes(view, passage)}"
    text += "</p>\n"
    if first:
        text += f"<p>{_place(view, passage)}</p>\n"
        if passage.words:
            text += (
                f'<blockquote lang="und"><span class="ctx">{escape(passage.words.before)}</span>'
                f"<mark>{escape(passage.words.text)}</mark>"
                f'<span class="ctx">{escape(passage.words.after)}</span></blockquote>'
            )
    return text


def evidence(view: View, thing: Any, graphs: Sequence[str], passages_only: bool = False) -> Markup:
    """What a statement rests on, folded. Many passages fold into one."""
    found = view.evidence_of(thing, graphs, passages_only)
    words = phrases(view.language)
    head = f'<summary><b class="sr">{words.rests} </b>'
    if len(found) > 2:
        more = words.more % {"n": view.evidence_count(thing, graphs, found) - 1}
        text = f'<details class="ev">{head}{called(view.evidence_title(found[0]), view.language)} {more}</summary>\n'
        for one in found:
            text += f'<div class="card">{_body(view, one, one is found[0])}</div>'
        return Markup(text + "</details>")  # noqa: S704  all is escaped
    text = ""
    for one in found:
        title = called(view.evidence_title(one), view.language)
        kind = one.kind or "file"
        if one.passage or view.unseen(one.graph):
            class_ = "ev" if kind == "passage" else f"ev ev-{kind}"
            body = _body(view, one, True)
            text += (
                f'<details class="{class_}">{head}{title}</summary><div class="card">{body}</div></details>\n'
            )
        else:
            href = escape(view.link(one.graph).href)
            link = f'<a class="ev-{kind}" href="{href}">{title}</a>'
            text += f'<p class="ev"><b class="sr">{words.rests} </b>{link}</p>\n'
    return Markup(text)  # noqa: S704  all is escaped


def _body(view: View, one: Evidence, named: bool) -> str:
    """`named`: what it rests on is named right above."""
    if one.passage:
        return _short(view, one.passage, named)
    return f"<p>{escape(view.evidence_words(one))} {linked(view, one.graph)}.</p>"


def dating(view: View, node: Node) -> Markup:
    """When, in words, its uncertainty included."""
    edtf = node.text(view.kg + "edtf")
    bounds = node.text(view.kg + "earliest"), node.text(view.kg + "latest")
    text = wording.edtf_words(edtf) if edtf else wording.bounds_words(*bounds)
    shown = escape(text) if text else phrases(view.language).undated
    return Markup(f'<span class="date">{shown}</span>')  # noqa: S704  escaped


def value(view: View, thing: Any, statement: Statement, depth: int = 0) -> Markup:
    """The value of a statement; a part of the thing with its own statements."""
    term = statement.object
    if isinstance(term, Literal):
        text = literal(view, term)
        return Markup(f"<q>{text}</q>") if view.as_written(statement.predicate) else text  # noqa: S704  escaped
    if depth < DEPTH and term in thing.children:
        return part(view, thing, thing.children[term], depth, statement.graphs)
    if isinstance(term, IRI):
        return linked(view, term.value)
    return Markup(f'<span class="plain">{phrases(view.language).unnamed}</span>')  # noqa: S704  our own text


def part(view: View, thing: Any, node: Node, depth: int = 0, graphs: Sequence[str] = ()) -> Markup:
    """A part of a thing. A row shows what it rests on where that is not what the part as a whole rests on."""
    anchor = "" if depth or isinstance(node.resource, BNode) else view.anchor(node.resource.value)
    text = f'<div class="part" id="{escape(anchor)}">' if anchor else '<div class="part">'
    agents = node.iris(view.kg + "agent")
    if view.kg + "Dating" in node.types:
        text += f"<p>{dating(view, node)}</p>"
    elif agents:
        text += "<p>" + "".join(linked(view, a) for a in agents)
        text += "".join(f", {named(view, role)}" for role in node.iris(view.kg + "role"))
        text += "".join(f", <q>{escape(c.value)}</q>" for c in node.literals(view.kg + "capacity")) + "</p>"
    elif told := view.part_text(node):
        text += f"<p><bdi>{escape(told)}</bdi></p>"
    text += f'<details class="more"><summary>{phrases(view.language).details}</summary>\n<dl class="sub">\n'
    for property_ in sorted(node.properties, key=str.lower):
        if view.is_plumbing(property_):
            continue
        text += f"<div><dt>{linked_property(view, property_)}</dt><dd>"
        for one in node.properties[property_]:
            rests = evidence(view, thing, one.graphs) if not depth and one.graphs != graphs else ""
            text += f"<div>{value(view, thing, one, depth + 1)}{rests}</div>"
        text += "</dd></div>\n"
    return Markup(text + "</dl></details>\n</div>")  # noqa: S704  all is escaped


def rows(view: View, thing: Any, items: Iterable[Row]) -> Markup:
    """Properties with their values, each with what it rests on."""
    text = '<dl class="rows">\n'
    for row in items:
        name = called(row.name, view.language) if row.name else linked_property(view, row.iri, "prop")
        text += f'<div class="row">\n<dt>{name}</dt>\n<dd>\n'
        for one in row.statements:
            text += f'<div class="val">{value(view, thing, one)}{evidence(view, thing, one.graphs)}</div>\n'
        if row.total > len(row.statements):
            total = wording.number_words(str(row.total))
            some = phrases(view.language).some % {"shown": len(row.statements), "total": total}
            text += f'<p class="note">{some}</p>'
        text += "</dd>\n</div>\n"
    return Markup(text + "</dl>")  # noqa: S704  all is escaped
