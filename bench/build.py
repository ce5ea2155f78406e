"""How long a full build takes beside a plain bulk load of the same graph, and a saved file to become a draft.

    python bench/build.py 100000 1000000

The graph is that of bench/generate.py. Beside it stands Oxigraph's own bulk load of the same statements in one N-Quads
file, then optimize, in the same run on the same machine. `_s` are wall seconds, `_cpu` seconds of processor time (on a
shared machine the steadier of the two), `_mb` the largest resident size of the process. Prints one JSON object a size.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

GENERATE = Path(__file__).resolve().parent / "generate.py"
LOAD = """
import sys, pyoxigraph as ox
store = ox.Store(sys.argv[2])
store.bulk_load(path=sys.argv[1], format=ox.RdfFormat.N_QUADS)
store.optimize()
"""
DRAFT = """
import sys, time
from pathlib import Path
from kgraph.build.pipeline import draft
from kgraph.site import load_site
import rdflib, kgraph.shacl
start, cpu = time.perf_counter(), time.process_time()
draft(load_site(Path(sys.argv[1])))
print(time.perf_counter() - start, time.process_time() - cpu)
"""


def measured(*command: str) -> tuple[float, float, float, str]:
    """Wall seconds, processor seconds, MB and standard output of a process. Raises RuntimeError when it fails."""
    start = time.perf_counter()
    with tempfile.TemporaryFile("w+") as out:
        process = subprocess.Popen(command, stdout=out)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise RuntimeError(f"{command} ended with {process.returncode}")
        out.seek(0)
        return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, out.read()


def run(triples: int, folder: Path) -> dict[str, float]:
    """Generate, load, build, edit, draft."""
    python, site, flat = sys.executable, folder / "site", folder / "graph.nq"
    size = ["--triples", str(triples)]
    measured(python, str(GENERATE), *size, "--out", str(site))
    measured(python, str(GENERATE), *size, "--flat", str(flat))
    load, load_cpu, load_memory, _ = measured(python, "-c", LOAD, str(flat), str(folder / "store"))
    build, build_cpu, build_memory, _ = measured(python, "-m", "kgraph", "build", str(site))
    measured(python, str(GENERATE), "--change", str(site), "--triples", "1000")
    _, _, _, draft = measured(python, "-c", DRAFT, str(site))
    draft_seconds, draft_cpu = map(float, draft.split())
    again, again_cpu, again_memory, way = measured(python, "-m", "kgraph", "build", str(site))
    return {
        "triples": triples,
        "load_s": round(load, 1),
        "load_cpu": round(load_cpu, 1),
        "load_mb": round(load_memory),
        "build_s": round(build, 1),
        "build_cpu": round(build_cpu, 1),
        "build_mb": round(build_memory),
        "build_to_load": round(build / load, 2),
        "build_to_load_cpu": round(build_cpu / load_cpu, 2),
        "draft_after_1000_triples_s": round(draft_seconds, 2),
        "draft_after_1000_triples_cpu": round(draft_cpu, 2),
        "build_after_1000_triples_s": round(again, 2),
        "build_after_1000_triples_cpu": round(again_cpu, 2),
        "build_after_1000_triples_mb": round(again_memory),
        "build_after_1000_triples_way": way.partition(":")[0],
    }


def main() -> None:
    """One line a size."""
    for triples in sys.argv[1:] or ["100000"]:
        with tempfile.TemporaryDirectory() as folder:
            print(json.dumps(run(int(triples), Path(folder))), flush=True)


if __name__ == "__main__":
    main()
