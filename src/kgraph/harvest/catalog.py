"""What the dataset is: DCAT 3 for data portals, VoID with statistics, PROV of the build, in one graph.

DCAT 3 (W3C Recommendation 2024) by DCAT-AP 3.0.1; VoID (W3C Interest Group Note 2011). A site without a licence has
no description: nobody could use what it describes.
"""

from __future__ import annotations

from collections.abc import Iterator

from kgraph.engine import Pattern
from kgraph.engine.serialize import write
from kgraph.harvest import dumps
from kgraph.harvest.published import Published
from kgraph.harvest.writing import VOCABULARIES, term, time, typed
from kgraph.media import RdfFormat
from kgraph.terms import IRI, RDF_LANGSTRING, XSD, XSD_STRING, Literal, Quad, Term

PATH = "catalog"
FORMATS = (RdfFormat.TURTLE, RdfFormat.JSONLD, RdfFormat.RDFXML, RdfFormat.NTRIPLES)

_IANA = "https://www.iana.org/assignments/media-types/"
_FORMATS = "http://www.w3.org/ns/formats/"
_VERSIONS = 100  # releases that are listed as versions, the newest
_LINKS = 20_000  # links to other datasets that are counted
_LANGUAGE = "http://id.loc.gov/vocabulary/iso639-1/"

Said = tuple[IRI, str, Term]


def described(published: Published) -> bool:
    """Whether there is a description: only with a licence, and only of a release (a draft is none)."""
    return bool(published.site.settings["license"]) and published.release.number is not None


def document(published: Published, syntax: RdfFormat) -> bytes | None:
    """The description in one syntax; None for a site without a licence."""
    if not described(published):
        return None
    quads = [Quad(s, term(p), o, None) for s, p, o in said(published)]
    return write(quads, syntax, {**VOCABULARIES, **dict(published.release.manifest.prefixes)})


def said(published: Published) -> Iterator[Said]:
    """All that is said of catalog, dataset, distributions, services and versions."""
    yield from _catalog(published)
    yield from _dataset(published)
    yield from _services(published)
    yield from _versions(published)
    yield from _statistics(published)
    yield from _partitions(published)
    yield from _linksets(published)
    yield from _provenance(published)


def _text(published: Published, text: str) -> Literal:
    languages = [str(tag).lower() for tag in published.site.settings["languages"]]
    return Literal(text, RDF_LANGSTRING, languages[0]) if languages else Literal(text, XSD_STRING)


def _node(published: Published, name: str) -> IRI:
    return IRI(f"{published.base}{PATH}#{name}")


def _common(published: Published, thing: IRI) -> Iterator[Said]:
    settings = published.site.settings
    licence = IRI(str(settings["license"]))
    yield thing, "dct:license", licence
    yield licence, "rdf:type", term("dct:LicenseDocument")
    yield thing, "dct:publisher", _node(published, "publisher")
    for tag in settings["languages"]:
        language = IRI(_LANGUAGE + str(tag).lower().partition("-")[0])
        yield thing, "dct:language", language
        yield language, "rdf:type", term("dct:LinguisticSystem")


def _catalog(published: Published) -> Iterator[Said]:
    settings = published.site.settings
    catalog, dataset, publisher = (
        IRI(published.base + PATH),
        IRI(published.dataset),
        _node(published, "publisher"),
    )
    yield catalog, "rdf:type", term("dcat:Catalog")
    yield catalog, "dct:title", _text(published, f"{published.site.title}: catalog")
    yield (
        catalog,
        "dct:description",
        _text(published, f"What {published.site.title} publishes, and how to get it."),
    )
    yield catalog, "dcat:dataset", dataset
    yield catalog, "foaf:homepage", IRI(published.address)
    yield IRI(published.address), "rdf:type", term("foaf:Document")
    yield from _common(published, catalog)
    yield publisher, "rdf:type", term("foaf:Agent")
    yield publisher, "foaf:name", _text(published, str(settings["publisher"]) or published.site.title)


