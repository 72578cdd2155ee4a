"""Pull requests of the past, read from a repository's own merge and squash commits."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from pr_sessions.history.branches import merged_lines
from pr_sessions.history.git_log import Commit, read_log
from pr_sessions.history.merge_message import Announcement, announcement
from pr_sessions.sessions.session import PullRequest, State
from pr_sessions.stores.paths import is_document, is_test

# What git itself shows for a date that it cannot read.
_EPOCH = datetime.fromtimestamp(0, UTC)


class HistoricPullRequest(Struct, frozen=True):
    """A pull request that one commit brought in.

    Attributes:
        sha: that commit.
        when: the time of that commit, which is when the pull request was merged.
        files: the paths that it changed.
        parents: the parents of that commit.
        kind: `merge` where the branch's own commits are in the history, `squash` where one commit stands for them.
        commits: ids of the branch's own commits, its tip first; empty for a squash.
        forks: ids of the commits that the branch was made from or took in by a merge.
    """

    pull_request: PullRequest
    sha: str
    when: datetime
    files: tuple[str, ...]
    parents: tuple[str, ...]
    kind: Literal["merge", "squash"]
    commits: tuple[str, ...] = ()
    forks: tuple[str, ...] = ()


def read_history(root: Path, revisions: str | None = None, limit: int | None = None) -> Iterator[HistoricPullRequest]:
    """The pull requests that a repository's history names, oldest first, each number once.

    A number that several commits name belongs to the merge, else to the earliest. Nothing is written and no
    network is used. In a shallow clone, or with a limit, a branch's oldest commits may be missing; where a shallow
    clone ends, what a commit changed is unknown.

    Args:
        root: any folder in the working tree.
        revisions: one revision or range, as `git log` takes it; the checked-out commit by default.
        limit: look only at so many commits, the newest.

    Raises:
        NotARepository: git is missing, or does not take the folder for a repository.
        InvalidValue: git does not know the revisions.
        UnreadableFile: git cannot read its own history.
    """
    commits: dict[str, Commit] = {}
    named: list[tuple[Commit, Announcement]] = []
    for commit in read_log(root, revisions, limit):
        commits[commit.sha] = replace(commit, message=_spoken(commit), files=(), added=())
        said = announcement(commit.message, len(commit.parents) > 1)
        if said:
            named.append((commit, said))
    lines = merged_lines({sha: commit.parents for sha, commit in commits.items()})
    found = [_pull_request(commit, said, lines.get(commit.sha, ()), commits) for commit, said in named]
    theirs = {sha for one in found for sha in one.commits}
    yield from _each_once(_with_shared(one, theirs) for one in found)


def _spoken(commit: Commit) -> str:
    """The subject and the trailers of a message: all that is looked at in a branch's commits."""
    subject = commit.message.strip().partition("\n")[0]
    trailers = commit.trailers.strip()
    return f"{subject}\n\n{trailers}" if trailers else subject


def _pull_request(
    commit: Commit, said: Announcement, line: tuple[str, ...], commits: Mapping[str, Commit]
) -> HistoricPullRequest:
    is_merge = len(commit.parents) > 1
    tip = commits.get(commit.parents[1], commit) if is_merge else commit
    own = [commits[sha] for sha in line]
    branch = own or [tip]
    when = commit.committed or commit.authored or _EPOCH
    pull_request = PullRequest(
        number=said.number,
        title=said.title,
        body=said.body,
        # Of a merge that is cut off from its branch only the one who merged is known.
        author="" if commit.is_cut and said.branch else tip.author,
        author_is_name=True,
        commits=line,
        # A squash has one message, and that is the title and the body already.
        commit_messages=tuple(one.message for one in branch) if is_merge else (),
        commit_authors=() if commit.is_cut and said.branch else tuple(_address(one) for one in reversed(branch)),
        files_changed=None if commit.is_cut else len(commit.files),
        test_files_added=None if commit.is_cut else sum(map(is_test, commit.added)),
        docs_updated=None if commit.is_cut else any(map(is_document, commit.files)),
        state=State.MERGED,
        branch=said.branch,
        base=said.base,
        created=min((one.authored for one in branch if one.authored), default=None),
        closed=when,
        merged=when,
    )
    kind: Literal["merge", "squash"] = "merge" if is_merge else "squash"
    return HistoricPullRequest(pull_request, commit.sha, when, commit.files, commit.parents, kind, line, _forks(own))


def _address(commit: Commit) -> str:
    """What git has in the place of an address; only a forge tells logins, so what is no address counts for nothing."""
    return commit.email if "@" in commit.email else ""


def _with_shared(one: HistoricPullRequest, theirs: Collection[str]) -> HistoricPullRequest:
    """With the commit of another pull request on which its branch was begun: on a forge it is a commit of both."""
    shared = tuple(sha for sha in one.forks if sha in theirs)
    if not shared:
        return one
    return replace(one, pull_request=replace(one.pull_request, commits=(*one.commits, *shared)))


def _forks(branch: Iterable[Commit]) -> tuple[str, ...]:
    """Parents of the branch's commits that are none of them, in the order of the branch."""
    own = {commit.sha for commit in branch}
    return tuple(dict.fromkeys(p for commit in branch for p in commit.parents if p not in own))


def _each_once(found: Iterable[HistoricPullRequest]) -> Iterator[HistoricPullRequest]:
    ordered = sorted(found, key=lambda one: (one.when, one.sha))
    chosen: dict[str, HistoricPullRequest] = {}
    for one in sorted(ordered, key=lambda one: one.kind == "squash"):
        chosen.setdefault(one.pull_request.number, one)
    yield from (one for one in ordered if chosen[one.pull_request.number] is one)
