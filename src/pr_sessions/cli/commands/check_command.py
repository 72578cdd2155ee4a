"""`pr-sessions check`."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import click

from pr_sessions.cli import options, output, pull_request_options, reasons, session_text
from pr_sessions.tracker import Checked


@click.command("check")
@click.option("--pr-number", type=options.Number(), required=True, help="Its number.")
@pull_request_options.told
@options.at
@options.as_json
def command(pr_number: str, at: datetime | None, json: bool, **told: Any) -> None:
    r"""Tell whether a pull request is automatic. Stores nothing.

    \b
    Examples:
      pr-sessions check --pr-number 42 --title "auto-pr: fix" --author cursor-bot
      pr-sessions check --pr-number 42 --body-file body.md --json
    """
    checked = options.tracker().check(pull_request_options.pull_request(pr_number, **told), at)
    data = {
        "is_auto_pr": checked.verdict.is_auto,
        "should_skip_scoring": checked.verdict.is_auto,
        "session_id": checked.session.id if checked.session else None,
        "evidence": reasons.evidence_view(checked.verdict.evidence),
    }
    output.show(data, _text(pr_number, checked), as_json=json)


def _text(number: str, checked: Checked) -> Iterator[str]:
    yield f"Pull request {number} is {'automatic' if checked.verdict.is_auto else 'not automatic'}."
    for clause in reasons.evidence_words(checked.verdict.evidence):
        yield f"  {clause}"
    if checked.session:
        yield f"Its session: {session_text.name(checked.session)}"
        yield f"  {reasons.placement_words(checked.choice.placement)}"
    elif checked.verdict.is_auto:
        yield "It fits no session: " + reasons.no_session_words(checked.choice)
