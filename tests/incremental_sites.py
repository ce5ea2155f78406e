"""Small random sites and edits of them, for the tests that compare incremental builds with full ones.

FOREIGN: any RDF, with an ontology of its own, blank nodes, odd literals, named graphs or none. CURATED: passages,
claims and editorial graphs under the model checks; some edits break them.
"""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st

Step = dict[str, str]
"""File name in data/ -> text."""

PREFIXES = """@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix sdo: <https://schema.org/> .
@prefix geo: <http://www.w3.org/2003/01/geo/wgs84_pos#> .
@prefix gsp: <http://www.opengis.net/ont/geosparql#> .
@prefix crm: <http://www.cidoc-crm.org/cidoc-crm/> .
@prefix sem: <http://semanticweb.cs.vu.nl/2009/11/sem/> .
@prefix dct: <http://purl.org/dc/terms/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix oa: <http://www.w3.org/ns/oa#> .
@prefix kg: <http://localhost:8000/ontology#> .
"""
HEAD = "@base <http://localhost:8000/> .\n" + PREFIXES

FOREIGN_ONTOLOGY = (
    HEAD
    + """
kg:Feast rdfs:subClassOf kg:Gathering . kg:Gathering rdfs:subClassOf sdo:Event ; rdfs:label "gathering" .
kg:at rdfs:subPropertyOf sdo:location . kg:near rdfs:subPropertyOf kg:at . kg:is rdfs:subPropertyOf rdf:type .
"""
)
FOREIGN_SHAPES = (
    HEAD
    + """
kg:FeastShape a sh:NodeShape ; sh:targetClass kg:Gathering ;
  sh:property [ sh:path rdfs:label ; sh:maxCount 2 ; sh:severity sh:Warning ] ;
  sh:property [ sh:path kg:size ; sh:datatype xsd:int ; sh:severity sh:Info ] ;
  sh:property [ sh:path kg:at ; sh:maxCount 3 ; sh:class kg:Hill ; sh:severity sh:Warning ] .
kg:HillShape a sh:NodeShape ; sh:targetObjectsOf kg:at ;
  sh:property [ sh:path ( [ sh:inversePath kg:at ] kg:size ) ; sh:maxCount 2 ] .
"""
)


@dataclass(frozen=True)
class Kind:
    """A kind of site: its files beside the data, and the pieces of which its data files are made."""

    files: dict[str, str]
    pieces: tuple[str, ...]
    prefixes: tuple[str, ...] = ("", "@prefix feast: <http://localhost:8000/id/feast/> .\n")


def _foreign() -> tuple[str, ...]:
    things = ["<id/a>", "<id/b>", "<id/b#part>", "<id/g1>", "kg:Hill", "_:x"]
    values = [
        'rdfs:label "One"@en',
        'rdfs:label "Two"',
        'rdfs:label " odd "',
        'skos:altLabel "山 other"@ja',
        'dct:description "What it is"',
        'kg:size "007"^^xsd:int',
        'kg:size "7"^^xsd:int',
        "kg:size 7",
        "kg:size 8",
        "a kg:Feast",
        "a kg:Gathering",
        "a kg:Hill",
        "kg:is kg:Feast",
        "a <id/a>",
        'sdo:startDate "2014-02"^^xsd:gYearMonth',
        'sdo:startDate "2014"',
        'sdo:startDate "never"^^xsd:date',
        'sem:hasEarliestBeginTimeStamp "2015-03-01"',
        'sem:hasLatestEndTimeStamp "2016"',
        "geo:lat 50.5",
        "geo:long 7",
        'gsp:asWKT "POINT(3 4)"',
        'sdo:url "http://example.org/x"',
    ]
    links = ["kg:at", "kg:near", "sdo:location", "dct:temporal", "gsp:hasGeometry", "crm:P102_has_title",
             "rdf:value", "kg:knows"]  # fmt: skip
    triples = [f"{s} {v} ." for s in things for v in values]
    triples += [f"{s} {p} {o} ." for s in things for p in links for o in things]
    graphs = [f"{g} {{ {t} }}" for g in ("<id/g1>", "<id/g2>", "<id/graph/one>", "_:g") for t in triples[::3]]
    return (*triples, *graphs)


FOREIGN = Kind(
    {
        "kgraph.toml": 'title = "Feasts"\n',
        "ontology/terms.ttl": FOREIGN_ONTOLOGY,
        "shapes/s.ttl": FOREIGN_SHAPES,
    },
    _foreign(),
)

