"""Datings: the time in EDTF is in the calendar and sets the bounds that stand beside it."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator
from datetime import date

from kgraph.build.checks.table import Graph, check, finding
from kgraph.build.findings import Finding

_POINT = re.compile(
    r"(?!0000)\d{4}(-(?!2[1-9]|3\d|4[01])\d\d(-\d\d)?)?"
)  # no season, no year before the first
_SPAN = re.compile(r"(?P<from>[\d-]*|\.\.)/(?P<to>[\d-]*|\.\.)|\[(?P<first>[\d-]*)\.\.(?P<last>[\d-]*)\]")


def _point(text: str) -> tuple[date, date]:
    """First and last day of a day, month or year. Raises ValueError where the calendar has none such."""
    year, month, day = (int(part) for part in (text + "-0-0").split("-")[:3])
    last = monthrange(year, month or 12)[1]
    return date(year, month or 1, day or 1), date(year, month or 12, day or last)


def bounds(edtf: str) -> tuple[date | None, date | None] | None:
    """The days that a date, an interval or a one-of set of EDTF (ISO 8601-2) allows; None for other forms.

    Raises ValueError for what is no date of the calendar.
    """
    if _POINT.fullmatch(edtf):
        return _point(edtf)
    found = _SPAN.fullmatch(edtf)
    if found is None:
        return None
    ends = [found["from"] or found["first"] or "", found["to"] or found["last"] or ""]
    if any(end not in ("", "..") and not _POINT.fullmatch(end) for end in ends):
        return None
    first, last = (_point(end) if _POINT.fullmatch(end) else None for end in ends)
    return (first[0] if first else None, last[1] if last else None)


@check(
    "calendar",
    "Where the time in EDTF is a day, month or year, an interval or a set between two of them, without signs of doubt, "
    "it is in the calendar, and kg:earliest and kg:latest are its first and last day.",
    "Compare all three with the phrase and the rule; a bound that is open in EDTF is left out.",
)
def calendar(graph: Graph) -> Iterator[Finding]:
    """Times that are none, or others than their bounds."""
    for dating in sorted(set(graph.members("Dating")), key=str):
        for edtf in graph.objects(dating, graph.kg("edtf")):
            try:
                found = bounds(edtf.value)
            except ValueError:
                message = f"“{edtf.value}” is no date of the calendar"
            else:
                told = [
                    {o.value for o in graph.objects(dating, graph.kg(name))}
                    for name in ("earliest", "latest")
                ]
                if found is None or told == [{day.isoformat()} if day else set() for day in found]:
                    continue
                days = " and ".join(", ".join(sorted(days)) or "no day" for days in told)
                message = f"“{edtf.value}” is not from earliest to latest, which are {days}"
            at = (graph.kg("edtf").value, edtf.value, "")
            yield finding("calendar", message, subject=dating.value, at=at)
