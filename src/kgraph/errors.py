"""Every error that kgraph raises on purpose, in one tree.

    KgraphError                 what, where, what to do; `exit_code` for the command line
    ├── UsageError      (2)     a wrong argument
    │   ├── ConfigError (2)     kgraph.toml: unknown key, wrong type, missing folder
    │   └── ShapesError (2)     SHACL shapes that cannot be judged as they stand
    ├── DataError       (1)     the data are rejected: parse, model check or SHACL
    │   └── ParseError  (1)     a file that is not well-formed RDF, with line and column
    ├── EnvironmentFault (3)    the machine: port taken, disk full, folder not writable
    │   ├── ReleaseError (3)    no release, corrupt manifest, store or log
    │   └── BusyError   (3)     another builder holds the lock
    └── QueryError      (1)     one SPARQL request; `status` and `problem` for HTTP (RFC 9457)
        ├── QuerySyntaxError    400 query-syntax, with line and column
        ├── QueryRequestError   400 query-request: protocol misuse (several queries, bad dataset ...)
        ├── QueryUnsupported    400 query-unsupported: valid SPARQL with something the engine does not have
        ├── QueryRefused        403 query-refused: update, SERVICE
        ├── ResultTooLarge      403 result-too-large
        ├── QueryTooLong        413 query-too-long: bytes or nesting over the cap
        ├── NotWritable         406 not-writable: data that the chosen syntax cannot hold
        ├── PoolFull            503 pool-full, with Retry-After
        ├── QueryMemory         503 query-memory: the worker ran out of its memory
        ├── QueryCrashed        500 query-crashed: the worker died for another reason
        ├── EndpointError       502 endpoint: a remote SPARQL endpoint cannot be used
        └── QueryTimeout        504 query-timeout: the deadline passed

Errors of the libraries below are translated where they enter (build/sources, engine/worker, release).
"""

from __future__ import annotations


class KgraphError(Exception):
    """Base of all. `message` says what, `where` names the file or IRI, `hint` says what to do."""

    exit_code = 1

    def __init__(self, message: str, *, where: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        text = f"{self.where}: {self.message}" if self.where else self.message
        return f"{text}\n  {self.hint}" if self.hint else text


class UsageError(KgraphError):
    """A wrong argument."""

    exit_code = 2


class ConfigError(UsageError):
    """kgraph.toml cannot be used as it is."""


class ShapesError(UsageError):
    """The shapes cannot be judged as they stand, so no verdict on the data is given."""


class DataError(KgraphError):
    """The data are rejected; nothing was released."""


class ParseError(DataError):
    """A file is not well-formed. `line` and `column` count from 1; 0 where the parser gives none."""

    def __init__(
        self, message: str, *, where: str = "", hint: str = "", line: int = 0, column: int = 0
    ) -> None:
        super().__init__(message, where=where, hint=hint)
        self.line = line
        self.column = column

    def __str__(self) -> str:
        place = f"{self.where}:{self.line}:{self.column}" if self.line else self.where
        text = f"{place}: {self.message}"
        return f"{text}\n  {self.hint}" if self.hint else text


class EnvironmentFault(KgraphError):
    """The machine does not give what is needed."""

    exit_code = 3


class ReleaseError(EnvironmentFault):
    """A release is missing, damaged or unreadable."""


class BusyError(EnvironmentFault):
    """Another process builds this site."""


class QueryError(KgraphError):
    """One SPARQL request failed. `status` is the HTTP status, `problem` the RFC 9457 problem type."""

    status = 500
    problem = "query-error"
    title = "The query failed"
    retry_after: int | None = None


class QuerySyntaxError(QueryError):
    """`line` and `column` count from 1; 0 where unknown."""

    status, problem, title = 400, "query-syntax", "The query is not valid SPARQL"

    def __init__(self, message: str, *, hint: str = "", line: int = 0, column: int = 0) -> None:
        super().__init__(message, hint=hint)
        self.line = line
        self.column = column


class QueryRequestError(QueryError):
    """The request does not follow the SPARQL 1.1 Protocol."""

    status, problem, title = 400, "query-request", "The request is not a SPARQL Protocol query"


class QueryUnsupported(QueryError):
    """Valid SPARQL that the engine cannot evaluate, such as a call of an unknown function."""

    status, problem, title = 400, "query-unsupported", "The query uses what this engine does not have"


class QueryRefused(QueryError):
    """Understood and refused: update, SERVICE."""

    status, problem, title = 403, "query-refused", "This service does not run such requests"


class ResultTooLarge(QueryError):
    """The serialised result passed the cap; nothing of it is sent."""

    status, problem, title = 403, "result-too-large", "The result is too large"


class QueryTooLong(QueryError):
    """Bytes or nesting over the cap."""

    status, problem, title = 413, "query-too-long", "The query is too long"


class NotWritable(QueryError):
    """The data cannot be written in the syntax that was asked for."""

    status, problem, title = 406, "not-writable", "These data cannot be written in this syntax"


class PoolFull(QueryError):
    """Every worker is busy and the queue is full."""

    status, problem, title = 503, "pool-full", "The service is busy"
    retry_after = 5


class QueryMemory(QueryError):
    """The worker ran out of its memory."""

    status, problem, title = 503, "query-memory", "The query needed too much memory"


class QueryCrashed(QueryError):
    """The worker died for a reason that is neither memory nor the deadline."""

    status, problem, title = 500, "query-crashed", "The query stopped its worker"


class EndpointError(QueryError):
    """A remote SPARQL endpoint cannot be reached, or answers what is no SPARQL result."""

    status, problem, title = 502, "endpoint", "The SPARQL endpoint cannot be used"


class QueryTimeout(QueryError):
    """The deadline, counted from arrival, passed."""

    status, problem, title = 504, "query-timeout", "The query took too long"
