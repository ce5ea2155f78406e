"""Compact JSON-LD: pleasant keys from the site's own vocabulary, a context that needs no network, parts nested.

JSON-LD 1.1 (W3C Recommendation 2020). The whole context is published; each document holds what it uses of it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from kgraph.engine import Pattern
from kgraph.harvest.published import Published
from kgraph.harvest.writing import VOCABULARIES, line, term
from kgraph.terms import IRI, RDF_TYPE, XSD, XSD_STRING, BNode, Literal, Node, Quad, Term

PATH = "context.jsonld"

_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,14}")  # kept exact by every JSON reader
_SAMPLE = 50
_TERMS = 2000
_DEPTH = 40
_LANGUAGE_MAP, _NATIVE = "@language", "native"
_RESERVED = frozenset({"id", "type", "isPrimaryTopicOf"})


@dataclass(frozen=True)
class Key:
    """A property's key. `values`: '@id', a datatype, '@language', 'native' or '': how its plain values are read."""

    name: str
    values: str


class Context:
    """The keys of one release. `keys` maps a property, `classes` a class, to its name."""

    def __init__(self, published: Published) -> None:
        self.prefixes = _prefixes(published)
        taken: dict[str, str] = {}
        self.keys: dict[str, Key] = {}
        self.classes: dict[str, str] = {}
        own = published.site.ontology_namespace
        for table, column, count in (
            ("property_statistic", "property", "triples"),
            ("class_statistic", "class", "entities"),
        ):
            rows = published.rows(
                f"SELECT n.iri FROM {table} s JOIN node n ON n.id = s.{column}"
                f" ORDER BY substr(n.iri, 1, ?) != ?, s.{count} DESC, n.iri LIMIT ?",
                len(own),
                own,
                _TERMS,
            )
            for row in rows:
                iri = row["iri"]
                name = iri.rstrip("/#").replace("#", "/").rpartition("/")[2]
                if iri == RDF_TYPE or not _KEY.fullmatch(name) or name in _RESERVED or name in self.prefixes:
                    continue
                if taken.setdefault(name, iri) != iri:
                    continue
                if column == "class":
                    self.classes[iri] = name
                else:
                    self.keys[iri] = Key(name, _values_of(published, iri))
        for iri in ("void:inDataset", "dct:license"):
            full = term(iri).value
            name = iri.partition(":")[2]
            if taken.setdefault(name, full) == full:
                self.keys.setdefault(full, Key(name, "@id"))

    def written(self, used: Iterable[str] | None = None) -> dict[str, Any]:
        """The context as JSON; of the given names only."""
        wanted = None if used is None else set(used)
        whole: dict[str, Any] = {"id": "@id", "type": "@type"}
        whole["isPrimaryTopicOf"] = {"@reverse": VOCABULARIES["foaf"] + "primaryTopic"}
        whole.update(sorted(self.prefixes.items()))
        for iri, key in sorted(self.keys.items(), key=lambda item: item[1].name.casefold()):
            if key.values == _LANGUAGE_MAP:
                whole[key.name] = {"@id": iri, "@container": "@language"}
            elif key.values in ("", _NATIVE):
                whole[key.name] = iri
            else:
                whole[key.name] = {"@id": iri, "@type": key.values}
        for iri, name in sorted(self.classes.items(), key=lambda item: item[1]):
            whole.setdefault(name, iri)
        if wanted is None:
            return whole
        return {name: value for name, value in whole.items() if name in wanted or name in ("id", "type")}


def _prefixes(published: Published) -> dict[str, str]:
    found = {**{p: ns for p, ns in VOCABULARIES.items() if p in ("foaf", "dct", "void", "xsd")}}
    found.update({p: ns for p, ns in published.release.manifest.prefixes.items() if _KEY.fullmatch(p)})
    # a prefix that is also the scheme of an address would change how addresses are read
    return {
        p: ns for p, ns in found.items() if ns[-1:] in "/#" and p not in ("http", "https", "urn", "mailto")
    }


def _values_of(published: Published, iri: str) -> str:
    kinds = set()
    for q in published.engine.page(Pattern(predicate=IRI(iri)), limit=_SAMPLE):
        if not isinstance(q.object, Literal):
            kinds.add("@id")
        elif q.object.language:
            kinds.add(_LANGUAGE_MAP)
        elif q.object.datatype in (XSD + "integer", XSD + "boolean"):
            kinds.add(_NATIVE)
        else:
            kinds.add("" if q.object.datatype == XSD_STRING else q.object.datatype)
    return kinds.pop() if len(kinds) == 1 else ""


_contexts: WeakKeyDictionary[Published, Context] = WeakKeyDictionary()


def context_of(published: Published) -> Context:
    """The context of a release, made once."""
    found = _contexts.get(published)
    if found is None:
        found = _contexts[published] = Context(published)
    return found


def context_document(published: Published) -> bytes:
    """The whole context, to be published."""
    return (
        json.dumps({"@context": context_of(published).written()}, ensure_ascii=False, indent=1).encode()
        + b"\n"
    )


