"""A reader and a doubter find what they look for: with and without scripts, on a phone and at a desk."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

pytest_plugins = ["web_browser"]

PHONE, DESK = 360, 1280


@pytest.fixture(params=[(PHONE, True), (PHONE, False), (DESK, True), (DESK, False)], ids=str)
def page(request: pytest.FixtureRequest, browser: Browser, origin: str) -> Iterator[Page]:
    """A page that fails the test when it errs, overflows, or asks another host for anything."""
    width, scripts = request.param
    context = browser.new_context(
        viewport={"width": width, "height": 800}, java_script_enabled=scripts, base_url=origin
    )
    found = context.new_page()
    wrong: list[str] = []
    found.on("request", lambda r: wrong.append(r.url) if not r.url.startswith(origin) else None)
    found.on("console", lambda m: wrong.append(m.text) if m.type == "error" and "404" not in m.text else None)
    found.on("pageerror", lambda e: wrong.append(str(e)))
    yield found
    context.close()
    assert wrong == []


def follow(page: Page, link: Locator) -> None:
    """Click what leads to another page; done when that page is there whole."""
    with page.expect_navigation():
        link.click()


def search(page: Page, text: str) -> None:
    page.get_by_role("search").locator("input[type=search]").first.fill(text)
    follow(page, page.get_by_role("search").get_by_role("button").first)


def test_a_reader_follows_a_statement_to_its_passage_and_cites_it(page: Page) -> None:
    page.goto("/")
    search(page, "moscow cerem")
    main = page.get_by_role("main")
    follow(page, main.get_by_role("link", name="Ceremony in Moscow, 27 February 2014").first)
    expect(page.get_by_role("heading", level=1)).to_have_text("Ceremony in Moscow, 27 February 2014")
    assert page.url.endswith("/id/event/moscow-ceremony-2014.html")
    expect(main.get_by_text("Leyla Aliyeva").first).to_be_visible()
    expect(main.locator(".part > p", has_text=", speaker").first).to_be_visible()
    evidence = main.locator(".val > details.ev:not(.ev-editorial)").first
    expect(evidence.locator(".card")).to_be_hidden()
    evidence.locator("summary").click()
    expect(evidence.locator(".card")).to_be_visible()
    expect(evidence.locator(".card").get_by_text("Who speaks").first).to_be_visible()
    follow(page, evidence.locator(".card").get_by_role("link", name="passage").first)
    expect(page.get_by_role("heading", name="Where it stands")).to_be_visible()
    expect(page.get_by_text("Begins and ends")).to_be_visible()
    page.go_back()
    page.get_by_role("heading", name="Cite and reuse").scroll_into_view_if_needed()
    expect(page.get_by_text("http://localhost:8000/id/event/moscow-ceremony-2014").first).to_be_visible()
    page.get_by_text("BibTeX", exact=True).click()
    expect(page.get_by_text("@misc{moscow-ceremony-2014")).to_be_visible()


def test_a_doubter_sees_who_says_a_number_and_what_is_missing(page: Page) -> None:
    page.goto("/")
    expect(page.get_by_text("Kinds of source that are absent").first).to_be_visible()
    follow(page, page.get_by_role("navigation", name="Site").get_by_role("link", name="Numbers"))
    rows = page.get_by_role("main").locator("tbody tr").filter(has_text="613")
    assert rows.count() >= 2
    units = {rows.nth(n).locator("q").first.inner_text() for n in range(rows.count())}
    assert len(units) >= 2, "the same number with different units stays apart"
    speakers = {rows.nth(n).locator("td").nth(2).inner_text() for n in range(rows.count())}
    assert len(speakers) >= 2
    assert any("unclear" in text for text in speakers)
    follow(page, page.get_by_role("main").get_by_role("link", name="Khojaly, 25-26 February 1992").first)
    expect(page.get_by_role("heading", name="What the sources do not say")).to_be_visible()
    headings = page.locator("main h2").all_inner_texts()
    order = [
        "Date and place",
        "Names used by the sources",
        "Numbers stated",
        "Who is named as responsible, and by whom",
        "How it is characterised",
        "Formal declarations reported",
        "Commemorations",
        "What the sources do not say",
    ]
    places = [next(n for n, h in enumerate(headings) if h.startswith(title)) for title in order]
    assert places == sorted(places), headings


def test_browse_filters_and_shows_the_same_selection_three_ways(page: Page) -> None:
    page.goto("/browse?class=kg:Event")
    total = page.locator(".count-line strong").inner_text()
    for name in ("Timeline", "Map"):
        follow(page, page.get_by_role("navigation", name="Views").get_by_role("link", name=name))
        expect(page.locator(".drawing svg")).to_be_visible()
        assert page.locator(".count-line strong").inner_text() == total
        assert page.locator("main table tbody tr").count() >= 2
    page.goto("/browse?class=kg:Event")
    follow(page, page.locator(".facet li a").first)
    expect(page.locator(".chips a")).to_have_count(1)
    follow(page, page.locator(".chips a").first)
    assert page.locator(".count-line strong").inner_text() == total


def test_nothing_found_says_what_to_do(page: Page) -> None:
    page.goto("/search?q=aliyvea")
    expect(page.get_by_text("Nothing here has this name.")).to_be_visible()
    follow(page, page.get_by_role("link", name="aliyeva"))
    expect(page.get_by_role("main").get_by_text("Leyla Aliyeva").first).to_be_visible()
    page.goto("/id/event/nowhere")
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def test_an_iri_or_prefixed_name_leads_to_its_page(page: Page) -> None:
    page.goto("/search")
    search(page, "http://localhost:8000/id/person/leyla-aliyeva")
    expect(page.get_by_role("heading", level=1)).to_have_text("Leyla Aliyeva")
    search(page, "kg:Recognition")
    assert "/ontology.html#Recognition" in page.url


def test_suggestions_by_keyboard(browser: Browser, origin: str) -> None:
    page = browser.new_page(base_url=origin)
    page.goto("/")
    box = page.get_by_role("combobox")
    box.fill("leyla")  # one change, so one list of suggestions: a later one would take the choice away
    first = page.get_by_role("option").first
    expect(first).to_contain_text("Leyla")
    box.press("ArrowDown")
    expect(first).to_have_attribute("aria-selected", "true")
    with page.expect_navigation():
        box.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Leyla")
    page.close()
