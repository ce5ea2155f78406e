"""What a literal says of time: the first and last day it allows (XSD 1.1 date types and the same as plain text)."""

from __future__ import annotations

import calendar
import re

_DATE = re.compile(
    r"(-?\d{4,})(?:-(\d\d)(?:-(\d\d)(?:T\d\d:\d\d:\d\d(?:\.\d+)?)?)?)?(?:Z|[+-]\d\d:\d\d)?", re.ASCII
)


def bounds(text: str) -> tuple[str, str] | None:
    """First and last day, as ISO strings, of a year, month, day or time; None for anything else.

    A time zone is left out of account. Years have at least four digits; only years 1 to 9999 are indexed, so that
    the strings sort.
    """
    match = _DATE.fullmatch(text.strip())
    if not match:
        return None
    year, month, day = (int(g) if g else 0 for g in match.groups())
    if not 1 <= year <= 9999 or month > 12 or (match.group(2) and not month):
        return None
    if not month:
        return f"{year:04}-01-01", f"{year:04}-12-31"
    length = calendar.monthrange(year, month)[1]
    if match.group(3):
        if not 1 <= day <= length:
            return None
        return (f"{year:04}-{month:02}-{day:02}",) * 2
    return f"{year:04}-{month:02}-01", f"{year:04}-{month:02}-{length:02}"
