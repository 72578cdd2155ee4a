"""One pull request as our own exports, forges' APIs and their command-line tools write it in JSON.

Which of them wrote a row is seen by its fields. All other fields are passed over.

- own exports, GitHub's API and `gh pr list --json`: https://docs.github.com/en/rest/pulls/pulls
- GitLab's API and `glab mr list --output json`: https://docs.gitlab.com/api/merge_requests/
- Bitbucket Cloud: https://developer.atlassian.com/cloud/bitbucket/rest/api-group-pullrequests/
- Bitbucket Data Center: https://developer.atlassian.com/server/bitbucket/rest/
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, tzinfo
from itertools import islice
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import UNSET, Meta, Struct, field

from pr_sessions.core.json_text import decode
from pr_sessions.core.models import NO_STACK, PullRequest, Stack, State
from pr_sessions.core.times import read_time
from pr_sessions.core.urls import PullRequestAddress, pull_request_addresses
from pr_sessions.errors import InvalidValue

MAX_COMMITS = 250
_NUMBER = re.compile(r"(?:[\w.-]+/[\w.-]+#)?[1-9][0-9]{0,17}", re.ASCII)
_HASH = re.compile(r"[0-9a-f]{12,64}", re.ASCII | re.IGNORECASE)
_STATES = {
    "open": State.OPEN,
    "opened": State.OPEN,
    "merged": State.MERGED,
    **dict.fromkeys(("closed", "locked", "declined", "superseded"), State.CLOSED),
}

_OTHER_FIELDS = (b'"iid"', b'"fromRef"', b'"destination"')

Count = Annotated[int, Meta(ge=0)]
T = TypeVar("T")


class Row(Struct, frozen=True):
    """A pull request, and where it is if the row has the address of its page."""

    pull_request: PullRequest
    address: PullRequestAddress | None


class _User(Struct):
    login: str
    # `gh` has a text here, which is another id.
    id: int | str | None = None


class _Ref(Struct):
    ref: str


class _Label(Struct):
    name: str


class _Author(Struct):
    email: str | None = None


class _Commit(Struct):
    oid: str | None = None
    sha: str | None = None
    message: str | None = None
    email: str | None = None
    headline: str | None = field(name="messageHeadline", default=None)
    rest: str | None = field(name="messageBody", default=None)
    authors: list[_Author] | None = None


class _GitHub(Struct):
    """Our own exports and GitHub's API, then what `gh` calls otherwise."""

    number: int | str
    title: str | None = None
    body: str | None = None
    author: str | _User | None = None
    user: _User | None = None
    author_id: int | None = None
    labels: list[str | _Label] | None = None
    branch: str | None = None
    head: str | _Ref | None = None
    base: str | _Ref | None = None
    state: str | None = None
    created_at: str | None = None
    closed_at: str | None = None
    merged_at: str | None = None
    changed_files: Count | None = None
    files: list[Any] | None = None
    test_files_added: Count | None = None
    doc_files: Count | None = None
    # GitHub's API has a count here.
    commits: list[_Commit | str] | int | None = None
    html_url: Any = None
    web_url: Any = None
    url: Any = None
    head_name: str | None = field(name="headRefName", default=None)
    base_name: str | None = field(name="baseRefName", default=None)
    created: str | None = field(name="createdAt", default=None)
    closed: str | None = field(name="closedAt", default=None)
    merged: str | None = field(name="mergedAt", default=None)
    file_count: Count | None = field(name="changedFiles", default=None)
    # Another program's exports may have anything here.
    stack: Any = UNSET


class _Place(Struct):
    number: Annotated[int, Meta(gt=0, lt=10**15)]
    position: Annotated[int, Meta(gt=0, lt=10**6)]
    size: Annotated[int, Meta(ge=0, lt=10**6)] = 0
    base: _Ref | None = None


class _GitLabUser(Struct):
    username: str
    id: int | None = None


class _GitLab(Struct):
    iid: int
    title: str | None = None
    description: str | None = None
    author: _GitLabUser | None = None
    labels: list[str | _Label] | None = None
    state: str | None = None
    source_branch: str | None = None
    target_branch: str | None = None
    sha: str | None = None
    created_at: str | None = None
    closed_at: str | None = None
    merged_at: str | None = None
    web_url: Any = None


