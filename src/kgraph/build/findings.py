"""What a check has found, in one shape for parse errors, model checks and SHACL results."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from kgraph.errors import DataError

# Spaces and format characters that look like nothing, or like a space; the two joiners belong to some languages.
_INVISIBLE = re.compile(
    r"[\u0000-\u0009\u000b-\u001f\u007f-\u00a0\u00ad\u2000-\u200b\u200e\u200f\u2028-\u202f\u2060-\u206f\ufeff]"
)

Severity = Literal["error", "warning", "note"]


def _escaped(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04X}"


@dataclass(frozen=True)
class Finding:
    """One thing wrong (or odd) in the input.

    `check` is the id of docs/checks.md; `file` is relative to the site; `line` and `column` count from 1, 0 where
    unknown; `subject` is an IRI (or _:label); errors reject the data, warnings and notes do not. `at` is the predicate,
    the object's value and the graph it is about, to find the line among several blocks of the subject.
    """

    check: str
    message: str
    file: str = ""
    line: int = 0
    column: int = 0
    subject: str = ""
    hint: str = ""
    severity: Severity = "error"
    at: tuple[str, str, str] = ("", "", "")

    def __str__(self) -> str:
        place = self.file
        if self.line:
            place += f":{self.line}"
        if self.line and self.column:
            place += f":{self.column}"
        head = f"{place}: " if place else ""
        who = f"<{self.subject}>: " if self.subject and not self.subject.startswith("_:") else ""
        text = _INVISIBLE.sub(_escaped, f"{head}{self.severity} [{self.check}] {who}{self.message}")
        return f"{text}\n  {self.hint}" if self.hint else text

    def as_json(self) -> dict[str, str | int]:
        """A flat record; empty members are left out."""
        return {name: value for name, value in self.__dict__.items() if value and name != "at"}


class Rejected(DataError):
    """The data are rejected; `findings` holds every reason, errors first."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = in_order(findings)
        errors = sum(f.severity == "error" for f in self.findings)
        super().__init__(f"rejected: {errors} error{'s' if errors != 1 else ''}")


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """Errors first, then by place; each once."""
    rank = {"error": 0, "warning": 1, "note": 2}
    return sorted(
        set(findings),
        key=lambda f: (rank[f.severity], f.file, f.line, f.column, f.subject, f.check, f.message),
    )