CURATED_ONTOLOGY = (
    HEAD
    + """
kg:Commemoration rdfs:subClassOf kg:Event . kg:Ceremony rdfs:subClassOf kg:Commemoration .
kg:Event rdfs:subClassOf sdo:Event .
kg:place rdfs:subPropertyOf sdo:location .
kg:Event rdfs:label "event" . kg:Passage rdfs:label "passage" . kg:Claim rdfs:label "statement" .
kg:Place rdfs:label "place" . kg:Agent rdfs:label "agent" . kg:Dating rdfs:label "dating" .
kg:EditorialGraph rdfs:label "editorial" . kg:ExternalGraph rdfs:label "external" .
kg:InferredGraph rdfs:label "inferred" . kg:Naming rdfs:label "naming" .
kg:Campaign rdfs:label "campaign" . kg:Work rdfs:label "work" . kg:Participation rdfs:label "participation" .
kg:Narrator rdfs:label "narrator" . kg:Page rdfs:label "page" . kg:Speaker rdfs:label "speaker" .
kg:voice rdfs:label "voice" . kg:knownThrough rdfs:label "known through" . kg:act rdfs:label "act" .
kg:about rdfs:label "about" . kg:term rdfs:label "term" . kg:nameAsWritten rdfs:label "name" .
kg:dating rdfs:label "dating" . kg:edtf rdfs:label "edtf" . kg:earliest rdfs:label "earliest" .
kg:latest rdfs:label "latest" . kg:begins rdfs:label "begins" . kg:ends rdfs:label "ends" .
kg:sha256 rdfs:label "digest" . kg:possibleVoice rdfs:label "possible voice" . kg:agent rdfs:label "agent" .
kg:claimant rdfs:label "claimant" . kg:reports rdfs:label "reports" . kg:presents rdfs:label "presents" .
kg:count rdfs:label "count" . kg:phrase rdfs:label "phrase" . kg:Person rdfs:subClassOf kg:Agent .
"""
)
CURATED_SHAPES = (
    HEAD
    + """
kg:EventShape a sh:NodeShape ; sh:targetClass kg:Event ;
  sh:property [ sh:path rdfs:label ; sh:minCount 1 ; sh:severity sh:Warning ; sh:message "no label" ] ;
  sh:property [ sh:path kg:place ; sh:maxCount 1 ; sh:message "two places" ] .
"""
)
TEXT = "The mill stands by the river and the fair was held there."


def _curated() -> tuple[str, ...]:
    described = (
        "<id/passage/{n}> a kg:Passage ; oa:hasSource <id/source/s> ; kg:voice kg:{voice} ; "
        "oa:hasSelector <id/passage/{n}#position> ; kg:begins <id/passage/{n}#begin> . "
        "<id/passage/{n}#position> oa:start {start} ; oa:end {end} . "
        '<id/passage/{n}#begin> oa:exact "{exact}" . '
    )
    said = (
        "a kg:Ceremony",
        "a kg:Event",
        "kg:place <id/place/p>",
        "kg:place <id/place/q>",
        "kg:dating <id/event/e#dating>",
        "kg:knownThrough <id/statement/c>",
        'kg:nameAsWritten "the fair"@en',
    )
    pieces = [
        described.format(n=n, voice=voice, start=start, end=end, exact=exact)
        for n in ("1", "2")
        for voice in ("Narrator", "Speaker")
        for start, end, exact in ((0, 8, "The"), (4, 30, "mill"), (4, 300, "mill"), (4, 8, "fair"))
    ]
    source = '<id/source/s> dct:extent {n} ; kg:sha256 "{digest}" ; rdfs:label "Source"@en .'
    pieces += [source.format(n=n, digest=DIGEST) for n in (len(TEXT), 20)]
    for n in ("1", "2"):
        graph = f"<id/passage/{n}>"
        pieces += [f"{graph} {{ <id/event/{e}> {what} . }}" for e in "ef" for what in said]
        pieces += [f"{graph} {{ <id/place/{p}> a kg:Place . }}" for p in "pq"]
        pieces += [
            f"{graph} {{ <id/statement/c> a kg:Claim ; kg:act kg:Naming ; kg:about <id/event/e> ; "
            'kg:term "fair"@en . }',
            f'{graph} {{ <id/event/e#dating> a kg:Dating ; kg:edtf "1992-02" ; '
            'kg:earliest "1992-02-01"^^xsd:date ; kg:latest "1992-02-29"^^xsd:date . }',
            f"{graph} {{ <id/place/p> geo:lat 40.5 ; geo:long 46.0 . }}",
            f"{graph} {{ <id/event/e> kg:misspelt <id/place/p> . }}",
            f"{graph} {{ <id/event/e> a kg:Unknown . }}",
            f'{graph} {{ <id/event/e> dct:extent "x"^^xsd:token . }}',
            f"{graph} {{ <id/event/e#talk> kg:agent <id/person/a> . <id/person/a> a kg:Person . }}",
            f"{graph} {{ <id/statement/c> kg:claimant <id/source/s> . }}",
            f"{graph} {{ <id/statement/c> kg:claimant <id/person/a> . }}",
            f"{graph} {{ <id/statement/d> kg:reports <id/statement/c> . }}",
            f"{graph} {{ <id/event/e> kg:presents <id/place/p> . }}",
            f'{graph} {{ <id/statement/c> kg:count 7 ; kg:phrase "8 stalls" . }}',
            f"<id/passage/{n}> kg:possibleVoice <id/event/e#talk> .",
            f"<id/passage/{n}> kg:voice <id/event/e#talk> .",
        ]
    editorial = "<id/graph/one> a kg:EditorialGraph . "
    pieces += [
        editorial,
        "<id/graph/two> a kg:EditorialGraph . ",
        "<id/graph/two> a kg:ExternalGraph . ",
        *(f'<id/event/{e}> rdfs:label "{text}" .' for e in "ef" for text in ("Fair", "Market")),
        '<id/place/p> rdfs:label "Mill"@en . <id/place/q> rdfs:label "Hill"@en .',
        "<id/event/e> kg:place <id/place/p> .",
        "<id/event/e> rdfs:seeAlso <id/place/nowhere> .",
    ]
    return tuple(pieces)


