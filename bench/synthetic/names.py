"""Names of places, people, bodies and works that do not exist, in Latin, Cyrillic and Arabic letters.

A name is a number written in syllables: no list to keep in memory, no two alike, and spread over the alphabet
so that prefix searches have something to do.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

_SYLLABLES = (
    "ba ба با,del дел دل,fo фо فو,gri гри غري,ham хам هام,jo жо جو,kel кел كل,lun лун لون,ma ма ما,nor нор نور,"
    "pel пел بل,qui кви كوي,ros рос روس,sa са سا,tum тум توم,ul ул ول,ven вен فن,wi ви وي,yar яр يار,zo зо زو,"
    "bri бри بري,cal кал كال,dun дун دون,es эс اس"
)
_ONE = tuple(tuple(s.split(" ")) for s in _SYLLABLES.split(","))
_TWO = tuple(tuple(x + y for x, y in zip(a, b, strict=True)) for a in _ONE for b in _ONE)
_PAIRS = len(_TWO)
_SPREAD = 196_613  # a prime that does not divide the number of names, so that it only reorders them

_GIVEN_NAMES = (
    "Alder Алдер الدر,Birch Бёрч بيرش,Cedar Седар سيدار,Ember Эмбер امبر,Flint Флинт فلينت,Garnet Гарнет غارنت,"
    "Hazel Хейзел هيزل,Indigo Индиго انديغو,Juniper Джунипер جونيبر,Linden Линден ليندن,Maple Мейпл ميبل,"
    "Onyx Оникс اونيكس,Pebble Пебл بيبل,Rowan Роуэн روان,Sorrel Соррел سوريل,Willow Уиллоу ويلو"
)
_GIVEN = tuple(tuple(x.split(" ")) for x in _GIVEN_NAMES.split(","))

_MONTHS = """
en January February March April May June July August September October November December
fr janvier février mars avril mai juin juillet août septembre octobre novembre décembre
es enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre
ru января февраля марта апреля мая июня июля августа сентября октября ноября декабря
ar يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر
"""
MONTHS = {line[:2]: line[3:].split(" ") for line in _MONTHS.strip().splitlines()}
"""The months in each language."""


class Name(NamedTuple):
    """A thing's slug and its name in three scripts."""

    slug: str
    en: str
    ru: str
    ar: str


def _word(number: int) -> tuple[str, str, str]:
    high, low = divmod((number + 1000) * _SPREAD % (_PAIRS * _PAIRS), _PAIRS)
    (a, b, c), (x, y, z) = _TWO[high], _TWO[low]
    return (a + x).capitalize(), (b + y).capitalize(), c + z


@lru_cache(maxsize=4096)
def place(number: int) -> Name:
    """A place below a country."""
    en, ru, ar = _word(2 * number)
    return Name(f"{en.lower()}-{number}", en, ru, ar)


@lru_cache(maxsize=512)
def country(number: int) -> Name:
    """A country."""
    en, ru, ar = _word(2 * number + 1)
    return Name(f"country-{en.lower()}-{number}", f"{en} Land", f"{ru} Ланд", f"{ar} لاند")


@lru_cache(maxsize=4096)
def person(number: int) -> Name:
    """A person."""
    en, ru, ar = _word(3 * number + 7)
    given = _GIVEN[number * 7 % len(_GIVEN)]
    return Name(
        f"{given[0].lower()}-{en.lower()}-{number}",
        f"{given[0]} {en}",
        f"{given[1]} {ru}",
        f"{given[2]} {ar}",
    )


@lru_cache(maxsize=4096)
def organization(number: int) -> Name:
    """A body; its name in the other languages is made by the caller from the place-like word."""
    en, ru, ar = _word(5 * number + 11)
    return Name(f"society-{en.lower()}-{number}", en, ru, ar)


@lru_cache(maxsize=512)
def subject(number: int) -> Name:
    """An event that is remembered."""
    en, ru, ar = _word(7 * number + 13)
    return Name(
        f"{en.lower()}-days-{number}", f"{en} days {number}", f"{ru}, дни {number}", f"أيام {ar} {number}"
    )


@lru_cache(maxsize=512)
def campaign(number: int) -> Name:
    """A campaign; its title is the same in every language."""
    en, ru, ar = _word(11 * number + 17)
    return Name(f"remember-{en.lower()}-{number}", f"Remember {en} {number}", ru, ar)


@lru_cache(maxsize=4096)
def work(number: int) -> Name:
    """A work; its title is the same in every language."""
    en, ru, ar = _word(13 * number + 19)
    return Name(f"{en.lower()}-river-{number}", f"{en} River {number}", ru, ar)


def day(year: int, month: int, number: int) -> dict[str, str]:
    """One day: `day` as ISO 8601 and `day_en` and so on as written in five languages."""
    values = {"day": f"{year}-{month:02}-{number:02}"}
    for language, months in MONTHS.items():
        name = months[month - 1]
        values[f"day_{language}"] = (
            f"{number} de {name} de {year}" if language == "es" else f"{number} {name} {year}"
        )
    return values
