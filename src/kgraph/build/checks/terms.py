"""Terms: nothing is used that neither the ontology nor a well-known vocabulary has; nodes have names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

import pyoxigraph as ox

from kgraph.build.checks.table import Graph, check, finding, value_of
from kgraph.build.findings import Finding
from kgraph.build.sources import unreadable
from kgraph.terms import RDF_TYPE, XSD

_DEFAULT = ox.DefaultGraph()
_TYPE = ox.NamedNode(RDF_TYPE)
_OA = (
    "Annotation Choice CssSelector CssStyle DataPositionSelector Direction FragmentSelector HttpRequestState "
    "Motivation PreferContainedDescriptions PreferContainedIRIs RangeSelector ResourceSelection Selector "
    "SpecificResource State Style SvgSelector TextPositionSelector TextQuoteSelector TextualBody TimeState "
    "XPathSelector annotationService bodyValue cachedSource canonical end exact hasBody hasEndSelector hasPurpose "
    "hasScope hasSelector hasSource hasStartSelector hasState hasTarget motivatedBy prefix processingLanguage "
    "refinedBy renderedVia sourceDate sourceDateEnd sourceDateStart start styleClass styledBy suffix textDirection via"
)
_KNOWN = {
    "http://www.w3.org/ns/oa#": frozenset(_OA.split()),
    "http://www.w3.org/2003/01/geo/wgs84_pos#": frozenset(
        ["SpatialThing", "Point", "lat", "long", "alt", "location", "lat_long", "Event"]
    ),
}
_RDFLIB = {
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#": "RDF",
    "http://www.w3.org/2000/01/rdf-schema#": "RDFS",
    "http://www.w3.org/2002/07/owl#": "OWL",
    "http://www.w3.org/2004/02/skos/core#": "SKOS",
    "http://purl.org/dc/terms/": "DCTERMS",
    "http://purl.org/dc/elements/1.1/": "DC",
    "http://xmlns.com/foaf/0.1/": "FOAF",
    "http://www.w3.org/ns/prov#": "PROV",
    "http://www.w3.org/ns/shacl#": "SH",
    "http://www.w3.org/ns/org#": "ORG",
    "http://www.w3.org/2001/XMLSchema#": "XSD",
    "http://rdfs.org/ns/void#": "VOID",
    "http://www.w3.org/ns/dcat#": "DCAT",
    "https://schema.org/": "SDO",
}
_KEPT = frozenset(
    XSD + name
    for name in (
        "string",
        "integer",
        "decimal",
        "boolean",
        "date",
        "dateTime",
        "gYear",
        "gYearMonth",
        "anyURI",
    )
) | {
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString",
    "http://id.loc.gov/datatypes/edtf",
}


@cache
def _terms(namespace: str) -> frozenset[str] | None:
    if namespace in _KNOWN:
        return _KNOWN[namespace]
    if namespace in _RDFLIB:
        from rdflib import namespace as known

        found = getattr(known, _RDFLIB[namespace])
        return frozenset(found.__annotations__) | frozenset(getattr(found, "_extras", ()))
    return None


def _split(iri: str) -> tuple[str, str]:
    cut = max(iri.rfind("#"), iri.rfind("/")) + 1
    return iri[:cut], iri[cut:]


def is_known(graph: Graph, iri: str) -> bool:
    """Whether the ontology defines or mentions a term, or a well-known vocabulary has it."""
    if iri in graph.ontology.defined:
        return True
    namespace, name = _split(iri)
    if namespace == graph.inputs.site.ontology_namespace:
        return False
    if iri in graph.ontology.mentioned:
        return True
    terms = _terms(namespace)
    return terms is not None and (name in terms or bool(re.fullmatch(r"_\d+", name)))


def _kinds(graph: Graph) -> tuple[set[str], set[str]]:
    """The classes and the properties that the ontology defines."""
    classes, properties = set(), set()
    for s, p, o, _ in graph.ontology.triples:
        if p == _TYPE and type(s) is ox.NamedNode and type(o) is ox.NamedNode:
            name = o.value.rpartition("#")[2]
            if name == "Class":
                classes.add(s.value)
            elif name.endswith("Property"):
                properties.add(s.value)
    return classes, properties


@check(
    "term",
    "Every property and class in the data is defined as such or mentioned by the ontology, or is a term of RDF, RDFS, "
    "OWL, SKOS, Dublin Core, FOAF, PROV-O, ORG, Web Annotation, schema.org, WGS84, DCAT or VoID.",
    "Look for a typing error; a new term is defined in ontology/ first, with label, definition and example.",
)
def term(graph: Graph) -> Iterator[Finding]:
    """Unknown properties and classes in the data and the ontology; and each in the place of the other."""
    classes, properties = _kinds(graph)
    for predicate in sorted(graph.loaded.predicates, key=str):
        what = "is a class, not a property" if predicate.value in classes - properties else "is not defined"
        if what != "is not defined" or not is_known(graph, predicate.value):
            for quad in graph.store.quads_for_pattern(None, predicate, None, _DEFAULT):
                yield finding(
                    "term",
                    f"the property {graph.short(predicate.value)} {what}",
                    subject=value_of(quad.subject),
                    at=(predicate.value, "", ""),
                )
                break
    for class_ in sorted(graph.classes(), key=str):
        if type(class_) is not ox.NamedNode:
            continue
        what = "is a property, not a class" if class_.value in properties - classes else "is not defined"
        if what != "is not defined" or not is_known(graph, class_.value):
            quad = next(graph.store.quads_for_pattern(None, _TYPE, class_, _DEFAULT))
            yield finding(
                "term",
                f"the class {graph.short(class_.value)} {what}",
                subject=value_of(quad.subject),
                at=(RDF_TYPE, class_.value, ""),
            )


@check(
    "shape-term",
    "Every term of the ontology that a shape uses is defined; so is every one that a query of shapes/ uses.",
    "Look for a typing error: a shape on a property that no one uses never finds anything.",
)
def shape_term(graph: Graph) -> Iterator[Finding]:
    """Unknown terms in shapes."""
    namespace = graph.inputs.site.ontology_namespace
    seen = set()
    for quad in graph.shapes:
        o = quad.object
        if type(o) is not ox.NamedNode:
            continue
        foreign = quad.predicate.value.rpartition("#")[2] in (
            "path",
            "class",
            "targetClass",
            "targetSubjectsOf",
            "targetObjectsOf",
        )
        if (
            (o.value.startswith(namespace) or foreign)
            and not is_known(graph, o.value)
            and o.value not in seen
        ):
            seen.add(o.value)
            yield finding(
                "shape-term",
                f"the shape uses {graph.short(o.value)}, which is not defined",
                subject=value_of(quad.subject),
                at=(quad.predicate.value, o.value, ""),
            )


_QUERY = re.compile(
    r"""(?P<skip>\"\"\"(?:[^"\\]|\\.|"(?!""))*\"\"\"|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|\#[^\n]*)"""
    r"|<(?P<iri>[^<>\"{}|^`\\\x00-\x20]*)>|(?P<prefix>[A-Za-z][\w\-]*)?:(?P<local>[\w\-]+)",
    re.DOTALL,
)
_PREFIX = re.compile(r"\bPREFIX\s+([A-Za-z][\w\-]*)?:\s*<([^<>\s]*)>", re.IGNORECASE)


