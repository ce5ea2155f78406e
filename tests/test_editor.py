"""The query editor in a browser: it starts, runs, completes from this site, opens examples, and asks no other host."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, expect

from conftest import missing

QUERY = "SELECT * WHERE { ?person a <http://localhost:8000/ontology#Person> } ORDER BY ?person LIMIT 3"

SHOWN = """() => [
    document.querySelector('.tabPanel.active .CodeMirror').CodeMirror.getValue(),
    ...[...document.querySelectorAll('.CodeMirror-hint')].map(hint => hint.textContent),
].join('\\n')"""
"""What is written, and what is offered to complete it."""


def until(condition: Callable[[], bool]) -> None:
    """Wait for something, a minute at most (the page's policy forbids playwright's own way)."""
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.fixture
def page(live_site: str, browser: Browser) -> Iterator[Page]:
    """A page in Chromium; the test fails on a script error and on a request to another host."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.set_default_timeout(60_000)
    errors: list[str] = []
    elsewhere: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on(
        "request",
        lambda r: None if r.url.startswith((live_site, "blob:", "data:")) else elsewhere.append(r.url),
    )
    yield page
    context.close()
    assert errors == []
    assert elsewhere == []


@pytest.fixture
def editor(page: Page, live_site: str) -> Page:
    """The page /sparql with a query, once its result is there."""
    from importlib.resources import files

    from kgraph.web.assets import _files  # the installed package's own files, in the tree or from the wheel

    if "editor/yasgui.min.js" not in dict(_files(files("kgraph.web") / "static", "")):
        missing("the query editor", "run make editor (it needs npm and the network)")
    page.goto(f"{live_site}/sparql?query={quote(QUERY)}")
    page.wait_for_selector(".yasr table tbody tr")
    return page


def test_a_query_in_the_address_is_run(editor: Page) -> None:
    assert editor.locator(".yasr table tbody tr").count() == 3
    assert not editor.locator("form.query").is_visible()
    value = editor.evaluate("document.querySelector('.tabPanel.active .CodeMirror').CodeMirror.getValue()")
    assert value == QUERY


def test_a_result_leads_to_the_page_on_this_host(editor: Page, live_site: str) -> None:
    link = editor.locator(".yasr table a[href*='/id/person/']").first
    link.evaluate("a => a.removeAttribute('target')")
    with editor.expect_navigation(url=f"{live_site}/id/person/**"):
        link.click()


def test_an_example_opens_as_a_tab_of_its_own(editor: Page) -> None:
    before = editor.locator(".yasgui .tab").count()
    editor.select_option("select.examples", label="Declarations about the event")
    until(lambda: editor.locator(".tabPanel.active .yasr table tbody tr").count() == 4)
    assert editor.locator(".yasgui .tab").count() == before + 1
    assert "Declarations about the event" in editor.locator(".yasgui .tab.active").inner_text()


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("SELECT * WHERE { ?s a commem", "ontology#Commemoration"),
        ("SELECT * WHERE { ?s claima", "ontology#claimant"),
        ("PREFIX kg", "kg: <http://localhost:8000/ontology#>"),
    ],
    ids=["class", "property", "prefix"],
)
def test_terms_are_completed_from_the_release(editor: Page, typed: str, offered: str) -> None:
    editor.evaluate(
        """text => {
            const code = document.querySelector('.tabPanel.active .CodeMirror').CodeMirror;
            code.setValue(text);
            code.setCursor(code.lineCount(), 0);
            code.focus();
        }""",
        typed,
    )
    editor.keyboard.press("End")
    editor.keyboard.press("Control+Space")
    until(lambda: offered in editor.evaluate(SHOWN))


def test_without_scripts_the_plain_form_runs_the_same_query(live_site: str, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(live_site + "/sparql")
    page.fill("#query", QUERY)
    with page.expect_navigation():
        page.click("form.query button")
    assert page.locator("main table tbody tr").count() == 3
    context.close()


def test_the_keyboard_leads_through_the_editor_and_out_of_it(editor: Page, live_site: str) -> None:
    page = editor
    page.goto(f"{live_site}/sparql")
    expect(page.locator("#editor .tabPanel.active .CodeMirror")).to_be_visible()
    assert not page.evaluate("document.getElementById('editor').contains(document.activeElement)")
    page.locator("#editor .tabPanel.active .CodeMirror textarea").first.focus()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.tagName") == "BUTTON", "Tab leads on to the editor's buttons"


def test_a_refusal_is_told_in_words(editor: Page, live_site: str) -> None:
    page = editor
    page.goto(f"{live_site}/sparql?query={quote('SELECT * {')}")
    told = page.locator("#editor .tabPanel.active .failure")
    expect(told).to_contain_text("The query is not valid SPARQL")
    expect(told).to_contain_text("Line 1, column 11:")
    assert "urn:kgraph" not in told.inner_text()
    assert page.locator("section.failure").count() == 0, "said once"
