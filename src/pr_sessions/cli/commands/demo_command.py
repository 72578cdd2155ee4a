"""`pr-sessions demo`: a burst of pull requests in a temporary repository, and what the tool makes of it."""

import os
from collections.abc import Iterable, Iterator
from contextlib import chdir
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING

import click

from pr_sessions.cli import options
from pr_sessions.core.summary import SessionSummary
from pr_sessions.git.discovery import current_folder
from pr_sessions.render import terminal
from pr_sessions.tracker import open_tracker, utc_now

if TYPE_CHECKING:
    from pr_sessions.cli.demo.stage import Stage
    from pr_sessions.forges.fake import FakeForge
    from pr_sessions.render.json import Json
    from pr_sessions.render.table import Line

EVENT = '{"session_id": "t-1", "event": "opened", "branch": "search", "url": "https://github.com/ann/shop/pull/10"}'
NEXT = (
    ("pr-sessions look", "sessions of the last days; writes nothing"),
    ("pr-sessions inbox", "what needs you now; with a token, as the forge has it"),
    ("pr-sessions init", "track sessions from now on"),
)


@click.command("demo")
@click.option("--keep", is_flag=True, help="Keep the repository.")
@options.as_json
def demo_command(keep: bool, json: bool) -> None:
    r"""Show everything once, in a temporary repository.

    Reads and writes nothing of yours.

    \b
    Examples:
      pr-sessions demo
      pr-sessions demo --keep
    """
    from pr_sessions.cli.demo.stage import built

    current_folder()  # The demo comes back to it.
    with built(keep=keep, silent=json) as stage:
        play(stage, utc_now())
        if keep:
            stage.say(f"\nKept for you to play with: cd {stage.folder}")
        if json:
            terminal.show(_state(stage, keep=keep), [], as_json=True)


def play(stage: "Stage", now: datetime) -> "FakeForge":
    """Play everything, ending at `now`; return the forge that is made up."""
    from pr_sessions.cli.demo import shop

    shop.yesterday(stage, now)
    stage.git("remote", "add", "origin", shop.ADDRESS)
    stage.say("Agents opened a burst of pull requests in a shop. Which belong together?")
    stage.type("pr-sessions look --days 2", start="Sessions", most=6)
    forge = shop.today(stage, now)
    stage.run("init")
    stage.say("\nAn agent's hook reports a pull request of today.")
    _hook(stage)
    stage.type("pr-sessions explain 10", most=1)
    stage.say("\nWhat needs people now? (The forge is made up here.)")
    stage.command("pr-sessions inbox")
    stage.show(_inbox(stage, forge, now))
    stage.say("\nReviewers read this on the first pull request of the session:")
    for line in islice((line for line in _digest(forge, now) if line), 2):
        stage.say(f"  {line}")
    stage.say("\nNext, in a repository of your own:")
    for line in terminal.table(NEXT):
        stage.say(line)
    return forge


def _hook(stage: "Stage") -> None:
    """Report an event as an agent's hook does; the tracker that it would start is not needed."""
    from pr_sessions.hooks import detach, entry
    from pr_sessions.io import file_lock, gitdir
    from pr_sessions.io.files import make_folder

    stage.command(f"pr-sessions hook amp '{EVENT}'")
    with chdir(stage.folder):
        clone = gitdir.find([str(stage.folder)])
        if clone is None:
            return
        make_folder(clone.state / "pending")
        lock = detach.open_lock(clone.state / "pending")
        try:
            file_lock.take(lock)
            entry.run(["amp", EVENT], os.environ)
        finally:
            os.close(lock)


def _inbox(stage: "Stage", forge: "FakeForge", now: datetime) -> "Iterable[Line]":
    """Return what `inbox` prints of the forge."""
    from pr_sessions.core.inbox_view import View
    from pr_sessions.gate.repositories import fetch_repositories
    from pr_sessions.look.inbox import CloneSessions, Reading, inbox_of
    from pr_sessions.render.inbox import inbox_lines

    fetched = options.run_async(fetch_repositories([forge], now, lambda _done, _of: None))
    tracker = open_tracker(stage.folder)
    recorded = CloneSessions(forge.repository, tracker.sessions(), tracker.policy)
    reading = Reading(at=now, source="a made-up forge", git_dir=stage.folder / ".git", recorded=recorded)
    return inbox_lines(inbox_of(fetched, reading), View())


def _digest(forge: "FakeForge", now: datetime) -> Iterator[str]:
    """Yield the lines of the comment that the gate would write on pull request 7."""
    from pr_sessions.gate.assess import assess
    from pr_sessions.gate.comments.digest import Subject, digest
    from pr_sessions.gate.event import Event

    event = Event(name="pull_request", action="opened", repository=forge.repository, number="7", at=now)
    assessment = options.run_async(assess(forge, event, now))
    if assessment.view:
        subject = Subject(
            view=assessment.view, snapshot=assessment.snapshot, rebuilt=assessment.rebuilt, policy=assessment.policy
        )
        yield from digest(subject, None).splitlines()


def _state(stage: "Stage", *, keep: bool) -> "Json":
    from pr_sessions.render.json import session_with_pull_requests_json

    tracker = open_tracker(stage.folder)
    return {
        "folder": str(stage.folder) if keep else None,
        "commands": stage.typed,
        "sessions": [
            session_with_pull_requests_json(SessionSummary(session, tracker.policy, tracker.now()))
            for session in tracker.sessions()
        ],
    }
