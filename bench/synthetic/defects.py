"""Known defects planted into a generated site: each gives exactly one SHACL result, and all are listed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synthetic import names
from synthetic.templates import BASE, Piece, filled, load
from synthetic.writing import RECORD, writing

LIST = "defects.json"
_PREFIXES, _PIECES = load(Path(__file__).with_name("defects.trig"))


@dataclass(frozen=True)
class Kind:
    """One kind of defect: what breaks which shape, as the title of its piece says."""

    component: str
    focus: str
    path: str
    piece: Piece


def _kind(title: str, piece: Piece) -> Kind:
    component, focus, path = title.split(" ")
    prefix, _, name = path.partition(":")
    return Kind(component, focus, _PREFIXES[prefix] + name if name else "", piece)


KINDS = tuple(_kind(title, piece) for title, piece in _PIECES.items())


def plant(folder: Path, record: dict[str, Any], count: int) -> list[dict[str, str]]:
    """Plant `count` defects, the kinds in turn, evenly over the sources; list them in LIST and give the list.

    Raises ValueError where there is no source for each: a source takes one of each kind at most.
    """
    sources = record["sources"] - 1  # the last one may have been cut short
    if count > sources * len(KINDS):
        raise ValueError(f"at most {sources * len(KINDS)} defects fit into {sources} sources, not {count}")
    rounds = -(-count // len(KINDS))
    planted: list[dict[str, str]] = []
    by_file: dict[int, list[tuple[Kind, dict[str, Any]]]] = {}
    for i in range(count):
        kind, source = KINDS[i % len(KINDS)], i // len(KINDS) * sources // rounds
        file = next(
            n for n, f in enumerate(record["files"]) if f["first"] <= source < f["first"] + f["sources"]
        )
        values = {
            "i": i + 1,
            "b": source,
            "place": names.place(source).slug,
            "organization": names.organization(source).slug,
            "file": Path(record["files"][file]["path"]).name.partition(".")[0],
        }
        by_file.setdefault(file, []).append((kind, values))
        planted.append(
            {
                "file": record["files"][file]["path"],
                "component": f"http://www.w3.org/ns/shacl#{kind.component}ConstraintComponent",
                "focus": BASE + filled(kind.focus, values),
                "path": kind.path,
            }
        )
    for file, defects in sorted(by_file.items()):
        part = record["files"][file]
        syntax = part["path"].split(".")[1]
        with writing(folder / part["path"], "ab") as target:
            for kind, values in defects:
                target.write((getattr(kind.piece, syntax) % values).encode())
                for total in (part, record):
                    total["triples"] += kind.piece.triples
                    total["quads"] += kind.piece.quads
    (folder / LIST).write_text(json.dumps(planted, indent=1) + "\n", "utf-8")
    (folder / RECORD).write_text(json.dumps(record, indent=1) + "\n", "utf-8")
    return planted
