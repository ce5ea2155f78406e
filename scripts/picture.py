"""Take the README's picture: a statement opened to the passage that it rests on, as the running site shows it.

kgraph serve & .venv/bin/python scripts/picture.py http://localhost:8000
"""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

TARGET = Path(__file__).resolve().parent.parent / "docs" / "images" / "statement.png"
THING = "/id/recognition/parliaments-53-countries"


def main(address: str) -> None:
    """Open the evidence of one statement and keep what a reader sees."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--hide-scrollbars"]
        )
        page = browser.new_page(viewport={"width": 800, "height": 1400}, device_scale_factor=1)
        page.goto(address + THING)
        section = page.locator("section").filter(has=page.locator("h2", has_text="Numbers stated"))
        section.locator("details.ev").first.evaluate("e => e.open = true")
        box = section.bounding_box()
        assert box
        TARGET.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=TARGET, clip={"x": 0, "y": 0, "width": 800, "height": box["y"] + box["height"]})
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1])
