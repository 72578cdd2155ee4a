"""What a signature of an agent is."""

from enum import StrEnum

from msgspec import Struct

from pr_sessions.sessions.agent import Confidence, Role


class Kind(StrEnum):
    """What a signature is compared with; the values are the words of `signatures.toml`."""

    AUTHOR = "author"
    DEPENDENCY_BOT = "dependency-bot"
    BRANCH = "branch"
    COMMIT_AUTHOR = "commit-author"
    CO_AUTHOR = "co-author"
    TRAILER = "trailer"
    BODY = "body"
    COMMENT = "comment"
    TITLE = "title"
    LABEL = "label"


class Signature(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One rule.

    Attributes:
        id: by which it is named in evidence, and switched off.
        agent: whom it shows; a dependency bot's shows nobody and silences all others.
        any: what it is compared with, one of them is enough: `login#id` for accounts, e-mail addresses or accounts for
            those of commits, templates for branches, trailers (`Key: value`), lines and comments of the body, the
            start of the title, a whole label.
    """

    id: str
    agent: str
    kind: Kind
    role: Role
    confidence: Confidence
    any: tuple[str, ...]
