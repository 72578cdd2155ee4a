"""What a signature of an agent is, and how a team writes its own: `acme branch acme/`, `acme author acme-bot#1234`."""

import re
from enum import StrEnum

from msgspec import Struct

from pr_sessions.core.agents import Confidence, Role
from pr_sessions.core.patterns import compiled, start
from pr_sessions.errors import InvalidValue

MIN_LITERAL = 3

# Compiled where they are used: most commands read no team's signature.
_AGENT = r"[a-z0-9][a-z0-9-]{0,40}"
_ACCOUNT = r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}(?:\[bot\])?(?:#[1-9][0-9]{0,17})?"
_ADDRESS = r"[^\s<>@]{1,100}@[^\s<>@]{1,200}"
_SHARED = "users.noreply.github.com"
_FORM = "write agent, kind and value: 'acme branch acme/', 'acme author acme-agent[bot]#1234'"


class Kind(StrEnum):
    """What a signature is compared with; the values are the words of `signatures.toml`."""

    AUTHOR = "author"
    DEPENDENCY_BOT = "dependency-bot"
    BRANCH = "branch"
    COMMIT_AUTHOR = "commit-author"
    CO_AUTHOR = "co-author"
    TRAILER = "trailer"
    BODY = "body"
    LINE = "line"
    COMMENT = "comment"
    TITLE = "title"
    LABEL = "label"


class Signature(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, cache_hash=True):
    """One rule.

    Attributes:
        id: by which it is named in evidence, and switched off.
        agent: whom it shows; a dependency bot's shows nobody and silences all others.
        any: what it is compared with, one of them is enough: `login#id` for accounts, e-mail addresses or accounts for
            those of commits, templates for branches, trailers (`Key: value`), lines and comments of the body, the
            start of the title, a whole label.
        run: a trailer beside it, such as `Task-Id: {uuid}`, that has the id of the run.
    """

    id: str
    agent: str
    kind: Kind
    role: Role
    confidence: Confidence
    any: tuple[str, ...]
    run: str = ""


_ASSISTING = frozenset({Kind.CO_AUTHOR, Kind.TRAILER})


def team_signature(text: str) -> Signature:
    """Return the signature that a line of a team's configuration describes; what a team says is certain.

    Raises:
        InvalidValue: it is not a signature.
    """
    agent, _, rest = text.strip().partition(" ")
    kind, _, value = rest.strip().partition(" ")
    if not re.fullmatch(_AGENT, agent) or not value.strip():
        raise InvalidValue(f"no signature: {text[:60]!r}", _FORM)
    if kind not in tuple(Kind):
        raise InvalidValue(f"no kind of signature: {kind[:40]!r}", f"the kinds are {', '.join(Kind)}")
    check_value(Kind(kind), value.strip())
    role = Role.ASSISTED if kind in _ASSISTING else Role.OPENED
    return Signature(
        id=text.strip(), agent=agent, kind=Kind(kind), role=role, confidence=Confidence.CERTAIN, any=(value.strip(),)
    )


def check_value(kind: Kind, value: str) -> None:
    """Refuse what a signature of that kind cannot be compared with.

    Raises:
        InvalidValue: says why.
    """
    if kind in (Kind.AUTHOR, Kind.DEPENDENCY_BOT):
        _check_account(value)
    elif kind in (Kind.COMMIT_AUTHOR, Kind.CO_AUTHOR):
        if _SHARED in value.lower():
            raise InvalidValue(f"{_SHARED} is everybody's address", "write the account: login#id")
        if not re.fullmatch(_ADDRESS, value):
            _check_account(value)
    elif kind is Kind.TRAILER:
        key, colon, template = value.partition(":")
        if not colon or not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]{2,60}", key):
            raise InvalidValue(f"no trailer: {value[:60]!r}", "write 'Key: value', such as 'Acme-Run: {id}'")
        if template.strip():
            compiled(value)
    else:
        if len(start(value)) < MIN_LITERAL:
            raise InvalidValue(
                f"{value[:60]!r} would fit too much", f"begin with at least {MIN_LITERAL} plain characters"
            )
        if kind not in (Kind.TITLE, Kind.LABEL):
            compiled(value)


def _check_account(value: str) -> None:
    if not re.fullmatch(_ACCOUNT, value):
        raise InvalidValue(f"no account: {value[:60]!r}", "write login or login#id, such as acme-agent[bot]#1234")
