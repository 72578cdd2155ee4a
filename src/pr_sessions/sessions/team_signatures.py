"""A team's own signatures, one line each: `acme branch acme/`, `acme author acme-agent[bot]#1234`."""

import re

from pr_sessions.errors import InvalidValue
from pr_sessions.sessions.agent import Confidence, Role
from pr_sessions.sessions.signature import Kind, Signature
from pr_sessions.sessions.templates import compiled, start

_AGENT = re.compile(r"[a-z0-9][a-z0-9-]{0,40}")
_ACCOUNT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}(?:\[bot\])?(?:#[1-9][0-9]{0,17})?")
_ADDRESS = re.compile(r"[^\s<>@]{1,100}@[^\s<>@]{1,200}")
_SHARED = "users.noreply.github.com"
_FORM = "write agent, kind and value: 'acme branch acme/', 'acme author acme-agent[bot]#1234'"
LEAST = 3
_HELPS = frozenset({Kind.CO_AUTHOR, Kind.TRAILER})


def team_signature(text: str) -> Signature:
    """The signature that a line of a team's configuration describes; what a team says is certain.

    Raises:
        InvalidValue: it is none.
    """
    agent, _, rest = text.strip().partition(" ")
    kind, _, value = rest.strip().partition(" ")
    if not _AGENT.fullmatch(agent) or not value.strip():
        raise InvalidValue(f"no signature: {text[:60]!r}", _FORM)
    if kind not in tuple(Kind):
        raise InvalidValue(f"no kind of signature: {kind[:40]!r}", f"the kinds are {', '.join(Kind)}")
    check_value(Kind(kind), value.strip())
    role = Role.ASSISTED if kind in _HELPS else Role.OPENED
    return Signature(
        id=text.strip(), agent=agent, kind=Kind(kind), role=role, confidence=Confidence.CERTAIN, any=(value.strip(),)
    )


def check_value(kind: Kind, value: str) -> None:
    """Refuses what a signature of that kind cannot be compared with.

    Raises:
        InvalidValue: says why.
    """
    if kind in (Kind.AUTHOR, Kind.DEPENDENCY_BOT):
        _check_account(value)
    elif kind in (Kind.COMMIT_AUTHOR, Kind.CO_AUTHOR):
        _check_identity(value)
    elif kind is Kind.TRAILER:
        _check_trailer(value)
    else:
        if len(start(value)) < LEAST:
            raise InvalidValue(f"{value[:60]!r} would fit too much", f"begin with at least {LEAST} plain characters")
        if kind not in (Kind.TITLE, Kind.LABEL):
            compiled(value)


def _check_account(value: str) -> None:
    if not _ACCOUNT.fullmatch(value):
        raise InvalidValue(f"no account: {value[:60]!r}", "write login or login#id, such as acme-agent[bot]#1234")


def _check_identity(value: str) -> None:
    if _SHARED in value.lower():
        raise InvalidValue(f"{_SHARED} is everybody's address", "write the account: login#id")
    if not _ADDRESS.fullmatch(value):
        _check_account(value)


def _check_trailer(value: str) -> None:
    key, colon, template = value.partition(":")
    if not colon or not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]{2,60}", key):
        raise InvalidValue(f"no trailer: {value[:60]!r}", "write 'Key: value', such as 'Acme-Run: {id}'")
    if template.strip():
        compiled(value)
