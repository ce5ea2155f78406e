"""kgraph.toml: every value that nothing could work with is refused, with what would do."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kgraph.errors import ConfigError
from kgraph.site import load_site

REFUSED = {
    "query_workers = 0": "'query_workers' must be at least 1, not 0",
    "query_deadline = -1": "'query_deadline' must be at least 1, not -1",
    "query_memory = 0": "'query_memory' must be at least 64, not 0",
    "keep_releases = -2": "'keep_releases' must be at least 0, not -2",
    "query_workers = true": "'query_workers' must be a whole number, not true or false",
    "languages = []": "'languages' must name one language or more",
    'languages = ["e n"]': "'languages' must name one language or more",
    "languages = [1]": "'languages' must name one language or more",
    'titel = "x"': "unknown setting 'titel'\n  Is 'title' meant?",
    "zzz = 1": "unknown setting 'zzz'\n  Known settings: address, base_iri,",
    'base_iri = "http://example.org"': "'base_iri' must end with a slash",
    'base_iri = "urn:x/"': "'base_iri' must be an http or https address",
    'base_iri = "http://example.org/#/"': "without query and fragment",
    'address = "http://example.org/?a=/"': "without query and fragment",
    'contact = "me@example.org"': "'contact' is not an absolute IRI",
    'contact = "javascript:alert(1)"': "'contact' must be a mailto: or https: IRI",
    "keep_releases = 1.5": "'keep_releases' must be a whole number, not 1.5",
    "sources = {a = 1}": "'sources' must give a file for the IRI of each source",
    "title = ": "not valid TOML",
}


@pytest.mark.parametrize(("line", "message"), REFUSED.items(), ids=REFUSED)
def test_a_value_that_cannot_be_used_is_refused(tmp_path: Path, line: str, message: str) -> None:
    config = tmp_path / "kgraph.toml"
    config.write_text(line + "\n", "utf-8")
    with pytest.raises(ConfigError) as caught:
        load_site(tmp_path)
    assert str(caught.value).startswith(str(config))
    assert message in str(caught.value)


def test_a_byte_order_mark_before_the_settings_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "kgraph.toml").write_bytes(b'\xef\xbb\xbftitle = "Letters"\r\n')
    assert load_site(tmp_path).title == "Letters"


def test_nothing_with_the_name_of_a_data_file_is_left_out_unseen(tmp_path: Path) -> None:
    (tmp_path / "a.ttl").touch()
    (tmp_path / "folder.ttl").mkdir()
    assert load_site(tmp_path).files("data") == (tmp_path / "a.ttl",)
    (tmp_path / "gone.ttl").symlink_to("nowhere")
    with pytest.raises(ConfigError, match=r"gone.ttl: this is no file .*\n  Does the link lead nowhere"):
        load_site(tmp_path).files("data")
    (tmp_path / "gone.ttl").unlink()
    try:
        (tmp_path / os.fsdecode(b"bad\xff.ttl")).touch()
    except OSError:
        return  # a file system that takes no such names
    with pytest.raises(ConfigError, match=r"bad\\udcff.ttl: the file's name is not UTF-8"):
        load_site(tmp_path).files("data")


def test_what_is_left_out_has_its_default(tmp_path: Path) -> None:
    (tmp_path / "kgraph.toml").write_text('base_iri = "https://example.org/kg/"\n', "utf-8")
    site = load_site(tmp_path)
    assert (site.base, site.ontology_namespace) == (
        "https://example.org/kg/",
        "https://example.org/kg/ontology#",
    )
    assert (site.address, site.title) == (site.base, tmp_path.name)
