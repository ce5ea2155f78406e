"""Values in words for people: dates and EDTF, numbers, languages, coordinates (ISO 8601-2; Unicode CLDR by Babel)."""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache
from typing import Protocol

from babel import Locale
from babel.dates import format_date, format_skeleton
from babel.numbers import format_decimal

from kgraph.terms import XSD, Literal
from kgraph.web.language import _
from kgraph.web.respond import language

EDTF = "http://id.loc.gov/datatypes/edtf"
SHOWN = 3000
_DAY = re.compile(r"(-?\d{4})-(\d{2})-(\d{2})")
_MONTH = re.compile(r"(-?\d{4})-(\d{2})")
_YEAR = re.compile(r"-?\d{4}")
_DECADE = re.compile(r"(\d{3})X")
_LOCALES = {"en": "en_GB"}
_INTEGERS = {XSD + n for n in ("integer", "int", "long", "short", "nonNegativeInteger", "positiveInteger")}


def locale() -> str:
    """The CLDR locale of this answer's language."""
    return _LOCALES.get(language(), language())


def day_words(text: str) -> str:
    """A day, month or year of ISO 8601 in words; other text as it is."""
    found = _day_words(text[:10], locale())  # what follows a day, such as its time, is left out
    if found is not None:
        return found
    decade = _DECADE.fullmatch(text)
    return _("the %(year)ss", year=decade[1] + "0") if decade else text


@lru_cache(maxsize=2048)
def _day_words(text: str, shown_in: str) -> str | None:
    try:
        if _DAY.fullmatch(text) and not text.startswith("-"):
            return str(format_date(date.fromisoformat(text), "long", locale=shown_in))
        match = _MONTH.fullmatch(text)
        if match and not text.startswith("-"):
            return str(format_skeleton("yMMMM", date(int(match[1]), int(match[2]), 1), locale=shown_in))
    except (ValueError, KeyError):
        return None
    return None


def edtf_words(text: str) -> str:
    """An EDTF expression in words, its uncertainty included (ISO 8601-2, levels 0 to 2 in part)."""
    text = text.strip()
    if text.startswith("[") and text.endswith("]"):
        inner = text[1:-1]
        if inner.startswith(".."):
            return _("on or before %(day)s", day=day_words(inner[2:]))
        if inner.endswith(".."):
            return _("on or after %(day)s", day=day_words(inner[:-2]))
        if ".." in inner:
            first, _dots, last = inner.partition("..")
            return _("some time between %(first)s and %(last)s", first=day_words(first), last=day_words(last))
        return _(" or ").join(day_words(d.strip()) for d in inner.split(","))
    if "/" in text:
        first, _slash, last = text.partition("/")
        return interval_words(first.strip(".") or None, last.strip(".") or None)
    return _single(text)


def _single(text: str) -> str:
    mark = text[-1:]
    if mark == "~":
        return _("about %(day)s", day=day_words(text[:-1]))
    if mark == "?":
        return _("perhaps %(day)s", day=day_words(text[:-1]))
    if mark == "%":
        return _("perhaps about %(day)s", day=day_words(text[:-1]))
    return day_words(text)


def interval_words(first: str | None, last: str | None) -> str:
    """From one day to another; what both share is said once. An open end is said as such."""
    if first and last:
        if first == last:
            return _single(first)
        if _DAY.fullmatch(first) and _DAY.fullmatch(last) and first[:7] == last[:7]:
            left = str(int(first[8:10]))
            whole = day_words(last)
            if language() == "en":
                return f"{left}–{whole}"
        return _("from %(first)s to %(last)s", first=_single(first), last=_single(last))
    if last:
        return _("up to %(day)s", day=_single(last))
    if first:
        return _("from %(day)s", day=_single(first))
    return _("unknown")


def bounds_words(earliest: str | None, latest: str | None) -> str:
    """What the bounds of a dating leave open: between two days, not before, not after."""
    if earliest and latest:
        if earliest == latest:
            return day_words(earliest)
        return _("between %(first)s and %(last)s", first=day_words(earliest), last=day_words(latest))
    if latest:
        return _("not after %(day)s", day=day_words(latest))
    if earliest:
        return _("not before %(day)s", day=day_words(earliest))
    return ""


class Bounded(Protocol):
    """What has the bounds of a dating and, where it was given, its EDTF expression."""

    @property
    def earliest(self) -> str | None: ...

    @property
    def latest(self) -> str | None: ...

    @property
    def edtf(self) -> str | None: ...


def dated_words(one: Bounded) -> str:
    """A dating in words: as it was given, or what its bounds leave open."""
    return edtf_words(one.edtf) if one.edtf else bounds_words(one.earliest, one.latest)


def number_words(text: str) -> str:
    """A whole number with the language's separators."""
    try:
        return str(format_decimal(int(text), locale=locale()))
    except ValueError:
        return text


def language_words(tag: str) -> str:
    """The name of a language in this answer's language, or the tag."""
    return _language_name(tag, locale())


@lru_cache(maxsize=512)
def _language_name(tag: str, shown_in: str) -> str:
    try:
        return Locale.parse(tag.replace("-", "_")).get_display_name(shown_in) or tag
    except Exception:  # Babel raises several kinds for tags it does not know
        return tag


def literal_words(literal: Literal) -> str:
    """A literal for people: dates and numbers in words, other text as it is, long text cut."""
    value, kind = literal.value, literal.datatype
    if kind == EDTF:
        return edtf_words(value)
    if kind == XSD + "date" or kind == XSD + "gYearMonth":
        return day_words(value)
    if kind == XSD + "dateTime":
        return f"{day_words(value[:10])}, {value[11:].removesuffix('Z')}" + (
            " UTC" if value.endswith("Z") else ""
        )
    if kind == XSD + "boolean":
        return _("yes") if value in ("true", "1") else _("no")
    if kind in _INTEGERS and len(value) < 40:
        return number_words(value)
    if len(value) > SHOWN:
        return value[:SHOWN] + "…"
    return value


def coordinates_words(latitude: float, longitude: float) -> str:
    """Coordinates in degrees with hemispheres."""
    north = _("N") if latitude >= 0 else _("S")
    east = _("E") if longitude >= 0 else _("W")
    return f"{abs(latitude):.3f}° {north}, {abs(longitude):.3f}° {east}"
