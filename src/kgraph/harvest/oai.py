"""OAI-PMH 2.0: the six verbs over the things of the graph, in Dublin Core and in RDF/XML.

Datestamps are the times of the releases that last changed a thing, deletions included; sets are the classes in use.
Section numbers are of the Open Archives Initiative Protocol for Metadata Harvesting 2.0.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from urllib.parse import quote, unquote

from kgraph.harvest.markup import DECLARATION, element
from kgraph.harvest.oai_records import FORMATS
from kgraph.harvest.published import Item, Published

PATH = "oai"
PAGE = 100
"""Records in one answer."""

_ARGUMENTS: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    # verb: required, optional (section 4); a resumption token stands alone
    "Identify": (frozenset(), frozenset()),
    "ListMetadataFormats": (frozenset(), frozenset({"identifier"})),
    "ListSets": (frozenset(), frozenset({"resumptionToken"})),
    "GetRecord": (frozenset({"identifier", "metadataPrefix"}), frozenset()),
    "ListIdentifiers": (frozenset({"metadataPrefix"}), frozenset({"from", "until", "set"})),
    "ListRecords": (frozenset({"metadataPrefix"}), frozenset({"from", "until", "set"})),
}
_DAY, _SECOND = re.compile(r"\d{4}-\d\d-\d\d"), re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_MAIL = re.compile(r"[^\s@]+@(\S+\.)+\S+")
_ROOT = {
    "xmlns": "http://www.openarchives.org/OAI/2.0/",
    "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
    "xsi:schemaLocation": "http://www.openarchives.org/OAI/2.0/ http://www.openarchives.org/OAI/2.0/OAI-PMH.xsd",
}


class OaiError(Exception):
    """An error of the protocol (section 3.6): its code and what is wrong."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Selection:
    """What a list asks for, and where it goes on: after a thing, within the things of one release."""

    prefix: str
    start: str = ""
    end: str = ""
    set: str = ""
    step: int = 0
    after: str = ""

    def token(self) -> str:
        """The resumption token: it holds all that the next answer needs, so that none is kept here."""
        return base64.urlsafe_b64encode(json.dumps(asdict(self)).encode()).decode()

    @classmethod
    def of_token(cls, token: str) -> Selection:
        """The selection that goes on. Raises OaiError."""
        try:
            given = json.loads(base64.urlsafe_b64decode(token.encode()))
            found = cls(**given)
            valid = all(
                isinstance(getattr(found, n), str) for n in ("prefix", "start", "end", "set", "after")
            )
            if valid and isinstance(found.step, int) and found.prefix in FORMATS:
                return found
        except (ValueError, TypeError):
            pass
        raise OaiError("badResumptionToken", "This token was not given out here.")


def answer(published: Published, arguments: Sequence[tuple[str, str]]) -> bytes:
    """The answer to a request, errors of the protocol included; `arguments` as the client sent them."""
    at = published.address + PATH
    given = dict(arguments)
    try:
        verb = given.get("verb", "")
        if [name for name, _ in arguments].count("verb") != 1 or verb not in _VERBS:
            raise OaiError("badVerb", "The verb is missing, repeated or none of the six.")
        _check(verb, arguments)
        body = element(verb, None, None, *_VERBS[verb](published, given))
        request = element("request", at, given)
    except OaiError as error:
        known = {} if error.code in ("badVerb", "badArgument") else given
        request = element("request", at, known)
        body = element("error", str(error), {"code": error.code})
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    whole = element("OAI-PMH", None, _ROOT, element("responseDate", now), request, body)
    return (DECLARATION + whole).encode()


def _check(verb: str, arguments: Sequence[tuple[str, str]]) -> None:
    names = [name for name, _ in arguments if name != "verb"]
    required, optional = _ARGUMENTS[verb]
    if len(set(names)) != len(names):
        raise OaiError("badArgument", "An argument is repeated.")
    if verb.startswith("List") and names == ["resumptionToken"]:
        return
    wrong = set(names) - required - optional
    if wrong:
        raise OaiError("badArgument", f"{verb} does not take {', '.join(sorted(wrong))[:200]}.")
    if required - set(names):
        raise OaiError("badArgument", f"{verb} needs {', '.join(sorted(required - set(names)))}.")


def _identify(published: Published, given: Mapping[str, str]) -> list[str]:
    contact = str(published.site.settings["contact"]).removeprefix("mailto:")
    return [
        element("repositoryName", published.site.title),
        element("baseURL", published.address + PATH),
        element("protocolVersion", "2.0"),
        element("adminEmail", contact if _MAIL.fullmatch(contact) else "none@contact.invalid"),
        element("earliestDatestamp", published.times.get(published.steps[0], published.time)),
        element("deletedRecord", "persistent"),
        element("granularity", "YYYY-MM-DDThh:mm:ssZ"),
    ]


def _formats(published: Published, given: Mapping[str, str]) -> list[str]:
    if "identifier" in given:
        _item(published, given["identifier"])
    return [
        element(
            "metadataFormat",
            None,
            None,
            element("metadataPrefix", prefix),
            element("schema", known.schema),
            element("metadataNamespace", known.namespace),
        )
        for prefix, known in FORMATS.items()
    ]


def sets(published: Published) -> dict[str, tuple[str, str]]:
    """The sets: setSpec to the IRI and the name of a class in use."""
    rows = published.rows(
        "SELECT n.iri, n.label FROM class_statistic s JOIN node n ON n.id = s.class WHERE s.entities > 0 ORDER BY n.iri"
    )
    found: dict[str, tuple[str, str]] = {}
    for row in rows:
        name = row["iri"].rstrip("/#").replace("#", "/").rpartition("/")[2]
        spec = base = re.sub(r"[^A-Za-z0-9_.!~*'()-]", "-", name) or "class"
        number = 2
        while spec in found:
            spec, number = f"{base}-{number}", number + 1
        found[spec] = (row["iri"], row["label"] or name)
    return found


