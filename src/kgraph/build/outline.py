"""The outline of the shapes, for pages: which properties a class has, under which name, group, order and rules."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyoxigraph as ox

from kgraph.terms import RDF, RDFS

_SH = "http://www.w3.org/ns/shacl#"
_TOLD = (
    "minCount", "maxCount", "class", "datatype", "nodeKind", "minInclusive", "maxInclusive", "minExclusive",
    "maxExclusive", "minLength", "maxLength", "pattern", "hasValue", "uniqueLang", "qualifiedMinCount", "closed",
)  # fmt: skip
_LABEL = RDFS + "label"


def outline(shapes: list[ox.Quad]) -> list[dict[str, Any]]:
    """One entry for each targeted class: {"class", "properties": [...], "shapes": [...]}.

    A property: path, shape, name, group, order, group_order, message, rules; only those with a plain path. A shape:
    iri, label, message, rules. Names, labels, groups and messages are texts by language (SHACL 2.3.2, 2.1.5).
    """
    store = ox.Store()
    store.extend(shapes)
    return _Outline(store).classes()


class _Outline:
    def __init__(self, store: ox.Store) -> None:
        self.store = store

    def objects(self, subject: Any, iri: str) -> list[Any]:
        found = self.store.quads_for_pattern(subject, ox.NamedNode(iri), None)
        return sorted((quad.object for quad in found), key=str)

    def one(self, subject: Any, iri: str) -> Any:
        return next(iter(self.objects(subject, iri)), None)

    def texts(self, subject: Any, iri: str) -> dict[str, str]:
        return {o.language or "": o.value for o in self.objects(subject, iri) if type(o) is ox.Literal}

    def members(self, subject: Any, iri: str) -> Iterator[Any]:
        node, seen = self.one(subject, iri), set()
        while node is not None and node not in seen and getattr(node, "value", "") != RDF + "nil":
            seen.add(node)
            yield self.one(node, RDF + "first")
            node = self.one(node, RDF + "rest")

    def number(self, subject: Any) -> float | None:
        for found in self.objects(subject, _SH + "order"):
            try:
                return float(found.value)
            except ValueError:
                continue
        return None

    def rules(self, shape: Any) -> dict[str, Any]:
        """The constraints that a reader can be told in words, by component."""
        told: dict[str, Any] = {}
        for name in _TOLD:
            term = self.one(shape, _SH + name)
            if isinstance(term, ox.NamedNode | ox.Literal):
                told[name] = term.value
        for name in ("in", "languageIn"):
            values = [
                m.value for m in self.members(shape, _SH + name) if isinstance(m, ox.NamedNode | ox.Literal)
            ]
            if values:
                told[name] = values
        either = [self.one(m, _SH + "class") for m in self.members(shape, _SH + "or") if m is not None]
        if either and all(type(c) is ox.NamedNode for c in either):
            told["or"] = [c.value for c in either]
        for name in ("node", "qualifiedValueShape"):
            inner = self.one(shape, _SH + name)
            label = self.texts(inner, _LABEL) if inner is not None else {}
            if label:
                told[name] = label
        return told

    def property(self, shape: Any) -> dict[str, Any] | None:
        path = [p.value for p in self.objects(shape, _SH + "path") if type(p) is ox.NamedNode]
        if not path:
            return None
        group = self.one(shape, _SH + "group")
        entry = {
            "path": path[0],
            "shape": shape.value if type(shape) is ox.NamedNode else None,
            "name": self.texts(shape, _SH + "name"),
            "group": self.texts(group, _LABEL) if group is not None else {},
            "order": self.number(shape),
            "group_order": self.number(group) if group is not None else None,
            "message": self.texts(shape, _SH + "message"),
            "rules": self.rules(shape),
        }
        return {key: value for key, value in entry.items() if value not in (None, {})}

    def messages(self, shape: Any) -> dict[str, str]:
        """What a node shape says of itself, or the queries in it."""
        found = self.texts(shape, _SH + "message")
        for query in self.objects(shape, _SH + "sparql"):
            found = found or self.texts(query, _SH + "message")
        return found

    def classes(self) -> list[dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {}
        targets = self.store.quads_for_pattern(None, ox.NamedNode(_SH + "targetClass"), None)
        for quad in sorted(targets, key=str):
            if type(quad.object) is not ox.NamedNode:
                continue
            name, shape = quad.object.value, quad.subject
            entry = found.setdefault(name, {"class": name, "properties": [], "shapes": []})
            told = {
                "iri": shape.value if type(shape) is ox.NamedNode else None,
                "label": self.texts(shape, _LABEL),
                "message": self.messages(shape),
                "rules": self.rules(shape),
            }
            entry["shapes"].append({key: value for key, value in told.items() if value not in (None, {})})
            for each in self.objects(shape, _SH + "property"):
                property_ = self.property(each)
                if property_ and property_ not in entry["properties"]:
                    entry["properties"].append(property_)
        return [found[name] for name in sorted(found)]
