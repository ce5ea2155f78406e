"""`kgraph query`: a SPARQL query over the site's release, without a server."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kgraph.cli._site import open_site, state_option
from kgraph.errors import ParseError, QuerySyntaxError, UsageError

if TYPE_CHECKING:
    from kgraph.engine import Engine

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
@click.option(
    "--endpoint", metavar="URL", help="Send it to this SPARQL endpoint instead of the site's release."
)
def command(file: Path, site: Path, state: Path | None, form: str | None, endpoint: str | None) -> int:
    """Run the SPARQL query in FILE (- for standard input) over the active release.

    It runs as a visitor's would: in a worker, under the deadline and the memory limit of the settings.
    With --endpoint it is sent, as it stands, to any SPARQL 1.1 endpoint; formats and errors are the same.
    """
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError("the query is not UTF-8", where=str(file)) from error
    except OSError as error:
        raise UsageError(
            f"the query cannot be read: {error.strerror}",
            where=str(file),
            hint="Name a file that holds a SPARQL query; the site's own are in its folder queries/.",
        ) from error
    try:
        found, body = _asked(endpoint, text, form) if endpoint else _released(site, state, text, form)
    except QuerySyntaxError as error:
        raise ParseError(
            error.message, where=str(file), hint=error.hint, line=error.line, column=error.column
        ) from error
    if found != "graph" and (form is None or form == "table"):
        from kgraph.cli._tables import result_table

        result_table(body)
    else:
        sys.stdout.buffer.write(body)
        sys.stdout.flush()
    return 0


def _released(site: Path, state: Path | None, text: str, form: str | None) -> tuple[str, bytes]:
    """Form and body of the answer of the site's active release."""
    from kgraph.engine import open_engine
    from kgraph.iri import rewritten_query
    from kgraph.release import open_active

    place = open_site(site, state)
    release = open_active(place.state)
    try:
        text = rewritten_query(text, release.manifest.base, place.ontology_namespace)
        engine = open_engine(release)
        try:
            return _answer(engine, text, form)
        finally:
            engine.close()
    finally:
        release.close()


def _asked(endpoint: str, text: str, form: str | None) -> tuple[str, bytes]:
    """Form and body of the answer of a remote endpoint."""
    from kgraph.engine import open_endpoint
    from kgraph.iri import is_linkable

    if not is_linkable(endpoint):
        raise UsageError(
            "this is not the address of an endpoint", where=endpoint, hint="Give an http: or https: URL."
        )
    return _answer(open_endpoint(endpoint), text, form)


def _answer(engine: Engine, text: str, form: str | None) -> tuple[str, bytes]:
    from kgraph.engine import Query
    from kgraph.media import RdfFormat, ResultFormat

    results = boolean = None
    rdf = next((f for f in RdfFormat if f.ending == form), None)
    if form in (None, "table"):
        results, boolean, rdf = ResultFormat.JSON, ResultFormat.JSON, RdfFormat.TURTLE
    elif rdf is None:
        results = ResultFormat[form.upper()]
        boolean = results if results in (ResultFormat.JSON, ResultFormat.XML) else None
    answer = engine.query(Query(text, results=results, boolean=boolean, rdf=rdf))
    try:
        return answer.form, answer.read()
    finally:
        answer.close()
