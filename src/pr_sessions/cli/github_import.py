"""`import --github`: read from GitHub, record batch by batch, show progress."""

import asyncio
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import click
from msgspec import Struct, json
from msgspec.structs import replace

from pr_sessions.cli.commands.import_command import NOTHING, imported_text, imported_view, total
from pr_sessions.core.detection import detect
from pr_sessions.core.models import PullRequest
from pr_sessions.core.recording import is_tracked
from pr_sessions.core.urls import Address, canonical_host
from pr_sessions.core.visible_text import one_line
from pr_sessions.forges.github.access import refuse_without_extra
from pr_sessions.git.repository import Repository
from pr_sessions.render import terminal
from pr_sessions.tracker import Imported, Tracker, utc_now

if TYPE_CHECKING:
    from pr_sessions.forges.github.client import GitHub
    from pr_sessions.forges.github.past import Batch


class Outcome(Struct):
    """What an import came to so far."""

    imported: Imported = NOTHING
    skipped: int = 0
    requests: int = 0


def run(tracker: Tracker, repository: str, since: datetime | None, *, as_json: bool) -> None:
    """Import, and print what came of it.

    Raises:
        PrSessionsError: the extra is missing, or GitHub or the disk refuses.
    """
    refuse_without_extra()
    # Fail before the first request where nothing can be written later.
    tracker.record_all(())
    outcome = asyncio.run(_import(tracker, repository, since))
    # A later batch may have made one session of two.
    collection = tracker.sessions()
    ids = {session.id for i in outcome.imported.sessions if (session := collection.get(i))}
    outcome.imported = replace(outcome.imported, sessions=tuple(sorted(ids)))
    data = {**imported_view(outcome.imported), "skipped": outcome.skipped, "requests": outcome.requests}
    text = imported_text(outcome.imported) if outcome.imported.read else ["Nothing is new there."]
    terminal.show(data, text, as_json=as_json)
    terminal.note(f"{terminal.plural(outcome.requests, 'request')} to GitHub")


async def _import(tracker: Tracker, repository: str, since: datetime | None) -> Outcome:
    from pr_sessions.forges.github.client import open_github

    outcome = Outcome()
    async with open_github(repository, os.environ, clock=utc_now) as github:
        if not github.has_credential:
            terminal.note("without a token GitHub allows 60 requests an hour: set GH_TOKEN, or run `gh auth login`")
        progress = _Bar() if sys.stderr.isatty() else nullcontext(lambda _batch: None)
        with progress as show:
            await _read(tracker, github, since, outcome, show)
        outcome.requests = github.requests_sent
    return outcome


async def _read(
    tracker: Tracker, github: "GitHub", since: datetime | None, outcome: Outcome, show: Callable[["Batch"], None]
) -> None:
    from pr_sessions.forges.github.past import Cursors, read_past

    prefix = number_prefix(tracker.repository, github.repository, os.environ)
    cursors = Cursors(tracker.repository.forge_cursors)

    def wanted(pull_request: PullRequest) -> bool:
        # With the heuristic, files decide whether it is automatic, and a list of pull requests does not have them.
        verdict = detect(pull_request, tracker.rules)
        return tracker.policy.enable_heuristic_detection or is_tracked(verdict, tracker.policy)

    async for batch in read_past(github, cursors, _rules(tracker, prefix), wanted, since):
        prs = [replace(pr, number=prefix + pr.number) for pr in batch.pull_requests]
        outcome.imported = total(outcome.imported, tracker.record_all(prs))
        outcome.skipped += len(batch.skipped)
        for reason in batch.skipped:
            terminal.note(f"skipped: {one_line(reason, 200)}")
        show(batch)


def number_prefix(repository: Repository, name: str, environ: Mapping[str, str]) -> str:
    """Return what stands before the numbers of a GitHub repository: nothing where it is the clone's own, else its name.

    Args:
        repository: into which is imported.
        name: `OWNER/REPO`.
        environ: has the address of GitHub's interface.
    """
    from pr_sessions.forges.github.access import api_address, web_host
    from pr_sessions.git.remotes import is_of_clone

    address = Address(canonical_host(web_host(api_address(environ)).partition(":")[0]), name)
    is_own = repository.git_dir is not None and is_of_clone(repository.root, address)
    return "" if is_own else f"{name}#"


def _rules(tracker: Tracker, prefix: str) -> str:
    """Return what changes whenever other pull requests would count as automatic, or be numbered in another way."""
    from importlib.metadata import version

    return sha256(json.encode([version("pr-sessions"), prefix, tracker.rules])).hexdigest()[:16]


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
