"""Releases: immutable folders, an append-only log that orders them, and leases that keep them."""

from kgraph.release.core import (
    FORMAT,
    Activation,
    Manifest,
    Release,
    append_log,
    building,
    open_active,
    open_number,
    open_release,
    read_log,
    read_manifest,
)
from kgraph.release.difference import Difference, difference
from kgraph.release.keeping import collect, remove_orphans, roll_back
from kgraph.release.verification import verify

__all__ = [
    "FORMAT",
    "Activation",
    "Difference",
    "Manifest",
    "Release",
    "append_log",
    "building",
    "collect",
    "difference",
    "open_active",
    "open_number",
    "open_release",
    "read_log",
    "read_manifest",
    "remove_orphans",
    "roll_back",
    "verify",
]
