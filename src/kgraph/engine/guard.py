"""What is refused before a worker sees it: texts that are too long or too deep (DESIGN, measured facts).

SERVICE and updates are refused in the worker, by what the engine's own parser makes of the text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kgraph.engine import lexer
from kgraph.errors import QueryRequestError, QueryTooLong

if TYPE_CHECKING:  # a worker imports this module and starts the sooner without that one
    from kgraph.engine.limits import Limits

UPDATE = (
    "this service is read-only: the data change only when their files do and a new release is built",
    "Send a SELECT, ASK, CONSTRUCT or DESCRIBE query.",
)
SERVICE = (
    "SERVICE is refused: this service does not call other servers on a visitor's behalf",
    "Use a client that federates from your side, for example Comunica, and give it this endpoint as a source.",
)


def check(text: str, limits: Limits) -> None:
    """Raise QueryTooLong or QueryRequestError for a text that no worker is given."""
    try:
        size = len(text.encode())
    except UnicodeEncodeError as error:
        raise QueryRequestError(
            "the query holds characters that are not Unicode text", hint="Send the query as UTF-8."
        ) from error
    if size > limits.query_bytes:
        raise QueryTooLong(
            f"the query has {size} bytes, this service takes {limits.query_bytes}",
            hint="Shorten it; a long VALUES block can be sent in parts.",
        )
    if not text.strip():
        raise QueryRequestError("the query is empty", hint="Send a SPARQL query as `query`.")
    if "\0" in text:
        raise QueryRequestError("the query holds a zero byte", hint="Send the query as plain text.")
    deep = lexer.depth(text)
    if deep > limits.nesting:
        raise QueryTooLong(
            f"brackets are nested {deep} deep, this service takes {limits.nesting}",
            hint="Write the query flatter: a chain of || or VALUES needs no nested brackets.",
        )
