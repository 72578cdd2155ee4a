"""`pr-sessions open`."""

import os
from typing import TYPE_CHECKING, BinaryIO

import click

from pr_sessions.cli import options, output, session_text
from pr_sessions.errors import InvalidValue, Paused
from pr_sessions.tracker import Tracker, way_on

if TYPE_CHECKING:
    from pr_sessions.cli.opening.branch_work import BranchWork
    from pr_sessions.cli.opening.shown import Shown
    from pr_sessions.forges.pull_requests import Forge, Opened, Proposal


@click.command("open")
@click.option("--title", help="Its title; the last commit's subject if not given.")
@click.option("--body", help="Its body; from the commits if not given.")
@click.option("--body-file", type=click.File("rb"), help="A file that holds its body; - for standard input.")
@click.option("--base", metavar="BRANCH", help="The branch that it is meant for; the default branch if not given.")
@click.option("--draft", is_flag=True, help="Open it as a draft.")
@click.option("--dry-run", is_flag=True, help="Show what would be opened. Pushes and records nothing.")
@options.as_json
def command(
    title: str | None,
    body: str | None,
    body_file: BinaryIO | None,
    base: str | None,
    draft: bool,
    dry_run: bool,
    json: bool,
) -> None:
    r"""Open a pull request for the current branch, and record it.

    It goes through your own gh (GitHub) or glab (GitLab), with the prefix and the mark of the current session, or of a
    new one. The branch is pushed first where the remote has it not, or not all of it; never by force. Where the branch
    has an open pull request already, that one is recorded.

    \b
    Examples:
      pr-sessions open
      pr-sessions open --title "Billing: the models" --body-file body.md --draft
      pr-sessions open --base develop --dry-run
    """
    from pr_sessions.cli.opening.branch_work import branch_work
    from pr_sessions.cli.opening.shown import lines, view
    from pr_sessions.cli.opening.text import described, titled
    from pr_sessions.cli.pull_request_options import body_told
    from pr_sessions.forges.pull_requests import Proposal
    from pr_sessions.forges.remotes import forge_at

    told = body_told(body, body_file)
    tracker = _tracker()
    work = branch_work(tracker.repository.root, base)
    forge = forge_at(work.root, work.remote)
    found = forge.find(work.branch, base)
    if found:
        shown = _found(tracker, forge, found, work, dry_run=dry_run)
    else:
        session_id = _session_to_name(tracker)
        texts = titled(title, work.messages, tracker.policy), described(told, work.messages, session_id, tracker.policy)
        proposal = Proposal(work.branch, work.base, *texts, draft)
        shown = _new(tracker, forge, proposal, work, session_id, dry_run=dry_run)
    for ended in shown.added.ended if shown.added else ():
        output.note(session_text.ended(ended))
    output.show(view(shown, tracker), lines(shown), as_json=json)


def _tracker() -> Tracker:
    tracker = options.tracker()
    if reason := tracker.paused:
        raise Paused(f"tracking is off here: {reason}", f"switch it on: {way_on(os.environ)}")
    if tracker.repository.git_dir is None:
        raise InvalidValue(f"{tracker.repository.root} is not in git, so there is no branch", "run `git init` first")
    return tracker


def _session_to_name(tracker: Tracker) -> str:
    from pr_sessions.cli.opening.recording import session_to_name

    return session_to_name(tracker)


def _found(tracker: Tracker, forge: "Forge", found: "Opened", work: "BranchWork", *, dry_run: bool) -> "Shown":
    from pr_sessions.cli.opening.recording import record_found
    from pr_sessions.cli.opening.shown import Shown
    from pr_sessions.forges.remotes import number_here

    return Shown(
        tool=forge.tool,
        work=work,
        title=found.title,
        body=found.body,
        base=found.base,
        draft=found.draft,
        url=found.address.url,
        number=number_here(work.root, found.address),
        is_open=True,
        added=None if dry_run else record_found(tracker, found, work),
    )


def _new(
    tracker: Tracker, forge: "Forge", proposal: "Proposal", work: "BranchWork", session_id: str, *, dry_run: bool
) -> "Shown":
    from msgspec.structs import replace

    from pr_sessions.cli.opening.recording import record_new
    from pr_sessions.cli.opening.shown import Shown

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
        output.note(f"pushing {output.one_line(work.branch, 100)} to {work.remote}")
        work.push()
    opened = forge.open(proposal)
    added = record_new(tracker, opened, work, session_id)
    return replace(shown, url=opened.address.url, number=added.recorded.number, added=added)
