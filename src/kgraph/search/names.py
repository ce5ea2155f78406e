"""Finding things by what they are called: full-text look-ups in the index, over every language and script.

A name that a source or speaker uses (role `attributed`) finds the thing and says through what it is named so.
"""

from __future__ import annotations

import difflib
import re
import sqlite3
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from kgraph.index import search_text

_WORD = re.compile(r"[^\W_]+", re.UNICODE)
_MATCHES = 2000
_WORDS = 12
NEAR = 0.7
"""How like two spellings must be (difflib's ratio)."""


@dataclass(frozen=True)
class Hit:
    """A thing found, by which of its names. `via`: what names it so, where `role` is attributed."""

    iri: str
    text: str
    language: str | None
    role: str
    via: str | None
    kind: str | None
    label: str
    description: str | None


@dataclass(frozen=True)
class Found:
    """One page of hits, how many there are in all (`many`: at least that many), and by which classes."""

    hits: tuple[Hit, ...]
    total: int
    many: bool
    classes: tuple[tuple[str, int], ...]


def tokens(text: str) -> list[str]:
    """The words of a search, as the index cuts them; CJK characters stand alone."""
    return _WORD.findall(search_text(text))[:_WORDS]


def match_expression(text: str, *, prefix: bool = True) -> str:
    """The FTS5 query: every word, the last one as a prefix. Empty when there is nothing to look for."""
    words = tokens(text)
    quoted = [f'"{w}"' for w in words]
    if quoted and prefix:
        quoted[-1] += " *"
    return " ".join(quoted)


def search(
    connection: sqlite3.Connection, text: str, *, kind: str | None = None, limit: int = 20, offset: int = 0
) -> Found:
    """Things whose names hold every word of `text` (the last as a prefix), best first. `kind`: of this class only."""
    expression = match_expression(text)
    if not expression:
        return Found((), 0, False, ())
    rows = connection.execute(
        "SELECT l.node, l.role, l.text, l.language, v.iri AS via, n.iri, n.label, n.description, n.kind AS kind_id,"
        " k.iri AS kind, n.incoming + n.outgoing AS degree, bm25(label_search) AS score"
        " FROM label_search JOIN label l ON l.rowid = label_search.rowid"
        " JOIN node n ON n.id = l.node LEFT JOIN node k ON k.id = n.kind LEFT JOIN node v ON v.id = l.via"
        " WHERE label_search MATCH ? ORDER BY bm25(label_search) LIMIT ?",
        (expression, _MATCHES),
    ).fetchall()
    folded = fold(text)
    best: dict[int, tuple[tuple[bool, bool, float, int, str], sqlite3.Row]] = {}
    for row in rows:
        rank = (
            fold(row["text"]) != folded,
            row["role"] == "attributed",
            row["score"],
            -row["degree"],
            row["iri"],
        )
        if row["node"] not in best or rank < best[row["node"]][0]:
            best[row["node"]] = (rank, row)
    classes: dict[str, int] = {}
    for _, row in best.values():
        if row["kind"]:
            classes[row["kind"]] = classes.get(row["kind"], 0) + 1
    chosen = [
        row for _, row in sorted(best.values(), key=lambda b: b[0]) if kind is None or row["kind"] == kind
    ]
    return Found(
        tuple(
            Hit(
                r["iri"],
                r["text"][:300],
                r["language"],
                r["role"],
                r["via"],
                r["kind"],
                (r["label"] or r["text"])[:300],
                r["description"],
            )
            for r in chosen[offset : offset + limit]
        ),
        len(chosen),
        len(rows) >= _MATCHES,
        tuple(sorted(classes.items(), key=lambda c: (-c[1], c[0]))),
    )


def near(connection: sqlite3.Connection, text: str, *, limit: int = 5) -> list[str]:
    """Words of the index spelled nearly like those of `text`, joined again; for when nothing was found."""
    words = tokens(text.lower())
    if not words or len(text) > 200:
        return []
    connection.execute(
        "CREATE VIRTUAL TABLE IF NOT EXISTS temp.label_word USING fts5vocab('main', 'label_search', 'row')"
    )
    choices = []
    for word in words:
        folded = fold(word)
        known = connection.execute("SELECT 1 FROM temp.label_word WHERE term = ?", (folded,)).fetchone()
        choices.append([folded] if known else _similar(connection, folded, limit))
    if not all(choices):
        return []
    width = max(len(c) for c in choices)
    return list(dict.fromkeys(" ".join(c[min(i, len(c) - 1)] for c in choices) for i in range(width)))[:limit]


def near_paths(connection: sqlite3.Connection, path: str, *, limit: int = 5) -> list[str]:
    """IRIs whose path is nearly this one, in the same folder."""
    folder = path.rpartition("/")[0] + "/"
    rows: Iterable[sqlite3.Row] = connection.execute(
        "SELECT path, iri FROM node WHERE path >= ? AND path < ? AND parent IS NULL LIMIT 2000",
        (folder, folder + "\U0010ffff"),
    )
    known = {row["path"]: row["iri"] for row in rows}
    return [known[p] for p in difflib.get_close_matches(path, known, n=limit, cutoff=0.75)]


def fold(text: str) -> str:
    """Without case and diacritics, as the index compares."""
    decomposed = unicodedata.normalize("NFD", text.casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c)).strip()


_SOUNDS = tuple(
    (re.compile(pattern), sound)
    for pattern, sound in (
        ("dsch|dzh|dj|zh", "j"),
        ("kh|gh|(?<!s)ch|[xq]", "h"),
        ("[cj]", "j"),
        ("[yıi]+", "i"),
        ("sch|sh", "s"),
        ("w", "v"),
        (r"(.)\1+", r"\1"),
    )
)
"""Ways in which one sound is written in Latin letters, by transliteration or alphabet, and one letter for each."""
_INITIALS = ("cghkqx", "cdjz", "eijyı", "bvw", "csz")
"""First letters that may stand for one sound."""


def _sound(word: str) -> str:
    """A word with the spellings of a sound made alike: khojaly, hojali and xocalı are one."""
    for pattern, sound in _SOUNDS:
        word = pattern.sub(sound, word)
    return word


def _similar(connection: sqlite3.Connection, word: str, limit: int) -> list[str]:
    """Words of the index spelled nearly like this one, as written or as it sounds; nearest first, then the frequent."""
    if len(word) < 3:
        return []
    apart = 2 if len(word) < 8 else 3
    initials = {word[0], *(letter for group in _INITIALS if word[0] in group for letter in group)}
    rows = connection.execute(
        "SELECT term, doc FROM temp.label_word WHERE length(term) BETWEEN ? AND ?"
        f" AND (substr(term, 1, 1) IN ({','.join('?' * len(initials))}) OR substr(term, -2) = ?)"
        " ORDER BY doc DESC LIMIT 5000",
        (len(word) - apart, len(word) + apart, *sorted(initials), word[-2:]),
    )
    as_written, as_it_sounds = difflib.SequenceMatcher(b=word), difflib.SequenceMatcher(b=_sound(word))
    found = []
    for row in rows:
        term = row["term"]
        as_written.set_seq1(term)
        as_it_sounds.set_seq1(_sound(term))
        near = [
            m.ratio()
            for m in (as_written, as_it_sounds)
            if m.real_quick_ratio() >= NEAR and m.quick_ratio() >= NEAR
        ]
        if near and max(near) >= NEAR:
            found.append((-max(near), -row["doc"], term))
    return [term for _ratio, _frequency, term in sorted(found)[:limit]]
