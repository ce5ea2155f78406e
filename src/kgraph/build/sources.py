"""RDF files read as a stream: any syntax, plain, .gz or .zst, with errors that name file, line and column.

Blank nodes are relabelled by file and by order of appearance, so that two files never share one by accident
and the same file always gives the same labels: `_:f<12 hex of the path's SHA-256>n<number>`.
"""

from __future__ import annotations

import codecs
import gzip
import hashlib
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, cast

import pyoxigraph as ox

from kgraph.build.entities import Guarded
from kgraph.build.rewrite import Rewrite
from kgraph.errors import EnvironmentFault, ParseError
from kgraph.iri import WRITTEN_BASE
from kgraph.media import COMPRESSIONS, RdfFormat

_SYNTAX = {
    RdfFormat.TURTLE: ox.RdfFormat.TURTLE,
    RdfFormat.TRIG: ox.RdfFormat.TRIG,
    RdfFormat.NTRIPLES: ox.RdfFormat.N_TRIPLES,
    RdfFormat.NQUADS: ox.RdfFormat.N_QUADS,
    RdfFormat.RDFXML: ox.RdfFormat.RDF_XML,
    RdfFormat.JSONLD: ox.RdfFormat.JSON_LD,
}
_LINES = {RdfFormat.NTRIPLES, RdfFormat.NQUADS}
_RELATIVE = {RdfFormat.RDFXML, RdfFormat.JSONLD}
_MESSAGE = re.compile(r"Parser error at line \d+ (?:between columns \d+ and \d+|column \d+): ", re.IGNORECASE)


@dataclass
class Source:
    """One RDF file of the site. `name` is its path relative to the site, as messages show it."""

    path: Path
    name: str
    syntax: RdfFormat
    compression: str = ""
    prefixes: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, path: Path, root: Path) -> Source:
        """The source of a path; its endings say its syntax and compression."""
        endings = path.name.lower().split(".")[1:]
        compression = endings.pop() if endings[-1] in COMPRESSIONS else ""
        syntax = RdfFormat.of_ending(endings[-1])
        assert syntax is not None, path
        name = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name
        return cls(path, name, syntax, compression)

    @property
    def slug(self) -> str:
        """The name of its editorial graph: the file's name up to the first dot, as a slug."""
        stem = self.path.name.partition(".")[0].lower()
        return re.sub(r"[^a-z0-9]+", "-", stem).strip("-") or "data"

    @property
    def bnode_prefix(self) -> str:
        """What the labels of its blank nodes begin with."""
        return "f" + hashlib.sha256(self.name.encode()).hexdigest()[:12] + "n"

    def open(self) -> IO[bytes]:
        """Its bytes, decompressed."""
        try:
            if self.compression == "gz":
                return cast("IO[bytes]", gzip.open(self.path))
            if self.compression == "zst":
                import zstandard

                return cast("IO[bytes]", zstandard.open(self.path, "rb"))
            return self.path.open("rb")
        except OSError as error:
            raise unreadable(self.name, error) from error

    def quads(self, rewrite: Rewrite) -> Iterator[ox.Quad]:
        """Its quads with the base rewritten and blank nodes relabelled. Raises ParseError, EnvironmentFault."""
        with self.open() as stream:
            try:
                base = WRITTEN_BASE if self.syntax in _RELATIVE else None
                read = Guarded(stream, self.name) if self.syntax is RdfFormat.RDFXML else stream
                parser = ox.parse(read, _SYNTAX[self.syntax], base_iri=base)  # type: ignore[arg-type]
                yield from self._relabelled(parser, rewrite)
            except SyntaxError as error:
                raise self._parse_error(error) from error
            except MemoryError as error:
                if "buffer maximal size" not in str(error):  # the parser's own bound on a term
                    raise
                raise ParseError(
                    "a text or a statement of more than 16 MiB",
                    where=self.name,
                    hint="Keep such a text in a file of its own and link to it.",
                ) from error
            except (EOFError, zlib.error, gzip.BadGzipFile) as error:
                raise ParseError(f"the compressed file is damaged: {error}", where=self.name) from error
            except OSError as error:
                raise unreadable(self.name, error) from error
            except Exception as error:
                if type(error).__module__.startswith("zstandard"):
                    raise ParseError(f"the compressed file is damaged: {error}", where=self.name) from error
                raise

    def _relabelled(self, parser: Any, rewrite: Rewrite) -> Iterator[ox.Quad]:
        prefix = self.bnode_prefix
        keep = self.syntax in _LINES
        labels: dict[ox.BlankNode, ox.BlankNode] = {}

        def label(node: ox.BlankNode) -> ox.BlankNode:
            if keep:
                return ox.BlankNode(f"{prefix}_{node.value}")
            found = labels.get(node)
            if found is None:
                found = labels[node] = ox.BlankNode(f"{prefix}{len(labels)}")
            return found

        blank, literal, named = ox.BlankNode, ox.Literal, ox.NamedNode
        identity = rewrite.identity
        for quad in parser:
            s, p, o, g = quad
            ts, to, tg = type(s), type(o), type(g)
            if to is literal:
                if o.direction is not None:
                    raise self._not_rdf11("a text with a base direction", s)
            elif to is not named and to is not blank:
                raise self._not_rdf11("a triple term", s)
            if ts is blank or to is blank or tg is blank:
                quad = ox.Quad(
                    label(s) if ts is blank else s,
                    p,
                    label(o) if to is blank else o,
                    label(g) if tg is blank else g,
                )
            yield quad if identity else rewrite.quad(quad)
        self.prefixes = {k: rewrite.iri(v) for k, v in getattr(parser, "prefixes", {}).items()}

    def _has_mark(self) -> bool:
        with self.open() as stream:
            return stream.read(3) == codecs.BOM_UTF8

    def _not_rdf11(self, what: str, subject: Any) -> ParseError:
        anonymous = type(subject) is ox.BlankNode  # what an annotation makes of itself
        hint = "without << >> and {| |}" if anonymous else f"its subject is {subject}"
        return ParseError(
            f"{what} (RDF 1.2) stands as an object",
            where=self.name,
            hint=f"kgraph publishes RDF 1.1; {hint}.",
        )

    def _parse_error(self, error: SyntaxError) -> ParseError:
        message = _MESSAGE.sub("", str(error.msg)) or "not well-formed"
        hint = ""
        if error.lineno == 1 and self._has_mark():
            message = "the file begins with a byte order mark (U+FEFF)"
            hint = "Save it as UTF-8 without one (some editors call it BOM)."
        elif "No scheme found" in message or "relative IRI" in message.lower():
            message = "a relative IRI, and the file sets no base"
            hint = f"Begin the file with: @base <{WRITTEN_BASE}> ."
        elif "LoadDocumentCallback" in message:
            message = "a remote JSON-LD context; kgraph fetches nothing while it builds"
            hint = "Put the context into the file."
        return ParseError(
            message, where=self.name, hint=hint, line=error.lineno or 0, column=error.offset or 0
        )


def unreadable(name: str, error: OSError) -> EnvironmentFault:
    """A file that the system does not let us read."""
    return EnvironmentFault(f"cannot be read: {error.strerror or error}", where=name)


def has_named_graphs(sources: list[Source]) -> bool:
    """Whether any file puts a quad into a named graph; stops at the first. Faulty files are judged later."""
    for source in sources:
        if source.syntax.datasets:
            try:
                if any(type(q.graph_name) is not ox.DefaultGraph for q in source.quads(Rewrite())):
                    return True
            except ParseError:
                continue
    return False
