"""The model checks: what no shape can say, each with an id (docs/checks.md is made from CHECKS)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import pyoxigraph as ox

from kgraph.build.findings import Finding
from kgraph.build.inputs import Inputs
from kgraph.build.load import Loaded
from kgraph.build.ontology import Ontology


class Check(NamedTuple):
    """One check: its id, what it demands, and what to do when it fails."""

    id: str
    demands: str
    remedy: str


CHECKS: tuple[Check, ...] = ()


def check_model(
    store: ox.Store, inputs: Inputs, ontology: Ontology, loaded: Loaded, shapes: list[ox.Quad]
) -> Iterator[Finding]:
    """Every finding of the model checks; none for a site that does not use the kgraph ontology."""
    yield from ()
