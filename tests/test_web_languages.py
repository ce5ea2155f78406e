"""The interface's languages: every text has its translation, and the address or the browser chooses."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from flask.testing import FlaskClient

from kgraph.web.language import LANGUAGES
from web_site import ROOT, client, own_site

sys.path.insert(0, str(ROOT / "scripts"))
from catalogues import WEB, forms, template

EVENT = "/id/event/moscow-ceremony-2014"
OTHERS = LANGUAGES[1:]


@pytest.fixture(scope="module")
def web() -> FlaskClient:
    return client(own_site())


def catalogue(language: str) -> Path:
    return WEB / "translations" / language / "LC_MESSAGES" / "messages.po"


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_is_translated_with_its_values(language: str) -> None:
    with catalogue(language).open("rb") as stream:
        known = {m.id: m.string for m in read_po(stream, locale=language)}
    for message in template():
        if not message.id:
            continue
        assert message.id in known, f"run scripts/catalogues.py and translate: {message.id}"
        translated = forms(known[message.id])
        assert all(translated), message.id
        source = message.id if isinstance(message.id, str) else message.id[1]
        for form in translated:
            assert sorted(re.findall(r"%\(\w+\)s", form)) == sorted(re.findall(r"%\(\w+\)s", source)), (
                message.id
            )


@pytest.mark.parametrize("language", OTHERS)
def test_the_compiled_catalogue_is_that_of_its_source(language: str) -> None:
    with catalogue(language).open("rb") as stream:
        source = {forms(m.id): forms(m.string) for m in read_po(stream, locale=language) if m.id}
    with catalogue(language).with_suffix(".mo").open("rb") as stream:
        compiled = {forms(m.id): forms(m.string) for m in read_mo(stream) if m.id}
    assert compiled == source


@pytest.mark.parametrize("language", OTHERS)
def test_the_address_names_the_language_and_links_keep_it(web: FlaskClient, language: str) -> None:
    page = web.get(f"{EVENT}.html?lang={language}")
    assert f'<html lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}">' in page.text
    assert "Accept-Language" not in page.headers.get("Vary", "")
    assert page.headers["Content-Language"] == language
    assert f"/id/person/leyla-aliyeva?lang={language}" in page.text
    moved = web.get(f"/id/person/leyla-aliyeva?lang={language}", headers={"Accept": "text/html"})
    assert moved.headers["Location"] == f"/id/person/leyla-aliyeva.html?lang={language}"
    assert "What links here" not in page.text


def test_the_browser_chooses_where_the_address_does_not(web: FlaskClient) -> None:
    for _again in range(2):  # the second time from the byte cache
        french = web.get(f"{EVENT}.html", headers={"Accept-Language": "fr-CH, de;q=0.9"})
        english = web.get(f"{EVENT}.html", headers={"Accept-Language": "de"})
        assert french.headers["Content-Language"] == "fr"
        assert english.headers["Content-Language"] == "en"
        assert "Accept-Language" in french.headers["Vary"]
        assert french.headers["ETag"] != english.headers["ETag"]


def test_data_documents_do_not_vary_by_language(web: FlaskClient) -> None:
    assert "Accept-Language" not in web.get(f"{EVENT}.ttl", headers={"Accept-Language": "fr"}).headers.get(
        "Vary", ""
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_template_works_in_every_language(web: FlaskClient, language: str) -> None:
    paths = (
        "/",
        "/about",
        "/browse",
        "/browse?class=kg:Event&view=timeline",
        "/numbers",
        "/names",
        "/declarations",
    )
    for path in (*paths, "/sources", "/ontology.html", "/search?q=khoj", "/id/event/khojaly-1992.html"):
        answer = web.get(path + ("&" if "?" in path else "?") + f"lang={language}")
        assert answer.status_code == 200, (path, language)
    assert web.get(f"/nothing?lang={language}", headers={"Accept": "text/html"}).status_code == 404


def test_a_label_in_another_language_says_so(web: FlaskClient) -> None:
    arabic = web.get(f"{EVENT}.html?lang=ar").text
    assert '<bdi lang="en">Leyla Aliyeva</bdi>' in arabic
    assert not re.search(r'<bdi lang="ar"', arabic)
    english = web.get(f"{EVENT}.html?lang=en").text
    assert "Leyla Aliyeva" in english
    assert not re.search(r'<bdi lang="en"', english)


def test_names_from_shapes_fall_back_to_the_label_in_the_language_of_the_page(web: FlaskClient) -> None:
    page = web.get("/id/source/moscow-2014.html?lang=fr").text
    terms = re.findall(r"<dt>(.*?)</dt>", page)
    assert "point de vue" in terms
    assert "whose account" not in page
