"""Timeline and map as SVG, drawn here: no script, no tiles, no borders, nothing fetched.

Every mark is a link with a name, and the list of the same selection is the text alternative. Colours come from the
style sheet by class, since the pages allow no inline style.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files

from markupsafe import Markup, escape

from kgraph.search import Dated, Located

WIDTH = 660
"""Units of a drawing's width; about the pixels it has on a desk, so that its text is as large as the page's."""
_ROW = 34
_LEFT = 20
_RIGHT = 20


@dataclass(frozen=True)
class Mark:
    """A thing as it is drawn: address, name, what its dates or place are in words."""

    href: str
    text: str
    words: str


def timeline(dated: Iterable[Dated], mark: Callable[[Dated], Mark], title: str) -> Markup:
    """Things on a line of years, one row each, the days that a dating allows as a bar.

    Full: from the first day to the last. Hollow (`within`): some day of them. Dashed (`open`): an end is not given.
    """
    rows = list(dated)
    days = [d for r in rows for d in (_day(r.earliest), _day(r.latest)) if d is not None]
    if not days:
        return Markup("")
    low, high = min(days), max(days)
    pad = max((high - low) * 0.04, 30.0)
    low, high = low - pad, high + pad
    scale = (WIDTH - _LEFT - _RIGHT) / (high - low)

    def x(day: float) -> float:
        return _LEFT + (day - low) * scale

    height = 34 + _ROW * len(rows) + 10
    parts = [
        f'<svg class="timeline" viewBox="0 0 {WIDTH} {height}" role="group" aria-label="{escape(title)}">',
    ]
    for year, day in _ticks(low, high):
        at = round(x(day), 1)
        parts.append(f'<line class="grid" x1="{at}" x2="{at}" y1="24" y2="{height - 6}"/>')
        parts.append(f'<text class="tick" x="{at}" y="16" text-anchor="middle">{year}</text>')
    for number, row in enumerate(rows):
        top = 30 + number * _ROW
        first, last = _day(row.earliest), _day(row.latest)
        left = x(first) if first is not None else x(low)
        right = x(last) if last is not None else x(high)
        kind = " open" if first is None or last is None else " within" if _within(row) else ""
        wide = max(right - left, 6.0)
        one = mark(row)
        name = _short(one.text, 72)
        text_at = max(_LEFT, min(left, WIDTH - _RIGHT - 7.0 * len(name)))
        parts.append(
            f'<a href="{escape(one.href)}"><title>{escape(one.text)}: {escape(one.words)}</title>'
            f'<text class="name" x="{round(text_at, 1)}" y="{top + 11}">{escape(name)}</text>'
            f'<rect class="span{kind}" x="{round(left, 1)}" y="{top + 16}"'
            f' width="{round(wide, 1)}" height="8" rx="3"/></a>'
        )
    parts.append("</svg>")
    return Markup("".join(parts))  # noqa: S704 - every value in it is escaped


def map_of(places: Iterable[Located], mark: Callable[[Located], Mark], title: str) -> Markup:
    """Places on an outline of the land (Natural Earth, no borders), cut to where they are; equirectangular."""
    found = list(places)
    if not found:
        return Markup("")
    west = min(p.longitude for p in found)
    east = max(p.longitude for p in found)
    south = min(p.latitude for p in found)
    north = max(p.latitude for p in found)
    west, east, south, north = _frame(west, east, south, north)
    stretch = math.cos(math.radians((south + north) / 2))
    scale = WIDTH / ((east - west) * stretch)
    height = round((north - south) * scale)

    def x(longitude: float) -> float:
        return round((longitude - west) * stretch * scale, 1)

    def y(latitude: float) -> float:
        return round((north - latitude) * scale, 1)

    path = []
    for ring in land():
        if max(p[1] for p in ring) < south or min(p[1] for p in ring) > north:
            continue
        left, right = min(p[0] for p in ring), max(p[0] for p in ring)
        for turn in (-360, 0, 360):
            if right + turn < west or left + turn > east:
                continue
            moved = tuple((a + turn, b) for a, b in ring)
            inside = _clipped(moved, west - 8, east + 8, south - 8, north + 8)
            points = _thinned((x(a), y(b)) for a, b in inside)
            if len(points) > 3:
                path.append("M" + "L".join(f"{a} {b}" for a, b in points) + "Z")
    parts = [
        f'<svg class="map" viewBox="0 0 {WIDTH} {height}" role="group" aria-label="{escape(title)}">',
        f'<path class="land" d="{"".join(path)}"/>',
    ]
    spots = [
        (place, x(place.longitude), y(place.latitude), _radius(place.count))
        for place in sorted(found, key=lambda p: -p.count)
    ]
    taken = [(at - r, down - r, at + r, down + r) for _place, at, down, r in spots]
    for place, at, down, radius in spots:
        one = mark(place)
        name = _short(one.text)
        words = f"{one.text}: {one.words}" if one.words and one.words != one.text else one.text
        parts.append(
            f'<a href="{escape(one.href)}"><title>{escape(words)}</title>'
            f'<circle class="spot" cx="{at}" cy="{down}" r="{radius}"/>'
            f"{_placed(name, at, down, radius, height, taken)}</a>"
        )
    parts.append("</svg>")
    return Markup("".join(parts))  # noqa: S704 - every value in it is escaped


def _radius(count: int) -> float:
    return round(5 + 2.2 * math.sqrt(count - 1), 1) if count < 200 else 36


_Box = tuple[float, float, float, float]


def _placed(name: str, at: float, down: float, radius: float, height: int, taken: list[_Box]) -> str:
    """The name beside its spot where it covers no other; none where there is no room (title and table have it)."""
    wide = 7.4 * len(name)
    for anchor, left, base in (
        ("start", at + radius + 3, down + 4.5),
        ("end", at - radius - 3 - wide, down + 4.5),
        ("middle", at - wide / 2, down - radius - 5),
        ("middle", at - wide / 2, down + radius + 14),
    ):
        box = (left, base - 11, left + wide, base + 3)
        if left < 2 or box[2] > WIDTH - 2 or box[1] < 0 or box[3] > height:
            continue
        if any(box[0] < t[2] and box[2] > t[0] and box[1] < t[3] and box[3] > t[1] for t in taken):
            continue
        taken.append(box)
        x = {"start": left, "end": left + wide, "middle": at}[anchor]
        return (
            f'<text class="name" x="{round(x, 1)}" y="{round(base, 1)}" text-anchor="{anchor}">'
            f"{escape(name)}</text>"
        )
    return ""


@cache
def land() -> tuple[tuple[tuple[float, float], ...], ...]:
    """Rings of the land outline, longitude and latitude in degrees (scripts/land.py makes the file).

    A ring that crosses the antimeridian goes on beyond 180 degrees instead of jumping to the other side.
    """
    data = json.loads((files("kgraph.web") / "land.json").read_text("utf-8"))
    return tuple(_unwound([(p[0] / 10, p[1] / 10) for p in ring]) for ring in data["rings"])


def _unwound(ring: list[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    points: list[tuple[float, float]] = []
    turn = 0
    for longitude, latitude in ring:
        step = longitude + turn - points[-1][0] if points else 0
        turn += -360 if step > 180 else 360 if step < -180 else 0
        points.append((longitude + turn, latitude))
    if abs(points[-1][0] - points[0][0]) > 180:  # around the pole: closed along its edge of the map
        points += [(points[-1][0], -90.0), (points[0][0], -90.0)]
    back = 360 * round(sum(p[0] for p in points) / len(points) / 360)
    return tuple((a - back, b) for a, b in points)


def _frame(west: float, east: float, south: float, north: float) -> tuple[float, float, float, float]:
    wide = min(max((east - west) * 1.35, 24.0), 360.0)
    high = min(max((north - south) * 1.35, wide * 0.32, 12.0), 178.0)
    wide = min(max(wide, high * 0.9), 360.0)
    middle_x, middle_y = (west + east) / 2, (south + north) / 2
    left = max(-180.0, min(middle_x - wide / 2, 180.0 - wide))
    bottom = max(-89.0, min(middle_y - high / 2, 89.0 - high))
    return left, left + wide, bottom, bottom + high


def _clipped(
    ring: tuple[tuple[float, float], ...], west: float, east: float, south: float, north: float
) -> list[tuple[float, float]]:
    """The ring with what lies outside pressed to the frame's edge (the frame is wider than the view)."""
    points: list[tuple[float, float]] = []
    for longitude, latitude in ring:
        point = (min(max(longitude, west), east), min(max(latitude, south), north))
        if not points or points[-1] != point:
            points.append(point)
    return points


