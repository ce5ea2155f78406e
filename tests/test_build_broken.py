"""The corpus of broken files: each has one defect and yields exactly its expected message, by every SHACL engine.

KGRAPH_UPDATE_GOLDEN=1 writes the expected messages anew; read the difference before you commit it.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from kgraph.build.checks import all_checks, reference
from kgraph.build.checks.datings import bounds
from kgraph.build.findings import Finding, Rejected
from kgraph.build.pipeline import build, check
from kgraph.site import load_site

ROOT = Path(__file__).resolve().parent.parent
CORPUS = ROOT / "tests" / "broken"
CASES = sorted(p for p in CORPUS.iterdir() if p.suffix != ".txt" and p.name != "sound.trig")


def make_site(folder: Path, case: Path | None) -> Path:
    """The project's ontology and shapes, and the sound graph or a broken one in its place."""
    for name in ("ontology", "shapes"):
        shutil.copytree(ROOT / name, folder / name)
    for name in ("data", "queries"):
        (folder / name).mkdir()
    (folder / "kgraph.toml").write_text('title = "Letters"\nlicense = "https://example.org/licence"\n')
    trig = case if case is not None and case.suffix == ".trig" else CORPUS / "sound.trig"
    shutil.copy(trig, folder / "data" / "letters.trig")
    if case is not None and case.suffix != ".trig":
        place = {".rq": "queries", ".ttl": "shapes" if case.name.startswith("shape") else "data"}
        shutil.copy(case, folder / place.get(case.suffix, "data") / case.name)
    return folder


def findings(site: Path, engine: str) -> list[Finding]:
    try:
        return check(load_site(site), engine=engine).findings
    except Rejected as rejected:
        return rejected.findings


def of_release(site: Path) -> list[Finding]:
    """What is found only when a release is made, since the index tells it."""
    return build(load_site(site)).findings


def golden(case: Path) -> Path:
    return case.with_name(case.name.partition(".")[0] + ".txt")


@pytest.mark.parametrize("engine", ["auto", "pyshacl"])
def test_the_sound_graph_is_sound(tmp_path: Path, engine: str) -> None:
    assert findings(make_site(tmp_path, None), engine) == []


def by_engine() -> list[tuple[Path, str]]:
    """Every case by the engine that builds use, and those that end in a SHACL result by pyshacl, too."""
    judged = [c for c in CASES if golden(c).exists() and "[shacl]" in golden(c).read_text("utf-8")]
    return [(c, "auto") for c in CASES] + [(c, "pyshacl") for c in judged]


@pytest.mark.parametrize(("case", "engine"), by_engine(), ids=lambda p: getattr(p, "name", p))
def test_a_broken_file_yields_its_message(tmp_path: Path, case: Path, engine: str) -> None:
    site = make_site(tmp_path, case)
    of_addresses = case.name.startswith("address-")
    found = "".join(
        f"{finding}\n" for finding in (of_release(site) if of_addresses else findings(site, engine))
    )
    if os.environ.get("KGRAPH_UPDATE_GOLDEN") and engine == "auto":
        golden(case).write_text(found, "utf-8")
    assert found == golden(case).read_text("utf-8")


def test_the_reference_of_checks_is_current() -> None:
    path = ROOT / "docs" / "checks.md"
    if os.environ.get("KGRAPH_UPDATE_GOLDEN"):
        path.write_text(reference(), "utf-8")
    assert path.read_text("utf-8") == reference()


def test_every_check_has_its_file() -> None:
    text = "".join(path.read_text("utf-8") for path in CORPUS.glob("*.txt"))
    assert [name for name in all_checks() if f"[{name}]" not in text] == ["source-text", "quote", "words"]


def test_the_corpus_is_large_enough_and_whole() -> None:
    assert len(CASES) >= 45
    names = {golden(case).name for case in CASES}
    assert {p.name for p in CORPUS.glob("*.txt")} == names
    assert len(names) == len(CASES)


@pytest.mark.parametrize(
    ("edtf", "first", "last"),
    [
        ("2001-05-02", "2001-05-02", "2001-05-02"),
        ("1992", "1992-01-01", "1992-12-31"),
        ("2000-02", "2000-02-01", "2000-02-29"),
        ("1992-02-25/1992-02-26", "1992-02-25", "1992-02-26"),
        ("[..2019-02-22]", "None", "2019-02-22"),
        ("[2001..2003-05]", "2001-01-01", "2003-05-31"),
        ("2001-05-02/..", "2001-05-02", "None"),
    ],
)
def test_the_days_that_a_time_in_edtf_allows(edtf: str, first: str, last: str) -> None:
    found = bounds(edtf)
    assert found is not None
    assert [str(day) for day in found] == [first, last]


def test_times_in_edtf_that_are_not_judged_or_are_none() -> None:
    for edtf in ("1992~", "2009~/2014-02-27", "2001-21", "199X", "{1992,1993}", "Y170000002", "1992?"):
        assert bounds(edtf) is None, edtf
    for edtf in ("2001-02-29", "2001-13", "[..2001-06-31]"):
        with pytest.raises(ValueError, match=r"day|month"):
            bounds(edtf)


def test_with_the_text_at_hand_positions_are_verified(tmp_path: Path) -> None:
    site = make_site(tmp_path, None)
    text = "A fair, and the miller spoke. Thirty stalls stood there."
    (site / "letter.txt").write_text(text)
    (site / "kgraph.toml").write_text(
        'license = "https://example.org/licence"\n[sources]\n"http://localhost:8000/id/source/letter" = "letter.txt"\n'
    )
    found = findings(site, "auto")
    messages = [(f.check, f.subject.rpartition("/")[2], f.line) for f in found if f.check != "words"]
    assert messages == [
        ("source-text", "letter", 14),
        ("quote", "letter-1#ends", 25),
        ("quote", "letter-2#begins", 32),
        ("quote", "letter-2#ends", 33),
    ]
    missing = {f.message.partition(" is not in")[0] for f in found if f.check == "words"}
    assert missing == {
        "kg:nameAsWritten “bakers”",
        "kg:nameAsWritten “the miller”",
        "kg:phrase “2 May”",
        "kg:phrase “ten”",
        "kg:phrase “thirty stalls”",
        "kg:term “Great Bread Day”",
    }
