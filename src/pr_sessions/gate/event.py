"""The event that started a workflow: what GitHub delivers, from the runner's file or a recorded one."""

from codecs import BOM_UTF8
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from pr_sessions.core.json_text import decode
from pr_sessions.core.times import read_time
from pr_sessions.errors import InvalidValue, UnreadableFile
from pr_sessions.forges.base import Comment, ForgePullRequest, Review, User
from pr_sessions.forges.github.access import repository_name
from pr_sessions.forges.github.payload import read_comment, read_pull_request, read_review
from pr_sessions.io.files import MIB, read_bytes
from pr_sessions.io.places import followed

EVENTS = ("pull_request", "pull_request_target", "pull_request_review", "issue_comment", "issues")
OCCASIONS = ("merge_group", "push", "schedule", "workflow_dispatch")
# GitHub delivers nothing larger.
MOST = 25 * MIB
# By what a payload holds, the most specific first: the payload itself does not hold GitHub's name of the event.
_NAMES = (
    ("merge_group", ("merge_group",)),
    ("issue_comment", ("comment", "issue")),
    ("pull_request_review_comment", ("comment", "pull_request")),
    ("pull_request_review_thread", ("thread", "pull_request")),
    ("pull_request_review", ("review", "pull_request")),
    ("pull_request", ("pull_request",)),
    ("schedule", ("schedule",)),
    ("push", ("ref", "before", "after")),
    ("workflow_dispatch", ("ref", "inputs", "workflow")),
    ("issues", ("issue",)),
)


class IssueEdit(Struct, frozen=True):
    """An issue that was edited; `before` is its body before that, `None` where the body stayed as it was."""

    number: int
    body: str = ""
    before: str | None = None


class Event(Struct, frozen=True, kw_only=True):
    """Something that happened on GitHub.

    Attributes:
        name: GitHub's, such as `pull_request`, `merge_group`, `workflow_dispatch`; empty where it is not known.
        action: GitHub's word for what was done.
        repository: `owner/name`; empty where it is not known.
        number: of the pull request that it is about; empty where there is none.
        sha: the commit that checks are reported on: the pull request's last, the merge group's, or what the runner
            says; empty where the event does not say, as for a comment.
        sender: who did it.
        pull_request: as the event reports it; a comment's event reports less.
        issue: of an event `issues`, which is about no pull request.
        at: when it happened.
        problem: why it postpones nothing, in words; empty where it may.
    """

    name: str = ""
    action: str = ""
    repository: str = ""
    number: str = ""
    sha: str = ""
    sender: User = User()
    pull_request: ForgePullRequest | None = None
    comment: Comment | None = None
    review: Review | None = None
    issue: IssueEdit | None = None
    at: datetime | None = None
    problem: str = ""

    @property
    def is_of_fork(self) -> bool:
        """Return whether the event is about a pull request whose branch is not known to be in the repository.

        A comment's event does not say where the branch is.
        """
        return self.name != "issue_comment" and self.pull_request is not None and self.pull_request.is_fork


def read_event(path: Path | None, name: str = "", repository: str = "", sha: str = "") -> Event:
    """Return the event of a file, up to 25 MiB. It never raises for what the file holds: a problem says what is wrong.

    Args:
        path: as the runner names it; `None` where it names none.
        name: GitHub's name of the event; found by what the payload holds where it is empty.
        repository: `owner/name`; the payload must be of the same one.
        sha: the commit that the runner works on.
    """
    try:
        payload = _payload(path)
        name = name or _name_of(payload)
        event = read_payload(name, payload)
        _check_repository(event.repository, repository)
    except (InvalidValue, UnreadableFile) as error:
        event = Event(name=name, problem=str(error))
        return replace(event, repository=repository, sha=sha if name in OCCASIONS else "")
    if name in OCCASIONS:
        return replace(event, repository=event.repository or repository, sha=event.sha or sha)
    return event


def _payload(path: Path | None) -> Mapping[str, Any]:
    if path is None:
        raise UnreadableFile("no event file is named: give one with --event")
    data = read_bytes(followed(path), MOST)
    if data is None:
        raise UnreadableFile(f"there is no event file {path}")
    try:
        payload = decode(data.removeprefix(BOM_UTF8))
    except msgspec.DecodeError:
        raise UnreadableFile("the event file is empty, half-written, nested too deeply or no JSON") from None
    if not isinstance(payload, dict):
        raise UnreadableFile("the event file holds no object")
    return payload