def _thinned(points: Iterable[tuple[float, float]]) -> list[tuple[int, int]]:
    """Points in whole pixels, those nearer than a few to the last one left out."""
    kept: list[tuple[int, int]] = []
    for a, b in points:
        point = (round(a), round(b))
        if not kept or abs(kept[-1][0] - point[0]) + abs(kept[-1][1] - point[1]) > 2:
            kept.append(point)
    return kept


def _ticks(low: float, high: float) -> Iterable[tuple[int, float]]:
    first = date.fromordinal(max(1, int(low))).year
    last = date.fromordinal(max(1, int(high))).year
    step = next((s for s in (1, 2, 5, 10, 20, 50, 100, 200, 500) if (last - first) / s <= 12), 1000)
    for year in range(first - first % step, last + 1, step):
        if year >= 1 and low <= (day := float(date(year, 1, 1).toordinal())) <= high:
            yield year, day


def _within(row: Dated) -> bool:
    """Whether a dating leaves open on which of its days the thing was: it has several and is no interval (EDTF a/b)."""
    return row.edtf is not None and "/" not in row.edtf and row.earliest != row.latest


def _day(text: str | None) -> float | None:
    try:
        return float(date.fromisoformat(text).toordinal()) if text else None
    except ValueError:
        return None


def _short(text: str, most: int = 48) -> str:
    return text if len(text) <= most else text[: most - 2].rstrip() + "…"
