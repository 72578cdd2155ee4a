"""The inbox of a clone: at once what was recorded, and beside the requests what its forge says."""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from msgspec import Struct

from pr_sessions.core.inbox import Inbox
from pr_sessions.core.visible_text import one_line
from pr_sessions.errors import PrSessionsError
from pr_sessions.gate.repositories import FetchedRepositories
from pr_sessions.look.inbox import OFFLINE, CloneSessions, Reading, inbox_of, offline_inbox, regrouped
from pr_sessions.look.inbox_fetch import fetch_open
from pr_sessions.look.inbox_source import Source
from pr_sessions.tracker import Tracker

LEAST_PAUSE = timedelta(minutes=3)
# GitHub allows 5,000 requests an hour for all that a person uses.
REQUESTS_AN_HOUR = 1000


# Returns what is open in the repositories of a source, for the clone at a folder.
Fetch = Callable[[Source, Reading, Mapping[str, str], Path], Coroutine[Any, Any, FetchedRepositories]]


async def fetch(source: Source, reading: Reading, environ: Mapping[str, str], root: Path) -> FetchedRepositories:
    """Return what the forge of a source says. The page shows what it said before meanwhile, and no progress."""
    return await fetch_open(source, reading, environ, lambda _done, _of: None, root=root, elsewhere=False)


class _Answer(Struct, frozen=True):
    """What a forge said last."""

    fetched: FetchedRepositories
    inbox: Inbox


class LocalInbox:
    """Keeps the inbox of a clone.

    Args:
        source: returns what is read.
        tracker: returns the tracker of the clone.
        environ: has the credential.
        clock: returns the time in UTC.
        fetch: asks the forge.
    """

    def __init__(
        self,
        source: Callable[[], Source],
        tracker: Callable[[], Tracker],
        environ: Mapping[str, str],
        clock: Callable[[], datetime],
        fetch: Fetch = fetch,
    ) -> None:
        self._source = source
        self._tracker = tracker
        self._environ = environ
        self._clock = clock
        self._fetch = fetch
        self._answer: _Answer | None = None
        self._why_not = ""
        self._asked: datetime | None = None
        self._changed: datetime | None = None
        self._reading = threading.Lock()

    def current(self) -> Inbox:
        """Return what is known now, and have the forge asked in the background where that is a while ago."""
        self.keep_fresh()
        tracker, source, answer = self._tracker(), self._source(), self._answer
        recorded = CloneSessions(source.of_clone, tracker.sessions(), tracker.policy)
        if answer:
            return regrouped(answer.inbox, answer.fetched, recorded, self._clock())
        offline = Reading(at=self._clock(), source=OFFLINE)
        return offline_inbox(recorded.sessions, recorded.policy, offline, source.of_clone)

    @property
    def why_not(self) -> str:
        """Return why the forge did not answer the last time; empty where it did, or was not asked yet."""
        return self._why_not

    @property
    def login(self) -> str:
        """Return the account that the forge was asked with; empty where it has not answered."""
        inboxes = self._answer.fetched.inboxes if self._answer else ()
        return next((inbox.viewer for inbox in inboxes if inbox.viewer), "")

    @property
    def made(self) -> datetime | None:
        """Return when the forge answered last; `None` where it never did."""
        return self._answer.inbox.at if self._answer else None

    @property
    def changed(self) -> datetime | None:
        """Return when an answer or a refusal of the forge was noted; `None` before the first."""
        return self._changed

    def keep_fresh(self) -> None:
        """Ask the forge in the background where its last answer is old; called while somebody looks."""
        pause = LEAST_PAUSE
        if self._answer:
            pause = max(pause, timedelta(hours=self._answer.inbox.requests / REQUESTS_AN_HOUR))
        if (self._asked is None or self._clock() - self._asked >= pause) and not self._reading.locked():
            threading.Thread(target=self._read_quietly, name="inbox", daemon=True).start()

    def read_again(self) -> None:
        """Ask the forge now.

        Raises:
            PrSessionsError: it cannot be asked, or refused.
        """
        with self._reading:
            self._asked = self._clock()
            try:
                self._answer = self._read()
            except PrSessionsError as error:
                # What it said before stays.
                self._why_not = one_line(f"{error}; {error.hint}" if error.hint else str(error), 400)
                raise
            else:
                self._why_not = ""
            finally:
                self._changed = self._clock()

    def _read_quietly(self) -> None:
        try:
            self.read_again()
        except PrSessionsError:
            return  # The inbox says why.

    def _read(self) -> _Answer:
        tracker, source = self._tracker(), self._source()
        clone = tracker.repository
        recorded = CloneSessions(source.of_clone, tracker.sessions(), tracker.policy) if source.of_clone else None
        reading = Reading(at=self._clock(), source=source.name, git_dir=clone.common_dir, recorded=recorded)
        fetched = asyncio.run(self._fetch(source, reading, self._environ, clone.root))
        return _Answer(fetched, inbox_of(fetched, reading))
