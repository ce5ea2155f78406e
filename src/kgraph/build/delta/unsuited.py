"""Why a build cannot go the incremental way."""

from __future__ import annotations


class Unsuited(Exception):
    """What changed cannot be proven right without a full build; the text says why, as the end of a sentence."""
