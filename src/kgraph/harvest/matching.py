"""Which things a written name may mean: full text first, then words spelled nearly like those asked for.

Spellings are compared in Latin letters (anyascii) and once more without what transliterations differ in, so that a
name finds its thing misspelt, without diacritics, in another script, or with its words in another order.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import lru_cache, wraps
from typing import NamedTuple, TypeVar

from anyascii import anyascii
from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from kgraph.index import search_text

VOCABULARY = 300_000
"""Words of an index that are all searched for near spellings; of a larger one, those that begin alike."""

CANDIDATES = 200
"""Names that one look-up compares."""

REMEMBERED = 16384
"""Words, and pairs of words, that each of three small functions remembers its answer for (about 10 MB together)."""

_LONG = 40
_T = TypeVar("_T")
_WORD = re.compile(r"[^\W_]+")
_WORDS = 10
_NEAR = 12
_CUTOFF = 68.0
_FOLDS: tuple[tuple[str, str], ...] = (
    # longest first; what systems of transliteration and spelling write differently for one sound
    ("shch", "s"), ("tsch", "c"), ("dzh", "j"), ("tch", "c"), ("sch", "s"), ("dsch", "j"),
    ("kh", "h"), ("zh", "j"), ("gh", "g"), ("sh", "s"), ("ch", "c"), ("ph", "f"), ("th", "t"), ("ts", "c"),
    ("tz", "c"), ("ck", "k"), ("qu", "k"), ("ou", "u"), ("oo", "u"), ("ee", "i"), ("ae", "a"), ("oe", "o"),
    ("ue", "u"), ("ey", "ei"), ("ay", "ai"), ("iy", "i"), ("yi", "i"), ("ij", "i"), ("ya", "a"), ("yu", "u"),
    ("ye", "e"), ("yo", "o"), ("ia", "a"), ("iu", "u"), ("ie", "e"), ("io", "o"),
)  # fmt: skip
_LETTERS = str.maketrans({"x": "h", "q": "k", "w": "v", "y": "i", "z": "s"})


class Candidate(NamedTuple):
    """A thing (row number in the index), the name it was found by, and how alike that is: 0 to 100."""

    node: int
    name: str
    score: float


def words(text: str) -> list[str]:
    """The words of a name, in lower case; each CJK character is one, as in the index."""
    return _WORD.findall(search_text(text.casefold()))[:_WORDS]


def _remembered(work: Callable[..., _T]) -> Callable[..., _T]:
    """Remember what was worked out for words, but for long ones, so that no visitor fills the memory with them."""
    kept = lru_cache(maxsize=REMEMBERED)(work)

    @wraps(work)
    def answer(*given: str) -> _T:
        return kept(*given) if all(len(word) <= _LONG for word in given) else work(*given)

    return answer


@_remembered
def latin(word: str) -> str:
    """A word in plain Latin letters, lower case."""
    return anyascii(word).lower().replace("'", "").replace(" ", "")


@_remembered
def skeleton(word: str) -> str:
    """A word without what spellings of one sound differ in: doubled letters, kh or x, j or y."""
    text = latin(word)
    for written, sound in _FOLDS:
        text = text.replace(written, sound)
    text = text.translate(_LETTERS)
    return "".join(c for c, before in zip(text, " " + text, strict=False) if c != before)


def likeness(asked: Sequence[str], name: Sequence[str]) -> float:
    """How alike two names are, word by word in any order, 0 to 100; words that were not asked for cost little."""
    if not asked or not name:
        return 0.0
    total = sum(map(len, asked))
    covered = sum(len(word) * max(_alike(word, other) for other in name) for word in asked) / total
    extra = max(sum(map(len, name)) - total, 0)
    by_word = covered * (1 - 0.12 * extra / (extra + total))
    whole = _alike("".join(asked), "".join(name))  # words written apart or together
    return round(max(by_word, whole if len(asked) != len(name) else 0.0), 2)


@_remembered
def _alike(one: str, other: str) -> float:
    if one == other:
        return 100.0
    plain_one, plain_other = latin(one), latin(other)
    if plain_one == plain_other:
        return 99.0
    # ratio forgives added letters, OSA those that changed places
    plain = max(fuzz.ratio(plain_one, plain_other), 100 * OSA.normalized_similarity(plain_one, plain_other))
    if (len(plain_one) < 4 or len(plain_other) < 4) and plain < 75:
        return float(plain) / 2  # short words are alike by chance
    return max(plain, 0.97 * fuzz.ratio(skeleton(one), skeleton(other)))


class Vocabulary(NamedTuple):
    """Words of an index, each also in Latin letters and as its skeleton."""

    terms: list[str]
    latin: list[str]
    skeletons: list[str]

    @classmethod
    def of(cls, terms: Iterable[str]) -> Vocabulary:
        """Numbers are left out: they are not misspelt but different."""
        kept = [term for term in terms if not term.isdigit()]
        # past the caches, which a vocabulary would empty of everything else
        plain, bare = latin.__wrapped__, skeleton.__wrapped__  # type: ignore[attr-defined]
        return cls(kept, [plain(term) for term in kept], [bare(term) for term in kept])


class Matcher:
    """Look-ups of names in one index. Its connection is the caller's thread's."""

    def __init__(self) -> None:
        self._whole: Vocabulary | None = None

    def candidates(
        self, connection: sqlite3.Connection, text: str, classes: Collection[int] = (), limit: int = 10
    ) -> list[Candidate]:
        """The things whose names are most like `text`, best first. `classes`: only members of one of these."""
        asked = words(text)
        if not asked:
            return []
        exact = [[f'"{word}"'] for word in asked]
        found = self._scored(connection, asked, " ".join(w[0] for w in exact), classes)
        if not found or found[0].score < 95:
            near = [self._near(connection, word) for word in asked]
            if len(asked) > 1 and (together := self._near(connection, "".join(asked))):
                found = _best([*found, *self._scored(connection, asked, _all([_or(together)]), classes)])
            groups = [_or(terms) for terms in near if terms]
            if groups and len(groups) == len(asked):
                found = _best([*found, *self._scored(connection, asked, _all(groups), classes)])
            if groups and len(asked) > 1 and (not found or found[0].score < 85):
                found = _best([*found, *self._scored(connection, asked, " OR ".join(groups), classes)])
            if not found or found[0].score < 80:
                parts = [part for word in asked if len(word) > 5 for part in self._parts(connection, word)]
                if parts:
                    found = _best([*found, *self._scored(connection, asked, _or(parts), classes)])
        return found[:limit]

    def _scored(
        self, connection: sqlite3.Connection, asked: Sequence[str], expression: str, classes: Collection[int]
    ) -> list[Candidate]:
        member = "AND EXISTS (SELECT 1 FROM instance i WHERE i.node = l.node AND i.class IN ({}))"
        only = member.format(",".join(map(str, classes))) if classes else ""
        rows = connection.execute(
            "SELECT l.node, l.text FROM label_search JOIN label l ON l.rowid = label_search.rowid"
            " JOIN node n ON n.id = l.node"
            f" WHERE label_search MATCH ? AND n.digest IS NOT NULL AND n.graph_kind IS NULL {only}"
            " ORDER BY bm25(label_search) LIMIT ?",
            (expression, CANDIDATES),
        )
        return _best(Candidate(row[0], row[1], likeness(asked, words(row[1]))) for row in rows)

    def _near(self, connection: sqlite3.Connection, word: str) -> list[str]:
        """Words of the index that are spelled nearly so, best first."""
        vocabulary = self._vocabulary(connection, word)
        key, plain = skeleton(word), latin(word)
        if not key or not plain:
            return []
        alike = process.extract(
            key, vocabulary.skeletons, scorer=fuzz.ratio, score_cutoff=_CUTOFF, limit=_NEAR
        )
        spelled = process.extract(
            plain, vocabulary.latin, scorer=OSA.normalized_similarity, score_cutoff=_CUTOFF / 100, limit=_NEAR
        )
        return list(dict.fromkeys(vocabulary.terms[position] for _, _, position in [*spelled, *alike]))

    def _parts(self, connection: sqlite3.Connection, word: str) -> list[str]:
        """Words of the index that this one begins or ends with: it may be several, written together."""
        vocabulary = self._vocabulary(connection, word)
        key = skeleton(word)
        pairs = zip(vocabulary.terms, vocabulary.skeletons, strict=True)
        found = [t for t, k in pairs if len(k) > 2 and (key.startswith(k) or key.endswith(k))]
        return sorted(found, key=len, reverse=True)[:_NEAR]

    def _vocabulary(self, connection: sqlite3.Connection, word: str) -> Vocabulary:
        if self._whole is not None and self._whole.terms:
            return self._whole
        connection.execute(
            "CREATE VIRTUAL TABLE IF NOT EXISTS temp.name_word USING fts5vocab('main', 'label_search', 'row')"
        )
        if self._whole is None:
            rows = connection.execute("SELECT term FROM temp.name_word LIMIT ?", (VOCABULARY + 1,)).fetchall()
            self._whole = Vocabulary.of([row[0] for row in rows] if len(rows) <= VOCABULARY else [])
            if self._whole.terms:
                return self._whole
        start = latin(word)[:2]
        rows = connection.execute(
            "SELECT term FROM temp.name_word WHERE term >= ? AND term < ? LIMIT ?",
            (start, start + "\U0010ffff", VOCABULARY),
        ).fetchall()
        return Vocabulary.of([row[0] for row in rows])


def _or(terms: Iterable[str]) -> str:
    return " OR ".join(f'"{term}"' for term in terms)


def _all(groups: Iterable[str]) -> str:
    return " AND ".join(f"({group})" for group in groups)


def _best(found: Iterable[Candidate]) -> list[Candidate]:
    """Each thing once, by its best name, best first."""
    best: dict[int, Candidate] = {}
    for candidate in found:
        if candidate.node not in best or candidate.score > best[candidate.node].score:
            best[candidate.node] = candidate
    return sorted(best.values(), key=lambda c: (-c.score, c.node))
