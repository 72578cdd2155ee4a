"""`import --github`: reads from GitHub, records batch by batch, shows how far it is."""

import asyncio
import os
import sys
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import click
from msgspec import Struct, json
from msgspec.structs import replace

from pr_sessions.cli import output
from pr_sessions.cli.github_extra import refuse_without_extra
from pr_sessions.cli.imported import imported_text, imported_view
from pr_sessions.sessions.detection import detect
from pr_sessions.sessions.session import PullRequest
from pr_sessions.tracker import Imported, Tracker

if TYPE_CHECKING:
    from pr_sessions.forges.github.client import GitHub
    from pr_sessions.forges.github.past import Batch

NOTHING = Imported(read=0, automatic=0, attributed=0, unattributed=0, added=0, sessions=(), changed=False)


class Outcome(Struct):
    """What an import came to so far."""

    imported: Imported = NOTHING
    skipped: int = 0
    requests: int = 0


def run(tracker: Tracker, repository: str, since: datetime | None, *, as_json: bool) -> None:
    """Imports and prints what came of it.

    Raises:
        PrSessionsError: the extra is missing, or whatever GitHub and the disk refuse.
    """
    refuse_without_extra()
    # What cannot be written later is told before the first request.
    tracker.record_all(())
    outcome = asyncio.run(_import(tracker, repository, since))
    outcome.imported = _by_present_names(tracker, outcome.imported)
    data = {**imported_view(outcome.imported), "skipped": outcome.skipped, "requests": outcome.requests}
    output.show(data, _text(outcome.imported), as_json=as_json)
    output.note(f"{output.plural(outcome.requests, 'request')} to GitHub")


async def _import(tracker: Tracker, repository: str, since: datetime | None) -> Outcome:
    from pr_sessions.forges.github.client import open_github

    outcome = Outcome()
    async with open_github(repository, os.environ) as github:
        if not github.has_credential:
            output.note("without a token GitHub allows 60 requests an hour: set GH_TOKEN, or run `gh auth login`")
        with _progress() as show:
            await _read(tracker, github, since, outcome, show)
        outcome.requests = github.wire.sent
    return outcome


async def _read(
    tracker: Tracker, github: "GitHub", since: datetime | None, outcome: Outcome, show: Callable[["Batch"], None]
) -> None:
    from pr_sessions.forges.github.cursor import Cursors
    from pr_sessions.forges.github.past import read_past

    prefix = _prefix(tracker, github.repository)
    cursors = Cursors(tracker.repository.forge_cursors)

    def wanted(pull_request: PullRequest) -> bool:
        return detect(pull_request, tracker.policy).is_auto

    async for batch in read_past(github, cursors, _rules(tracker, prefix), wanted, since):
        told = [replace(pr, number=prefix + pr.number) for pr in batch.pull_requests]
        outcome.imported = _sum(outcome.imported, tracker.record_all(told))
        outcome.skipped += len(batch.skipped)
        for reason in batch.skipped:
            output.note(f"skipped: {output.one_line(reason, 200)}")
        show(batch)


def _text(imported: Imported) -> Iterable[str]:
    return imported_text(imported) if imported.read else ["Nothing is new there."]


def _sum(before: Imported, now: Imported) -> Imported:
    return Imported(
        read=before.read + now.read,
        automatic=before.automatic + now.automatic,
        attributed=before.attributed + now.attributed,
        unattributed=before.unattributed + now.unattributed,
        added=before.added + now.added,
        sessions=tuple(sorted({*before.sessions, *now.sessions})),
        changed=before.changed or now.changed,
    )


def _by_present_names(tracker: Tracker, imported: Imported) -> Imported:
    """A later batch may have made one session of two."""
    book = tracker.book()
    homes = {home.id for i in imported.sessions if (home := book.get(i))}
    return replace(imported, sessions=tuple(sorted(homes)))


def _prefix(tracker: Tracker, repository: str) -> str:
    """Numbers of this clone's own repository stand alone; those of another one carry its name."""
    from pr_sessions.forges.github.address import names_repository
    from pr_sessions.stores.git import remote_addresses

    root = tracker.repository.root
    addresses = remote_addresses(root) if tracker.repository.git_dir else ()
    own = not addresses or any(names_repository(address, repository) for address in addresses)
    return "" if own else f"{repository}#"


def _rules(tracker: Tracker, prefix: str) -> str:
    """What changes whenever other pull requests would count as automatic, or be numbered in another way."""
    from importlib.metadata import version

    return sha256(json.encode([version("pr-sessions"), prefix, tracker.policy])).hexdigest()[:16]


def _progress() -> AbstractContextManager[Callable[["Batch"], None]]:
    """What shows how far the work is, to those who watch."""
    return _Bar() if sys.stderr.isatty() else nullcontext(_silent)


def _silent(_batch: "Batch") -> None:
    pass


class _Bar:
    """A bar over the pages of the list by creation; its length is known with the first page."""

    def __init__(self) -> None:
        self._bar: Any = click.progressbar(length=0, label="Importing", file=sys.stderr)

    def __enter__(self) -> Callable[["Batch"], None]:
        self._bar.__enter__()
        return self._show

    def __exit__(self, *raised: object) -> None:
        self._bar.__exit__(*raised)

    def _show(self, batch: "Batch") -> None:
        if batch.page:
            number, self._bar.length = batch.page
            self._bar.update(number - self._bar.pos)
