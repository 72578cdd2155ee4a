"""Sessions at one moment: what is current in each working tree, what a tracker knows, and a change of it."""

import os
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from pr_sessions.core.agents import FoundRun
from pr_sessions.core.collection import SessionCollection
from pr_sessions.core.ids import check_number, is_valid_id
from pr_sessions.core.lifecycle import Activity, advance, begin, idle_time, sweep
from pr_sessions.core.models import PullRequest, Session
from pr_sessions.core.people import hide_people
from pr_sessions.core.policy import Policy
from pr_sessions.core.runs import run_key
from pr_sessions.errors import NotARepository, NotFound
from pr_sessions.git.repository import Repository
from pr_sessions.storage.audit import AuditEntry, AuditLog
from pr_sessions.storage.base import SessionStore, Transaction
from pr_sessions.storage.files.marker import Marker
from pr_sessions.tracker.environment import (
    SKEW,
    event_time,
    existing,
    tidy,
    utc_now,
    why_paused,
    zone_of,
)
from pr_sessions.tracker.results import Checked, Current
from pr_sessions.tracker.workspace import Workspace

if TYPE_CHECKING:
    from pr_sessions.core.hook_events import AgentEvent
    from pr_sessions.core.policy import Ruleset
    from pr_sessions.io.places import Place

# A line of the journal stays a line.
MOST_NAMED = 50


class View:
    """Sessions at one moment, with the activity that markers show.

    Args:
        sessions: what is stored; a session that only a marker knows begins with it.
        markers: of all working trees, by their roots.
        root: the working tree that it is seen from.
        policy: says when a session has expired.
        now: the moment.
    """

    def __init__(
        self, sessions: SessionCollection, markers: dict[Path, Marker | None], root: Path, policy: Policy, now: datetime
    ) -> None:
        self.root = root
        self.policy = policy
        self.now = now
        self.stored_markers = markers
        self.new_markers: dict[Path, Marker] = {}
        for marker in filter(None, markers.values()):
            session = sessions.get(marker.session_id)
            if session is None and is_valid_id(marker.session_id):
                session = begin(marker.session_id, marker.author, min(marker.created, now))
            if session:
                # A marker is updated only before it expires, so there is no gap between its two times.
                # What lies ahead of us came from a wrong clock.
                since = min(marker.created, now)
                is_ahead = marker.last_updated > now + SKEW
                activity = Activity(since) if is_ahead else Activity(marker.last_updated, since)
                sessions = sessions.put(advance(session, activity, policy))
        self.sessions = sessions
        self.run_ids: dict[str, str] = {}

    def apply(
        self, batches: "tuple[tuple[AgentEvent, ...], ...]", author: Callable[[], str], rules: "Callable[[], Ruleset]"
    ) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Apply what hooks queued; return the ids of the sessions that began, and the pull requests that were opened.

        Args:
            batches: the events.
            author: gives who works here, where a session begins.
            rules: gives what pull requests are recognised by; not called where there are no events.
        """
        begun: tuple[str, ...] = ()
        opened: tuple[str, ...] = ()
        if not batches:
            return begun, opened
        from pr_sessions.core.hook_events import Tree, apply_events, run_ids

        for events in batches:
            markers = self.stored_markers | self.new_markers
            trees = {str(r): Tree(m.session_id, m.created, m.last_updated) for r, m in markers.items() if m}
            applied = apply_events(self.sessions, events, trees, author, rules(), self.now)
            self.sessions = applied.collection
            self.run_ids |= run_ids(events)
            begun, opened = begun + applied.begun, opened + applied.opened
            for root, tree in applied.trees.items():
                session = self.sessions.get(tree.session_id)
                marker = Marker(tree.session_id, session.author if session else "", tree.since, tree.last)
                self.new_markers[Path(root)] = marker
        self.sessions = hide_people(self.sessions, self.sessions.changes.sessions, self.policy)
        return begun, opened

    def marker(self, root: Path | None = None) -> Marker | None:
        """Return the marker of a working tree, expired or not; of this one if none is given."""
        root = root or self.root
        return self.new_markers.get(root) or self.stored_markers.get(root)

    def named(self, root: Path | None = None) -> Current | None:
        """Return the session that a working tree's marker names, live or not."""
        root = root or self.root
        marker = self.marker(root)
        session = self.sessions.get(marker.session_id) if marker else None
        return Current(root, marker, session) if marker and session else None

    def current(self, root: Path | None = None) -> Current | None:
        """Return the live session of a working tree."""
        current = self.named(root)
        if current is None or current.session.completion or current.marker.expired(self.now, self.policy):
            return None
        return current if idle_time(current.session, self.now) <= self.policy.timeout else None

    def everywhere(self) -> tuple[Current, ...]:
        """Return the live session of every working tree that has one."""
        return tuple(current for root in self.stored_markers if (current := self.current(root)))


