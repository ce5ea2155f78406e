"""OAI-PMH by the letter: the errors of section 3.6, dates, tokens; hostile arguments."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote
from xml.etree import ElementTree

import pytest
from flask.testing import FlaskClient

from harvest_site import client_of, three_releases

NS = {"o": "http://www.openarchives.org/OAI/2.0/"}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    folder = tmp_path_factory.mktemp("oai")
    three_releases(folder, size=30)
    with client_of(folder) as client:
        yield client


def ask(client: FlaskClient, query: str) -> ElementTree.Element:
    answer = client.get("/oai?" + query)
    assert answer.status_code == 200
    assert answer.mimetype == "text/xml"
    return ElementTree.fromstring(answer.data)


def error(client: FlaskClient, query: str) -> str | None:
    found = ask(client, query).find("o:error", NS)
    return None if found is None else found.get("code")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("", "badVerb"),
        ("verb=Nothing", "badVerb"),
        ("verb=Identify&verb=Identify", "badVerb"),
        ("verb=Identify&set=x", "badArgument"),
        ("verb=ListRecords", "badArgument"),
        ("verb=ListRecords&metadataPrefix=oai_dc&metadataPrefix=rdf", "badArgument"),
        ("verb=ListRecords&metadataPrefix=oai_dc&resumptionToken=x", "badArgument"),
        ("verb=ListRecords&metadataPrefix=oai_dc&from=2020", "badArgument"),
        ("verb=ListRecords&metadataPrefix=oai_dc&from=2020-13-01", "badArgument"),
        ("verb=ListRecords&metadataPrefix=oai_dc&from=2020-01-01&until=2020-01-01T00:00:00Z", "badArgument"),
        ("verb=ListRecords&metadataPrefix=oai_dc&from=2021-01-01&until=2020-01-01", "badArgument"),
        ("verb=ListRecords&metadataPrefix=oai_dc&until=2020-01-01", "noRecordsMatch"),
        ("verb=ListRecords&metadataPrefix=oai_dc&set=none", "noRecordsMatch"),
        ("verb=ListRecords&metadataPrefix=marc21", "cannotDisseminateFormat"),
        ("verb=ListRecords&resumptionToken=", "badResumptionToken"),
        ("verb=ListRecords&resumptionToken=%C3%A9", "badResumptionToken"),
        ("verb=ListRecords&resumptionToken=eyJwcmVmaXgiOiAxfQ==", "badResumptionToken"),
        ("verb=ListSets&resumptionToken=x", "badResumptionToken"),
        ("verb=GetRecord&metadataPrefix=oai_dc&identifier=%3Cscript%3E", "idDoesNotExist"),
        ("verb=GetRecord&metadataPrefix=oai_dc&identifier=%00", "idDoesNotExist"),
        ("verb=ListMetadataFormats&identifier=x", "idDoesNotExist"),
        ("verb=ListMetadataFormats", None),
        ("verb=ListSets", None),
        ("verb=Identify", None),
    ],
)
def test_errors_of_the_protocol(client: FlaskClient, query: str, code: str | None) -> None:
    assert error(client, query) == code


def test_the_request_may_be_posted(client: FlaskClient) -> None:
    answer = client.post("/oai", data={"verb": "Identify"})
    assert ElementTree.fromstring(answer.data).findtext("o:Identify/o:granularity", namespaces=NS)


def test_dates_select_by_release(client: FlaskClient) -> None:
    whole = ask(client, "verb=ListIdentifiers&metadataPrefix=oai_dc")
    dates = sorted({str(d.text) for d in whole.iterfind(".//o:datestamp", NS)})
    assert len(dates) == 3
    counts = []
    for date in dates:
        part = ask(client, f"verb=ListIdentifiers&metadataPrefix=oai_dc&from={date}&until={date}")
        counts.append(len(part.findall(".//o:header", NS)))
    assert counts == [27, 1, 3]
    day = dates[0][:10]
    by_day = ask(client, f"verb=ListIdentifiers&metadataPrefix=oai_dc&from={day}&until={dates[2][:10]}")
    assert len(by_day.findall(".//o:header", NS)) == 31


def test_a_record_of_rdf_holds_the_statements(client: FlaskClient) -> None:
    iri = quote("http://localhost:8000/id/person/p0003", safe="")
    record = ask(client, f"verb=GetRecord&metadataPrefix=rdf&identifier={iri}")
    metadata = record.find(".//o:metadata", NS)
    assert metadata is not None
    import rdflib

    graph = rdflib.Graph().parse(data=ElementTree.tostring(metadata[0]), format="xml")
    assert rdflib.Literal("1950-01-04", datatype=rdflib.XSD.date) in set(graph.objects())
