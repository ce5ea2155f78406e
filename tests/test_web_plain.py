"""Pages that say what they mean: drawings that go no further than a dating, empty states, refusals, languages."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from web_site import client, own_site, serve


@pytest.fixture(scope="module")
def web() -> FlaskClient:
    return client(own_site())


def test_a_bar_is_full_only_where_the_dating_is_an_interval(web: FlaskClient) -> None:
    page = web.get("/declarations").text
    assert page.count('class="span within"') == 4, "each is dated as some time between two days"
    assert 'class="span"' not in page
    events = web.get("/browse?class=kg:Event&view=timeline").text
    assert 'class="span"' in events
    assert 'class="span open"' in events
    assert "A hollow bar is what a dating leaves open" in events
    assert "<td>some time between 25 February 1992 and 26 February 2014</td>" in events
    assert "<td>from about 2009 to 27 February 2014</td>" in events


def test_a_refusal_is_a_sentence_above_the_query(web: FlaskClient) -> None:
    page = web.get("/sparql?query=INSERT DATA { <a:b> <a:c> 1 }", headers={"Accept": "text/html"}).text
    assert "This service is read-only" in page
    assert page.index('class="failure"') < page.index("<textarea")


def test_an_answer_without_rows_says_so(web: FlaskClient) -> None:
    page = web.get("/queries/statements-of-a-speaker?speaker=id/person/nobody").text
    assert "Nothing in this release fits. Choose another value above." in page
    assert "<table" not in page


def test_questions_say_which_language_they_are_in(web: FlaskClient) -> None:
    for address in ("/queries?lang=ar", "/queries/statements-of-a-speaker?lang=ar"):
        page = web.get(address).text
        assert '<bdi lang="en">Every statement of one person' in page


def test_a_filter_of_a_sheet_can_be_taken_away(web: FlaskClient) -> None:
    page = web.get("/numbers?f=kg:claimant~http://localhost:8000/id/person/leyla-aliyeva").text
    chips = page.partition('class="chips"')[2].partition("</ul>")[0]
    assert "Said by: Leyla Aliyeva" in chips
    assert "claimant" not in chips, "the link leads to the numbers of all speakers"


def test_the_first_release_has_nothing_to_be_compared_with(web: FlaskClient) -> None:
    assert "There is one release so far." in web.get("/diff").text


def test_what_is_cited_can_be_copied_where_a_script_runs(web: FlaskClient) -> None:
    page = web.get("/id/event/khojaly-1992.html").text
    for of in ("cited-iri", "cited-text"):
        assert f'id="{of}"' in page
        assert f'data-of="{of}"' in page
    assert page.count('class="copy"') == page.count(" hidden>Copy</button>") == 2
    said = web.get("/id/statement/moscow-2014-aliyeva-count-1.html").text
    cited = said.partition('id="cited-text">')[2].partition("</span>")[0]
    assert cited.endswith(
        "Rests on: Page on a ceremony in Moscow, dated 27 February 2014, characters 1050 to 1304."
    )


def test_the_preview_says_only_what_is_stated(web: FlaskClient) -> None:
    page = web.get("/reconcile/preview?id=http://localhost:8000/id/event/khojaly-1992").text
    assert page.count("Khojaly</bdi>") == 1, "what the alignments entail is not told again"
    assert page.count("The event that the commemorations") == 1


def test_a_description_in_a_list_is_in_the_readers_language_or_says_which(
    web: FlaskClient, tmp_path: Path
) -> None:
    for address in ("/?lang=ar", "/browse?class=kg:Event&lang=ar", "/search?q=khojaly&lang=ar"):
        assert '<bdi lang="en">The event that the commemorations' in web.get(address).text
    assert '<bdi lang="en">The event' not in web.get("/browse?class=kg:Event&lang=en").text
    (tmp_path / "things.ttl").write_text(
        "@prefix s: <https://schema.org/> .\n@prefix d: <http://purl.org/dc/terms/> .\n"
        '<http://localhost:8000/id/a> a s:Event ; s:name "Alpha"@en ;'
        ' d:description "A meeting."@en , "Une réunion."@fr .\n'
        '<http://localhost:8000/id/b> a s:Event ; s:name "Beta"@en ; d:description "Eine Sitzung."@de .\n'
    )
    small = client(serve(tmp_path / "things.ttl"))
    french = small.get("/browse?class=https://schema.org/Event&lang=fr").text
    assert '<p class="note">Une réunion.</p>' in french
    assert '<bdi lang="de">Eine Sitzung.</bdi>' in french
    english = small.get("/browse?class=https://schema.org/Event&lang=en").text
    assert '<p class="note">A meeting.</p>' in english
