"""What GitHub tells of pull requests, in answers and in webhooks, as values. Pure.

Tolerant of what real payloads lack: authors whose account is gone, heads whose fork is gone, fields that older servers
do not have.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from pr_sessions.errors import InvalidValue
from pr_sessions.sessions.session import PullRequest, State
from pr_sessions.sessions.times import read_time
from pr_sessions.stores.paths import is_document, is_test

T = TypeVar("T")


class User(Struct, frozen=True):
    """An account; a number that nobody can take over beside a name that changes."""

    login: str = ""
    id: int | None = None
    type: str | None = None

    @property
    def is_bot(self) -> bool:
        """Whether it is an App's account, which nobody else can write as."""
        return self.type == "Bot"


class GitHubPullRequest(Struct, frozen=True, kw_only=True):
    """A pull request with what only its forge knows.

    Attributes:
        author: who opened it.
        repository: `owner/name` of the one that it is meant for; empty where that is not told.
        head_repository: `owner/name` of the one that it comes from; `None` where that is gone, or not told.
        head_sha: the commit at the head of its branch.
        updated: when anything about it changed last.
        auto_merge: whether it merges by itself as soon as it may.
    """

    pull_request: PullRequest
    author: User = User()
    repository: str = ""
    head_repository: str | None = None
    head_sha: str = ""
    updated: datetime | None = None
    is_draft: bool = False
    auto_merge: bool = False

    @property
    def is_fork(self) -> bool:
        """Whether its branch is not known to lie in the same repository; in doubt it is one."""
        return self.head_repository is None or self.head_repository.lower() != self.repository.lower()


class Commit(Struct, frozen=True):
    """A commit of a pull request."""

    sha: str
    message: str = ""
    email: str = ""
    author: User = User()


class ChangedFile(Struct, frozen=True):
    """A file that a pull request changes; `previous_filename` where it was moved."""

    filename: str
    status: str = ""
    previous_filename: str | None = None


class Review(Struct, frozen=True):
    """A review; `state` in lower case: approved, changes_requested, commented, dismissed, pending."""

    id: int
    author: User = User()
    state: str = ""
    commit: str = ""
    submitted: datetime | None = None


class Comment(Struct, frozen=True):
    """A comment below a pull request.

    Attributes:
        number: of that pull request or issue; empty where it is not told.
        address: where people read it.
    """

    id: int
    author: User = User()
    body: str = ""
    created: datetime | None = None
    updated: datetime | None = None
    number: str = ""
    address: str = ""


class CheckRun(Struct, frozen=True):
    """A check run on a commit.

    Attributes:
        app: name of the App that made it, such as `github-actions`.
        title: of its output.
    """

    id: int
    name: str = ""
    status: str = ""
    conclusion: str | None = None
    head_sha: str = ""
    external_id: str = ""
    started: datetime | None = None
    app: str = ""
    title: str = ""


class _Repository(Struct):
    full_name: str = ""


class _Ref(Struct):
    ref: str | None = None
    sha: str | None = None
    repo: _Repository | None = None


class _Label(Struct):
    name: str | None = None


class _OfIssue(Struct):
    merged_at: str | None = None


class _PullRequest(Struct):
    number: int
    title: str | None = None
    body: str | None = None
    user: User | None = None
    labels: list[_Label | None] | None = None
    state: str | None = None
    merged: bool | None = None
    draft: bool | None = None
    auto_merge: dict[str, Any] | None = None
    head: _Ref | None = None
    base: _Ref | None = None
    created_at: str | None = None
    updated_at: str | None = None
    closed_at: str | None = None
    merged_at: str | None = None
    changed_files: int | None = None
    pull_request: _OfIssue | None = None


class _Person(Struct):
    email: str | None = None


class _CommitText(Struct):
    message: str | None = None
    author: _Person | None = None


class _Commit(Struct):
    sha: str
    commit: _CommitText | None = None
    author: User | None = None


class _Review(Struct):
    id: int
    user: User | None = None
    state: str | None = None
    commit_id: str | None = None
    submitted_at: str | None = None


class _Comment(Struct):
    id: int
    user: User | None = None
    body: str | None = None
    created_at: str | None = None
    updated_at: str | None = None
    issue_url: str | None = None
    html_url: str | None = None


class _App(Struct):
    slug: str | None = None


class _Output(Struct):
    title: str | None = None