class _Name(Struct):
    name: str | None = None


class _CloudSide(Struct):
    branch: _Name | None = None


class _CloudUser(Struct):
    nickname: str | None = None
    display_name: str | None = None


class _Cloud(Struct):
    id: int
    source: _CloudSide
    destination: _CloudSide
    title: str | None = None
    description: str | None = None
    author: _CloudUser | None = None
    state: str | None = None
    created_on: str | None = None


class _ServerRef(Struct):
    display: str | None = field(name="displayId", default=None)


class _ServerUser(Struct):
    name: str


class _Participant(Struct):
    user: _ServerUser


class _Server(Struct):
    id: int
    source: _ServerRef = field(name="fromRef")
    target: _ServerRef | None = field(name="toRef", default=None)
    title: str | None = None
    description: str | None = None
    author: _Participant | None = None
    state: str | None = None
    # Milliseconds since 1970.
    created: int | None = field(name="createdDate", default=None)
    closed: int | None = field(name="closedDate", default=None)


def read_row(text: bytes, zone: tzinfo) -> Row:
    """Return the pull request of one JSON object.

    Args:
        text: the object.
        zone: where times without a zone were written.

    Raises:
        DecodeError: it is no such object.
        InvalidValue: a value makes no sense.
    """
    is_plain = not any(word in text for word in _OTHER_FIELDS)
    fields = {} if is_plain else decode(text, dict[str, msgspec.Raw])
    if "iid" in fields:
        return _of_gitlab(decode(text, _GitLab), zone)
    if "fromRef" in fields:
        return _of_server(decode(text, _Server))
    if "source" in fields and "destination" in fields:
        return _of_cloud(decode(text, _Cloud), zone)
    return _of_github(decode(text, _GitHub), zone)


def _of_github(row: _GitHub, zone: tzinfo) -> Row:
    author = row.author or row.user
    author_id = author.id if isinstance(author, _User) else row.author_id
    commits = row.commits if isinstance(row.commits, list) else []
    described = [commit for commit in commits if isinstance(commit, _Commit)]
    hashes = (commit if isinstance(commit, str) else commit.oid or commit.sha or "" for commit in commits)
    emails = (email for commit in described for email in _emails(commit))
    counts = (row.changed_files, row.file_count, None if row.files is None else len(row.files))
    merged, closed = row.merged_at or row.merged, row.closed_at or row.closed
    pull_request = PullRequest(
        number=_number(row.number),
        title=row.title or "",
        body=row.body or "",
        author=_login(author.login) if isinstance(author, _User) else author or "",
        author_id=author_id if isinstance(author_id, int) else None,
        labels=_labels(row.labels),
        commit_messages=tuple(_message(commit) for commit in described),
        commit_authors=tuple(email for email in emails if "@" in email),
        files_changed=next((count for count in counts if count is not None), None),
        test_files_added=row.test_files_added,
        docs_updated=None if row.doc_files is None else row.doc_files > 0,
        state=_state(row.state, merged, closed),
        branch=row.branch or _ref(row.head) or row.head_name or None,
        base=_ref(row.base) or row.base_name or None,
        commits=tuple(sha for sha in islice(hashes, MAX_COMMITS) if _HASH.fullmatch(sha)),
        created=_time(row.created_at if row.created_at is not None else row.created, zone),
        closed=_time(closed, zone),
        merged=_time(merged, zone),
        stack=_stack(row.stack),
    )
    # `url` of GitHub's API leads to the API, by `/pulls/`; that of `gh` leads to the page.
    page = None if "/pulls/" in str(row.url) else row.url
    return Row(pull_request, _address((row.html_url, row.web_url, page), str(row.number)))