@check(
    "query-term",
    "Every term of the ontology that a query uses is defined.",
    "Look for a typing error: such a query finds nothing, silently.",
)
def query_term(graph: Graph) -> Iterator[Finding]:
    """Unknown terms in queries."""
    site = graph.inputs.site
    for path in graph.inputs.queries:
        name = path.relative_to(site.root).as_posix()
        try:
            text = graph.inputs.rewrite.text(path.read_text("utf-8-sig"))
        except OSError as error:
            raise unreadable(name, error) from error
        except UnicodeDecodeError:  # kgraph.build.checks.queries tells it
            continue
        prefixes = {match.group(1) or "": match.group(2) for match in _PREFIX.finditer(text)}
        seen = set()
        for match in _QUERY.finditer(text):
            if match.group("skip"):
                continue
            iri = match.group("iri")
            if iri is None:
                namespace = prefixes.get(match.group("prefix") or "")
                iri = namespace + match.group("local") if namespace is not None else ""
            space, local = _split(iri)
            own = space == site.ontology_namespace or _terms(space) is not None
            if own and local and not is_known(graph, iri) and iri not in seen:
                seen.add(iri)
                yield finding(
                    "query-term",
                    f"{graph.short(iri)} is not defined",
                    file=name,
                    line=text.count("\n", 0, match.start()) + 1,
                )


@check(
    "blank-node",
    "Curated data have no blank nodes: everything can be named, cited and found again in the next release.",
    "Give the node an IRI of the thing it belongs to, with #name.",
)
def blank_node(graph: Graph) -> Iterator[Finding]:
    """Blank nodes in data files; the ontology may have them."""
    if not graph.loaded.blank:
        return
    own = {graph.ontology_graph, graph.inferred}
    seen: set[object] = set()
    for name in graph.store.named_graphs():
        if name in own:
            continue
        for quad in graph.store.quads_for_pattern(None, None, None, name):
            s, p, o, _ = quad
            if type(o) is ox.BlankNode and type(s) is ox.NamedNode and (s, p) not in seen:
                seen.add((s, p))
                yield finding(
                    "blank-node",
                    f"{graph.short(p.value)} leads to a blank node",
                    subject=s.value,
                    at=(p.value, "", name.value),
                )
            elif type(s) is ox.BlankNode and s not in seen:
                seen.add(s)
                if not any(graph.store.quads_for_pattern(None, None, s)):
                    yield finding(
                        "blank-node", f"a blank node has {graph.short(p.value)}", subject=f"_:{s.value}"
                    )


@check(
    "described",
    "Every thing of the site that a statement leads to is described in the data.",
    "Look for a typing error in the IRI, or describe the thing.",
)
def described(graph: Graph) -> Iterator[Finding]:
    """Objects under id/ that nothing is said of."""
    base = graph.inputs.site.base + "id/"
    for o in graph.linked():
        if not o.value.startswith(base) or any(graph.store.quads_for_pattern(o, None, None, _DEFAULT)):
            continue
        quad = min(graph.store.quads_for_pattern(None, None, o, _DEFAULT), key=str)
        yield finding(
            "described",
            f"{graph.short(quad.predicate.value)} leads to {graph.short(o.value)}, of which nothing is said",
            subject=value_of(quad.subject),
            at=(quad.predicate.value, o.value, ""),
        )


@check(
    "datatype",
    "Literals have a datatype that the store keeps: string, a language, integer, decimal, boolean, date, dateTime, "
    "gYear, gYearMonth, anyURI, or EDTF.",
    "Use one of these; a number is xsd:integer or xsd:decimal.",
)
def datatype(graph: Graph) -> Iterator[Finding]:
    """Literals of other datatypes."""
    for place, iri in sorted(graph.loaded.datatypes.items()):
        if iri not in _KEPT:
            subject, predicate, value = place
            yield finding(
                "datatype",
                f"{graph.short(predicate)} has a literal of the datatype {graph.short(iri)}",
                subject=subject,
                at=(predicate, value, ""),
            )