def about_document(published: Published, iri: str, document: str) -> list[Quad]:
    """What each document says of itself: its topic, the dataset it is of, and the licence."""
    here = IRI(document)
    said = [
        (term("foaf:primaryTopic"), IRI(iri)),
        (term("void:inDataset"), IRI(published.dataset)),
    ]
    if published.site.settings["license"]:
        said.append((term("dct:license"), IRI(str(published.site.settings["license"]))))
    return [Quad(here, predicate, value, None) for predicate, value in said]


def document(published: Published, iri: str, quads: Sequence[Quad]) -> bytes:
    """The statements as one compact document about `iri`; what the merge holds."""
    writer = _Writer(context_of(published), sorted(set(quads), key=line))
    root = writer.root(IRI(iri))
    whole = {"@context": writer.context.written(writer.used), **root}
    return json.dumps(whole, ensure_ascii=False, indent=1).encode() + b"\n"


class _Writer:
    def __init__(self, context: Context, quads: Sequence[Quad]) -> None:
        self.context = context
        self.used: set[str] = set()
        self._by_subject: dict[Node, list[Quad]] = {}
        self._written: set[Node] = set()
        self._schemes: set[str] = set()
        for q in quads:
            self._by_subject.setdefault(q.subject, []).append(q)
            self._schemes.update(t.value.partition(":")[0] for t in q if isinstance(t, IRI))

    def root(self, iri: IRI) -> dict[str, Any]:
        topic = term("foaf:primaryTopic")
        documents = [
            s
            for s, of in self._by_subject.items()
            if any(q.predicate == topic and q.object == iri for q in of)
        ]
        main = self._node(iri, 0)
        for subject in documents:
            self.used.add("isPrimaryTopicOf")
            self._by_subject[subject] = [q for q in self._by_subject[subject] if q.predicate != topic]
            main["isPrimaryTopicOf"] = self._node(subject, 1)
        rest = [self._node(subject, 0) for subject in list(self._by_subject) if subject not in self._written]
        return {"@graph": [main, *rest]} if rest else main

    def _node(self, node: Node, depth: int) -> dict[str, Any]:
        self._written.add(node)
        found: dict[str, Any] = {"id": self._reference(node)}
        types: list[str] = []
        values: dict[str, list[Any]] = {}
        maps: dict[str, dict[str, list[str]]] = {}
        for q in self._by_subject.get(node, []):
            if q.predicate.value == RDF_TYPE and isinstance(q.object, IRI):
                types.append(self._class(q.object.value))
                continue
            key = self.context.keys.get(q.predicate.value)
            if key is None or (
                key.values == _LANGUAGE_MAP and not (isinstance(q.object, Literal) and q.object.language)
            ):
                values.setdefault(self._compact(q.predicate.value), []).append(
                    self._value(q.object, "", depth)
                )
            elif key.values == _LANGUAGE_MAP and isinstance(q.object, Literal) and q.object.language:
                self.used.add(key.name)
                maps.setdefault(key.name, {}).setdefault(q.object.language, []).append(q.object.value)
            else:
                self.used.add(key.name)
                values.setdefault(key.name, []).append(self._value(q.object, key.values, depth))
        if types:
            found["type"] = types[0] if len(types) == 1 else types
        for name, by_language in maps.items():
            found[name] = {
                tag: texts[0] if len(texts) == 1 else texts for tag, texts in sorted(by_language.items())
            }
        for name, several in values.items():
            found[name] = several[0] if len(several) == 1 else several
        return found

    def _value(self, value: Term, read_as: str, depth: int) -> Any:
        if not isinstance(value, Literal):
            part = isinstance(value, BNode) or "#" in value.value
            if part and value in self._by_subject and value not in self._written and depth < _DEPTH:
                return self._node(value, depth + 1)
            name = self._reference(value)
            return name if read_as == "@id" else {"id": name}
        if value.language:
            return {"@value": value.value, "@language": value.language}
        native = read_as in ("", _NATIVE)
        if value.datatype == XSD + "integer" and native and _INTEGER.fullmatch(value.value):
            return int(value.value)
        if value.datatype == XSD + "boolean" and native and value.value in ("true", "false"):
            return value.value == "true"
        if value.datatype == XSD_STRING:
            return value.value if native else {"@value": value.value}
        if value.datatype == read_as:
            return value.value
        return {"@value": value.value, "@type": self._compact(value.datatype)}

    def _reference(self, node: Node) -> str:
        # whole, so that identifiers can be copied as they are
        return f"_:{node.value}" if isinstance(node, BNode) else node.value

    def _class(self, iri: str) -> str:
        name = self.context.classes.get(iri)
        if name is None:
            return self._compact(iri)
        self.used.add(name)
        return name

    def _compact(self, iri: str) -> str:
        for prefix, namespace in self.context.prefixes.items():
            fits = iri.startswith(namespace) and _KEY.fullmatch(iri, len(namespace))
            # a prefix that is also the scheme of an IRI here would change what that IRI is
            if fits and prefix not in self._schemes:
                self.used.add(prefix)
                return f"{prefix}:{iri[len(namespace) :]}"
        return iri
