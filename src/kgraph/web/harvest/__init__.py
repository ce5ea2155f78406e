"""The harvest doors over HTTP: thin routes over kgraph.harvest, one module for each family of doors."""

from __future__ import annotations

from flask import Blueprint

from kgraph.web.harvest import dataset, documents, reconciliation, sites, streams

blueprint = Blueprint("harvest", __name__)
for part in (dataset, documents, reconciliation, sites, streams):
    part.register(blueprint)

__all__ = ["blueprint"]
