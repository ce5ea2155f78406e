"""/graphs: the SPARQL 1.1 Graph Store HTTP Protocol, indirect identification, reading only (sections 4.2 and 5.2).

Graphs are read through the query workers, so that a large one has the same deadline and cap as a query.
"""

from __future__ import annotations

from flask import Blueprint, Response, request

from kgraph.engine.protocol import Query
from kgraph.errors import QueryRequestError
from kgraph.iri import is_iri
from kgraph.terms import IRI
from kgraph.web import protocol
from kgraph.web.edition import current
from kgraph.web.errors import problem
from kgraph.web.reply import reply
from kgraph.web.sparql import as_response, cache, options

blueprint = Blueprint("graphs", __name__)

ALLOW = "GET, HEAD, OPTIONS"


@blueprint.route("/graphs", methods=["GET", "OPTIONS"], provide_automatic_options=False)
def graphs() -> Response:
    """`?graph=IRI` gives a named graph, `?default` the default graph (the merge of all)."""
    if request.method == "OPTIONS":
        return options(ALLOW)
    edition = current()
    named, default = request.args.getlist("graph"), "default" in request.args
    if len(named) + default != 1:
        raise QueryRequestError(
            "the request must name one graph", hint="Use /graphs?graph=IRI, or /graphs?default for the merge."
        )
    rdf = protocol.graph_format(request.args.get("format", "").lower(), request.headers.get("Accept"))
    pattern = "?s ?p ?o"
    if named:
        if not is_iri(named[0]):
            raise QueryRequestError(f"`graph` is not an absolute IRI: {named[0][:200]!r}")
        if not edition.engine.contains_graph(IRI(named[0])):
            return problem(
                404,
                "There is no such graph",
                f"This release holds no named graph {named[0][:200]}.",
                hint="The service description at /sparql lists the graphs.",
            )
        pattern = f"GRAPH <{named[0]}> {{ ?s ?p ?o }}"
    query = Query(f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ {pattern} }}", rdf=rdf)
    return as_response(reply(request.environ, edition.engine, cache(edition), query))


@blueprint.route("/graphs", methods=["PUT", "POST", "DELETE", "PATCH"], endpoint="change")
def change() -> Response:
    """Graphs are not changed over HTTP."""
    return problem(
        405,
        "Graphs are read here, not changed",
        "The data change only when their files do and a new release is built.",
        hint="Use GET or HEAD.",
        headers=[("Allow", ALLOW)],
    )
