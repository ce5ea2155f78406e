"""Make a graph like this project's own, of any size, for measurements: the same seed gives the same bytes.

    python bench/generate.py --triples 1000000 --seed 1 --out FOLDER              a site of TriG files
    python bench/generate.py --triples 1000000 --seed 1 --flat graph.nq           the same graph in one file
    python bench/generate.py --triples 5000 --out FOLDER --defects 32             with known SHACL violations
    python bench/generate.py --change FOLDER --triples 1000 --edit 1              edit one file of a site

Everything in it is made up. The merge of its graphs has exactly so many triples; ontology and shapes come on top.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from synthetic.change import change
from synthetic.defects import plant
from synthetic.writing import SYNTAXES, write_flat, write_site


def main(arguments: list[str] | None = None) -> int:
    """The command line. Gives the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--triples", type=int, help="size of the merge, in triples")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="write a site into this new folder")
    parser.add_argument("--flat", type=Path, metavar="FILE", help="write one .nq or .nt file (or .gz of it)")
    parser.add_argument("--format", choices=SYNTAXES, default="trig", help="syntax of the site's data (trig)")
    parser.add_argument("--gzip", action="store_true", help="compress the site's data files")
    parser.add_argument("--per-file", type=int, default=10_000, help="triples of a data file, about (10000)")
    parser.add_argument(
        "--defects", type=int, default=0, help="plant so many SHACL violations, listed in defects.json"
    )
    parser.add_argument(
        "--change", type=Path, metavar="FOLDER", help="edit one file of this site by --triples triples"
    )
    parser.add_argument(
        "--edit", type=int, default=1, help="number of the edit: each is another one, of another file"
    )
    given = parser.parse_args(arguments)
    if given.triples is None or not (given.out or given.flat or given.change):
        parser.error("--triples and one of --out, --flat and --change are needed")
    if given.out and given.out.exists():
        parser.error(f"{given.out} exists; name a new folder")
    try:
        return run(given)
    except (ValueError, OSError) as error:
        parser.error(str(error))


def run(given: argparse.Namespace) -> int:
    """Do what was asked and print what came of it, one JSON object for each."""
    if given.change:
        print(json.dumps(change(given.change, given.triples, given.edit)))
    if given.out:
        ending = given.format + (".gz" if given.gzip else "")
        record = write_site(given.out, given.seed, given.triples, given.per_file, ending)
        if given.defects:
            plant(given.out, record, given.defects)
        print(json.dumps(record | {"files": len(record["files"])}))
    if given.flat:
        print(json.dumps(write_flat(given.flat, given.seed, given.triples, given.per_file)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