def _name_of(payload: Mapping[str, Any]) -> str:
    name = next((name for name, keys in _NAMES if all(key in payload for key in keys)), None)
    if name is None:
        raise UnreadableFile("the event file does not show which event it tells of")
    return name


def _check_repository(actual: str, expected: str) -> None:
    """Refuse an event of another repository than the expected one, or of none."""
    repository_name(actual or expected)
    if actual and expected and actual.lower() != expected.lower():
        raise InvalidValue(f"the event is of {actual}, and not of {expected}")


class _Repository(Struct):
    full_name: str


class _AboutPullRequest(Struct):
    repository: _Repository
    action: str | None = None
    sender: User | None = None
    pull_request: dict[str, Any] | None = None
    issue: dict[str, Any] | None = None
    comment: dict[str, Any] | None = None
    review: dict[str, Any] | None = None


class _From(Struct):
    body: str | None = msgspec.field(name="from", default=None)


class _Changes(Struct):
    body: _From | None = None


class _Issue(Struct):
    number: int
    body: str | None = None


class _AboutIssue(Struct):
    repository: _Repository
    issue: _Issue
    action: str | None = None
    sender: User | None = None
    changes: _Changes | None = None


class _Commit(Struct):
    timestamp: str | None = None


class _MergeGroup(Struct):
    head_sha: str
    head_commit: _Commit | None = None


class _AboutRepository(Struct):
    action: str | None = None
    repository: _Repository | None = None
    sender: User | None = None
    merge_group: _MergeGroup | None = None
    head_commit: _Commit | None = None


def read_payload(name: str, payload: Any) -> Event:
    """Return the event that GitHub delivers under a name: to a webhook, or to a workflow as its file.

    Raises:
        InvalidValue: the payload is of no use here.
    """
    try:
        if name in OCCASIONS:
            return _of_repository(name, msgspec.convert(payload, _AboutRepository))
        if name == "issues":
            return _of_issue(msgspec.convert(payload, _AboutIssue))
        if name in EVENTS:
            return _of_pull_request(name, msgspec.convert(payload, _AboutPullRequest))
    except (msgspec.ValidationError, RecursionError) as error:
        raise InvalidValue(str(error)) from None
    raise InvalidValue(f"the event {name[:40]!r} is not looked at")


def _of_repository(name: str, payload: _AboutRepository) -> Event:
    """Return something that happened to a repository, and to no pull request of its own."""
    group = payload.merge_group if name == "merge_group" else None
    if name == "merge_group" and group is None:
        raise InvalidValue("an event without its merge group")
    # When the commit was made is as good as when it happened.
    commit = (group.head_commit if group else payload.head_commit) or _Commit()
    return Event(
        name=name,
        action=payload.action or "",
        repository=payload.repository.full_name if payload.repository else "",
        sha=group.head_sha if group else "",
        sender=payload.sender or User(),
        at=read_time(commit.timestamp) if commit.timestamp else None,
    )


def _of_issue(payload: _AboutIssue) -> Event:
    change = payload.changes.body if payload.changes else None
    return Event(
        name="issues",
        action=payload.action or "",
        repository=payload.repository.full_name,
        sender=payload.sender or User(),
        # GitHub leaves the text out where there was none.
        issue=IssueEdit(payload.issue.number, payload.issue.body or "", (change.body or "") if change else None),
    )


def _of_pull_request(name: str, payload: _AboutPullRequest) -> Event:
    about = payload.issue if name == "issue_comment" else payload.pull_request
    if about is None:
        raise InvalidValue(f"the event {name} tells of no pull request")
    if name == "issue_comment" and not about.get("pull_request"):
        raise InvalidValue("a comment on an issue, not on a pull request")
    if name == "issue_comment" and payload.comment is None:
        raise InvalidValue("an event without its comment")
    if name == "pull_request_review" and payload.review is None:
        raise InvalidValue("an event without its review")
    pull_request = read_pull_request(about)
    comment = read_comment(payload.comment) if payload.comment else None
    review = read_review(payload.review) if payload.review else None
    times = (pull_request.updated, comment.updated if comment else None, review.submitted if review else None)
    # Only a comment's event does not say where the branch is.
    is_gone = name != "issue_comment" and pull_request.head_repository is None
    return Event(
        name=name,
        action=payload.action or "",
        repository=payload.repository.full_name,
        number=pull_request.pull_request.number,
        sha=pull_request.head_sha,
        sender=payload.sender or User(),
        pull_request=pull_request,
        comment=comment,
        review=review,
        at=max((moment for moment in times if moment), default=None),
        problem="the repository of its branch is gone" if is_gone else "",
    )