def _of_gitlab(row: _GitLab, zone: tzinfo) -> Row:
    pull_request = PullRequest(
        number=_number(row.iid),
        title=row.title or "",
        body=row.description or "",
        author=row.author.username if row.author else "",
        author_id=row.author.id if row.author else None,
        labels=_labels(row.labels),
        state=_state(row.state, row.merged_at, row.closed_at),
        branch=row.source_branch or None,
        base=row.target_branch or None,
        commits=(row.sha,) if row.sha and _HASH.fullmatch(row.sha) else (),
        created=_time(row.created_at, zone),
        closed=_time(row.closed_at or row.merged_at, zone),
        merged=_time(row.merged_at, zone),
    )
    return Row(pull_request, _address((row.web_url,), str(row.iid)))


def _of_cloud(row: _Cloud, zone: tzinfo) -> Row:
    """Bitbucket Cloud does not say when a pull request was merged or declined."""
    author = row.author or _CloudUser()
    pull_request = PullRequest(
        number=_number(row.id),
        title=row.title or "",
        body=row.description or "",
        author=author.nickname or author.display_name or "",
        state=_state(row.state, None, None),
        branch=row.source.branch.name if row.source.branch else None,
        base=row.destination.branch.name if row.destination.branch else None,
        created=_time(row.created_on, zone),
    )
    return Row(pull_request, None)


def _of_server(row: _Server) -> Row:
    state, closed = _state(row.state, None, None), _moment(row.closed)
    pull_request = PullRequest(
        number=_number(row.id),
        title=row.title or "",
        body=row.description or "",
        author=row.author.user.name if row.author else "",
        state=state,
        branch=row.source.display,
        base=row.target.display if row.target else None,
        created=_moment(row.created),
        closed=closed,
        merged=closed if state is State.MERGED else None,
    )
    return Row(pull_request, None)


def _number(value: int | str) -> str:
    number = str(value)
    if not _NUMBER.fullmatch(number):
        raise InvalidValue(f"not a pull request number: {number[:40]!r}", "write it like 12, or owner/name#12")
    return number


def _login(login: str) -> str:
    """Return a login as the API spells it; `gh` writes `app/dependabot` for `dependabot[bot]`."""
    return f"{login.removeprefix('app/')}[bot]" if login.startswith("app/") else login


def _labels(labels: Iterable[str | _Label] | None) -> tuple[str, ...]:
    return tuple(label.name if isinstance(label, _Label) else label for label in labels or ())


def _message(commit: _Commit) -> str:
    if commit.message is not None:
        return commit.message
    return "\n\n".join(part for part in (commit.headline, commit.rest) if part)


def _emails(commit: _Commit) -> Iterable[str]:
    """Yield the address of the author; of several that `gh` lists, the first is the author."""
    return [email for email in (commit.email, *(author.email for author in commit.authors or ())) if email][:1]


def _address(texts: Iterable[Any], number: str) -> PullRequestAddress | None:
    """Return where the pull request is, if one of the texts is the address of a page with the same number."""
    addresses = (address for text in texts if isinstance(text, str) for address in pull_request_addresses(text))
    return next((address for address in addresses if address.number == number), None)


def _state(state: str | None, merged: str | None, closed: str | None) -> State | None:
    """Return the state; with a time of merging it is merged, whatever it says, as in GitHub's API."""
    if merged:
        return State.MERGED
    if state is None:
        return State.CLOSED if closed else None
    known = _STATES.get(state.casefold())
    if known is None:
        raise InvalidValue(f"not a state of a pull request: {state[:40]!r}", "write open, closed or merged")
    return known


def _stack(value: Any) -> Stack | None:
    """Return the place in a stack as GitHub's API has it; `None` for anything else."""
    if value is None:
        return NO_STACK
    try:
        place = msgspec.convert(value, _Place)
    except msgspec.ValidationError:
        return None
    return Stack(place.number, place.position, place.size, place.base.ref if place.base else "")


def _ref(value: str | _Ref | None) -> str | None:
    return (value.ref if isinstance(value, _Ref) else value) or None


def _time(value: str | None, zone: tzinfo) -> datetime | None:
    return None if value is None else read_time(value, zone)


def _moment(milliseconds: int | None) -> datetime | None:
    try:
        return None if milliseconds is None else datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        raise InvalidValue(f"not a date and time: {milliseconds!r}", "write milliseconds since 1970") from None
