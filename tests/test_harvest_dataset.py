"""The description of the dataset by the shapes of DCAT-AP 3.0.1, its numbers, and the dumps it leads to."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
import rdflib
from flask.testing import FlaskClient
from rdflib.namespace import DCAT, DCTERMS, PROV, RDF, VOID, XSD

from conftest import ROOT, need_shared
from harvest_site import client_of, person, release, three_releases, write_site
from kgraph.site import load_site

SPDX = rdflib.Namespace("http://spdx.org/rdf/terms#")
DATASET = rdflib.URIRef("http://localhost:8000/dataset")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # pyshacl's and rdflib's own


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    folder = tmp_path_factory.mktemp("dataset")
    three_releases(folder, size=40)
    with client_of(folder) as client:
        yield client


def description(client: FlaskClient, ending: str = "ttl") -> rdflib.Graph:
    answer = client.get("/catalog." + ending)
    assert answer.status_code == 200
    formats = {"ttl": "turtle", "jsonld": "json-ld", "rdf": "xml", "nt": "nt"}
    return rdflib.Graph().parse(data=answer.data, format=formats[ending])


def conforms(graph: rdflib.Graph) -> str:
    import pyshacl

    shapes = rdflib.Graph().parse(need_shared("suites/dcat-ap-3.0.1/dcat-ap-SHACL.ttl"))
    # the published file names two property shapes that it does not hold
    hollow = {p for p in shapes.objects(None, rdflib.SH.property) if (p, rdflib.SH.path, None) not in shapes}
    assert len(hollow) == 2
    for shape in hollow:
        shapes.remove((None, rdflib.SH.property, shape))
    _, results, text = pyshacl.validate(graph, shacl_graph=shapes, advanced=True)
    bad = set(results.objects(None, rdflib.SH.resultSeverity))
    return "" if not bad else str(text)


def test_the_description_conforms_to_dcat_ap(client: FlaskClient) -> None:
    graph = description(client)
    assert (DATASET, RDF.type, DCAT.Dataset) in graph
    assert conforms(graph) == ""


def test_the_shapes_would_see_a_fault(client: FlaskClient) -> None:
    graph = description(client)
    graph.remove((None, DCTERMS.title, None))
    assert conforms(graph) != ""


def test_the_repositorys_own_description_conforms(tmp_path: Path) -> None:
    site = load_site(ROOT)
    for name in ("data", "ontology"):
        (tmp_path / name).symlink_to(site.root / name)
    (tmp_path / "kgraph.toml").write_text((site.root / "kgraph.toml").read_text())
    release(tmp_path)
    with client_of(tmp_path) as client:
        graph = description(client)
    assert conforms(graph) == ""
    (geonames,) = graph.objects(DATASET, PROV.wasDerivedFrom)
    assert (geonames, DCTERMS.license, None) in graph
    assert any("GeoNames" in str(text) for text in graph.objects(geonames, DCTERMS.bibliographicCitation))
    assert set(graph.objects(None, VOID.linkPredicate))


@pytest.mark.parametrize("ending", ["jsonld", "rdf", "nt"])
def test_every_syntax_says_the_same(client: FlaskClient, ending: str) -> None:
    assert set(description(client, ending)) == set(description(client))


def test_the_doors_to_it(client: FlaskClient) -> None:
    for path in ("/catalog", "/dataset", "/.well-known/void"):
        answer = client.get(path, headers={"Accept": "application/rdf+xml"})
        assert (answer.status_code, answer.headers["Location"]) == (303, "/catalog.rdf")
        assert "Accept" in answer.headers["Vary"]
    assert client.get("/dataset", headers={"Accept": "text/html"}).headers["Location"] == "/"
    assert client.get("/catalog", headers={"Accept": "image/png"}).status_code == 406


def test_the_numbers_are_those_of_the_release(client: FlaskClient) -> None:
    graph = description(client)
    assert graph.value(DATASET, VOID.entities) == rdflib.Literal(40)
    assert graph.value(DATASET, VOID.triples) == rdflib.Literal(40 * 7)
    parts = {
        str(graph.value(p, VOID["class"])): graph.value(p, VOID.entities)
        for p in graph.objects(DATASET, VOID.classPartition)
    }
    assert parts == {"https://schema.org/Person": rdflib.Literal(40)}
    assert graph.value(DATASET, rdflib.URIRef("http://www.w3.org/ns/dcat#version")) == rdflib.Literal("3")
    assert len(list(graph.objects(DATASET, rdflib.URIRef("http://www.w3.org/ns/dcat#hasVersion")))) == 3


def test_each_distribution_is_what_it_says(client: FlaskClient) -> None:
    graph = description(client)
    found = list(graph.objects(None, DCAT.distribution))
    packings = sorted(str(graph.value(d, DCAT.compressFormat)).rpartition("/")[2] for d in found)
    assert packings == ["gzip"] * 9 + ["zstd"] * 6  # of three releases
    for distribution in found:
        address = str(graph.value(distribution, DCAT.downloadURL)).removeprefix("http://localhost:8000")
        answer = client.get(address)
        assert answer.status_code == 200
        assert str(graph.value(distribution, DCAT.compressFormat)).endswith(answer.mimetype)
        assert graph.value(distribution, DCAT.byteSize) == rdflib.Literal(
            len(answer.data), datatype=XSD.nonNegativeInteger
        )
        checksum = graph.value(distribution, SPDX.checksum)
        digest = str(graph.value(checksum, SPDX.checksumValue))
        assert digest == hashlib.sha256(answer.data).hexdigest()


def test_ranges_of_a_dump(client: FlaskClient) -> None:
    moved = client.get("/dumps/latest/data.nq.gz")
    assert (moved.status_code, moved.headers["Location"]) == (303, "/dumps/3/data.nq.gz")
    whole = client.get("/dumps/3/data.nq.gz")
    lines = gzip.decompress(whole.data).decode().splitlines()
    assert lines == sorted(lines)
    assert len(lines) == 280
    assert whole.headers["Accept-Ranges"] == "bytes"
    size = len(whole.data)

    def part(text: str, **more: str) -> tuple[int, bytes, str | None]:
        answer = client.get("/dumps/3/data.nq.gz", headers={"Range": text, **more})
        return answer.status_code, answer.data, answer.headers.get("Content-Range")

    assert part("bytes=0-9") == (206, whole.data[:10], f"bytes 0-9/{size}")
    assert part("bytes=10-") == (206, whole.data[10:], f"bytes 10-{size - 1}/{size}")
    assert part("bytes=-5") == (206, whole.data[-5:], f"bytes {size - 5}-{size - 1}/{size}")
    assert part(f"bytes={size}-")[0] == 416
    assert part("bytes=0-1,4-5")[0] == 200  # several parts: the whole is a valid answer
    assert part("lines=0-1")[:2] == (200, whole.data)
    etag = whole.headers["ETag"]
    assert part("bytes=0-9", **{"If-Range": etag})[0] == 206
    assert part("bytes=0-9", **{"If-Range": '"other"'})[:2] == (200, whole.data)
    assert client.get("/dumps/3/data.nq.gz", headers={"If-None-Match": etag}).status_code == 304
    head = client.head("/dumps/3/data.nq.gz")
    assert (head.status_code, head.headers["Content-Length"], head.data) == (200, str(size), b"")


def test_earlier_releases_keep_their_dumps(client: FlaskClient) -> None:
    first = client.get("/dumps/1/data.nq.gz")
    assert b"p0005" in gzip.decompress(first.data)
    assert "data.nq.gz" in client.get("/dumps/2").text
    for path in (
        "/dumps/9",
        "/dumps/9/data.nq.gz",
        "/dumps/3/none",
        "/dumps/3/..%2fmanifest.json",
        "/dumps/3/..",
    ):
        assert client.get(path).status_code == 404


def test_without_a_licence_there_is_no_description(tmp_path: Path) -> None:
    write_site(tmp_path, {1: person(1)})
    config = tmp_path / "kgraph.toml"
    lines = config.read_text().splitlines(keepends=True)
    config.write_text("".join(line for line in lines if not line.startswith("license")))
    release(tmp_path)
    with client_of(tmp_path) as client:
        answer = client.get("/catalog.ttl")
        assert answer.status_code == 404
        assert "licence" in answer.get_json()["detail"]


def test_check_says_when_the_licence_is_missing(tmp_path: Path) -> None:
    from kgraph.build.pipeline import check

    write_site(tmp_path, {1: person(1)})
    assert check(load_site(tmp_path)).findings == []
    config = tmp_path / "kgraph.toml"
    config.write_text(config.read_text().replace("license =", "# license ="))
    (found,) = check(load_site(tmp_path)).findings
    assert (found.check, found.severity, found.file) == ("licence", "note", "kgraph.toml")
