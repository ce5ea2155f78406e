"""How fast SHACL validation is: `python bench/shacl.py [TRIPLES ...] [--pyshacl] [--incremental]`.

Makes a graph of events, people, organizations, places and recognitions (the same one each time), with an error in
about one node of a thousand, and validates it with bench/shacl_site.ttl in a process of its own: CPU seconds of
loading and of validation, peak memory, results. docs/shacl.md holds what it printed.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyoxigraph as ox

HERE = Path(__file__).resolve().parent
V = "http://example.org/v/"
ID = "http://example.org/id/"
XSD = "http://www.w3.org/2001/XMLSchema#"
TYPE = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"


def lines(triples: int) -> Iterator[str]:
    """About so many N-Triples lines: each unit is an event with its people, its place and a recognition."""
    pick = random.Random(7)
    unit = 0
    count = 0

    def iri(kind: str, number: int) -> str:
        return f"<{ID}{kind}/{number}>"

    def literal(text: str, datatype: str) -> str:
        return f'"{text}"^^<{XSD}{datatype}>'

    def node(subject: str, cls: str, *pairs: tuple[str, str]) -> list[str]:
        return [f"{subject} {TYPE} <{V}{cls}> .\n", *(f"{subject} <{V}{p}> {o} .\n" for p, o in pairs)]

    def wrong() -> bool:
        return pick.random() < 0.001

    while count < triples:
        n = unit
        event, place = iri("event", n), iri("place", n // 10)
        year, month = pick.randint(1990, 2024), pick.randint(1, 12)
        start, end = f"{year}-{month:02}-10", f"{year}-{month:02}-{pick.randint(10, 28):02}"
        people = [2 * n, 2 * n + 1]
        made = node(
            event,
            "Event",
            ("name", f'"Event {n}"@en'),
            ("name", f'"Tədbir {n}"@{"tr" if wrong() else "az"}'),
            ("start", literal(end if wrong() else start, "date")),
            ("end", literal(start if wrong() else end, "date")),
            ("place", place),
            ("organizer", iri("organization", n // 5)),
            ("attendee", iri("person", people[0])),
            ("attendee", iri("place" if wrong() else "person", pick.randint(0, 2 * n + 1))),
        )
        for number in people:
            made += node(
                iri("person", number),
                "Person",
                ("name", f'"Person {number}"' if wrong() else f'"Person {number}"@en'),
                ("born", literal(str(pick.randint(1900, 2000)), "date" if wrong() else "gYear")),
                ("memberOf", iri("organization", pick.randint(0, n // 5))),
            )
        if n % 5 == 0:
            made += node(
                iri("organization", n // 5),
                "Organization",
                ("name", f'"Organization {n // 5}"@en'),
                ("place", place),
            )
        if n % 10 == 0:
            made += node(
                place,
                "Place",
                ("name", f'"Place {n // 10}"@en'),
                ("country", '"az"' if wrong() else '"AZ"'),
                ("latitude", literal(f"{pick.randint(-89, 89)}.5", "decimal")),
                ("longitude", literal(f"{pick.randint(-179, 179) + (400 if wrong() else 0)}.5", "decimal")),
            )
        made += node(
            iri("recognition", n),
            "Recognition",
            ("recipient", iri("person", pick.choice(people))),
            ("at", event),
            ("form", pick.choice(['"resolution"', '"statement"', '"letter"'])),
            ("date", literal("1980-01-01" if wrong() else end, "date")),
            ("count", literal(str(pick.randint(0, 999)), "integer")),
        )
        yield from made
        count += len(made)
        unit += 1


def measure(path: str, engine: str, changes: int, disk: str) -> dict[str, object]:
    """Load, validate; with `changes`, then edit so many nodes and validate incrementally."""
    import pyoxigraph as ox

    from kgraph.shacl import RawTerms, incremental, shapes_graph, validate

    shapes = shapes_graph(ox.parse(path=str(HERE / "shacl_site.ttl"), format=ox.RdfFormat.TURTLE))
    clock = time.process_time
    started = clock()
    store, raw = ox.Store(disk or None), RawTerms()
    store.bulk_extend(raw.watch(ox.parse(path=path, format=ox.RdfFormat.N_TRIPLES)))
    if disk:
        store.flush()
        store.optimize()
    loaded = clock()
    report = validate(store, shapes, engine=engine, raw=raw)  # type: ignore[arg-type]
    done = clock()
    found: dict[str, object] = {
        "engine": engine,
        "triples": len(store),
        "load_cpu_s": round(loaded - started, 2),
        "validate_cpu_s": round(done - loaded, 2),
        "results": len(report.results),
    }
    if changes:
        added, removed = edit(store, changes)
        started = clock()
        after = incremental(store, shapes, added, removed, report, raw=raw)
        found["changed_nodes"] = changes
        found["incremental_cpu_s"] = round(clock() - started, 3)
        full = validate(store, shapes, engine=engine, raw=raw)  # type: ignore[arg-type]
        found["results_after"] = len(after.results)
        assert after.results == full.results
    return {**found, "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}


def edit(store: ox.Store, changes: int) -> tuple[list[ox.Quad], list[ox.Quad]]:
    """Change one value of so many nodes, of four kinds in turn; the statements added and removed."""
    import pyoxigraph as ox

    date = ox.NamedNode(XSD + "date")
    kinds = [
        ("event", "start", ox.Literal("2031-01-01", datatype=date)),
        ("person", "memberOf", ox.NamedNode(ID + "organization/1")),
        ("place", "country", ox.Literal("az")),
        ("recognition", "recipient", ox.NamedNode(ID + "organization/2")),
    ]
    added, removed = [], []
    for number in range(changes):
        kind, name, value = kinds[number % len(kinds)]
        node, predicate = ox.NamedNode(f"{ID}{kind}/{7 * (number + 1)}"), ox.NamedNode(V + name)
        removed += store.quads_for_pattern(node, predicate, None, ox.DefaultGraph())
        added.append(ox.Quad(node, predicate, value))
    for quad in removed:
        store.remove(quad)
    store.extend(added)
    return added, removed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("triples", nargs="*", type=int, default=[100_000])
    parser.add_argument("--pyshacl", action="store_true", help="also by pyshacl alone")
    parser.add_argument("--incremental", action="store_true", help="also 100 changed nodes")
    parser.add_argument("--disk", action="store_true", help="a store on disk, as builds make it")
    parser.add_argument("--measure", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        path, engine, changes, disk = options.measure
        print(json.dumps(measure(path, engine, int(changes), disk)))
        return
    with tempfile.TemporaryDirectory() as folder:
        for triples in options.triples:
            path = Path(folder) / f"{triples}.nt"
            with path.open("w", encoding="utf-8") as file:
                file.writelines(lines(triples))
            for engine in ["auto", *(["pyshacl"] if options.pyshacl else [])]:
                changes = "100" if options.incremental and engine == "auto" else "0"
                disk = str(Path(folder) / f"store-{triples}-{engine}") if options.disk else ""
                subprocess.run(
                    [sys.executable, __file__, "--measure", str(path), engine, changes, disk], check=True
                )
            path.unlink()


if __name__ == "__main__":
    main()