def _sets(published: Published, given: Mapping[str, str]) -> list[str]:
    if "resumptionToken" in given:
        raise OaiError("badResumptionToken", "All sets are given in one answer.")
    return [
        element("set", None, None, element("setSpec", spec), element("setName", name))
        for spec, (_, name) in sets(published).items()
    ]


def _record(published: Published, given: Mapping[str, str]) -> list[str]:
    prefix = _prefix(given["metadataPrefix"])
    item = _item(published, given["identifier"])
    return [_written(published, item, prefix, _specs(published))]


def _list(published: Published, given: Mapping[str, str], write: Callable[[Item, str], str]) -> list[str]:
    token = given.get("resumptionToken")
    selection = Selection.of_token(token) if token is not None else _selection(given)
    known = sets(published)
    if selection.set and selection.set not in known:
        raise OaiError("noRecordsMatch", "There is no such set.")
    of = known[selection.set][0] if selection.set else None
    items: list[Item] = []
    step, after = selection.step, selection.after
    for release in published.steps:
        moment = published.times.get(release, published.time)
        if (
            release < step
            or (selection.start and moment < selection.start)
            or (selection.end and moment > selection.end)
        ):
            continue
        # one more than a page tells whether another page follows
        found = published.at_step(release, after if release == step else "", PAGE + 1 - len(items), of=of)
        items += found
        if len(items) > PAGE:
            break
    if not items and token is None:
        raise OaiError("noRecordsMatch", "Nothing was changed in this time, in this set.")
    parts = [write(item, selection.prefix) for item in items[:PAGE]]
    if len(items) > PAGE:
        last = items[PAGE - 1]
        following = Selection(
            selection.prefix, selection.start, selection.end, selection.set, last.release, last.iri
        )
        parts.append(element("resumptionToken", following.token()))
    elif token is not None:
        parts.append(element("resumptionToken"))
    return parts


def _selection(given: Mapping[str, str]) -> Selection:
    start, end = given.get("from", ""), given.get("until", "")
    for text in filter(None, (start, end)):
        try:
            if not (_DAY.fullmatch(text) or _SECOND.fullmatch(text)):
                raise ValueError
            datetime.fromisoformat(text.replace("Z", "+00:00"))
        except ValueError:
            raise OaiError("badArgument", "Dates are written YYYY-MM-DD or YYYY-MM-DDThh:mm:ssZ.") from None
    if start and end and len(start) != len(end):
        raise OaiError("badArgument", "from and until are not of the same granularity.")
    if start and end and start > end:
        raise OaiError("badArgument", "from is after until.")
    if len(start) == 10:
        start += "T00:00:00Z"
    if len(end) == 10:
        end += "T23:59:59Z"
    return Selection(_prefix(given["metadataPrefix"]), start, end, given.get("set", ""))


def _prefix(prefix: str) -> str:
    if prefix not in FORMATS:
        raise OaiError("cannotDisseminateFormat", "ListMetadataFormats says which formats there are.")
    return prefix


def identifier(iri: str) -> str:
    """The identifier of a thing: its IRI, as a URI (section 2.4)."""
    return quote(iri, safe="%/:@!$&'()*+,;=-._~?#")


def _item(published: Published, given: str) -> Item:
    item = published.changed(given) or published.changed(unquote(given))
    if item is None:
        raise OaiError("idDoesNotExist", "There is and was no such thing.")
    return item


def _specs(published: Published) -> dict[str, str]:
    return {iri: spec for spec, (iri, _) in sets(published).items()}


def _header(published: Published, item: Item, specs: Mapping[str, str]) -> str:
    if item.kind == "deleted":
        classes = [item.class_iri] if item.class_iri else []
    else:
        rows = published.rows(
            "SELECT c.iri FROM instance i JOIN node c ON c.id = i.class JOIN node n ON n.id = i.node WHERE n.iri = ?"
            " ORDER BY c.iri",
            item.iri,
        )
        classes = [row["iri"] for row in rows]
    return element(
        "header",
        None,
        {"status": "deleted"} if item.kind == "deleted" else None,
        element("identifier", identifier(item.iri)),
        element("datestamp", item.time),
        *(element("setSpec", specs[c]) for c in classes if c in specs),
    )


def _written(published: Published, item: Item, prefix: str, specs: Mapping[str, str]) -> str:
    header = _header(published, item, specs)
    if item.kind == "deleted":
        return element("record", None, None, header)
    return element(
        "record", None, None, header, element("metadata", None, None, FORMATS[prefix].write(published, item))
    )


def _list_records(published: Published, given: Mapping[str, str]) -> list[str]:
    specs = _specs(published)
    return _list(published, given, lambda item, prefix: _written(published, item, prefix, specs))


def _list_identifiers(published: Published, given: Mapping[str, str]) -> list[str]:
    specs = _specs(published)
    return _list(published, given, lambda item, prefix: _header(published, item, specs))


_VERBS: Mapping[str, Callable[[Published, Mapping[str, str]], list[str]]] = {
    "Identify": _identify,
    "ListMetadataFormats": _formats,
    "ListSets": _sets,
    "GetRecord": _record,
    "ListRecords": _list_records,
    "ListIdentifiers": _list_identifiers,
}
