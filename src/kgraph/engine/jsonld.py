"""Quads as JSON-LD 1.1 in flattened form with a context of prefixes (JSON-LD 1.1, sections 4.1.5 and 4.5).

Written here because the store's serializer writes no context, and every reader of JSON-LD expects one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from kgraph.terms import IRI, RDF_TYPE, XSD, XSD_STRING, BNode, Literal, Node, Quad, Term

_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,14}")  # a canonical xsd:integer that every JSON reader keeps exact
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*(?=:)")
_SUFFIX = re.compile(r"(?!//)[^\s\"<>\\^`{|}]*")


def write(quads: Iterable[Quad], prefixes: Mapping[str, str]) -> bytes:
    """The quads as one JSON-LD document, in the order given; named graphs become `@graph` of a node."""
    rows = list(quads)
    names = _Names(rows, prefixes)
    graphs: dict[Node | None, dict[Node, dict[str, Any]]] = {None: {}}
    for q in rows:
        nodes = graphs.setdefault(q.graph, {})
        node = nodes.setdefault(q.subject, {"@id": names.of(q.subject)})
        if q.predicate.value == RDF_TYPE and not isinstance(q.object, Literal):
            node.setdefault("@type", []).append(names.of(q.object))
        else:
            node.setdefault(names.of(q.predicate), []).append(_value(q.object, names))
    top = graphs.pop(None)
    for name, nodes in graphs.items():
        assert name is not None
        top.setdefault(name, {"@id": names.of(name)})["@graph"] = [_tidy(n) for n in nodes.values()]
    document: dict[str, Any] = {"@context": names.context(), "@graph": [_tidy(n) for n in top.values()]}
    return json.dumps(document, ensure_ascii=False, indent=1).encode() + b"\n"


class _Names:
    """Compact IRIs. A prefix that is also the scheme of an IRI in the data is not used (it would be expanded)."""

    def __init__(self, quads: list[Quad], prefixes: Mapping[str, str]) -> None:
        iris = {t.value for q in quads for t in q if isinstance(t, IRI)}
        iris.update(t.datatype for q in quads for t in q if isinstance(t, Literal))
        schemes = {m[0] for m in map(_SCHEME.match, iris) if m}
        self._prefixes = sorted(
            ((p, ns) for p, ns in prefixes.items() if p and p not in schemes and ns[-1:] in "/#:?[]@" and ns),
            key=lambda item: (-len(item[1]), item[0]),
        )
        self._used: dict[str, str] = {}
        self._known: dict[str, str] = {}

    def of(self, node: Term) -> str:
        if isinstance(node, BNode):
            return "_:" + node.value
        return self.iri(node.value)

    def iri(self, iri: str) -> str:
        known = self._known.get(iri)
        if known is None:
            known = self._known[iri] = self._compact(iri)
        return known

    def _compact(self, iri: str) -> str:
        for prefix, namespace in self._prefixes:
            if iri.startswith(namespace) and _SUFFIX.fullmatch(iri, len(namespace)):
                self._used[prefix] = namespace
                return f"{prefix}:{iri[len(namespace) :]}"
        return iri

    def context(self) -> dict[str, str]:
        return dict(sorted(self._used.items()))


def _value(term: Term, names: _Names) -> Any:
    if not isinstance(term, Literal):
        return {"@id": names.of(term)}
    if term.language:
        return {"@value": term.value, "@language": term.language}
    if term.datatype == XSD_STRING:
        return term.value
    if term.datatype == XSD + "integer" and _INTEGER.fullmatch(term.value):
        return int(term.value)
    if term.datatype == XSD + "boolean" and term.value in ("true", "false"):
        return term.value == "true"
    return {"@value": term.value, "@type": names.iri(term.datatype)}


def _tidy(node: dict[str, Any]) -> dict[str, Any]:
    """One value stands alone, several in a list; a named graph's nodes stay a list."""
    return {
        key: values[0] if isinstance(values, list) and len(values) == 1 and key != "@graph" else values
        for key, values in node.items()
    }
