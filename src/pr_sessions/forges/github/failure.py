"""What went wrong at GitHub, in words, with the way out. Pure."""

from datetime import datetime

import msgspec

from pr_sessions.errors import ForgeFailed
from pr_sessions.forges.github.patience import Answer, NoAnswer, is_limited, limited_until
from pr_sessions.sessions.ids import clean

_NEW_TOKEN = "set GH_TOKEN to a token that is valid, or run `gh auth login`"  # noqa: S105 - a hint, not a token
_MOST_SAID = 200


def failed(outcome: Answer | NoAnswer, what: str, source: str | None, now: datetime) -> ForgeFailed:
    """The error for an answer that cannot be used.

    Args:
        outcome: the last one.
        what: the request, such as `GET /repos/ada/shop/pulls`.
        source: where the token was found; `None` without one.
        now: UTC.
    """
    if isinstance(outcome, NoAnswer):
        return ForgeFailed(
            f"GitHub cannot be reached: {outcome.reason} ({what})", "check the network, and run it again"
        )
    if is_limited(outcome):
        return _limited(outcome, source, now)
    message, hint = _explained(outcome, what, source)
    said = _said(outcome)
    return ForgeFailed(f"{message}{f': {said}' if said else ''} ({what})", hint, outcome.status)


def _limited(answer: Answer, source: str | None, now: datetime) -> ForgeFailed:
    until = limited_until(answer, now)
    hint = "run it again then" if source else f"run it again then, or with a token, which may ask more: {_NEW_TOKEN}"
    return ForgeFailed(f"GitHub's rate limit is used up until {until:%Y-%m-%d %H:%M:%S} UTC", hint, answer.status)


def _explained(answer: Answer, what: str, source: str | None) -> tuple[str, str]:
    status = answer.status
    if status == 401:
        return f"GitHub does not accept the token from {source}" if source else "GitHub asks for a token", _NEW_TOKEN
    if status == 403:
        return "GitHub does not allow this", _missing_right(answer, source)
    if status == 404:
        hint = "check the name" if source else f"check the name; a private repository needs a token: {_NEW_TOKEN}"
        return "GitHub does not find this", f"{hint}; without the right to read it, it looks the same"
    if status in (410, 422):
        return f"GitHub cannot do this ({status})", ""
    if status >= 500:
        return f"GitHub has a problem of its own ({status})", "run it again later"
    return f"GitHub answers with {status}", f"check that GITHUB_API_URL is right, if it is set, for {what}"


def _missing_right(answer: Answer, source: str | None) -> str:
    """GitHub names the permission that would do, or the page on which single sign-on is granted."""
    if "required" in answer.headers.get("x-github-sso", ""):
        return "the organisation wants single sign-on: authorise the token for it in your GitHub settings"
    needed = clean(answer.headers.get("x-accepted-github-permissions", ""), 100)
    right = f"give the token from {source} the permission" if source else "a token is needed with the permission"
    return f"{right} {needed}" if needed else f"{right} that it needs, or use another: {_NEW_TOKEN}"


def _said(answer: Answer) -> str:
    """GitHub's own message, as one short line."""
    try:
        message = msgspec.json.decode(answer.body).get("message", "")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, AttributeError):
        return ""
    return clean(message, _MOST_SAID).rstrip(".") if isinstance(message, str) else ""
