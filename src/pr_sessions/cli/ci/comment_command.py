"""`pr-sessions ci comment`."""

import os
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pr_sessions.cli import output
from pr_sessions.cli.ci.entrance import Asked, event_options, may_write, run

if TYPE_CHECKING:
    from pr_sessions.forges.github.client import GitHub
    from pr_sessions.live.comments.writing import Outcome
    from pr_sessions.live.runner.event import Event


@click.command("comment")
@event_options
def command(asked: Asked) -> None:
    r"""Tell reviewers of a session in comments, and answer commands.

    The digest stands on one pull request of a session, the others get one line that leads to it. What is there is
    edited, and never doubled. On schedule, and at any event that is about no pull request, the comments of all
    sessions are looked at, and what is behind is brought up to date. It needs the permission `pull-requests: write`,
    and fails for nothing that GitHub does.

    Only a runner's own event writes anything: with --event, and anywhere else, it shows what would be written.

    \b
    Examples:
      pr-sessions ci comment
      pr-sessions ci comment --event event.json
    """
    write = may_write(asked)
    outcome = run(asked, partial(_comment, write=write))
    if write:
        _leave(outcome)
    output.show(_view(outcome), _lines(outcome), as_json=asked.json)


async def _comment(github: "GitHub | None", event: "Event", now: datetime, *, write: bool) -> "Outcome":
    from pr_sessions.live.comments.catching_up import catch_up
    from pr_sessions.live.comments.writing import Outcome, speak
    from pr_sessions.live.reading.strangers import STRANGER, is_by_a_stranger

    if reason := _silence(event):
        return Outcome(notes=(reason,))
    if github is None:
        return Outcome(notes=("nothing is said without a token",))
    if await is_by_a_stranger(github, event):
        return Outcome(notes=(STRANGER,))
    return await (speak if event.number else catch_up)(github, event, now, write=write)


def _silence(event: "Event") -> str:
    """Why there is nothing to say whatever GitHub tells; empty where there may be something."""
    from pr_sessions.forges.github.delivery import OCCASIONS
    from pr_sessions.live.comments.beside import ABOUT

    is_told = bool(event.number) and event.name in ABOUT
    if not is_told and (event.problem or event.name not in OCCASIONS):
        return f"nothing to say about {event.name or 'an unknown event'}: {event.problem or 'it is no pull request'}"
    if event.comment and event.comment.author.is_bot:
        return "nothing to say to an App's comment"
    return ""


def _leave(outcome: "Outcome") -> None:
    """The gate's mode, so that jobs which have nothing to do in advisory mode need not start."""
    from pr_sessions.live.runner.outputs import write_outputs

    if told := os.environ.get("GITHUB_OUTPUT"):
        write_outputs(Path(told), {"gate": outcome.gate or ""})


def _view(outcome: "Outcome") -> dict[str, Any]:
    planned = [{"number": one.number, "kind": one.kind, "text": one.text} for one in outcome.planned]
    return {"done": outcome.done, "planned": planned, "notes": (*outcome.notes, *outcome.refused)}


def _lines(outcome: "Outcome") -> Iterator[str]:
    yield from (
        f"{one.kind} on #{one.number}: {one.did} {output.one_line(one.address, 200)}".rstrip() for one in outcome.done
    )
    for one in outcome.planned:
        yield f"{one.kind} on #{one.number}: would be {'edited' if one.comment else 'written'}"
        yield from (f"  {line}".rstrip() for line in one.text.splitlines())
    yield from (output.one_line(note, 400) for note in (*outcome.notes, *outcome.refused))
