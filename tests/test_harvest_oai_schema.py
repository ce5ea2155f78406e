"""Every answer of OAI-PMH by the protocol's own schema, every Dublin Core record by that of oai_dc.

OAI-PMH.xsd is the copy that pyoai carries, which leaves the contents of a record to the record's own schema; so each
record in Dublin Core is validated on its own with oai_dc.xsd.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient
from lxml import etree

from conftest import need_schema
from harvest_site import CONFIG, HEAD, client_of, release, three_releases
from kgraph.harvest import oai

OAI = "{http://www.openarchives.org/OAI/2.0/}"
DC = "{http://www.openarchives.org/OAI/2.0/oai_dc/}dc"
XML = """<schema xmlns="http://www.w3.org/2001/XMLSchema" targetNamespace="http://www.w3.org/XML/1998/namespace">
<attribute name="lang" type="language"/></schema>"""


class _Imports(etree.Resolver):
    """The schemas that oai_dc.xsd imports by address, from files; of the xml namespace only xml:lang is used."""

    def resolve(self, url: str, pubid: str, context: object) -> object:
        name = url.rpartition("/")[2]
        if name == "xml.xsd":
            return self.resolve_string(XML, context)
        return self.resolve_filename(str(need_schema(name)), context)


def schema(name: str) -> etree.XMLSchema:
    parser = etree.XMLParser(no_network=True)
    parser.resolvers.add(_Imports())
    return etree.XMLSchema(etree.parse(str(need_schema(name)), parser))


HOSTILE = (
    r'<id/odd/1> a <http://example.org/a%20b/Class#x> ; rdfs:label "]]> & <b> \u0001 \uFFFE"@en-x-odd , "\t "@ar ;'
    ' dct:description "&amp;"@en ; schema:startDate "1992-02"^^xsd:gYearMonth .\n'
    "<id/odd/%D0%A5%3Cx%3E> a <http://example.org/Ход> ; rdfs:label 'Ход'@ru ; dct:relation [ dct:title 'in' ] .\n"
)


@pytest.fixture(scope="module")
def clients(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[FlaskClient]]:
    releases, odd = tmp_path_factory.mktemp("releases"), tmp_path_factory.mktemp("odd")
    three_releases(releases, size=12)
    (odd / "data").mkdir()
    (odd / "kgraph.toml").write_text(CONFIG.format(base="http://localhost:8000/").replace("contact =", "#"))
    (odd / "data" / "odd.ttl").write_text(HEAD + HOSTILE)
    release(odd)
    with client_of(releases) as one, client_of(odd) as other:
        yield [one, other]


def answers(client: FlaskClient) -> Iterator[tuple[str, bytes]]:
    """Every kind of answer: the six verbs, records of every kind, lists page by page, every error."""
    waiting = [
        "verb=Identify",
        "verb=ListMetadataFormats",
        "verb=ListSets",
        *(
            f"verb={verb}&metadataPrefix={p}"
            for verb in ("ListRecords", "ListIdentifiers")
            for p in ("oai_dc", "rdf")
        ),
        "verb=ListRecords",
        "verb=Nothing%3C&from=x",
        "",
        "verb=ListRecords&metadataPrefix=none",
        "verb=ListRecords&metadataPrefix=oai_dc&from=1900-01-01&until=1900-01-02",
        "verb=ListRecords&resumptionToken=x%22%3E",
        "verb=GetRecord&metadataPrefix=oai_dc&identifier=nothing",
        "verb=ListRecords&metadataPrefix=oai_dc&set=none",
    ]
    while waiting:
        query = waiting.pop()
        answer = client.get("/oai?" + query)
        assert answer.status_code == 200
        yield query, answer.data
        root = etree.fromstring(answer.data)
        if "metadataPrefix=rdf" in query and "ListIdentifiers" in query:
            for found in root.iter(OAI + "identifier"):
                name = quote(found.text, safe="")
                waiting += [f"verb=GetRecord&metadataPrefix={p}&identifier={name}" for p in ("oai_dc", "rdf")]
                waiting.append(f"verb=ListMetadataFormats&identifier={name}")
        for found in root.iter(OAI + "setSpec"):
            name = f"verb=ListIdentifiers&metadataPrefix=oai_dc&set={quote(found.text, safe='')}"
            if "ListSets" in query:
                waiting.append(name)
        token = root.findtext(f".//{OAI}resumptionToken")
        if token:
            waiting.append(f"{query.split('&')[0]}&resumptionToken={token}")


def test_every_answer_is_valid(clients: list[FlaskClient], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oai, "PAGE", 5)
    envelope, dublin_core = schema("OAI-PMH.xsd"), schema("oai_dc.xsd")
    pages = records = deleted = 0
    for client in clients:
        for query, body in answers(client):
            tree = etree.fromstring(body)
            envelope.assertValid(etree.ElementTree(tree))
            pages += 1
            deleted += len(tree.findall(f".//{OAI}header[@status='deleted']"))
            for record in tree.iter(DC):
                dublin_core.assertValid(etree.ElementTree(etree.fromstring(etree.tostring(record))))
                records += 1
            assert query or tree.find(OAI + "error") is not None
    assert pages > 50
    assert records > 10
    assert deleted
