"""Change the sessions of a repository by the rules, one change at a time: begin, record, complete."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pr_sessions.core.agents import Involvement
from pr_sessions.core.ids import check_id, clean, new_id, number_order, repository_of
from pr_sessions.core.lifecycle import CompletionAsked, TimePassed, advance, begin, idle_time, sweep
from pr_sessions.core.models import PullRequest, Session, Trigger
from pr_sessions.core.times import write_time
from pr_sessions.errors import InvalidValue, NotFound, Paused, PrSessionsError, UnreadableFile
from pr_sessions.storage.audit import AuditEntry
from pr_sessions.storage.base import Scope, Transaction
from pr_sessions.storage.files.marker import Marker
from pr_sessions.tracker.environment import event_time, existing, is_ci, tidy, warn, way_on
from pr_sessions.tracker.reading import MOST_NAMED, Change, Reading, View, refresh
from pr_sessions.tracker.results import Added, Completed, Current, Imported, Started
from pr_sessions.tracker.workspace import QueuedEvents

if TYPE_CHECKING:
    from pr_sessions.core.recording import Recorded


Progress = Callable[[Sequence[PullRequest]], Iterable[PullRequest]]


class Changing(Reading):
    """What hooks and people do: work begins, goes on, ends, and has pull requests.

    Methods that change something take `by`: who makes the change. The default is the author of the workspace.
    """

    def start(
        self,
        author: str | None = None,
        title: str = "",
        at: datetime | None = None,
        *,
        reuse_current: bool = False,
        complete_expired: bool = True,
    ) -> Started:
        """Begin a session and make it current. A live current session ends with `restart_cleanup`.

        Args:
            author: who works, and who makes the change; the author of the workspace, if not given.
            title: what the session is about.
            at: when it began.
            reuse_current: continue a live current session instead of beginning another one.
            complete_expired: whether expired sessions are completed first.
        """
        now, at = self._times(at)
        name = clean(author or "") or self.author()
        scope = Scope(since=at - self.policy.timeout)
        with self.change(now, scope, by=name, complete_expired=complete_expired) as change:
            current = change.current()
            if current and reuse_current:
                change.set_current(refresh(current.marker, at, now))
                return Started(current.session, change.ended)
            if current:
                end = max(at, current.session.started or at)
                change.end(advance(current.session, CompletionAsked(end, Trigger.RESTART_CLEANUP), self.policy))
            session_id = new_id(name, at, lambda i: change.sessions.get(i) is not None)
            session = begin(session_id, name, at, title=clean(title))
            change.sessions = change.sessions.put(session)
            change.set_current(Marker(session_id, name, at, at))
            change.note("start", "asked", session=session_id)
        return Started(session, change.ended)

    def touch(self, at: datetime | None = None, *, by: str = "") -> Marker | None:
        """Note activity in the current session and return its new marker; `None` if no session is current."""
        now, at = self._times(at)
        self.refuse_if_paused()
        if self.workspace.has_events:
            self.drain(by=by)
        with self.store.transaction(now, lambda: self._with_current(Scope())) as transaction:
            activities = self.workspace.activities()
            current = View(transaction.sessions, activities, self.workspace.root, self.policy, now).current()
            if current:
                marker = refresh(current.marker, at, now)
                self.workspace.set_current(marker)
                return marker
        self._complete_expired(now, by)
        return None

    def drain(self, *, by: str = "") -> bool:
        """Apply queued events of hooks and complete expired sessions. Return whether any event was queued."""
        has_events = self.workspace.has_events
        if has_events:
            self._complete_expired(self.now(), by)
        return has_events

    def leave(self) -> Marker | None:
        """Make no session current in this working tree. The one that was current times out later.

        Returns:
            The marker that was removed; `None` if there was no readable one.
        """
        marker = None
        with suppress(UnreadableFile):
            self.keep()  # The marker shows activity that must not be lost with it.
        with suppress(UnreadableFile):
            marker = self.workspace.current()
        self.workspace.clear()
        return marker

    def keep(self) -> None:
        """Write everything that is known into every file. Complete no session."""
        with self.change(self.now(), Scope(), complete_expired=False):
            pass

    def record(
        self,
        pull_request: PullRequest,
        *,
        session_id: str | None = None,
        by: str = "",
        at: datetime | None = None,
        use_workspace_session: bool = True,
        complete_expired: bool = True,
    ) -> Added:
        """Put a pull request into its session, or update its record. Recording it again changes nothing.

        Args:
            pull_request: what is reported of it.
            session_id: the session that somebody named.
            by: who named it.
            at: when it happened. The default is when the pull request was opened, or else now.
            use_workspace_session: whether it may join the current session of this working tree, of any author.
            complete_expired: whether expired sessions are completed first.
        """
        from pr_sessions.core.attribution import AttributionContext
        from pr_sessions.core.evidence_text import find_mark
        from pr_sessions.core.recording import record

        pull_request = tidy(pull_request)
        now, at = self._times(at or pull_request.created)
        named = check_id(session_id) if session_id else None
        mark = find_mark(pull_request.title, pull_request.body)
        ids = {named or "", mark.session_id if mark else ""} - {""}
        scope = Scope(ids, pull_request.number, at - self.policy.timeout)
        with self.change(now, scope, by=by, complete_expired=complete_expired) as change:
            before, current = change.sessions, change.current()
            current_id = current.session.id if current else None
            context = AttributionContext(
                at=at, manual=named, by=by, current=current_id if use_workspace_session else None
            )
            change.sessions, recorded = record(before, pull_request, context, self.rules, now)
            change.see(recorded.verdict.runs)
            if marker := self._marker_after(recorded, current, at, now):
                change.set_current(marker)
            session = recorded.session
            attribution = recorded.record.attribution if recorded.record else None
            reason = attribution.label if attribution else "nothing fits"
            change.note("record", reason, pr=recorded.number, session=session.id if session else None)
        known = before.get(session.id) if session else None
        end = session.completion if session else None
        completes = end is not None and not end.inferred and (known is None or known.completion != end)
        return Added(recorded, change.ended, begins=session is not None and known is None, completes=completes)

    def record_all(self, pull_requests: Iterable[PullRequest], progress: Progress = iter, *, by: str = "") -> Imported:
        """Record pull requests of the past, in any order, in one write. Neither read nor change the marker.

        Args:
            pull_requests: what is reported of them.
            progress: yields each pull request that it is given, and may show how many are done.
            by: who imports them.

        Raises:
            InvalidValue: one is in the future or has no valid number. Nothing is recorded then.
        """
        reported = [*map(tidy, pull_requests)]
        with self.change(self.now(), by=by, complete_expired=False) as change:
            before = change.sessions
            results = self.record_in(change, reported, progress)
            added = sum(1 for recorded in results if recorded.is_new)
            change.note("import", "history", read=len(reported), added=added)
        signs = Counter(recorded.verdict.sign for recorded in results if not recorded.verdict.is_auto)
        ids = {recorded.session.id for recorded in results if recorded.session}
        return Imported(
            read=len(reported),
            automatic=len(results) - signs.total(),
            assisted=signs[Involvement.ASSISTED.value],
            attributed=sum(1 for recorded in results if recorded.session),
            unattributed=sum(1 for recorded in results if recorded.record and not recorded.session),
            added=added,
            sessions=tuple(sorted({session.id for i in ids if (session := change.sessions.get(i))})),
            changed=change.sessions is not before,
        )

    def record_in(
        self, change: Change, pull_requests: Sequence[PullRequest], progress: Progress = iter
    ) -> "list[Recorded]":
        """Record pull requests of the past as a part of a change; return what each came to, in the order of opening.

        Raises:
            InvalidValue: one is in the future.
        """
        from pr_sessions.core.attribution import AttributionContext
        from pr_sessions.core.branch_prefix import with_branch_agents
        from pr_sessions.core.recording import record

        results = []
        ordered = sorted(pull_requests, key=lambda pr: (pr.created or change.now, number_order(pr.number)))
        for pull_request in progress(with_branch_agents(ordered, self.rules.signatures)):
            try:
                context = AttributionContext(at=event_time(pull_request.created, change.now))
            except InvalidValue as error:
                raise InvalidValue(f"pull request {pull_request.number}: {error}", error.hint) from None
            change.sessions, recorded = record(change.sessions, pull_request, context, self.rules, change.now)
            change.see(recorded.verdict.runs)
            results.append(recorded)
        change.sessions, _ = sweep(change.sessions, self.policy, change.now)
        return results

    def complete(
        self,
        session_id: str | None = None,
        *,
        trigger: str = Trigger.MANUAL_CLI,
        at: datetime | None = None,
        by: str = "",
    ) -> Completed:
        """End a session, the current one if none is named. An expired session keeps its timeout.

        Raises:
            NotFound: there is no such session, or none is current.
        """
        now, at = self._times(at)
        scope = Scope(() if session_id is None else (session_id,))
        with self.change(now, scope, by=by, complete_expired=False) as change:
            if session_id is not None:
                session = existing(change.sessions, session_id)
            elif named := change.named():
                session = named.session
            else:
                raise NotFound(
                    "no session is current in this working tree", "name one; `pr-sessions show` lists the active ones"
                )
            if session.started and at < session.started:
                raise InvalidValue(f"{session.id} began later than {write_time(at)}", "give a time after its start")
            ended = advance(session, CompletionAsked(at, clean(trigger)), self.policy)
            if session.reopened and at <= session.reopened.at and not session.completion:
                raise InvalidValue(
                    f"{session.id} was reopened at {session.reopened.at.isoformat()}", "give a later time with --at"
                )
            if end := ended.completion:
                current = change.current()
                is_current = current is not None and current.session.id == session.id
                here = {"worktree": self.worktree} if is_current else {}
                end_text = write_time(end.at) if end.at else None
                change.note("complete", end.trigger, session=ended.id, end=end_text, **here)
            change.end(ended)
        return Completed(ended, asked=ended != advance(session, TimePassed(at), self.policy))

    def cleanup(
        self, max_age: timedelta | None = None, at: datetime | None = None, *, by: str = ""
    ) -> tuple[Session, ...]:
        """End every expired session, in one write; with `max_age`, only those that have been idle for longer."""
        now, at = self._times(at)
        with self.change(now, Scope(), by=by, complete_expired=False) as change:
            idle = [s for s in change.sessions.active() if max_age is None or idle_time(s, at) > max_age]
            ended = [e for s in idle if (e := advance(s, TimePassed(at), self.policy)) is not s]
            if ended:
                change.transaction.back_up()
            change.end(*ended)
            change.note("cleanup", Trigger.TIMEOUT.value)
        return tuple(ended)

    def note(self, operation: str, reason: str, *, by: str = "", **details: object) -> None:
        """Add an entry to the audit log. Change no session."""
        now = self.now()
        with self.store.transaction(now, Scope) as transaction:
            entry = AuditEntry(now, by or self.author(), operation, reason, details)
            transaction.commit(transaction.sessions, entry, touch_last_updated=False)

    @contextmanager
    def change(
        self, now: datetime, scope: Scope | None = None, *, by: str = "", complete_expired: bool = True
    ) -> Iterator[Change]:
        """Let one operation change the sessions, then store them and update the markers.

        Args:
            now: the time of the change.
            scope: the archived sessions that it needs; all of them, if not given.
            by: who makes the change.
            complete_expired: whether expired sessions are completed first.
        """
        self.refuse_if_paused()
        with self.store.transaction(now, (lambda: self._with_current(scope)) if scope else None) as transaction:
            events = self.workspace.claim_events()
            activities = self.workspace.activities()
            change = Change(transaction.sessions, activities, self.workspace.root, self.policy, now)
            change.transaction, change.by = transaction, by
            begun, opened = change.apply(events.batches, self.author, lambda: self.rules)
            before = change.sessions
            if complete_expired:
                change.sessions, ended = sweep(before, self.policy, now)
                change.ended += tuple(ended)
            yield change
            self._commit(transaction, change, events, begun, opened, changed=change.sessions is not before)

    def refuse_if_paused(self) -> None:
        """Raise `Paused` while tracking is off here."""
        if reason := self.paused:
            raise Paused(f"tracking is off here: {reason}", f"switch it on: {way_on(self._environ)}")

    def _commit(
        self,
        transaction: Transaction,
        change: Change,
        events: QueuedEvents,
        begun: Sequence[str],
        opened: Sequence[str],
        *,
        changed: bool,
    ) -> None:
        entries = []
        if begun or opened:
            details = {
                "sessions": list(begun[:MOST_NAMED]),
                "prs": list(dict.fromkeys(opened))[:MOST_NAMED],
                "urls": list(events.urls[:MOST_NAMED]),
            }
            by = self.workspace.author(ask_git=False)
            entries.append(AuditEntry(change.now, by, "hook", "agents at work", details))
        if change.operation and changed:
            # Recording is frequent, and git takes time.
            ask_git = change.operation not in ("record", "sweep")
            change.by = change.by or self.workspace.author(ask_git=ask_git)
            entries.append(change.entry())
        self.workspace.keep_run_ids(change.run_ids)
        transaction.commit(change.sessions, *entries, touch_last_updated=change.touch_last_updated)
        for root, stored in change.stored_markers.items():
            marker = change.new_markers.get(root)
            if marker and not change.is_over(marker):
                self.workspace.set_current(marker, root)
            elif stored and change.is_over(stored):
                self.workspace.clear(root)
        try:
            self.workspace.ack(events, keeps_questions=self.policy.ask_forge)
        except PrSessionsError as error:
            # The sessions are stored, so the change must not seem to have failed.
            warn(f"the change is kept, but what hooks left is still there: {error}", error.hint)

    def _complete_expired(self, now: datetime, by: str) -> None:
        with self.change(now, Scope(), by=by) as change:
            change.note("sweep", Trigger.TIMEOUT.value)

    def _with_current(self, scope: Scope) -> Scope:
        """Return the scope, extended by the sessions that are current in any working tree."""
        markers = filter(None, self.workspace.activities().values())
        return Scope((*scope.ids, *(marker.session_id for marker in markers)), scope.number, scope.since)

    def _marker_after(
        self, recorded: "Recorded", current: Current | None, at: datetime, now: datetime
    ) -> Marker | None:
        """Return the marker to write after a recording; `None` to leave it as it is.

        The first automatic pull request that is recorded here makes its session the current one, except in CI. One
        that is automatic only because an agent opened it, or is in another repository, shows no work in this tree.
        """
        session = recorded.session
        if session is None or session.completion or now - at > self.policy.timeout:
            return None
        if current:
            return refresh(current.marker, at, now) if current.session.id == session.id else None
        shows_work = recorded.verdict.is_auto and not recorded.verdict.by_agent_alone
        if is_ci(self._environ) or not shows_work or repository_of(recorded.number):
            return None
        return Marker(session.id, session.author, session.started or at, at)
