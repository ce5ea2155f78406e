"""An address of the project's own site for every template and every state of it that looks different.

The checks of looks, size and words walk these (test_web_quality); `scripts/picture.py --all` takes pictures of them.
"""

from __future__ import annotations

_THING = "http://localhost:8000/id/event/khojaly-1992"

PAGES = {
    "home": "/",
    "about": "/about",
    "search": "/search?q=khoj",
    "empty search": "/search?q=zzzz",
    "near search": "/search?q=Khodjali",
    "classes": "/browse",
    "list": "/browse?class=kg:Event",
    "empty list": "/browse?class=kg:Event&q=zzzz",
    "timeline": "/browse?class=kg:Event&view=timeline",
    "map": "/browse?class=kg:Place&view=map",
    "declarations": "/declarations",
    "numbers": "/numbers",
    "names": "/names",
    "sources": "/sources",
    "contested event": "/id/event/khojaly-1992.html",
    "commemoration": "/id/event/moscow-ceremony-2014.html",
    "person": "/id/person/leyla-aliyeva.html",
    "place": "/id/place/khojaly.html",
    "work": "/id/creative-work/february-lightning-song.html",
    "statement": "/id/statement/moscow-2014-aliyeva-count-1.html",
    "passage": "/id/passage/moscow-2014-9.html",
    "source": "/id/source/moscow-2014.html",
    "recognition": "/id/recognition/parliaments-53-countries.html",
    "vocabulary": "/ontology.html",
    "incoming": f"/incoming?iri={_THING}&property=http://localhost:8000/ontology%23about",
    "query": "/sparql",
    "answer": "/sparql?query=SELECT%20*%20%7B%20%3Fs%20%3Fp%20%3Fo%20%7D%20LIMIT%205",
    "queries": "/queries",
    "named query": "/queries/where-names-differ",
    "named query with parameters": "/queries/statements-of-a-speaker",
    "report": "/report",
    "rules": "/shapes.html",
    "releases": "/releases",
    "difference": "/diff",
    "history": f"/history?iri={_THING}",
    "machines": "/machines",
    "preview": f"/reconcile/preview?id={_THING}",
    "arabic home": "/?lang=ar",
    "arabic event": "/id/event/khojaly-1992.html?lang=ar",
    "arabic timeline": "/browse?class=kg:Event&view=timeline&lang=ar",
    "arabic rules": "/shapes.html?lang=ar",
    "russian numbers": "/numbers?lang=ru",
}
"""Name -> address, without origin."""

FAILURES = {
    "no such thing": ("/id/event/khojaly-1993", 404),
    "no such page": ("/nothing/at/all", 404),
    "no such class": ("/browse?class=kg:Nothing", 404),
    "no such query": ("/queries/nothing", 404),
    "no such release": ("/?release=99", 404),
    "no parameters": ("/incoming", 400),
    "wrong query": ("/sparql?query=SELECT%20*%20%7B", 400),
    "update refused": ("/sparql?query=INSERT%20DATA%20%7B%20%3Ca:b%3E%20%3Ca:c%3E%201%20%7D", 403),
    "service refused": (
        "/sparql?query=SELECT%20*%20%7B%20SERVICE%20%3Chttp%3A//a.b/%3E%20%7B%3Fs%3Fp%3Fo%7D%7D",
        403,
    ),
}
"""Name -> address and status, as a browser asks."""
