"""Terms as tokens, the bytes of a canonical N-Triples line (RDF 1.1 N-Triples): what the sieve reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection

import pyoxigraph as ox

from kgraph.shacl.lexical import form_of
from kgraph.shacl.names import RDF_LANGSTRING, XSD_STRING
from kgraph.shacl.raw import REWRITTEN_TYPES
from kgraph.shacl.terms import OxTerm

KINDS = {b"<": "IRI", b"_": "BlankNode", b'"': "Literal"}
"""First byte of a token -> its kind, as in sh:nodeKind."""
_REMEMBERED = 65536

_KNOWN = {f"^^<{iri}>".encode(): ox.NamedNode(iri) for iri in sorted(REWRITTEN_TYPES)}
"""End of a token -> the datatype, for those that most data use."""

Test = Callable[[bytes], bool]
"""Whether a value passes."""


class Unsieved(Exception):
    """What the statements of a node alone cannot decide."""


def term_of(token: bytes) -> OxTerm:
    """The term of a token."""
    if token[:1] == b'"' and b"\\" not in token:
        end = token.rindex(b'"') + 1
        if end == len(token):
            return ox.Literal(token[1:-1].decode())
        if known := _KNOWN.get(token[end:]):
            return ox.Literal(token[1 : end - 1].decode(), datatype=known)
    line = b"<a:s> <a:p> " + token + b" ."
    found: OxTerm = next(ox.parse(line, ox.RdfFormat.N_TRIPLES, lenient=True)).object
    return found


def token_of(term: OxTerm) -> bytes:
    """The token of a term. Raises Unsieved for a blank node."""
    if isinstance(term, ox.BlankNode):
        raise Unsieved
    node = ox.NamedNode("a:s")
    data = ox.serialize([ox.Triple(node, node, term)], format=ox.RdfFormat.N_TRIPLES)
    assert data
    return data[len(b"<a:s> <a:s> ") : -len(b" .\n")]


def remembered(test: Test) -> Test:
    """The test, its last answers kept."""
    known: dict[bytes, bool] = {}

    def asked(v: bytes) -> bool:
        found = known.get(v)
        if found is None:
            if len(known) >= _REMEMBERED:
                known.clear()
            found = known[v] = test(v)
        return found

    return asked


def datatype(iri: str) -> Test:
    """Whether a value is a well-formed literal of a datatype. Raises Unsieved for literals with a direction."""
    if iri == RDF_LANGSTRING:
        return lambda v: bool(language_of(v)) and b"--" not in v[v.rindex(b'"') :]
    if iri.endswith("#dirLangString"):
        raise Unsieved
    ending = b'"' if iri == XSD_STRING else f'"^^<{iri}>'.encode()
    form, length = form_of(iri), len(ending)
    if form is None:
        return lambda v: v[:1] == b'"' and v.endswith(ending) and len(v) > 1
    return lambda v: (
        v[:1] == b'"'
        and v.endswith(ending)
        and form(v[1:-length].decode() if b"\\" not in v else term_of(v).value)
    )


def language_of(v: bytes) -> bytes:
    """The language tag of a literal; empty for another term."""
    if v[:1] != b'"' or v[-1:] in (b'"', b">"):
        return b""
    return v[v.rindex(b'"') + 2 :].partition(b"--")[0]


def text_of(v: bytes) -> str:
    """The IRI, or the text of a literal."""
    if b"\\" in v:
        return term_of(v).value
    return v[1 : v.rindex(b'"') if v[:1] == b'"' else -1].decode()


def unlike_languages(values: Collection[bytes]) -> bool:
    """Whether no two values have the same language."""
    if len(values) < 2:
        return True
    tags = Counter(tag.lower() for v in values if (tag := language_of(v)))
    return all(count == 1 for count in tags.values())
