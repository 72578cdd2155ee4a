"""What the API takes: parameters of the address and bodies. Nothing that is not described is taken."""

from datetime import date
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Raw, Struct, UnsetType

from pr_sessions.core.ids import MAX_ID
from pr_sessions.server.viewer import Right
from pr_sessions.storage.queries import MOST_ON_PAGE

_SAFE = r"^[A-Za-z0-9_.-]{1,100}$"
# No control characters: databases refuse some of them, and none names anything.
_LINE = r"^[^\x00-\x1f\x7f]*$"
Owner = Annotated[
    str, Meta(pattern=_SAFE, examples=["shop"], description="the owner; `-` for a clone whose remote is not known")
]
Name = Annotated[str, Meta(pattern=_SAFE, examples=["web"], description="the name of the repository")]
Number = Annotated[
    str,
    Meta(
        pattern=r"^([A-Za-z0-9_.-]{1,100}~[A-Za-z0-9_.-]{1,100}~)?[1-9][0-9]{0,17}$",
        examples=["42"],
        description="digits, or `owner~name~digits` of another repository than the session's",
    ),
]
SessionId = Annotated[
    str,
    Meta(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]*$", max_length=MAX_ID, description="the id or an alias of a session"),
]
Entry = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,64}$", description="the id of an entry of the audit log")]
Text = Annotated[str, Meta(pattern=_LINE, max_length=200)]
Cursor = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_=.-]*$", max_length=2000, description="`next` of the part before")]
Limit = Annotated[int, Meta(ge=1, le=MOST_ON_PAGE, description="items of one part")]
RepositoryFilter = Annotated[
    str, Meta(pattern=r"^([A-Za-z0-9_.-]{1,100}/)?[A-Za-z0-9_.-]{1,100}$", description="`owner/name`, in any case")
]
# A session file, which has a description of its own: docs/reference/session-file.md.
SessionFile = Annotated[Raw, Meta(extra_json_schema={"type": "object"})]
YesOrNo = Literal["true", "false"]


class Nothing(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """No parameters, or an empty body."""


class Paged(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which part of a list."""

    cursor: Cursor = ""
    limit: Limit = 50


class SessionsWanted(Paged, frozen=True, kw_only=True):
    """Which sessions; what is left out leaves none out."""

    repository: RepositoryFilter | UnsetType = UNSET
    is_active: YesOrNo | UnsetType = UNSET
    author: Text = ""
    agent: Text = ""


class PullRequestsWanted(Paged, frozen=True, kw_only=True):
    """Which pull requests; what is left out leaves none out."""

    repository: RepositoryFilter | UnsetType = UNSET
    state: Literal["open", "closed", "merged"] | UnsetType = UNSET
    agent: Text = ""
    is_attributed: YesOrNo | UnsetType = UNSET


class Searched(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is looked for: the beginning of an id or alias, or the number of a pull request."""

    text: Annotated[str, Meta(pattern=_LINE, min_length=1, max_length=200)]
    repository: RepositoryFilter | UnsetType = UNSET
    limit: Annotated[int, Meta(ge=1, le=100)] = 20


class RepositoriesWanted(Paged, frozen=True, kw_only=True):
    """Which repositories; `text` is a part of their names."""

    text: Text = ""


class RepositoryWanted(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One repository, or all of them."""

    repository: RepositoryFilter | UnsetType = UNSET


class InboxWanted(RepositoryWanted, frozen=True, kw_only=True):
    """Which rows; `login` leaves only those that this person opened, reviews or is assigned to."""

    login: Text = ""


class InboxPage(Paged, frozen=True, kw_only=True):
    """Which part of the rows, and which rows."""

    repository: RepositoryFilter | UnsetType = UNSET
    login: Text = ""


class OneRepository(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A repository in the address."""

    owner: Owner
    name: Name


class RepositoryPage(Paged, frozen=True, kw_only=True):
    """A part of a list of one repository."""

    owner: Owner
    name: Name


class OneSession(OneRepository, frozen=True, kw_only=True):
    """A session in the address."""

    session_id: SessionId


class OnePullRequest(OneRepository, frozen=True, kw_only=True):
    """A pull request in the address."""

    number: Number


class DeliveriesWanted(Paged, frozen=True, kw_only=True):
    """Which deliveries."""

    repository: RepositoryFilter | UnsetType = UNSET
    state: Literal["waiting", "handled", "ignored", "dead"] = "dead"


class GivenUpWanted(Paged, frozen=True, kw_only=True):
    """What was given up, in one repository or in all."""

    repository: RepositoryFilter | UnsetType = UNSET


class OneGivenUp(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something that was given up, in the address."""

    entry_id: Annotated[str, Meta(pattern=r"^[1-9][0-9]{0,17}$")]


class EvidenceWanted(Paged, frozen=True, kw_only=True):
    """Which merged pull requests: those of an organisation since a day."""

    organisation: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_.-]{1,100}$", examples=["shop"])]
    since: Annotated[date, Meta(examples=["2025-11-01"], description="the first day, in UTC")]


class OneDelivery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A delivery in the address."""

    delivery_id: Annotated[str, Meta(pattern=r"^[1-9][0-9]{0,17}$")]


class OneToken(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A token in the address."""

    token_id: Annotated[str, Meta(pattern="^[0-9a-f]{16}$")]


class IntoSession(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The session that a pull request belongs to."""

    session_id: SessionId


class MoveTo(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The session that a pull request belongs to; a new one where none is named."""

    session_id: SessionId | None = None


class MergeWith(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The session that is the same work."""

    session_id: SessionId


class UndoOf(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The entry of the audit log to undo; the last correction where none is named."""

    entry: Entry | None = None


class TokenWanted(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A token to create; without repositories it is good for all."""

    name: Annotated[str, Meta(pattern=_LINE, min_length=1, max_length=100)]
    scopes: Annotated[tuple[Right, ...], Meta(min_length=1, max_length=4)]
    repositories: (
        Annotated[
            tuple[Annotated[str, Meta(pattern=r"^[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100}$")], ...],
            Meta(min_length=1, max_length=1000),
        ]
        | None
    ) = None
    # To JSON Schema 90.0 is an integer, too.
    days: Annotated[float, Meta(ge=1, le=366, multiple_of=1)] = 90


class SyncWanted(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a clone knows: its session file."""

    sessions: SessionFile


def text_of(value: str | UnsetType) -> str:
    """Return a parameter, empty where it was left out."""
    return "" if isinstance(value, UnsetType) else value


def truth_of(value: YesOrNo | UnsetType) -> bool | None:
    """Return a parameter as it is meant, `None` where it was left out."""
    return None if isinstance(value, UnsetType) else value == "true"


def number_of(number: str) -> str:
    """Return a number of the address as it is stored."""
    repository, _, digits = number.rpartition("~")
    return f"{repository.replace('~', '/')}#{digits}" if repository else digits


def repository_of(where: OneRepository | RepositoryPage) -> str:
    """Return the repository of the address: `owner/name`, or a folder's name."""
    return where.name if where.owner == "-" else f"{where.owner}/{where.name}"
