"""The interface's languages: which there are, and the words of this answer's language (Flask-Babel, gettext)."""

from __future__ import annotations

from gettext import NullTranslations
from typing import Any

from flask import g, has_request_context
from flask_babel import get_translations
from jinja2 import Environment

LANGUAGES: tuple[str, ...] = ("en", "fr", "es", "ru", "ar")
"""The default first; the others have a catalogue in translations/ (scripts/catalogues.py)."""

NAMES = {"en": "English", "fr": "Français", "es": "Español", "ru": "Русский", "ar": "العربية"}
RIGHT_TO_LEFT = frozenset({"ar"})


def install(environment: Environment) -> None:
    """Let templates look texts up here; they fill in the values themselves."""
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        lambda text: _catalogue().gettext(text),
        lambda one, many, number: _catalogue().ngettext(one, many, number),
        newstyle=True,
    )


def _(text: str, **values: Any) -> str:
    """A text of the interface in this answer's language."""
    found = _catalogue().gettext(text)
    return str(found % values if values else found)


def ngettext(one: str, many: str, number: int) -> str:
    """The form of a text for a number; `%(num)s` in it is the number."""
    return str(_catalogue().ngettext(one, many, number) % {"num": number})


def _catalogue() -> Any:
    """The catalogue of this answer; looked up once a request, since a page asks for some hundred texts."""
    try:
        found = g.get("catalogue")
    except RuntimeError:  # outside of the application
        return _NONE
    if found is None:
        if not has_request_context():
            return _NONE
        found = g.catalogue = get_translations() if g.get("language") != LANGUAGES[0] else _NONE
    return found


_NONE = NullTranslations()