DIGEST = "DIGEST"


def _filled() -> Kind:
    import hashlib

    digest = hashlib.sha256(TEXT.encode()).hexdigest()
    pieces = tuple(piece.replace(DIGEST, digest) for piece in _curated())
    config = 'title = "Fairs"\n[sources]\n"http://localhost:8000/id/source/s" = "s.txt"\n'
    return Kind(
        {
            "kgraph.toml": config,
            "s.txt": TEXT,
            "ontology/o.ttl": CURATED_ONTOLOGY,
            "shapes/s.ttl": CURATED_SHAPES,
        },
        pieces,
    )


CURATED = _filled()


def _text(kind: Kind, chosen: list[str], prefixes: str) -> str:
    return HEAD + prefixes + "\n".join(chosen) + "\n"


@st.composite
def sites(draw: st.DrawFn, kind: Kind) -> list[Step]:
    """A site's data files, then as they are after one edit or more."""
    names = (
        ("one.trig", "two.trig", "three.ttl") if kind is FOREIGN else ("one.trig", "two.trig", "three.trig")
    )
    piece = st.sampled_from(kind.pieces)
    plain = st.sampled_from([p for p in kind.pieces if "{" not in p])
    common = [draw(plain) for _ in range(draw(st.integers(0, 2)))]
    named = draw(st.booleans()) or kind is CURATED

    def file(name: str) -> list[str]:
        one = piece if named and name.endswith(".trig") else plain
        return common + draw(st.lists(one, min_size=1, max_size=8))

    def first(name: str) -> list[str]:
        return draw(st.lists(st.sampled_from(base()), max_size=8)) if kind is CURATED else file(name)

    files = {name: first(name) for name in names[: draw(st.integers(1, 3))]}
    if kind is CURATED:
        files["base.trig"] = base()
    heads = dict.fromkeys((*names, "base.trig", "moved.trig", "four.trig"), kind.prefixes[0])

    def step() -> Step:
        return {name: _text(kind, pieces, heads[name]) for name, pieces in files.items()}

    steps = [step()]
    for _ in range(draw(st.integers(1, 3))):
        for _ in range(draw(st.integers(1, 2))):
            name = draw(st.sampled_from(sorted(files)))
            match draw(
                st.sampled_from(
                    ("more", "less", "less", "move", "rename", "remove", "add", "prefix", "broken")
                )
            ):
                case "more":
                    one = piece if named and name.endswith(".trig") else plain
                    files[name] = files[name] + [draw(one)]
                case "less" if files[name]:
                    out = draw(st.integers(0, len(files[name]) - 1))
                    files[name] = files[name][:out] + files[name][out + 1 :]
                case "move" if files[name]:
                    other = draw(st.sampled_from(sorted(files)))
                    moved = files[name][0]
                    if "{" not in moved or other.endswith(".trig"):
                        files[name] = files[name][1:]
                        files[other] = files[other] + [moved]
                case "rename" if "moved.trig" not in files:
                    files["moved.trig"] = files.pop(name)
                case "remove" if len(files) > 1:
                    del files[name]
                case "add" if "four.trig" not in files:
                    files["four.trig"] = file("four.trig")
                case "prefix":
                    heads[name] = kind.prefixes[1]
                case "broken" if draw(st.integers(0, 4)) == 0:
                    files[name] = files[name] + ["nonsense"]
        steps.append(step())
    return steps


BROKEN = (
    "misspelt",
    "Unknown",
    "token",
    "place/q>",
    "knownThrough",
    "stalls",
    "claimant <id/person",
    "reports",
)
"""What the checks reject in a piece."""


def base() -> list[str]:
    """Curated data that pass the checks."""
    digest = CURATED.pieces
    described = next(p for p in digest if "kg:Narrator" in p and "oa:end 8" in p and '"The"' in p)
    source = next(p for p in digest if f"dct:extent {len(TEXT)}" in p)
    graphs = [p for p in digest if p.startswith("<id/passage/1> {") and not any(w in p for w in BROKEN)]
    labels = [p for p in digest if p.startswith(("<id/graph/one>", '<id/event/e> rdfs:label "Fair"'))]
    second = described.replace("passage/1", "passage/2")
    own = [f"<id/graph/{n}> a kg:EditorialGraph ." for n in ("one", "two", "three", "four", "moved", "base")]
    return [described, second, source, *own, *labels, *graphs, "<id/passage/1> { <id/place/q> a kg:Place . }"]


__all__ = ["CURATED", "FOREIGN", "Kind", "Step", "sites"]
