"""`kgraph query`: a SPARQL query over the site's release, without a server."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from kgraph.cli._site import open_site, state_option
from kgraph.errors import ParseError, QuerySyntaxError, UsageError

FORMATS = ("table", "json", "xml", "csv", "tsv")
RDF_FORMATS = ("ttl", "jsonld", "nt", "rdf", "trig", "nq")


@click.command(short_help="Run a SPARQL query over the site's release.")
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--site", type=click.Path(path_type=Path), default=".", help="The site; default: this folder.")
@state_option
@click.option(
    "--format",
    "form",
    type=click.Choice([*FORMATS, *RDF_FORMATS]),
    help="Table, or a syntax of results or of RDF; default: table, or ttl for a graph.",
)
def command(file: Path, site: Path, state: Path | None, form: str | None) -> int:
    """Run the SPARQL query in FILE (- for standard input) over the active release.

    It runs as a visitor's would: in a worker, under the deadline and the memory limit of the settings.
    """
    from kgraph.engine import Query, open_engine
    from kgraph.iri import rewritten_query
    from kgraph.media import RdfFormat, ResultFormat
    from kgraph.release import open_active

    place = open_site(site, state)
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"the query cannot be read: {error}", where=str(file)) from error
    release = open_active(place.state)
    try:
        text = rewritten_query(text, release.manifest.base, place.ontology_namespace)
        engine = open_engine(release)
        try:
            results = ResultFormat[form.upper()] if form in FORMATS[1:] else ResultFormat.JSON
            rdf = next((f for f in RdfFormat if f.ending == form), RdfFormat.TURTLE)
            try:
                answer = engine.query(Query(text, results=results, rdf=rdf))
            except QuerySyntaxError as error:
                raise ParseError(
                    error.message, where=str(file), hint=error.hint, line=error.line, column=error.column
                ) from error
            body = answer.read()
            answer.close()
        finally:
            engine.close()
    finally:
        release.close()
    if answer.form != "graph" and (form is None or form == "table"):
        from kgraph.cli._tables import result_table

        result_table(body)
    else:
        sys.stdout.buffer.write(body)
        sys.stdout.flush()
    return 0
