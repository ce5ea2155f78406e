"""A query worker: one process that answers one query after another and may be killed at any time.

Started by engine.process as `python -m kgraph.engine.worker CHANNEL LIFELINE`, two file descriptors. It may open
no socket and start no program (seccomp), takes no more memory than its budget, yields to every other process as
soon as its query is slow, and ends in milliseconds when the web process does: the kernel signals the hang-up of
the lifeline, whoever holds the interpreter's lock. Visitors' SPARQL is parsed here and nowhere else.
"""

from __future__ import annotations

import fcntl
import os
import re
import resource
import signal
import socket
import sys
import threading
from collections.abc import Mapping
from typing import Any

import pyoxigraph as ox

from kgraph.engine import dataset, diagnose, guard, lexer, seccomp, wire
from kgraph.engine.output import RESULTS, Output, RowCounter, TooLarge, write_graph
from kgraph.errors import NotWritable
from kgraph.media import RdfFormat, ResultFormat

_STACK = 128 << 20  # deep algebra (a thousand OPTIONALs) needs stack where the usual 8 MiB would crash
_PAGE = resource.getpagesize()
_STATM = os.open("/proc/self/statm", os.O_RDONLY)
_SERVICE = re.compile("service", re.IGNORECASE | re.ASCII)
_UPDATES = frozenset(("INSERT", "DELETE", "LOAD", "CLEAR", "CREATE", "DROP", "COPY", "MOVE", "ADD", "WITH"))


def main(channel: int, lifeline: int) -> None:
    """Set the limits, open the store, answer until the channel is closed."""
    end_with(lifeline)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    link = socket.socket(fileno=channel)
    stream = link.makefile("rb")
    start = wire.read_message(stream)
    unfiltered = seccomp.deny_network()
    threading.stack_size(_STACK)
    thread = threading.Thread(target=_serve, args=(link, stream, start, unfiltered))
    thread.start()
    thread.join()
    os._exit(0)


