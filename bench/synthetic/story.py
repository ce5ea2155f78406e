"""The generated graph as a stream of pieces: one source after the other, each computed from its number alone.

Source `b` brings in commemoration `b`, place `b`, body `b`, work `b` and two people of its own, and speaks of what
earlier sources brought in, the earliest far more often than others: their incoming links grow with the graph into
hubs, most other things keep a few. Nothing is remembered from one source to the next, so memory does not grow with
the graph, and a change can be written by going on where the graph ended.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

from synthetic import names

Values = dict[str, Any]
Random01 = Callable[[], float]

SOURCES_PER_COUNTRY = 40
SOURCES_PER_SUBJECT = 50
SOURCES_PER_CAMPAIGN = 20
PEOPLE_PER_SOURCE = 2
_PASSAGE_LENGTH = 300
_SPARE_PASSAGES = 12
_MOST_SPEAKERS = 40

_SOURCE_KINDS = ("CommemorationReport", "PressReport", "OfficialRecord", "Testimony")
_PLACE_KINDS = ("City", "Town", "Town", "Hotel", "EmbassyPremises")
_FORMS = ("Decree", "Document", "UnstatedForm", "UnstatedForm")
_MODES = ("IndirectReport", "Quotation", "Transcript")
_ACTS = (
    ("Assertion", "says something of it"),
    ("Purpose", "says what it is for"),
    ("Demand", "asks that something be done"),
    ("Thanks", "thanks those who took part"),
    ("Prediction", "says what is expected"),
    ("Announcement", "says what is about to begin"),
)
_TERM_ACTS = (("Naming", "names the event"), ("Characterisation", "characterises the event as"))
_TERMS = tuple(
    f"{a} {b}"
    for b in ("days", "weeks", "crossing", "departure", "winter", "evening", "river days", "long night")
    for a in ("the first", "the grey", "the great", "the quiet", "the northern", "the last")
)
_UNITS = ("people", "households", "students", "singers", "guests", "readers", "towns", "schools")
_WORK_KINDS = (
    ("Documentary", "Documentary", "documentaire", "documental", "документальный фильм", "فيلم وثائقي"),
    ("Song", "Song", "chanson", "canción", "песня", "أغنية"),
    ("VideoClip", "Video clip", "clip", "videoclip", "клип", "مقطع مصور"),
    ("Book", "Book", "livre", "libro", "книга", "كتاب"),
    ("PhotoExhibition", "Photo exhibition", "exposition", "exposición", "выставка", "معرض صور"),
    ("Website", "Website", "site web", "sitio web", "сайт", "موقع"),
)
_TEXT = """
on that day many people gathered near the old bridge and heard music while children read short poems before guests
arrived from other towns with flowers candles letters maps and songs about rivers hills and harvests
"""
_WORDS = tuple(_TEXT.split())
_GROUPS = ("councils", "assemblies", "heads of towns", "societies", "schools", "city boards")


def _skewed(random: Random01, count: int) -> int:
    """A number below `count`, the low ones far more often: number 0 about count**(2/3) times in `count` draws."""
    return int(count * random() ** 3)


def _one(random: Random01, choices: tuple[Any, ...]) -> Any:
    return choices[int(random() * len(choices))]


class Source:
    """One source and all that is drawn from it. It may speak of `earlier` sources (default: all before it)."""

    def __init__(self, seed: int, number: int, earlier: int | None = None) -> None:
        """Draws what the source has; nothing is made yet."""
        self.number = b = number
        self.known = number if earlier is None else earlier
        # Only `random()` is called on this: its stream is the same in every version of Python.
        self.random = random = Random(seed * 1_000_000_007 + number).random
        tail = int(0.8 / (1 - random()))
        self.speakers = [int(random() * 4) for _ in range(PEOPLE_PER_SOURCE + min(tail, _MOST_SPEAKERS))]
        year, month, day = 1950 + int(random() * 75), 1 + int(random() * 12), 1 + int(random() * 26)
        self.year, source = year, f"page-{b}"
        self.event, self.passages, self.claims = f"commemoration-{b}", 0, 0
        self.place, self.organization, self.work = names.place(b), names.organization(b), names.work(b)
        self.subject = names.subject(self._number(SOURCES_PER_SUBJECT))
        self.campaign = names.campaign(self._number(SOURCES_PER_CAMPAIGN))
        self.values: Values = {
            "b": b,
            "source": source,
            "event": self.event,
            "subject": self.subject.slug,
            "campaign": self.campaign.slug,
            "source_kind": _one(random, _SOURCE_KINDS),
            "sha256": hashlib.sha256(source.encode()).hexdigest(),
            "page": f"{year}-{month:02}-{day + 1:02}",
            "page_en": names.day(year, month, day + 1)["day_en"],
            "phrase": f"{names.MONTHS['en'][month - 1]} {day}",
            "place_en": self.place.en,
            "place_ru": self.place.ru,
            "place_ar": self.place.ar,
        }
        self.day = names.day(year, month, day)

    def _number(self, sources_per_thing: int) -> int:
        """Which of the things that come once in so many sources: its own, if it brings one in."""
        if self.number % sources_per_thing == 0:
            return self.number // sources_per_thing
        return _skewed(self.random, (self.known - 1) // sources_per_thing + 1)

    def pieces(self) -> Iterator[tuple[str, Values]]:
        """Piece names with the values they are filled in with; the dict is changed after each, so fill in at once."""
        b, values = self.number, self.values
        fixed = 3 + sum(b % n == 0 for n in (SOURCES_PER_COUNTRY, SOURCES_PER_SUBJECT, SOURCES_PER_CAMPAIGN))
        values["extent"] = _PASSAGE_LENGTH * (
            fixed + sum(1 + claims for claims in self.speakers) + _SPARE_PASSAGES
        )
        yield "source", values
        if b % SOURCES_PER_COUNTRY == 0:
            yield from self._country()
        if b % SOURCES_PER_SUBJECT == 0:
            yield from self._subject()
        if b % SOURCES_PER_CAMPAIGN == 0:
            yield from self._campaign()
        yield from self._event()
        for speaker, passages in enumerate(self.speakers):
            yield from self._speech(speaker, passages)
            if speaker == 0:
                yield from self._work()

    def more(self) -> Iterator[tuple[str, Values]]:
        """Pieces of more speakers, so that a graph can end at a given size; a little over its text's end is spare."""
        for speaker in range(len(self.speakers), len(self.speakers) + _SPARE_PASSAGES // 2):
            yield from self._speech(speaker, 1)

    def _speech(self, speaker: int, passages: int) -> Iterator[tuple[str, Values]]:
        yield from self._speaker(speaker)
        values, random = self.values, self.random
        for _ in range(passages):
            if random() < 0.08:
                yield from self._passage(
                    "It is not clear who speaks here.", "ontology#Unclear", "UnclearMode"
                )
                values.update(
                    claim=self._next_claim(), about=f"id/event/{self.subject.slug}", term=_one(random, _TERMS)
                )
                yield "unclear", values
                continue
            says, voice = (
                f"{values['person_en']} speaks of what is remembered.",
                f"id/event/{self.event}#speech-{speaker}",
            )
            yield from self._passage(says, voice, _one(random, _MODES))
            for _ in range(1 + int(random() * 3)):
                yield from self._claim(self._next_claim())

    def _next_claim(self) -> str:
        self.claims += 1
        return f"page-{self.number}-{self.claims}"

    def _passage(
        self, says: str, voice: str = "ontology#Narrator", mode: str = "Narration"
    ) -> Iterator[tuple[str, Values]]:
        values, random = self.values, self.random
        start = self.passages * _PASSAGE_LENGTH
        self.passages = n = self.passages + 1
        words = _WORDS
        last = len(words) - 4
        i, j = int(random() * last), int(random() * last)
        values.update(
            passage=f"page-{self.number}-{n}",
            n=n,
            voice=voice,
            mode=mode,
            says=says,
            start=start,
            end=start + 60 + int(random() * (_PASSAGE_LENGTH - 62)),
            begins=f"{words[i].capitalize()} {words[i + 1]} {words[i + 2]}",
            ends=f"{words[j]} {words[j + 1]} {words[j + 2]}.",
        )
        yield "passage", values

    def _named(self, name: names.Name) -> Values:
        values = self.values
        values["slug"], values["en"], values["ru"], values["ar"] = name
        return values

    def _country(self) -> Iterator[tuple[str, Values]]:
        name = names.country(self.number // SOURCES_PER_COUNTRY)
        yield from self._passage(f"The page speaks of the country {name.en}.")
        self.values["number"] = 9_000_000 + self.number
        yield "country", self._named(name)

    def _subject(self) -> Iterator[tuple[str, Values]]:
        # The place of a remembered event is one of an earlier source, or this source's own, described further down.
        place = names.place(_skewed(self.random, self.known)) if self.number else self.place
        yield from self._passage(f"The page dates {self.subject.en} and gives a place.")
        year = 1880 + int(self.random() * 40)
        self.values.update(
            names.day(year, 1 + int(self.random() * 12), 1 + int(self.random() * 28)), place=place.slug
        )
        yield "subject", self._named(self.subject)

    def _campaign(self) -> Iterator[tuple[str, Values]]:
        yield from self._passage("The page gives the title of a campaign.")
        self.values["title"] = self.campaign.en
        yield "campaign", self._named(self.campaign)

    def _event(self) -> Iterator[tuple[str, Values]]:
        values, random = self.values, self.random
        values.update(self.day, place=self.place.slug, term=_one(random, _TERMS))
        yield from self._passage(
            f"The page is dated {values['page_en']}; its heading speaks of a commemoration.", "ontology#Page"
        )
        yield "dated", values
        yield "event", values
        yield from self._passage(f"A commemoration was held in {self.place.en}.")
        yield "held", values
        yield "held_again", values
        values.update(
            kind=_one(random, _PLACE_KINDS),
            country=names.country(
                self.number // SOURCES_PER_COUNTRY
                if self.number % SOURCES_PER_COUNTRY == 0
                else _skewed(random, (self.known - 1) // SOURCES_PER_COUNTRY + 1)
            ).slug,
            number=1_000_000 + self.number,
            latitude=f"{random() * 120 - 55:.4f}",
            longitude=f"{random() * 350 - 175:.4f}",
        )
        yield "place", self._named(self.place)
        if random() < 0.4:
            yield "in_campaign", values

    def _speaker(self, speaker: int) -> Iterator[tuple[str, Values]]:
        values, random = self.values, self.random
        own = speaker < PEOPLE_PER_SOURCE
        number = (
            self.number * PEOPLE_PER_SOURCE + speaker
            if own
            else _skewed(random, self.known * PEOPLE_PER_SOURCE)
        )
        body = self.number if speaker == 0 else _skewed(random, self.known)
        person, organization = names.person(number), names.organization(body)
        english = f"{organization.en} Society"
        yield from self._passage(f"{person.en}, a member of {english}, attended and spoke.")
        values.update(
            p=speaker,
            person=person.slug,
            person_en=person.en,
            organization=organization.slug,
            organization_en=english,
        )
        if speaker == 0:
            values.update(
                slug=organization.slug,
                en=english,
                fr=f"Société {organization.en}",
                es=f"Sociedad {organization.en}",
                ru=f"Общество {organization.ru}",
                ar=f"جمعية {organization.ar}",
            )
            yield "organization", values
        yield ("person" if own else "person_again"), self._named(person)
        yield "attends", values
        yield "speaks", values

    def _work(self) -> Iterator[tuple[str, Values]]:
        values, random = self.values, self.random
        kind = _one(random, _WORK_KINDS)
        yield from self._passage(f"A work with the title {self.work.en} was presented.")
        values.update(slug=self.work.slug, title=self.work.en, kind=kind[0])
        values.update(zip(("kind_en", "kind_fr", "kind_es", "kind_ru", "kind_ar"), kind[1:], strict=True))
        yield "work", values
        if self.known > 1 and random() < 0.5:
            values["work"] = names.work(_skewed(random, self.known)).slug
            if values["work"] != self.work.slug:
                yield "presents", values

    def _claim(self, claim: str) -> Iterator[tuple[str, Values]]:
        values, random = self.values, self.random
        values["claim"], values["claim_number"] = claim, self.claims
        subject, kind = f"id/event/{self.subject.slug}", random()
        if kind < 0.45:
            values["act"], values["label"] = _one(random, _ACTS)
            values["about"] = _one(
                random, (subject, f"id/event/{self.event}", f"id/campaign/{self.campaign.slug}")
            )
            yield "claim", values
            if random() < 0.5:
                place = names.place(_skewed(random, self.known)) if self.known else self.place
                values["mention"] = f"id/place/{place.slug}"
                yield "mention", values
        elif kind < 0.75:
            (values["act"], values["label"]), values["term"] = _one(random, _TERM_ACTS), _one(random, _TERMS)
            values["about"] = subject
            yield "claim_term", values
        elif kind < 0.9:
            yield from self._tally(subject)
        else:
            count, years = 2 + int(random() * 60), 3 + int(random() * 20)
            year = self.year - years
            values.update(
                group_en=f"{count} {_one(random, _GROUPS)}",
                term=_one(random, _TERMS),
                form=_one(random, _FORMS),
            )
            values.update(years=years, year=year, before=year - 1, after=year + 1)
            yield "recognition", values

    def _tally(self, subject: str) -> Iterator[tuple[str, Values]]:
        values, random, claim = self.values, self.random, self.values["claim"]
        count = 20 + int(random() * 2000)
        comparison = "Exactly" if random() < 0.7 else "MoreThan"
        values.update(about=subject, count=count, unit=_one(random, _UNITS), comparison=comparison)
        yield "tally", values
        if random() < 0.4:
            for part in (1, 2):
                values.update(
                    claim=f"{claim}-{part}",
                    whole=claim,
                    count=1 + count // (part + 3),
                    unit=_one(random, _UNITS),
                )
                yield "sub_tally", values
