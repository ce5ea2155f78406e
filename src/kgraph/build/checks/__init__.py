"""The model checks: what no shape can say, each with an id.

They apply where the site uses the kgraph ontology (it defines Passage and Claim); other RDF is published as it is.
docs/checks.md is made from their table, and a test says that it is.
"""

from kgraph.build.checks.table import Check, all_checks, check_model, check_site, reference

__all__ = ["Check", "all_checks", "check_model", "check_site", "reference"]
