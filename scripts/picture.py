"""Take the README's pictures from the running site; with --all, one of every template to look at.

    kgraph serve & .venv/bin/python scripts/picture.py http://localhost:8000
    .venv/bin/python scripts/picture.py http://localhost:8000 --all FOLDER

The pictures of the README are written to docs/images. Those of --all are of every page that the checks walk
(tests/web_pages.py): on a phone and at a desk, light and dark, and as printed (PDF).
"""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
SIZES = {360: 3200, 1280: 2600}
"""Width of the screen -> the most of a page's height that is taken."""
PRINTED = ("contested event", "numbers")


def statement(browser: Browser, address: str) -> None:
    """A number stated by a speaker, its evidence opened."""
    page = browser.new_page(viewport={"width": 800, "height": 1400})
    page.goto(f"{address}/id/recognition/parliaments-53-countries.html?lang=en")
    section = page.locator("section").filter(has=page.locator("h2", has_text="Numbers stated"))
    section.locator("details.ev").first.evaluate("e => e.open = true")
    box = section.bounding_box()
    assert box
    page.screenshot(
        path=IMAGES / "statement.png", clip={"x": 0, "y": 0, "width": 800, "height": box["y"] + box["height"]}
    )
    page.close()


def timeline(browser: Browser, address: str) -> None:
    """What was declared, when and by whom, as a line of years and a table, in the dark."""
    page = browser.new_page(viewport={"width": 1000, "height": 800}, color_scheme="dark")
    page.goto(f"{address}/declarations?lang=en")
    page.screenshot(path=IMAGES / "declarations.png")
    page.close()


def arabic(browser: Browser, address: str) -> None:
    """The event that the sources speak of, on a phone, in Arabic."""
    page = browser.new_page(viewport={"width": 400, "height": 800})
    page.goto(f"{address}/id/event/khojaly-1992.html?lang=ar")
    page.screenshot(path=IMAGES / "arabic.png")
    page.close()


def every(browser: Browser, address: str, folder: Path) -> None:
    """Every page of the table in each size and scheme."""
    sys.path.insert(0, str(ROOT / "tests"))
    from web_pages import FAILURES, PAGES

    folder.mkdir(parents=True, exist_ok=True)
    table = PAGES | {name: path for name, (path, _status) in FAILURES.items()}
    for width, most in SIZES.items():
        for scheme in ("light", "dark"):
            page = browser.new_page(color_scheme=scheme, locale="en-GB")
            for name, path in table.items():
                page.set_viewport_size({"width": width, "height": 800})
                page.goto(address + path)
                height = int(page.evaluate("document.documentElement.scrollHeight"))
                page.set_viewport_size({"width": width, "height": min(height, most)})
                page.screenshot(path=folder / f"{name.replace(' ', '-')}-{width}-{scheme}.png")
            page.close()
    page = browser.new_page(locale="en-GB")
    for name in PRINTED:
        page.goto(address + PAGES[name])
        page.pdf(path=folder / f"{name.replace(' ', '-')}.pdf", format="A4")
    page.close()


def main(address: str, folder: str | None = None) -> None:
    """Take the pictures of the running site at this address."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--hide-scrollbars"]
        )
        if folder:
            every(browser, address, Path(folder))
        else:
            IMAGES.mkdir(parents=True, exist_ok=True)
            for take in (statement, timeline, arabic):
                take(browser, address)
        browser.close()


if __name__ == "__main__":
    if len(sys.argv) == 2:
        main(sys.argv[1])
    elif len(sys.argv) == 4 and sys.argv[2] == "--all":
        main(sys.argv[1], sys.argv[3])
    else:
        sys.exit(__doc__)