def _dataset(published: Published) -> Iterator[Said]:
    settings, dataset = published.site.settings, IRI(published.dataset)
    for kind in ("dcat:Dataset", "void:Dataset", "prov:Entity"):
        yield dataset, "rdf:type", term(kind)
    yield dataset, "dct:title", _text(published, published.site.title)
    yield dataset, "dct:description", _text(published, str(settings["description"]) or published.site.title)
    yield dataset, "dct:identifier", Literal(published.dataset)
    yield from _common(published, dataset)
    yield dataset, "dcat:landingPage", IRI(published.address)
    yield dataset, "foaf:homepage", IRI(published.address)
    first = published.times.get(min(published.times, default=0), published.time)
    yield dataset, "dct:issued", time(first)
    yield dataset, "dct:modified", time(published.time)
    yield dataset, "dcat:version", Literal(str(published.number))
    if settings["contact"]:
        contact = _node(published, "contact")
        yield dataset, "dcat:contactPoint", contact
        yield contact, "rdf:type", term("vcard:Kind")
        yield contact, "vcard:fn", _text(published, str(settings["publisher"]) or published.site.title)
        mail = str(settings["contact"]).startswith("mailto:")
        yield contact, "vcard:hasEmail" if mail else "vcard:hasURL", IRI(str(settings["contact"]))
    for row in published.rows("SELECT iri, label FROM node WHERE graph_kind = 'external' ORDER BY iri"):
        # facts from elsewhere: their graph names licence and credit, repeated here
        source = IRI(row["iri"])
        yield dataset, "prov:wasDerivedFrom", source
        yield source, "rdf:type", term("prov:Entity")
        for q in published.statements(row["iri"]):
            if q.subject == source and any(q.predicate.value.startswith(v) for v in _CREDIT):
                name = next(p for p, ns in VOCABULARIES.items() if q.predicate.value.startswith(ns))
                yield source, f"{name}:{q.predicate.value[len(VOCABULARIES[name]) :]}", q.object
    yield from _distributions(published, dataset, published.number)


_CREDIT = tuple(VOCABULARIES[name] for name in ("dct", "rdfs", "schema", "prov"))


def _distributions(published: Published, dataset: IRI, number: int) -> Iterator[Said]:
    for dump in dumps.of_release(published, number):
        here = IRI(dump.address)
        yield dataset, "dcat:distribution", here
        yield here, "rdf:type", term("dcat:Distribution")
        yield here, "dct:title", _text(published, f"{dump.label}, release {number}")
        yield here, "dct:license", IRI(str(published.site.settings["license"]))
        yield here, "dcat:accessURL", here
        yield here, "dcat:downloadURL", here
        if dump.media_type:
            yield here, "dcat:mediaType", IRI(_IANA + dump.media_type)
            yield IRI(_IANA + dump.media_type), "rdf:type", term("dct:MediaType")
        if dump.compression:
            yield here, "dcat:compressFormat", IRI(_IANA + dump.compression)
            yield IRI(_IANA + dump.compression), "rdf:type", term("dct:MediaType")
        yield here, "dcat:byteSize", Literal(str(dump.bytes), XSD + "nonNegativeInteger")
        checksum = IRI(f"{dump.address}#checksum")
        yield here, "spdx:checksum", checksum
        yield checksum, "rdf:type", term("spdx:Checksum")
        yield checksum, "spdx:algorithm", term("spdx:checksumAlgorithm_sha256")
        yield term("spdx:checksumAlgorithm_sha256"), "rdf:type", term("spdx:ChecksumAlgorithm")
        yield checksum, "spdx:checksumValue", Literal(dump.sha256, XSD + "hexBinary")
        yield here, "dct:issued", time(published.times.get(number, published.time))
        if number == published.number:
            yield dataset, "void:dataDump", here


