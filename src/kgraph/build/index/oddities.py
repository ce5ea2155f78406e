"""What is odd in data and no error: reported by name when a release is made, with an example each.

Foreign data are published as they are. Whoever publishes them should know what readers will trip over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from kgraph.build.findings import Finding
from kgraph.build.index.dates import bounds
from kgraph.build.index.subject import iri
from kgraph.build.lines import literal
from kgraph.terms import XSD

_DATES = tuple(f"^^<{XSD}{name}>".encode() for name in ("date", "dateTime", "gYear", "gYearMonth"))


@dataclass
class Oddities:
    """Counts of odd literals by kind and property, and the first subject of each."""

    counts: dict[tuple[str, bytes], int] = field(default_factory=dict)
    examples: dict[tuple[str, bytes], bytes] = field(default_factory=dict)

    def look(self, subject: bytes, values: list[tuple[bytes, bytes]]) -> None:
        """Look at the literals of a subject; tokens as in sorted lines."""
        for predicate, token in values:
            end = token.rindex(b'"')
            if token[1:2] == b" " or token[end - 1 : end] == b" " or end == 1:
                self._add("space" if end > 1 else "empty", predicate, subject)
            if (
                token[1:5] == b"http"
                and b" " not in token
                and (b"://" in token[5:9])
                and b"anyURI" not in token[end:]
            ):
                self._add("iri", predicate, subject)
            if (
                token.endswith(_DATES)
                and not token.startswith(b'"-')
                and bounds(literal(token).value) is None
            ):
                self._add("date", predicate, subject)

    def _add(self, kind: str, predicate: bytes, subject: bytes) -> None:
        key = (kind, predicate)
        self.counts[key] = self.counts.get(key, 0) + 1
        self.examples.setdefault(key, subject)

    def findings(self, short: Callable[[str], str]) -> Iterator[Finding]:
        """One note for each kind and property."""
        words = {
            "space": "begin or end with a space",
            "empty": "are empty",
            "iri": "are texts that look like IRIs, which no one can follow as links",
            "date": "are no dates, though the datatype says so",
        }
        for (kind, predicate), count in sorted(self.counts.items()):
            subject = self.examples[kind, predicate]
            yield Finding(
                "odd",
                f"values of {short(iri(predicate))} {words[kind]}: {count:,}; here is one",
                subject=iri(subject) if subject.startswith(b"<") else subject.decode(),
                severity="note",
            )


def repeated(parsed: int, distinct: int) -> Iterator[Finding]:
    """A note when statements stand in the files more than once."""
    if parsed > distinct:
        yield Finding(
            "odd",
            f"{parsed - distinct:,} of {parsed:,} statements in the files are repetitions; each is kept once",
            severity="note",
        )