class Change(View):
    """What an operation makes of the sessions while nobody else can change them.

    Attributes:
        by: who makes it.
        ended: the sessions that it completes.
        touch_last_updated: whether it counts as news of the sessions.
        transaction: the store's; missing where the change is only shown.
    """

    transaction: Transaction

    def __init__(
        self, sessions: SessionCollection, markers: dict[Path, Marker | None], root: Path, policy: Policy, now: datetime
    ) -> None:
        super().__init__(sessions, markers, root, policy, now)
        self.by = ""
        self.ended: tuple[Session, ...] = ()
        self.touch_last_updated = True
        self.operation, self.reason = "", ""
        self.details: Mapping[str, object] = {}

    def see(self, runs: Iterable[FoundRun]) -> None:
        """Keep the vendors' ids of the runs that a pull request names."""
        for run in runs:
            self.run_ids[run_key(run.id)] = run.id

    def end(self, *sessions: Session) -> None:
        """Put completed sessions."""
        self.sessions = self.sessions.put(*sessions)
        self.ended += sessions

    def set_current(self, marker: Marker, root: Path | None = None) -> None:
        """Make a session the current one of a working tree."""
        self.new_markers[root or self.root] = marker

    def note(self, operation: str, reason: str, **details: object) -> None:
        """Set what the audit log says if anything changes: ids, numbers and counts, never a title."""
        self.operation, self.reason, self.details = operation, reason, details

    def entry(self) -> AuditEntry:
        """Return what the audit log says."""
        ended = {"ended": [session.id for session in self.ended[:MOST_NAMED]]} if self.ended else {}
        return AuditEntry(self.now, self.by, self.operation, self.reason, {**self.details, **ended})

    def is_over(self, marker: Marker) -> bool:
        """Whether a marker names no live session any more."""
        session = self.sessions.get(marker.session_id)
        return marker.expired(self.now, self.policy) or (session is not None and session.completion is not None)


def refresh(marker: Marker, at: datetime, now: datetime) -> Marker:
    """Return the marker after activity; a time ahead of us came from a wrong clock."""
    last = max(marker.last_updated, at) if marker.last_updated <= now + SKEW else at
    return Marker(marker.session_id, marker.author, marker.created, last)


if TYPE_CHECKING:
    from pr_sessions.core.attribution import Candidate
    from pr_sessions.core.policy import Ruleset
    from pr_sessions.tracker.corrections import Merged


