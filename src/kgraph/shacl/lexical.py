"""Whether a literal's lexical form is in the lexical space of its datatype (XML Schema 1.1 Part 2).

SHACL 4.1.2 asks for this for the datatypes of SPARQL 1.1 (numbers, strings, booleans, xsd:dateTime); dates,
times, durations and binary data are judged too, because their forms are as exactly defined. Any other
datatype passes.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable

import pyoxigraph as ox

from kgraph.terms import XSD

_RANGES: dict[str, tuple[int | None, int | None]] = {
    "integer": (None, None),
    "byte": (-(2**7), 2**7 - 1),
    "short": (-(2**15), 2**15 - 1),
    "int": (-(2**31), 2**31 - 1),
    "long": (-(2**63), 2**63 - 1),
    "unsignedByte": (0, 2**8 - 1),
    "unsignedShort": (0, 2**16 - 1),
    "unsignedInt": (0, 2**32 - 1),
    "unsignedLong": (0, 2**64 - 1),
    "nonNegativeInteger": (0, None),
    "positiveInteger": (1, None),
    "nonPositiveInteger": (None, 0),
    "negativeInteger": (None, -1),
}
INTEGER_TYPES = frozenset(XSD + name for name in _RANGES)
DECIMAL_TYPES = INTEGER_TYPES | {XSD + "decimal"}
FLOAT_TYPES = frozenset({XSD + "float", XSD + "double"})
NUMERIC_TYPES = DECIMAL_TYPES | FLOAT_TYPES

_INTEGER = re.compile(r"[+-]?[0-9]+")
_ZONE = r"(?P<zone>Z|[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00))?"
_YEAR = r"(?P<year>-?(?:[1-9][0-9]{3,}|0[0-9]{3}))"
_MONTH = r"(?P<month>0[1-9]|1[0-2])"
_DAY = r"(?P<day>0[1-9]|[12][0-9]|3[01])"
_TIME = r"(?:(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?|24:00:00(?:\.0+)?)"
_DATE = f"{_YEAR}-{_MONTH}-{_DAY}"
_DAY_TIME = r"(?:[0-9]+D)?(?:T(?=[0-9])(?:[0-9]+H)?(?:[0-9]+M)?(?:[0-9]+(?:\.[0-9]+)?S)?)?"
_BASE64 = (
    r"(?:(?:[A-Za-z0-9+/] ?){4})*(?:(?:[A-Za-z0-9+/] ?){2}[AEIMQUYcgkosw048] ?=|[A-Za-z0-9+/] ?[AQgw] ?= ?=)?"
)

_FORMS = {
    name: re.compile(form)
    for name, form in {
        "boolean": r"true|false|1|0",
        "decimal": r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)",
        "float": r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[Ee][+-]?[0-9]+)?|[+-]?INF|NaN",
        "double": r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[Ee][+-]?[0-9]+)?|[+-]?INF|NaN",
        "dateTime": f"{_DATE}T{_TIME}{_ZONE}",
        "dateTimeStamp": f"{_DATE}T{_TIME}{_ZONE.removesuffix('?')}",
        "date": f"{_DATE}{_ZONE}",
        "time": f"{_TIME}{_ZONE}",
        "gYear": f"{_YEAR}{_ZONE}",
        "gYearMonth": f"{_YEAR}-{_MONTH}{_ZONE}",
        "gMonth": f"--{_MONTH}{_ZONE}",
        "gMonthDay": f"--{_MONTH}-{_DAY}{_ZONE}",
        "gDay": f"---{_DAY}{_ZONE}",
        "duration": rf"-?P(?=[0-9T])(?:[0-9]+Y)?(?:[0-9]+M)?{_DAY_TIME}",
        "yearMonthDuration": r"-?P(?=[0-9])(?:[0-9]+Y)?(?:[0-9]+M)?",
        "dayTimeDuration": rf"-?P(?=[0-9T]){_DAY_TIME}",
        "hexBinary": r"(?:[0-9A-Fa-f]{2})*",
        "base64Binary": _BASE64,
    }.items()
}
_DATED = frozenset({"dateTime", "dateTimeStamp", "date", "gMonthDay"})


def _integer(low: int | None, high: int | None) -> Callable[[str], bool]:
    def check(text: str) -> bool:
        if not _INTEGER.fullmatch(text):
            return False
        if len(text) > 4000:  # longer than Python turns into a number, and beyond every bounded type
            sign = -1 if text.startswith("-") else 1
            return low is None if sign < 0 else high is None
        number = int(text)
        return (low is None or number >= low) and (high is None or number <= high)

    return check


def _form(name: str) -> Callable[[str], bool]:
    pattern, dated = _FORMS[name], name in _DATED

    def check(text: str) -> bool:
        match = pattern.fullmatch(text)
        if match is None:
            return False
        return not dated or int(match["day"]) <= _days(match)

    return check


def _days(match: re.Match[str]) -> int:
    month = int(match["month"])
    if month != 2:
        return 30 if month in (4, 6, 9, 11) else 31
    year = match.groupdict().get("year")
    return 28 if year is not None and not calendar.isleap(int(year[-4:]) + 10000) else 29


_CHECKS: dict[str, Callable[[str], bool]] = {
    **{XSD + name: _integer(*bounds) for name, bounds in _RANGES.items()},
    **{XSD + name: _form(name) for name in _FORMS},
}


def well_formed(literal: ox.Literal) -> bool:
    """Whether the literal is not ill-typed; True for datatypes that are not judged."""
    check = _CHECKS.get(literal.datatype.value)
    return check is None or check(literal.value)


def form_of(datatype: str) -> Callable[[str], bool] | None:
    """Whether a text is in the lexical space of the datatype; None where that is not judged."""
    return _CHECKS.get(datatype)


def judged(datatype: str) -> bool:
    """Whether lexical forms of this datatype are judged."""
    return datatype in _CHECKS


def is_integer(literal: ox.Literal) -> bool:
    """Whether this is a well-formed xsd:integer or a type derived from it."""
    return literal.datatype.value in INTEGER_TYPES and well_formed(literal)
