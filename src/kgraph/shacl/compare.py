"""The SPARQL operators < and <= between two literals (SPARQL 1.1, section 17.3), as the value ranges of
SHACL need.

Numbers, strings and booleans are compared here; xsd:dateTime, and as an extension that SPARQL 1.1 section
17.3.1 allows the other dates, times and durations of one same datatype, by the store's own operator.
Everything else (a date with a string, language-tagged strings, IRIs) is an error in SPARQL, which SHACL
counts as a violation.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache
from typing import Any

import pyoxigraph as ox

from kgraph.shacl.lexical import DECIMAL_TYPES, NUMERIC_TYPES, well_formed
from kgraph.shacl.names import XSD_BOOLEAN, XSD_STRING
from kgraph.shacl.terms import OxTerm
from kgraph.terms import XSD

DATED_TYPES = frozenset(
    XSD + name
    for name in (
        "dateTime",
        "dateTimeStamp",
        "date",
        "time",
        "gYear",
        "gYearMonth",
        "yearMonthDuration",
        "dayTimeDuration",
        "duration",
    )
)
_DATE_TIMES = frozenset({XSD + "dateTime", XSD + "dateTimeStamp"})
_PLAIN = re.compile(
    r"(?!0000)[0-9]{4}(?:-[0-9]{2}){0,2}|(?!0000)[0-9]{4}-[0-9]{2}-[0-9]{2}T(?!24)[0-9:]{8}Z?"
)
"""Years, months, days and times that stand in the order of their texts, where both are of one length."""
_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_EMPTY = ox.Store()


def holds(left: OxTerm, sign: str, right: OxTerm) -> bool:
    """Whether `left sign right` is true; False also where SPARQL raises an error."""
    if not isinstance(left, ox.Literal) or not isinstance(right, ox.Literal):
        return False
    a, b = left.datatype.value, right.datatype.value
    if a in NUMERIC_TYPES and b in NUMERIC_TYPES:
        return well_formed(left) and well_formed(right) and _numbers(left, sign, right)
    if a == b == XSD_STRING:
        return _OPERATORS[sign](left.value, right.value)
    if a == b == XSD_BOOLEAN:
        return (
            well_formed(left)
            and well_formed(right)
            and _OPERATORS[sign](left.value in ("true", "1"), right.value in ("true", "1"))
        )
    if (a == b and a in DATED_TYPES) or (a in _DATE_TIMES and b in _DATE_TIMES):
        if (
            len(left.value) == len(right.value)
            and _PLAIN.fullmatch(left.value)
            and _PLAIN.fullmatch(right.value)
        ):
            return well_formed(left) and well_formed(right) and _OPERATORS[sign](left.value, right.value)
        return _by_store(left, sign, right)
    return False


def _numbers(left: ox.Literal, sign: str, right: ox.Literal) -> bool:
    a, b = left.datatype.value, right.datatype.value
    if a in DECIMAL_TYPES and b in DECIMAL_TYPES:
        return _OPERATORS[sign](Decimal(left.value), Decimal(right.value))
    if a == b == XSD + "double":
        return _OPERATORS[sign](float(left.value), float(right.value))
    return _by_store(left, sign, right)


@lru_cache(maxsize=65536)
def _by_store(left: ox.Literal, sign: str, right: ox.Literal) -> bool:
    return bool(_EMPTY.query(f"ASK {{ FILTER({left} {sign} {right}) }}"))