class Reading:
    """Sessions of one repository, seen from one of its working trees. Nothing here writes."""

    def __init__(
        self,
        repository: Repository | None,
        policy: Policy,
        store: SessionStore,
        workspace: Workspace,
        *,
        environ: Mapping[str, str] = os.environ,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        """Take what a tracker works with; `repository` is `None` for sessions that belong to no clone."""
        self._repository = repository
        self.policy = policy
        self.store = store
        self.workspace = workspace
        self.zone = zone_of(policy)
        self._environ = environ
        self._clock = clock

    @property
    def repository(self) -> Repository:
        """The clone.

        Raises:
            NotARepository: the sessions are those of a database, which no clone belongs to.
        """
        if self._repository is None:
            raise NotARepository("these sessions belong to no clone")
        return self._repository

    @property
    def worktree(self) -> str:
        """The name of this working tree; empty where there is no clone."""
        return self._repository.worktree if self._repository else ""

    def now(self) -> datetime:
        """Return the current time in UTC."""
        return self._clock()

    def author(self) -> str:
        """Return the name of the person or agent that works here."""
        return self.workspace.author()

    @property
    def paused(self) -> str | None:
        """The reason why tracking is off here; `None` while it is on."""
        return why_paused(self._repository, self._environ) if self._repository else None

    @cached_property
    def rules(self) -> "Ruleset":
        """The rules that recognise pull requests, read at first use."""
        from pr_sessions.config.cache import load_ruleset

        return load_ruleset(self.policy, self._signature_cache)

    @property
    def _signature_cache(self) -> "Place | None":
        return self._repository.signature_cache if self._repository else None

    def view(self) -> View:
        """Return the stored sessions, updated by markers and by the events that hooks queued. Write nothing."""
        # Read the queue first. A writer may store and remove its events in between; to apply them twice is harmless.
        events, now = self.workspace.peek_events(), self.now()
        sessions = self.store.read()
        view = View(sessions, self.workspace.activities(), self.workspace.root, self.policy, now)

        def uncached_rules() -> "Ruleset":
            """Return the rules without writing their cache."""
            from pr_sessions.config.cache import load_ruleset

            return load_ruleset(self.policy, self._signature_cache, keeps=False)

        view.apply(events.batches, self.author, uncached_rules)
        return view

    def sessions(self) -> SessionCollection:
        """Return the sessions of `view`."""
        return self.view().sessions

    def run_ids(self) -> Mapping[str, str]:
        """Return the vendors' ids of runs that were seen in this clone, by their keys; they are private."""
        return {**self.workspace.run_ids(), **self.view().run_ids}

    def current(self) -> Current | None:
        """Return the current session of this working tree; `None` if none is live."""
        return self.view().current()

    def everywhere(self) -> tuple[Current, ...]:
        """Return the current session of each working tree of the clone that has a live one."""
        return self.view().everywhere()

    def check(self, pull_request: PullRequest, at: datetime | None = None) -> Checked:
        """Return what recording the pull request would do. Write nothing."""
        from pr_sessions.core.attribution import AttributionContext
        from pr_sessions.core.recording import record

        pull_request = tidy(pull_request)
        view = self.view()
        now, at = self._times(at or pull_request.created)
        view.sessions, _ = sweep(view.sessions, self.policy, now)
        current = view.current()
        context = AttributionContext(at=at, current=current.session.id if current else None)
        _, recorded = record(view.sessions, pull_request, context, self.rules, now)
        return Checked(recorded.verdict, recorded.result, recorded.session)

    def candidates(
        self, pull_request: PullRequest, at: datetime | None, *, agent_alone: bool = False
    ) -> tuple["Candidate", ...]:
        """Return what every basis finds for a pull request, given what is known now. Write nothing.

        Args:
            pull_request: the fields that are stored of it.
            at: when it was recorded; now, if not given.
            agent_alone: whether only an agent's part makes it count.
        """
        from pr_sessions.core.attribution import AttributionContext, evaluate_all

        now, at = self._times(at)
        sessions, _ = sweep(self.sessions(), self.policy, now)
        context = AttributionContext(at=at, agent_alone=agent_alone)
        return evaluate_all(sessions, tidy(pull_request), context, self.policy)

    def find(self, number: str | int) -> Session:
        """Return the session that holds a pull request.

        Raises:
            NotFound: no session holds it.
        """
        key = check_number(number)
        session = self.sessions().for_pull_request(key)
        if session is None:
            raise NotFound(
                f"no session holds pull request {key}", f"record it: pr-sessions add {key} --title ... --author ..."
            )
        return session

    def session(self, session_id: str) -> Session:
        """Return the session with that id, or the one that it became part of.

        Raises:
            NotFound: there is no such session.
        """
        return existing(self.sessions(), session_id)

    def audit_log(self) -> AuditLog:
        """Return who changed what, when and why."""
        return self.store.audit_log()

    def to_undo(self, entry_id: str | None = None) -> AuditEntry:
        """Return the entry that `undo` would undo. Write nothing.

        Raises:
            NotFound: there is no such entry.
            Ambiguous: several ids begin with `entry_id`.
            InvalidValue: it is undone already, or cannot be undone.
            UnreadableFile: the sessions cannot be read.
        """
        from pr_sessions.storage.audit import find_undoable

        self.sessions()  # Report unreadable sessions before the user is asked anything.
        return find_undoable(self.audit_log(), entry_id)

    def preview_merge(self, first_id: str, second_id: str, *, by: str = "") -> "Merged":
        """Return what `merge` would do with two sessions. Write nothing.

        Raises:
            NotFound: there is no such session.
        """
        from pr_sessions.tracker import corrections

        change = Change(self.sessions(), {}, self.workspace.root, self.policy, self.now())
        change.by = by or self.author()
        return corrections.merge(change, first_id, second_id)

    def _times(self, at: datetime | None) -> tuple[datetime, datetime]:
        """Return the current time and the event's time."""
        now = self.now()
        return now, event_time(at, now)
