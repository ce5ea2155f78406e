"""Make src/kgraph/web/land.json: the outline of the land, without borders, from the npm package world-atlas.

    npm pack world-atlas@2.0.2 && tar xzf world-atlas-2.0.2.tgz
    python scripts/land.py package/land-50m.json

The package (ISC licence) holds Natural Earth's land polygons, which are in the public domain, as TopoJSON.
Coordinates are written in tenths of a degree; islands smaller than a third of a degree are left out.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

OUT = Path(__file__).resolve().parent.parent / "src" / "kgraph" / "web" / "land.json"


def main(source: Path) -> None:
    """Read TopoJSON (specification 1.0.0, section 2.1) and write the rings."""
    topology: dict[str, Any] = json.loads(source.read_text("utf-8"))
    (scale_x, scale_y), (move_x, move_y) = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs = []
    for arc in topology["arcs"]:
        x = y = 0
        points = []
        for dx, dy in arc:
            x, y = x + dx, y + dy
            points.append((round((x * scale_x + move_x) * 10), round((y * scale_y + move_y) * 10)))
        arcs.append(points)
    rings = []
    for geometry in topology["objects"]["land"]["geometries"]:
        polygons = geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]
        for polygon in polygons:
            for indices in polygon:
                ring = joined(arcs, indices)
                if spread(ring) >= 3:
                    rings.append(ring)
    rings.sort(key=lambda ring: -len(ring))
    text = json.dumps(
        {"source": "Natural Earth (public domain), by world-atlas", "rings": rings}, separators=(",", ":")
    )
    OUT.write_text(text + "\n", "utf-8")
    print(f"{OUT.name}: {len(rings)} rings, {sum(map(len, rings))} points, {len(text)} bytes")


def joined(arcs: list[list[tuple[int, int]]], indices: list[int]) -> list[tuple[int, int]]:
    """A ring from its arcs; a negative index means the arc backwards. Points that repeat are left out."""
    ring: list[tuple[int, int]] = []
    for index in indices:
        points = arcs[index] if index >= 0 else arcs[~index][::-1]
        for point in points:
            if not ring or ring[-1] != point:
                ring.append(point)
    return ring


def spread(ring: list[tuple[int, int]]) -> int:
    """The larger side of a ring's frame, in tenths of a degree."""
    xs, ys = [p[0] for p in ring], [p[1] for p in ring]
    return max(max(xs) - min(xs), max(ys) - min(ys))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
