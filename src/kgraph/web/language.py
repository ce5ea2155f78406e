"""The interface's languages: which there are, and the words of this answer's language (Flask-Babel, gettext)."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _gettext
from flask_babel import ngettext as _ngettext

LANGUAGES: tuple[str, ...] = ("en", "fr", "es", "ru", "ar")
"""The default first; the others have a catalogue in translations/ (scripts/catalogues.py)."""

NAMES = {"en": "English", "fr": "Français", "es": "Español", "ru": "Русский", "ar": "العربية"}
RIGHT_TO_LEFT = frozenset({"ar"})


def _(text: str, **values: Any) -> str:
    """A text of the interface in this answer's language."""
    return str(_gettext(text, **values))


def ngettext(one: str, many: str, number: int) -> str:
    """The form of a text for a number; `%(num)s` in it is the number."""
    return str(_ngettext(one, many, number))
