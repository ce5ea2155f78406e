"""Releases before the one that is served, as editions of their own: opened when asked for, few at a time.

A request that names a release (`?release=N`) borrows its edition and gives it back at its end; what no request holds
is closed when others are asked for. An earlier edition reads its store in process, and starts a query worker (one,
so that history takes nothing from what is served now) only when it is queried.
"""

from __future__ import annotations

import threading
import weakref
from collections import OrderedDict
from dataclasses import dataclass, replace
from pathlib import Path

from kgraph.engine import open_engine
from kgraph.errors import ReleaseError, UsageError
from kgraph.release import Activation, Release, open_release, read_log
from kgraph.site import Site
from kgraph.web.edition import Edition

OPEN = 3
"""Earlier releases that stay open when no request reads them."""

_SHARES = 64  # an earlier release gets the smallest share of the query limits: one worker, one waiting place


class NoRelease(UsageError):
    """No release has this number."""

    def __init__(self, number: int) -> None:
        super().__init__(f"there is no release {number}", hint="The list of releases is at /releases.")
        self.number = number


class NotKept(ReleaseError):
    """Only manifest and dump of this release are still there."""

    def __init__(self, activation: Activation) -> None:
        super().__init__(f"release {activation.number} is kept as a dump only")
        self.activation = activation


@dataclass
class _Open:
    edition: Edition
    readers: int = 0


class Editions:
    """The releases of a site's log, and those of them that are open."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._open: OrderedDict[int, _Open] = OrderedDict()
        self._lock = threading.Lock()
        self._log: tuple[tuple[int, int], list[Activation]] | None = None
        weakref.finalize(self, _close, self._open)

    @property
    def log(self) -> list[Activation]:
        """Every activation, oldest first; the file is read again when it has grown. Raises ReleaseError."""
        try:
            seen = (self._site.state / "log.jsonl").stat()
        except OSError:
            return []
        mark = (seen.st_mtime_ns, seen.st_size)
        if self._log is None or self._log[0] != mark:
            self._log = (mark, read_log(self._site.state))
        return self._log[1]

    def activation(self, number: int) -> Activation:
        """The line of the log. Raises NoRelease."""
        found = next((a for a in self.log if a.number == number), None)
        if found is None:
            raise NoRelease(number)
        return found

    def folder(self, activation: Activation) -> Path:
        """Where a release lies."""
        return self._site.state / "releases" / activation.folder

    def is_kept(self, activation: Activation) -> bool:
        """Whether store and index are there, not only the dump."""
        folder = self.folder(activation)
        return (folder / "store").is_dir() and (folder / "index.sqlite").exists()

    def borrow(self, number: int) -> Edition:
        """The edition of a kept release, to be given back. Raises NoRelease, NotKept, ReleaseError."""
        activation = self.activation(number)
        with self._lock:
            found = self._open.get(number)
            if found is None:
                if not self.is_kept(activation):
                    raise NotKept(activation)
                found = self._open[number] = _Open(self._edition(activation))
            found.readers += 1
            self._open.move_to_end(number)
            self._close_unread()
            return found.edition

    def give_back(self, edition: Edition) -> None:
        """End of a reading."""
        with self._lock:
            for found in self._open.values():
                if found.edition is edition:
                    found.readers -= 1
            self._close_unread()

    def _close_unread(self) -> None:
        for number, found in list(self._open.items()):
            if len(self._open) <= OPEN:
                return
            if not found.readers:
                del self._open[number]
                found.edition.close()

    def _edition(self, activation: Activation) -> Edition:
        try:
            release = open_release(self.folder(activation), activation)
        except ReleaseError:
            if not self.is_kept(activation):  # collected since
                raise NotKept(activation) from None
            raise
        try:
            engine = open_engine(release, processes=_SHARES, on_demand=True)
        except BaseException:
            release.close()
            raise
        return Edition(self._as_it_was(release), release, engine)

    def _as_it_was(self, release: Release) -> Site:
        """The site with the settings of the release; texts of sources are those that the operator holds now."""
        now = self._site.settings
        settings = {**now, **release.manifest.settings, "sources": now["sources"]}
        return replace(self._site, settings=settings)


def _close(still_open: OrderedDict[int, _Open]) -> None:
    for found in still_open.values():
        found.edition.close()
