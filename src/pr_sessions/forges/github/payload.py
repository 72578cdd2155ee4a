"""What GitHub says in responses and webhooks, as values. Pure.

Each table names the fields of a value and where they are in a payload. Real payloads lack much: authors whose account
is gone, heads whose fork is gone, fields that older servers do not have. What is null or empty keeps its default.
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import msgspec
from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace

from pr_sessions.core.models import NO_STACK, PullRequest, Stack, State
from pr_sessions.core.paths import is_document, is_test
from pr_sessions.core.times import read_time
from pr_sessions.errors import InvalidValue
from pr_sessions.forges.base import (
    ChangedFile,
    CheckRun,
    Comment,
    ForgePullRequest,
    ForgeStack,
    Issue,
    Review,
    StackMember,
)

T = TypeVar("T")
_PULL_REQUEST = {
    "title": "title",
    "body": "body",
    "author": "user.login",
    "author_id": "user.id",
    "branch": "head.ref",
    "base": "base.ref",
    "created": "created_at",
    "closed": "closed_at",
    "merged": "merged_at",
}
_FORGE_PULL_REQUEST = {
    "author": "user",
    "repository": "base.repo.full_name",
    "head_repository": "head.repo.full_name",
    "head_sha": "head.sha",
    "updated": "updated_at",
    "is_draft": "draft",
}
_FILE = {"filename": "filename", "status": "status", "previous_filename": "previous_filename"}
_REVIEW = {"id": "id", "author": "user", "state": "state", "commit": "commit_id", "submitted": "submitted_at"}
_COMMENT = {
    "id": "id",
    "author": "user",
    "body": "body",
    "created": "created_at",
    "updated": "updated_at",
    "number": "issue_url",
    "address": "html_url",
}
_ISSUE = {"title": "title", "author": "user", "body": "body", "address": "html_url"}
_CHECK_RUN = {
    "id": "id",
    "name": "name",
    "status": "status",
    "conclusion": "conclusion",
    "head_sha": "head_sha",
    "external_id": "external_id",
    "started": "started_at",
    "app": "app.slug",
    "title": "output.title",
}


_STACK_MEMBER = {"branch": "head.ref", "head_sha": "head.sha"}


class _Label(Struct):
    name: str | None = None


class _IssueRow(Struct):
    """What of an issue takes a rule to read; GitHub describes a label as a text, too."""

    number: int
    state: str | None = None
    labels: list[_Label | str | None] | None = None


class _Base(Struct):
    ref: str | None = None


class _Place(Struct):
    """What a pull request says of its stack."""

    number: int | None = None
    position: int | None = None
    size: int | None = None
    base: _Base | None = None


class _Stack(Struct):
    """What a stack says of itself."""

    number: int
    base: _Base | None = None
    pull_requests: list[dict[str, Any]] | None = None


class _Row(Struct):
    """What of a pull request takes a rule to read."""

    number: int
    labels: list[_Label | None] | None = None
    state: str | None = None
    merged: bool | None = None
    auto_merge: dict[str, Any] | None = None
    changed_files: int | None = None
    stack: dict[str, Any] | UnsetType | None = UNSET


def read_pull_request(payload: Any) -> ForgePullRequest:
    """Return a pull request, also from the issue that GitHub shows for one.

    Raises:
        InvalidValue: it has no number, or a field has a value of another kind.
    """
    name = "a pull request"
    row = _convert(payload, _Row, name)
    if not 0 < row.number < 10**18:
        raise InvalidValue(f"not a pull request number: {row.number}")
    values = _values(payload, _PULL_REQUEST, name)
    # An issue says in another place when its pull request was merged.
    values = _values(payload, {"merged": "pull_request.merged_at"}, name) | values
    state = _state(row, merged=bool(values.get("merged") or row.merged))
    pull_request = _convert({"number": str(row.number), **values}, PullRequest, name)
    return replace(
        _convert({"pull_request": pull_request, **_values(payload, _FORGE_PULL_REQUEST, name)}, ForgePullRequest, name),
        pull_request=replace(
            pull_request,
            labels=tuple(label.name for label in row.labels or () if label and label.name),
            state=state,
            files_changed=row.changed_files if (row.changed_files or 0) >= 0 else None,
            stack=_place(row.stack, name),
        ),
        auto_merge=row.auto_merge is not None,
    )


def _state(row: _Row, *, merged: bool) -> State | None:
    if merged:
        return State.MERGED
    return {"open": State.OPEN, "closed": State.CLOSED}.get((row.state or "").lower())


def _place(stack: dict[str, Any] | UnsetType | None, name: str) -> Stack | None:
    """Return the place in a stack. One that is null is none; where fields are missing, nothing is known."""
    if not isinstance(stack, dict):
        return None if stack is UNSET else NO_STACK
    place = _convert(stack, _Place, name)
    if place.number is None or place.position is None:
        return None
    if not (0 < place.number < 10**15 and 0 < place.position < 10**6):
        raise InvalidValue(f"not a place in a stack: {place.position} of stack {place.number}")
    size = place.size if place.size and 0 < place.size < 10**6 else 0
    return Stack(place.number, place.position, size, (place.base and place.base.ref) or "")


def read_stack(payload: Any) -> ForgeStack:
    """Return a stack of a list, with its pull requests from the lowest up.

    https://docs.github.com/en/rest/pulls/stacks

    Raises:
        InvalidValue: it is no stack.
    """
    name = "a stack"
    stack = _convert(payload, _Stack, name)
    members = tuple(_read_member(row, name) for row in stack.pull_requests or ())
    return ForgeStack(stack.number, (stack.base and stack.base.ref) or "", members)


def _read_member(payload: dict[str, Any], name: str) -> StackMember:
    row = _convert(payload, _Row, name)
    values = _values(payload, {"merged": "merged_at", **_STACK_MEMBER}, name)
    state = _state(row, merged=bool(values.pop("merged", None) or row.merged))
    return replace(_convert({"number": str(row.number), **values}, StackMember, name), state=state)


def read_file(payload: Any) -> ChangedFile:
    """Return a changed file of a list. Raises `InvalidValue` if it is none."""
    return _read(payload, ChangedFile, _FILE, "a changed file")


def read_review(payload: Any) -> Review:
    """Return a review. Raises `InvalidValue` if it is none."""
    review = _read(payload, Review, _REVIEW, "a review")
    return replace(review, state=review.state.lower())


def read_comment(payload: Any) -> Comment:
    """Return a comment. Raises `InvalidValue` if it is none."""
    comment = _read(payload, Comment, _COMMENT, "a comment")
    number = comment.number.rpartition("/")[2]
    return replace(comment, number=number if number.isascii() and number.isdecimal() else "")


def read_issue(payload: Any) -> Issue:
    """Return an issue. Raises `InvalidValue` if it is none."""
    row = _convert(payload, _IssueRow, "an issue")
    labels = tuple(label.name if isinstance(label, _Label) else label for label in row.labels or ())
    issue = _convert({"number": row.number, **_values(payload, _ISSUE, "an issue")}, Issue, "an issue")
    return replace(issue, is_open=row.state == "open", labels=tuple(filter(None, labels)))


def read_check_run(payload: Any) -> CheckRun:
    """Return a check run. Raises `InvalidValue` if it is none."""
    return _read(payload, CheckRun, _CHECK_RUN, "a check run")


def with_files(pull_request: PullRequest, files: Sequence[ChangedFile]) -> PullRequest:
    """Return the pull request with what its files say."""
    return replace(
        pull_request,
        files_changed=len(files),
        test_files_added=sum(1 for file in files if file.status == "added" and is_test(file.filename)),
        docs_updated=any(is_document(file.filename) for file in files),
    )


def _read(payload: Any, kind: type[T], paths: Mapping[str, str], name: str) -> T:
    return _convert(_values(payload, paths, name), kind, name)


def _values(payload: Any, paths: Mapping[str, str], name: str) -> dict[str, Any]:
    """Return the values at these paths, unless they are null or empty; those at `..._at` as times in UTC."""
    values = {}
    for field, path in paths.items():
        value = payload
        for key in path.split("."):
            if not isinstance(value, dict | None):
                raise InvalidValue(f"GitHub tells of {name} that cannot be read: {key!r} is not in an object")
            value = value.get(key) if value else None
        if value is not None and value != "":
            values[field] = read_time(_convert(value, str, name)) if path.endswith("_at") else value
    return values


def _convert(value: Any, kind: type[T], name: str) -> T:
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise InvalidValue(f"GitHub tells of {name} that cannot be read: {error}") from error
