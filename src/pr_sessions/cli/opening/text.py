"""Title and body of a pull request: what is told, else what the commits say, with the team's prefix and our mark."""

from collections.abc import Sequence

from pr_sessions.sessions.ids import clean
from pr_sessions.sessions.patterns import matcher
from pr_sessions.sessions.policy import Policy
from pr_sessions.sessions.pr_text import mark_body, mark_title, without_marks

# GitHub takes 256 characters, our sign among them.
_LONGEST_TITLE = 250
_MOST_LISTED = 50


def titled(told: str | None, messages: Sequence[str], policy: Policy) -> str:
    """The title: told or the last commit's subject, with our sign unless it shows already that it is automatic."""
    title = clean(told if told and told.strip() else _subject(messages[-1]), _LONGEST_TITLE)
    if any(matcher(pattern)(title) for pattern in policy.auto_pr_patterns):
        return title
    return mark_title(title)


def described(told: str | None, messages: Sequence[str], session_id: str, policy: Policy) -> str:
    """The body: told, else that of the only commit, else the subjects of all; with our mark, and no other of ours."""
    body = told if told is not None else _from_commits(messages)
    return mark_body(without_marks(body), session_id, minimal=policy.minimal_metadata)


def _from_commits(messages: Sequence[str]) -> str:
    if len(messages) == 1:
        return messages[0].partition("\n")[2].strip()
    lines = [f"- {_subject(message)}" for message in messages[:_MOST_LISTED]]
    more = len(messages) - len(lines)
    return "\n".join([*lines, *([f"- and {more} more"] if more else [])])


def _subject(message: str) -> str:
    return message.partition("\n")[0].strip()