def _services(published: Published) -> Iterator[Said]:
    catalog, dataset = IRI(published.base + PATH), IRI(published.dataset)
    yield dataset, "void:sparqlEndpoint", IRI(published.address + "sparql")
    for path, title, standard in (
        ("sparql", "SPARQL 1.1 query service", "https://www.w3.org/TR/sparql11-protocol/"),
        ("fragments", "Quad Pattern Fragments", "https://linkeddatafragments.org/specification/quad-pattern-fragments/"),
        ("ldes", "Linked Data Event Stream", "https://w3id.org/ldes/specification"),
        ("oai", "OAI-PMH 2.0", "http://www.openarchives.org/OAI/2.0/openarchivesprotocol.htm"),
        ("reconcile", "Reconciliation Service API 0.2", "https://www.w3.org/community/reports/reconciliation/CG-FINAL-specs-0.2-20230410/"),
    ):  # fmt: skip
        service = IRI(published.address + path)
        yield catalog, "dcat:service", service
        yield service, "rdf:type", term("dcat:DataService")
        yield service, "dct:title", _text(published, title)
        yield service, "dcat:endpointURL", service
        yield service, "dcat:endpointDescription", service
        yield service, "dcat:servesDataset", dataset
        yield service, "dct:conformsTo", IRI(standard)
        yield IRI(standard), "rdf:type", term("dct:Standard")
        yield service, "dct:license", IRI(str(published.site.settings["license"]))
        yield service, "dct:publisher", _node(published, "publisher")


def _versions(published: Published) -> Iterator[Said]:
    dataset = IRI(published.dataset)
    earlier: IRI | None = None
    for activation in published.log[-_VERSIONS:]:
        version = IRI(f"{published.address}{dumps.PATH}/{activation.number}")
        yield dataset, "dcat:hasVersion", version
        yield version, "rdf:type", term("dcat:Dataset")
        yield version, "dcat:isVersionOf", dataset
        yield version, "dct:title", _text(published, f"{published.site.title}, release {activation.number}")
        yield (
            version,
            "dct:description",
            _text(published, f"The data as they were published on {activation.time[:10]}."),
        )
        yield version, "dcat:version", Literal(str(activation.number))
        yield version, "dct:issued", time(activation.time)
        yield version, "dct:publisher", _node(published, "publisher")
        if earlier:
            yield version, "dcat:previousVersion", earlier
        earlier = version
        if activation.number != published.number:
            yield from _distributions(published, version, activation.number)
        else:
            yield dataset, "dcat:hasCurrentVersion", version


def _statistics(published: Published) -> Iterator[Said]:
    dataset, manifest = IRI(published.dataset), published.release.manifest
    count = published.rows(
        "SELECT (SELECT count(*) FROM node WHERE digest IS NOT NULL AND parent IS NULL),"
        " (SELECT count(*) FROM node WHERE outgoing > 0), (SELECT count(*) FROM class_statistic WHERE entities > 0),"
        " (SELECT count(*) FROM property_statistic WHERE triples > 0)"
    )[0]
    yield dataset, "void:triples", typed(manifest.triples + manifest.inferred, "integer")
    for name, number in zip(("entities", "distinctSubjects", "classes", "properties"), count, strict=True):
        yield dataset, "void:" + name, typed(number, "integer")
    yield dataset, "void:uriSpace", Literal(published.base)
    yield dataset, "void:feature", IRI("http://www.w3.org/ns/formats/Turtle")
    for row in published.rows(
        "SELECT iri FROM node WHERE digest IS NOT NULL AND parent IS NULL AND path IS NOT NULL AND graph_kind IS NULL"
        " AND label IS NOT NULL ORDER BY incoming + outgoing DESC, iri LIMIT 5"
    ):
        yield dataset, "void:exampleResource", IRI(row["iri"])
    namespaces = {
        row["iri"][: max(row["iri"].rfind("#"), row["iri"].rfind("/")) + 1]
        for table, key in (("class_statistic", "class"), ("property_statistic", "property"))
        for row in published.rows(f"SELECT n.iri FROM {table} s JOIN node n ON n.id = s.{key}")
    }
    for namespace in sorted(namespaces):
        yield dataset, "void:vocabulary", IRI(namespace)


