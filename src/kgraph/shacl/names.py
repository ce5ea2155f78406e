"""The IRIs of SHACL (https://www.w3.org/TR/shacl/) and the RDF, RDFS, OWL and XSD terms it rests on."""

from __future__ import annotations

from kgraph.terms import RDF, RDFS, XSD

SH = "http://www.w3.org/ns/shacl#"
OWL = "http://www.w3.org/2002/07/owl#"
DASH = "http://datashapes.org/dash#"

RDF_TYPE = RDF + "type"
RDF_FIRST = RDF + "first"
RDF_REST = RDF + "rest"
RDF_NIL = RDF + "nil"
RDF_LANGSTRING = RDF + "langString"
RDFS_CLASS = RDFS + "Class"
RDFS_SUBCLASSOF = RDFS + "subClassOf"
OWL_CLASS = OWL + "Class"
OWL_IMPORTS = OWL + "imports"

XSD_STRING = XSD + "string"
XSD_INTEGER = XSD + "integer"
XSD_BOOLEAN = XSD + "boolean"
XSD_ANYURI = XSD + "anyURI"

VIOLATION = SH + "Violation"
WARNING = SH + "Warning"
INFO = SH + "Info"

SEVERITY_RANK = {VIOLATION: 0, WARNING: 1, INFO: 2}
"""The worst first; a severity of the shapes' own making stands between Violation and Warning."""
