"""A store's default graph as the sorted tokens that the sieve reads."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import pyoxigraph as ox

from kgraph.shacl.tokens import token_of
from kgraph.terms import RDF_TYPE

TYPE = f"<{RDF_TYPE}>".encode()


def token(term: ox.NamedNode | ox.BlankNode | ox.Literal) -> bytes:
    return str(term).encode() if isinstance(term, ox.BlankNode) else token_of(term)


class SortedSubjects:
    """kgraph.shacl.sieve.Subjects over a store; `forgetful`: knows the classes of no node."""

    def __init__(self, store: ox.Store, *, forgetful: bool = False) -> None:
        self.forgetful = forgetful
        self.nodes: dict[bytes, dict[bytes, list[bytes]]] = {}
        rows = {
            (token(q.subject), token(q.predicate), token(q.object))
            for q in store.quads_for_pattern(None, None, None, ox.DefaultGraph())
        }
        for s, p, o in sorted(rows):
            self.nodes.setdefault(s, {}).setdefault(p, []).append(o)

    def __iter__(self) -> Iterator[tuple[bytes, dict[bytes, list[bytes]]]]:
        return iter(self.nodes.items())

    def types(self, node: bytes) -> Collection[bytes] | None:
        found = self.nodes.get(node)
        return None if found is None or self.forgetful else found.get(TYPE, [])