def end_with(lifeline: int) -> None:
    """Have the kernel end this process when the other end of the pipe is closed (fcntl(2), O_ASYNC)."""
    signal.signal(signal.SIGIO, signal.SIG_DFL)
    for unwanted in (signal.SIGINT, signal.SIGTERM):  # sent to the whole group; the web process ends us
        signal.signal(unwanted, signal.SIG_IGN)
    fcntl.fcntl(lifeline, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(lifeline, fcntl.F_SETFL, fcntl.fcntl(lifeline, fcntl.F_GETFL) | os.O_ASYNC | os.O_NONBLOCK)
    try:
        gone = os.read(lifeline, 1) == b""
    except BlockingIOError:
        gone = False
    if gone:  # it hung up before the signal was asked for
        os._exit(0)


def _serve(link: socket.socket, stream: wire.Readable, start: dict[str, Any], unfiltered: str) -> None:
    try:
        worker = _Worker(link, start)
    except Exception as error:
        link.sendall(wire.pack({"error": f"{type(error).__name__}: {error}"}))
        return
    ready = {"ready": True, "unfiltered": unfiltered, "thread": threading.get_native_id()}
    link.sendall(wire.pack(ready))
    try:
        while True:
            worker.answer(wire.read_message(stream))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return


class _Worker:
    def __init__(self, link: socket.socket, start: Mapping[str, Any]) -> None:
        self._link = link
        self._base: str = start["base"]
        self._prefixes: dict[str, str] = start["prefixes"]
        self._merge: int = start["merge"]
        self._store = ox.Store.read_only(start["store"])
        self._empty = ox.Store()
        list(self._store.query("SELECT ?s { ?s ?p ?o } LIMIT 1"))  # type: ignore[arg-type]  # warm
        self._memory: int = start["memory"]
        self._start_size = _size()
        limit = self._start_size + self._memory
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))

    def answer(self, request: Mapping[str, Any]) -> None:
        """Answer one request; whatever goes wrong in it is told, not raised."""
        out = Output(self._link, request["cap"])
        try:
            self._run(request, out)
        except TooLarge:
            self._fail(out, "too-large")
        except NotWritable as error:
            self._fail(out, "not-writable", message=error.message, hint=error.hint)
        except dataset.Refused as refusal:
            self._fail(out, "refused", message=refusal.message, hint=refusal.hint)
        except RuntimeError as error:  # a query that parses and cannot be evaluated
            self._fail(out, "unsupported", message=str(error))
        except ValueError as error:
            self._fail(out, "request", message=str(error))
        except MemoryError:
            self._fail(out, "memory")
        except (EOFError, BrokenPipeError, ConnectionResetError):
            raise
        except Exception as error:
            self._fail(out, "engine", message=f"{type(error).__name__}: {error}")

    def _fail(self, out: Output, kind: str, **details: object) -> None:
        out.drop()
        self._link.sendall(wire.end({"error": kind, "retire": self._swollen(), **details}))

    def _swollen(self) -> bool:
        """Whether what earlier queries left behind takes a part of the next one's budget."""
        return _size() - self._start_size > self._memory // 4

    def _run(self, request: Mapping[str, Any], out: Output) -> None:
        text: str = request["text"]
        try:
            if uses_service(text, self._parses):
                raise dataset.Refused(*guard.SERVICE)
            chosen = self._dataset(text, request)
            found = chosen.store.query(
                text, base_iri=self._base, default_graph=chosen.default, named_graphs=chosen.named
            )
        except SyntaxError as error:
            lower = lexer.lower_booleans(text)
            if lower == text:
                self._syntax(text, str(error), out)
            else:
                self._run({**request, "text": lower}, out)
            return
        except NotValid as error:
            self._syntax(str(error), self._parses(str(error)), out)
            return
        if isinstance(found, ox.QueryTriples):
            rdf = _format(RdfFormat, request["rdf"], "a graph (CONSTRUCT or DESCRIBE)")
            rows = write_graph(found, rdf, self._all_prefixes(text), out)
            form, media = "graph", rdf.media_type
            out.finish({"form": form, "media": media, "rows": rows, "retire": self._swollen()})
            return
        if isinstance(found, ox.QueryBoolean):
            results = _format(ResultFormat, request["boolean"], "yes or no (ASK)")
            found.serialize(out.file, RESULTS[results])
            out.finish({"form": "boolean", "media": results.media_type, "rows": None})
            return
        results = _format(ResultFormat, request["results"], "a table (SELECT)")
        counter = RowCounter(results) if request["counted"] else None
        out = Output(self._link, request["cap"], counter, xml=results is ResultFormat.XML)
        try:
            found.serialize(out.file, RESULTS[results])
            out.finish({"form": "solutions", "media": results.media_type, "retire": self._swollen()})
        except BaseException:
            out.drop()
            raise

    def _dataset(self, text: str, request: Mapping[str, Any]) -> dataset.Dataset:
        given = request["default"], request["named"]
        try:
            return dataset.choose(self._store, text, *given, base=self._base, limit=self._merge)
        except ValueError as error:
            message = self._parses(text)
            if message:
                raise SyntaxError(message) from error
            raise

    def _all_prefixes(self, text: str) -> dict[str, str]:
        try:
            own = lexer.prologue(text, self._base).prefixes
        except ValueError:
            own = {}
        taken = set(own.values())
        return {p: ns for p, ns in self._prefixes.items() if ns not in taken} | own

    def _parses(self, text: str) -> str:
        """The parser's message on a text, '' when valid; an empty store makes the run itself short."""
        try:
            self._empty.query(text, base_iri=self._base)
        except SyntaxError as error:
            return str(error)
        return ""

    def _syntax(self, text: str, message: str, out: Output) -> None:
        head = lexer.prologue(text, self._base) if "FROM" not in text.upper() else None
        form = head.form if head else next((t.text.upper() for t in lexer.tokens(text)), "")
        if form in _UPDATES:
            self._fail(out, "refused", message=guard.UPDATE[0], hint=guard.UPDATE[1])
            return
        found = diagnose.syntax_error(text, message, self._parses, self._base, self._prefixes)
        self._fail(out, "syntax", **found)


def uses_service(text: str, parses: Any) -> bool:
    """Whether the engine's own parser finds a SERVICE in the text.

    Without the letters there is none. With them, a text in which each is misspelt is parsed on its own: it
    is valid only where the letters stood in names, strings and comments, for no other keyword holds them.
    """
    if not _SERVICE.search(text):
        return False
    misspelt = _SERVICE.sub(lambda m: m[0][:4] + "1" + m[0][5:], text)
    if not parses(misspelt):
        return False
    if any(t.kind == "word" and t.text.upper() == "SERVICE" for t in lexer.tokens(text)):
        return True
    raise NotValid(misspelt)


class NotValid(Exception):
    """A text that the parser does not take, or that is not to be given to it as it stands."""


def _format(kind: Any, name: str | None, what: str) -> Any:
    if name is None:
        raise NotWritable(
            f"the answer is {what}, which none of the accepted media types can hold",
            hint="Accept JSON or XML results for SELECT and ASK, an RDF syntax for CONSTRUCT and DESCRIBE.",
        )
    return kind[name]


def _size() -> int:
    """Bytes of address space in use."""
    return int(os.pread(_STATM, 64, 0).split()[0]) * _PAGE


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
