"""`pr-sessions open`."""

import os
from typing import TYPE_CHECKING, BinaryIO

import click

from pr_sessions.cli import options
from pr_sessions.core.summary import SessionSummary
from pr_sessions.core.visible_text import one_line
from pr_sessions.errors import InvalidValue, Paused
from pr_sessions.render import terminal
from pr_sessions.render.sessions import completed_note
from pr_sessions.tracker import Tracker, way_on

if TYPE_CHECKING:
    from pr_sessions.forges.base import ForgeTool, OpenedPullRequest, Proposal
    from pr_sessions.open_pr.branch import BranchWork
    from pr_sessions.render.outcomes import Shown


@click.command("open")
@click.option("--title", help="Its title. [default: the last commit's subject]")
@click.option("--body", help="Its body. [default: from the commits]")
@click.option("--body-file", type=click.File("rb"), help="File with its body; - is stdin.")
@click.option("--base", metavar="BRANCH", help="Its target branch. [default: the default branch]")
@click.option("--draft", is_flag=True, help="Open it as a draft.")
@click.option("--dry-run", is_flag=True, help="Show what would be opened; push and record nothing.")
@options.as_json
def open_command(
    title: str | None,
    body: str | None,
    body_file: BinaryIO | None,
    base: str | None,
    draft: bool,
    dry_run: bool,
    json: bool,
) -> None:
    r"""Open a pull request for the current branch, and record it.

    Uses your own gh (GitHub) or glab (GitLab). Adds the prefix and the mark of the current session, or of a new one.
    Pushes the branch first if needed, never by force. If the branch has an open pull request, only records it.

    \b
    Examples:
      pr-sessions open
      pr-sessions open --title "Billing: the models" --body-file body.md --draft
      pr-sessions open --base develop --dry-run
    """
    from pr_sessions.cli.pull_request_options import read_body
    from pr_sessions.forges.base import Proposal
    from pr_sessions.forges.gh_and_glab import forge_at
    from pr_sessions.open_pr.branch import branch_work
    from pr_sessions.open_pr.record import described, session_to_name, titled
    from pr_sessions.render.json import opened_json
    from pr_sessions.render.outcomes import opened_lines

    text = read_body(body, body_file)
    tracker = _tracker()
    work = branch_work(tracker.repository.root, base, asks_remote=not dry_run)
    forge = forge_at(work.root, work.remote)
    if existing := forge.find(work.branch, base):
        shown = _record_existing(tracker, forge, existing, work, dry_run=dry_run)
    else:
        session_id = session_to_name(tracker)
        texts = titled(title, work.messages, tracker.policy), described(text, work.messages, session_id, tracker.policy)
        proposal = Proposal(work.branch, work.base, *texts, draft)
        shown = _open_new(tracker, forge, proposal, work, session_id, dry_run=dry_run)
    for ended in shown.added.ended if shown.added else ():
        terminal.note(completed_note(ended))
    session = shown.added.recorded.session if shown.added else None
    summary = SessionSummary(session, tracker.policy, tracker.now()) if session else None
    terminal.show(opened_json(shown, summary), opened_lines(shown), as_json=json)


def _tracker() -> Tracker:
    tracker = options.tracker()
    if reason := tracker.paused:
        raise Paused(f"tracking is off here: {reason}", f"switch it on: {way_on(os.environ)}")
    if tracker.repository.git_dir is None:
        raise InvalidValue(f"{tracker.repository.root} is not in git, so there is no branch", "run `git init` first")
    return tracker


def _record_existing(
    tracker: Tracker, forge: "ForgeTool", existing: "OpenedPullRequest", work: "BranchWork", *, dry_run: bool
) -> "Shown":
    from pr_sessions.git.remotes import read_remotes, recorded_id
    from pr_sessions.open_pr.record import record_found
    from pr_sessions.render.outcomes import Shown

    return Shown(
        tool=forge.tool,
        work=work,
        title=existing.title,
        body=existing.body,
        base=existing.base,
        draft=existing.draft,
        url=existing.address.url,
        number=recorded_id(existing.address, read_remotes(work.root)),
        is_open=True,
        added=None if dry_run else record_found(tracker, existing, work),
    )


def _open_new(
    tracker: Tracker, forge: "ForgeTool", proposal: "Proposal", work: "BranchWork", session_id: str, *, dry_run: bool
) -> "Shown":
    from msgspec.structs import replace

    from pr_sessions.open_pr.record import record_new
    from pr_sessions.render.outcomes import Shown

    shown = Shown(
        tool=forge.tool,
        work=work,
        title=proposal.title,
        body=proposal.body,
        base=proposal.base,
        draft=proposal.draft,
        session_id=session_id,
        pushes=not work.is_pushed,
    )
    if dry_run:
        return shown
    if shown.pushes:
        terminal.note(f"pushing {one_line(work.branch, 100)} to {work.remote}")
        work.push()
    opened = forge.open(proposal)
    added = record_new(tracker, opened, work, session_id)
    return replace(shown, url=opened.address.url, number=added.recorded.number, added=added)
