"""The outline of the site's shapes, for pages: which properties a class has, under which name, group and order."""

from __future__ import annotations

from typing import Any

import pyoxigraph as ox

_SH = "http://www.w3.org/ns/shacl#"
_TOLD = ("minCount", "maxCount", "class", "datatype", "nodeKind", "minInclusive", "maxInclusive", "pattern")
_LABEL = "http://www.w3.org/2000/01/rdf-schema#label"


def outline(shapes: list[ox.Quad]) -> list[dict[str, Any]]:
    """One entry for each targeted class: {"class", "properties": [...]}.

    A property: path, name, group, order, group_order, rules.
    Names and groups are texts by language (SHACL 2.3.2, non-validating properties). Only properties with a plain path.
    """
    store = ox.Store()
    store.extend(shapes)

    def objects(subject: Any, iri: str) -> list[Any]:
        found = store.quads_for_pattern(subject, ox.NamedNode(iri), None)
        return sorted((quad.object for quad in found), key=str)

    def texts(subject: Any, iri: str) -> dict[str, str]:
        return {o.language or "": o.value for o in objects(subject, iri) if type(o) is ox.Literal}

    def number(subject: Any) -> float | None:
        for found in objects(subject, _SH + "order"):
            try:
                return float(found.value)
            except ValueError:
                continue
        return None

    def rules(shape: Any) -> dict[str, str]:
        """The constraints that a reader can be told in words, by component."""
        told = {name: next(iter(objects(shape, _SH + name)), None) for name in _TOLD}
        return {
            name: term.value for name, term in told.items() if isinstance(term, ox.NamedNode | ox.Literal)
        }

    classes: dict[str, list[dict[str, Any]]] = {}
    for quad in sorted(store.quads_for_pattern(None, ox.NamedNode(_SH + "targetClass"), None), key=str):
        if type(quad.object) is not ox.NamedNode:
            continue
        properties = classes.setdefault(quad.object.value, [])
        for shape in objects(quad.subject, _SH + "property"):
            path = [p.value for p in objects(shape, _SH + "path") if type(p) is ox.NamedNode]
            if not path:
                continue
            group = next(iter(objects(shape, _SH + "group")), None)
            entry = {
                "path": path[0],
                "name": texts(shape, _SH + "name"),
                "group": texts(group, _LABEL) if group is not None else {},
                "order": number(shape),
                "group_order": number(group) if group is not None else None,
                "rules": rules(shape),
            }
            kept = {key: value for key, value in entry.items() if value not in (None, {})}
            if kept not in properties:
                properties.append(kept)
    return [{"class": name, "properties": classes[name]} for name in sorted(classes)]
