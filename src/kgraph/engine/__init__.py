"""Answering SPARQL over a release (embedded Oxigraph) or a remote SPARQL 1.1 server."""
