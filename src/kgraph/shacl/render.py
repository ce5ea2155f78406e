"""The report for people: grouped by shape and kind of fault, the worst first, each group with what to do.

Where a node stands in the files, and what it is called, are told by whoever knows the files (`Place`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kgraph.shacl import paths
from kgraph.shacl.messages import remedy
from kgraph.shacl.names import SH
from kgraph.shacl.report import Report, Result, severity_rank, term_json
from kgraph.terms import IRI, Term, ntriples, visible

if TYPE_CHECKING:
    from rich.console import Console


@dataclass(frozen=True, slots=True)
class Place:
    """Where a result's focus node stands: file, line (0: unknown) and the node's label."""

    file: str = ""
    line: int = 0
    label: str = ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


@dataclass(frozen=True, slots=True)
class Group:
    """Results of one shape, path and component."""

    severity: str
    shape: Term
    path: str
    component: str
    messages: tuple[str, ...]
    results: tuple[Result, ...]


def grouped(results: Iterable[Result]) -> list[Group]:
    """The groups, by severity, then the largest first."""
    found: dict[tuple[str, Term, str, str, tuple[str, ...]], list[Result]] = {}
    for result in results:
        shape = result.source_shape
        if not isinstance(shape, IRI) and result.target_shape is not None:
            shape = result.target_shape  # a blank property shape is told by its node shape and path
        said = tuple(message.value for message in result.messages)
        path = paths.sparql(result.path) if result.path else ""
        found.setdefault((result.severity, shape, path, result.component, said), []).append(result)
    groups = [Group(*key, tuple(members)) for key, members in found.items()]
    return sorted(groups, key=lambda g: (severity_rank(g.severity), -len(g.results), str(g.shape), g.path))


def report_json(report: Report, places: Sequence[tuple[str, int]]) -> str:
    """The report for whoever shows it: its JSON with places, and its groups, each with the numbers of its results."""
    value = report.as_json(places)
    numbers = {id(result): number for number, result in enumerate(report.results)}
    value["groups"] = [
        {
            "severity": group.severity,
            "shape": term_json(group.shape),
            "path": group.path,
            "component": group.component,
            "messages": list(group.messages),
            "remedy": remedy(group.component),
            "results": [numbers[id(result)] for result in group.results],
        }
        for group in grouped(report.results)
    ]
    return json.dumps(value, ensure_ascii=False, indent=1)


def print_report(
    report: Report,
    console: Console,
    *,
    place: Callable[[Result], Place] = lambda result: Place(),
    short: Callable[[str], str] = lambda iri: f"<{iri}>",
) -> None:
    """Print the report: a table for each group, then one line that sums it up, then the notes."""
    from rich.markup import escape
    from rich.table import Table

    def shown(term: Term | None) -> str:
        if term is None:
            return ""
        return short(term.value) if isinstance(term, IRI) else ntriples(term)

    for group in grouped(report.results):
        path = f" {_shortened(group.path, short)}" if group.path else ""
        component = group.component.removeprefix(SH).removesuffix("ConstraintComponent")
        title = f"{_local(group.severity)}: {shown(group.shape)}{path} ({_local(component)})"
        console.print(escape(title), style="bold", highlight=False)
        console.print(
            escape(f"  {visible('; '.join(group.messages))}. {remedy(group.component)}"), highlight=False
        )
        table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
        for column in ("where", "node", "label", "value"):
            table.add_column(column, overflow="fold")
        for result in group.results:
            at = place(result)
            value = result.value if result.value != result.focus_node else None
            row = (str(at), shown(result.focus_node), at.label, shown(value))
            table.add_row(*(escape(visible(cell)) for cell in row))
        console.print(table)
        console.print()
    console.print(escape(summary(report)), highlight=False)
    for note in report.notes:
        console.print(escape(f"Note: {note}"), highlight=False)


def summary(report: Report) -> str:
    """One sentence: whether the data conform, and how many results of each severity there are."""
    if report.conforms:
        return f"The data conform: {len(report.engines)} targeted shapes, no results."
    counts: dict[str, int] = {}
    for result in report.results:
        counts[result.severity] = counts.get(result.severity, 0) + 1
    parts = [
        f"{count} of severity {_local(severity)}"
        for severity, count in sorted(counts.items(), key=lambda item: severity_rank(item[0]))
    ]
    total = len(report.results)
    return f"The data do not conform: {total} result{'s' if total > 1 else ''}, {', '.join(parts)}."


def _local(iri: str) -> str:
    return iri[max(iri.rfind("#"), iri.rfind("/")) + 1 :]


def _shortened(path: str, short: Callable[[str], str]) -> str:
    return re.sub(r"<([^<>]*)>", lambda match: short(match[1]), path)
