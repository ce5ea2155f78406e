"""Bring the interface's catalogues up to date: extract the texts, update each language, compile what is served.

    python scripts/catalogues.py

Writes src/kgraph/web/translations/<language>/LC_MESSAGES/messages.po and .mo (GNU gettext) and lists what has no
translation yet. A test fails when a text lacks one, or when a compiled catalogue is not that of its source.
"""

from __future__ import annotations

import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

import kgraph.web
from kgraph.shacl.messages import OTHERWISE, REMEDIES

WEB = Path(kgraph.web.__file__).parent
METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2)}


def template() -> Catalog:
    """Every text of the interface, in the order in which it occurs."""
    found = Catalog(project="kgraph", charset="utf-8", copyright_holder="the kgraph project")
    for _file, _line, message, _comments, context in extract_from_dir(str(WEB), METHODS, keywords=KEYWORDS):
        found.add(message, context=context)
    for remedy in sorted({*REMEDIES.values(), OTHERWISE}):  # shown on /report in the language of the page
        found.add(remedy)
    return found


def forms(translation: str | tuple[str, ...]) -> tuple[str, ...]:
    """The plural forms of a translation; one where it has no plural."""
    return (translation,) if isinstance(translation, str) else tuple(translation)


def main() -> int:
    """Update and compile. Exit status 1 when a text has no translation."""
    texts = template()
    missing = 0
    for folder in sorted((WEB / "translations").iterdir()):
        po = folder / "LC_MESSAGES" / "messages.po"
        with po.open("rb") as stream:
            catalogue = read_po(stream, locale=folder.name)
        texts.creation_date = catalogue.creation_date  # so that nothing changes when no text did
        catalogue.update(texts, no_fuzzy_matching=True)
        catalogue.obsolete.clear()
        untranslated = [m.id for m in catalogue if m.id and not all(forms(m.string or ""))]
        for text in untranslated:
            print(f"{folder.name}: not translated: {text}")
        missing += len(untranslated)
        with po.open("wb") as stream:
            write_po(stream, catalogue, omit_header=False, width=110, no_location=True)
        with po.with_suffix(".mo").open("wb") as stream:
            write_mo(stream, catalogue)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