class _CheckRun(Struct):
    id: int
    name: str | None = None
    status: str | None = None
    conclusion: str | None = None
    head_sha: str | None = None
    external_id: str | None = None
    started_at: str | None = None
    app: _App | None = None
    output: _Output | None = None


def read_pull_request(payload: Any) -> GitHubPullRequest:
    """A pull request, or the issue that GitHub shows for one.

    Raises:
        InvalidValue: it has no number, or a field has a value of another kind.
    """
    row = _into(_PullRequest, payload, "a pull request")
    if row.number < 1:
        raise InvalidValue(f"not a pull request number: {row.number}")
    head, base = row.head or _Ref(), row.base or _Ref()
    return GitHubPullRequest(
        pull_request=_pull_request(row, head, base),
        author=row.user or User(),
        repository=base.repo.full_name if base.repo else "",
        head_repository=(head.repo.full_name if head.repo else None) or None,
        head_sha=head.sha or "",
        updated=_time(row.updated_at),
        is_draft=bool(row.draft),
        auto_merge=row.auto_merge is not None,
    )


def read_commit(payload: Any) -> Commit:
    """A commit of a list. Raises `InvalidValue` where it is none."""
    row = _into(_Commit, payload, "a commit")
    text = row.commit or _CommitText()
    email = (text.author.email if text.author else None) or ""
    return Commit(row.sha, text.message or "", email, row.author or User())


def read_file(payload: Any) -> ChangedFile:
    """A changed file of a list. Raises `InvalidValue` where it is none."""
    return _into(ChangedFile, payload, "a changed file")


def read_review(payload: Any) -> Review:
    """A review. Raises `InvalidValue` where it is none."""
    row = _into(_Review, payload, "a review")
    state = (row.state or "").lower()
    return Review(row.id, row.user or User(), state, row.commit_id or "", _time(row.submitted_at))


def read_comment(payload: Any) -> Comment:
    """A comment. Raises `InvalidValue` where it is none."""
    row = _into(_Comment, payload, "a comment")
    number = (row.issue_url or "").rpartition("/")[2]
    return Comment(
        row.id,
        row.user or User(),
        row.body or "",
        _time(row.created_at),
        _time(row.updated_at),
        number if number.isascii() and number.isdecimal() else "",
        row.html_url or "",
    )


def read_check_run(payload: Any) -> CheckRun:
    """A check run. Raises `InvalidValue` where it is none."""
    row = _into(_CheckRun, payload, "a check run")
    return CheckRun(
        row.id,
        row.name or "",
        row.status or "",
        row.conclusion,
        row.head_sha or "",
        row.external_id or "",
        _time(row.started_at),
        (row.app.slug if row.app else None) or "",
        (row.output.title if row.output else None) or "",
    )


def with_files(pull_request: PullRequest, files: Sequence[ChangedFile]) -> PullRequest:
    """The pull request with what its files tell."""
    return replace(
        pull_request,
        files_changed=len(files),
        test_files_added=sum(1 for file in files if file.status == "added" and is_test(file.filename)),
        docs_updated=any(is_document(file.filename) for file in files),
    )


def _pull_request(row: _PullRequest, head: _Ref, base: _Ref) -> PullRequest:
    user, merged = row.user or User(), row.merged_at or (row.pull_request.merged_at if row.pull_request else None)
    return PullRequest(
        number=str(row.number),
        title=row.title or "",
        body=row.body or "",
        author=user.login,
        author_id=user.id,
        labels=tuple(label.name for label in row.labels or () if label and label.name),
        files_changed=row.changed_files if row.changed_files is None or row.changed_files >= 0 else None,
        state=_state(row, merged),
        branch=head.ref or None,
        base=base.ref or None,
        created=_time(row.created_at),
        closed=_time(row.closed_at),
        merged=_time(merged),
    )


def _state(row: _PullRequest, merged: str | None) -> State | None:
    if merged or row.merged:
        return State.MERGED
    return {"open": State.OPEN, "closed": State.CLOSED}.get((row.state or "").lower())


def _into(kind: type[T], payload: Any, name: str) -> T:
    try:
        return msgspec.convert(payload, kind)
    except msgspec.ValidationError as error:
        raise InvalidValue(f"GitHub tells of {name} that cannot be read: {error}") from error


def _time(text: str | None) -> datetime | None:
    return None if text is None else read_time(text)
