"""The map: land that crosses the antimeridian is whole, and no name covers another."""

from __future__ import annotations

import re
from itertools import pairwise

from kgraph.search import Located
from kgraph.web.drawing import WIDTH, Mark, land, map_of


def place(name: str, longitude: float, latitude: float) -> Located:
    return Located(place=name, longitude=longitude, latitude=latitude, things=(name,), count=1)


def drawn(*places: Located) -> str:
    return str(map_of(places, lambda p: Mark("/" + p.place, p.place, p.place), "Map"))


def test_no_ring_jumps_across_the_map() -> None:
    for ring in land():
        jumps = [a for a, b in pairwise(ring) if abs(a[0] - b[0]) > 180 and min(a[1], b[1]) > -90]
        assert not jumps


def test_no_outline_runs_along_the_whole_width() -> None:
    svg = drawn(place("west", -99.1, 19.4), place("east", 46.8, 39.9), place("north", 37.6, 55.7))
    [path] = re.findall(r'<path class="land" d="([^"]+)"', svg)
    for ring in path.split("M")[1:]:
        points = [tuple(map(int, p.split())) for p in ring.rstrip("Z").split("L")]
        wide = [(a, b) for a, b in pairwise(points) if abs(a[0] - b[0]) > WIDTH / 2]
        assert all(max(a[1], b[1]) < 0 or min(a[1], b[1]) > 0.3 * WIDTH for a, b in wide), wide


def test_names_do_not_cover_one_another_and_every_place_is_named_for_a_reader() -> None:
    names = [f"Place number {n}" for n in range(9)]
    svg = drawn(place("Far away", -60, 20), *(place(n, 20 + i / 10, 40) for i, n in enumerate(names)))
    assert all(f"<title>{n}</title>" in svg for n in names)
    shown = re.findall(
        r'<text class="name" x="([\d.]+)" y="([\d.]+)" text-anchor="(\w+)">([^<]+)<', svg.replace(",", "")
    )
    assert 2 <= len(shown) < len(names)
    boxes = []
    for x, y, anchor, text in shown:
        wide = 7 * len(text)
        left = float(x) - {"start": 0.0, "middle": wide / 2, "end": float(wide)}[anchor]
        boxes.append((left, float(y) - 10, left + wide, float(y)))
    for n, a in enumerate(boxes):
        for b in boxes[n + 1 :]:
            assert not (a[0] < b[2] and a[2] > b[0] and a[1] < b[3] and a[3] > b[1])
