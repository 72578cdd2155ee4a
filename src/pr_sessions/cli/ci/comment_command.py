"""`pr-sessions ci comment`."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import click
from msgspec import Struct

from pr_sessions.cli import output
from pr_sessions.cli.ci.entrance import Asked, event_options, run

if TYPE_CHECKING:
    from pr_sessions.forges.github.client import GitHub
    from pr_sessions.live.comments.writing import Done, Write
    from pr_sessions.live.runner.event import Event

ABOUT = ("pull_request", "pull_request_review", "issue_comment")


class Outcome(Struct, frozen=True):
    """What was said, what a recorded event would have had said, and why other things were not, in words."""

    done: "tuple[Done, ...]" = ()
    planned: "tuple[Write, ...]" = ()
    notes: tuple[str, ...] = ()


@click.command("comment")
@event_options
def command(asked: Asked) -> None:
    r"""Tell reviewers of a session in comments, and answer commands.

    The digest stands on one pull request of a session, the others get one line that leads to it. What is there is
    edited, and never doubled. It needs the permission `pull-requests: write`, and fails for nothing that GitHub does.
    Of a recorded event it shows what would be said, and writes nothing.

    \b
    Examples:
      pr-sessions ci comment
      pr-sessions ci comment --event event.json
    """
    # What was true at a recorded event may be long past, and a person's comment is not known as ours.
    outcome = run(asked, partial(_comment, only_plans=asked.event_file is not None))
    output.show(_view(outcome), _lines(outcome), as_json=asked.json)


async def _comment(github: "GitHub | None", event: "Event", now: datetime, *, only_plans: bool) -> Outcome:
    from pr_sessions.live.comments.writing import apply, plan, with_its_comments
    from pr_sessions.live.judgement import judge
    from pr_sessions.live.reading.strangers import STRANGER, is_by_a_stranger

    if reason := _silence(event):
        return Outcome(notes=(reason,))
    if github is None:
        return Outcome(notes=("nothing is said without a token",))
    if await is_by_a_stranger(github, event):
        return Outcome(notes=(STRANGER,))
    planned = plan(await with_its_comments(github, await judge(github, event, now)))
    if only_plans:
        return Outcome(planned=planned.writes, notes=planned.notes)
    done, refused = await apply(github, planned)
    return Outcome(done, notes=(*planned.notes, *refused))


def _silence(event: "Event") -> str:
    """Why there is nothing to say whatever GitHub tells; empty where there may be something."""
    if event.name not in ABOUT or not event.number:
        return f"nothing to say about {event.name or 'an unknown event'}: {event.problem or 'it is no pull request'}"
    if event.comment and event.comment.author.is_bot:
        return "nothing to say to an App's comment"
    return ""


def _view(outcome: Outcome) -> dict[str, Any]:
    planned = [{"number": one.number, "kind": one.kind, "text": one.text} for one in outcome.planned]
    return {"done": outcome.done, "planned": planned, "notes": outcome.notes}


def _lines(outcome: Outcome) -> Iterator[str]:
    yield from (
        f"{one.kind} on #{one.number}: {one.did} {output.one_line(one.address, 200)}".rstrip() for one in outcome.done
    )
    for one in outcome.planned:
        yield f"{one.kind} on #{one.number}: would be {'edited' if one.comment else 'written'}"
        yield from (f"  {line}".rstrip() for line in one.text.splitlines())
    yield from _notes(outcome.notes)


def _notes(notes: Iterable[str]) -> Iterator[str]:
    yield from (output.one_line(note, 400) for note in notes)
