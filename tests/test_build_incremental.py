"""An incremental build equals a full one: the same quads, index, report, notes, dumps, and the same errors."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path
from unittest.mock import patch

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from incremental_sites import CURATED, FOREIGN, HEAD, Kind, Step, sites
from kgraph.build import dump, packed
from kgraph.build.delta import facets
from kgraph.build.findings import Finding, Rejected
from kgraph.build.index import write
from kgraph.build.pipeline import build, draft
from kgraph.index import FACET_VALUES
from kgraph.site import load_site
from releases_compared import assert_same_states, quads

EXAMPLES = int(os.environ.get("KGRAPH_EXAMPLES", "20"))
relaxed = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize="KGRAPH_EXAMPLES" not in os.environ,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def written(root: Path, files: dict[str, str]) -> None:
    """Write these files into data/, and nothing else."""
    folder = root / "data"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text, "utf-8")


def built(root: Path, state: Path, *, force: bool) -> tuple[list[str], str]:
    """The findings, and the way taken; an empty way for a rejected build."""
    try:
        outcome = build(load_site(root, state), force=force)
    except Rejected as rejected:
        return ["rejected", *map(str, rejected.findings)], ""
    return [str(finding) for finding in outcome.findings], outcome.way


def follow(kind: Kind, steps: list[Step], *, drafts: bool = False, values: int = FACET_VALUES) -> list[str]:
    """Build every step both ways, in two folders of releases with the same past, and compare; gives the ways taken.

    `values`: how many a property may have to be a facet.
    """
    ways = []
    with ExitStack() as stack:
        for module in (facets, write):
            stack.enter_context(patch.object(module, "FACET_VALUES", values))
        for module, name, size in ((packed, "ENDS", 3), (packed, "MOST", 2_000), (dump, "FILES", 2)):
            stack.enter_context(patch.object(module, name, size))  # several blocks in small dumps
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        root, mine, full = Path(folder) / "site", Path(folder) / "mine", Path(folder) / "full"
        for name, text in kind.files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text, "utf-8")
        written(root, steps[0])
        first, _ = built(root, mine, force=True)
        if first[:1] == ["rejected"]:
            return []
        shutil.copytree(mine, full)
        for files in steps[1:]:
            written(root, files)
            if drafts:
                compare_drafts(root, mine, full)
            found, way = built(root, mine, force=False)
            wanted, _ = built(root, full, force=bool(way) or found[:1] == ["rejected"])
            assert found == wanted
            assert_same_states(mine, full)
            ways.append(way)
    return ways


def compare_drafts(root: Path, mine: Path, full: Path) -> None:
    """A draft made from the release before, and one made without it."""
    folder, found = drafted(root, mine)
    if folder is None and not found:  # the active release has these files
        return
    other, wanted = drafted(root, full.with_name("alone"))
    assert found == wanted
    if folder is None or other is None:
        assert folder is other
        return
    assert quads(folder) == quads(other)
    assert (folder / "report.json").read_text() == (other / "report.json").read_text()


def drafted(root: Path, state: Path) -> tuple[Path | None, list[Finding]]:
    """The draft and its findings, or the reasons why there is none."""
    try:
        return draft(load_site(root, state))
    except Rejected as rejected:
        return None, rejected.findings


@relaxed
@given(sites(FOREIGN))
def test_any_edit_of_any_data_gives_what_a_full_build_gives(steps: list[Step]) -> None:
    follow(FOREIGN, steps, values=2)


def test_a_link_to_a_value_of_a_property_with_too_many_of_them_is_no_facet() -> None:
    def links(*pairs: str) -> Step:
        return {"one.ttl": HEAD + " ".join(f"<id/{a}> kg:knows <id/{b}> ." for a, b in pairs)}

    assert follow(FOREIGN, [links("ab", "bc", "ca"), links("ab", "bc", "ca", "ac")], values=2) == [
        "Built incrementally: 1 of 3 files changed."
    ]


@relaxed
@given(sites(CURATED))
def test_any_edit_of_curated_data_gives_what_a_full_build_gives(steps: list[Step]) -> None:
    follow(CURATED, steps)


@settings(relaxed, max_examples=max(EXAMPLES // 5, 1))
@given(st.sampled_from((FOREIGN, CURATED)).flatmap(lambda kind: st.tuples(st.just(kind), sites(kind))))
def test_a_draft_finds_what_a_full_draft_finds(given: tuple[Kind, list[Step]]) -> None:
    follow(given[0], given[1][:2], drafts=True)