_PARTITIONS = (
    # kind, table and key of the statistics, what is counted in them (the first orders them)
    ("class", "class_statistic", "class", {"entities": "entities"}),
    (
        "property",
        "property_statistic",
        "property",
        {"triples": "triples", "distinctSubjects": "subjects", "distinctObjects": "objects"},
    ),
)


def _partitions(published: Published) -> Iterator[Said]:
    dataset = IRI(published.dataset)
    for kind, table, key, counts in _PARTITIONS:
        first = next(iter(counts.values()))
        rows = published.rows(
            f"SELECT n.iri, s.* FROM {table} s JOIN node n ON n.id = s.{key} WHERE s.{first} > 0"
            f" ORDER BY s.{first} DESC, n.iri LIMIT 1000"
        )
        for number, row in enumerate(rows, 1):
            part = _node(published, f"{kind}-{number}")
            yield dataset, f"void:{kind}Partition", part
            yield part, f"void:{kind}", IRI(row["iri"])
            for name, column in counts.items():
                yield part, f"void:{name}", typed(row[column], "integer")


def _linksets(published: Published) -> Iterator[Said]:
    """Links of identity to other datasets, by the host that they lead to."""
    counts: dict[tuple[str, str], int] = {}
    for row in published.rows("SELECT property FROM role WHERE role = 'same as' AND second IS NULL"):
        pattern = Pattern(predicate=IRI(row["property"]))
        for q in published.engine.page(pattern, limit=_LINKS):
            if isinstance(q.object, IRI) and not q.object.value.startswith(published.base):
                scheme, _, rest = q.object.value.partition("://")
                key = (row["property"], f"{scheme}://{rest.partition('/')[0]}/")
                counts[key] = counts.get(key, 0) + 1
    for number, ((predicate, host), count) in enumerate(sorted(counts.items()), 1):
        links, other = _node(published, f"links-{number}"), _node(published, f"target-{number}")
        yield IRI(published.dataset), "void:subset", links
        yield links, "rdf:type", term("void:Linkset")
        yield links, "void:linkPredicate", IRI(predicate)
        yield links, "void:subjectsTarget", IRI(published.dataset)
        yield links, "void:objectsTarget", other
        yield links, "void:triples", typed(count, "integer")
        yield other, "rdf:type", term("void:Dataset")
        yield other, "void:uriSpace", Literal(host)


def _provenance(published: Published) -> Iterator[Said]:
    manifest, build, agent = published.release.manifest, _node(published, "build"), _node(published, "kgraph")
    yield IRI(published.dataset), "prov:wasGeneratedBy", build
    yield build, "rdf:type", term("prov:Activity")
    yield build, "rdfs:label", _text(published, f"The build of release {published.number}")
    yield build, "prov:endedAtTime", time(manifest.created)
    yield build, "prov:wasAssociatedWith", agent
    yield agent, "rdf:type", term("prov:SoftwareAgent")
    yield agent, "rdfs:label", Literal(f"kgraph {manifest.kgraph}")
    for number, (name, digest) in enumerate(sorted(manifest.sources.items())[:500], 1):
        used = _node(published, f"file-{number}")
        yield build, "prov:used", used
        yield used, "rdf:type", term("prov:Entity")
        yield used, "rdfs:label", Literal(name)
        yield used, "spdx:checksum", IRI(f"{used.value}-checksum")
        yield IRI(f"{used.value}-checksum"), "rdf:type", term("spdx:Checksum")
        yield IRI(f"{used.value}-checksum"), "spdx:algorithm", term("spdx:checksumAlgorithm_sha256")
        yield IRI(f"{used.value}-checksum"), "spdx:checksumValue", Literal(digest, XSD + "hexBinary")
