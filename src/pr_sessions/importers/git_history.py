"""Pull requests of the past, read from a repository's own merge and squash commits."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from pr_sessions.core.history import HistoricPullRequest, History, Kind
from pr_sessions.core.models import PullRequest, State
from pr_sessions.core.paths import is_document, is_test
from pr_sessions.git.log import Commit, MissingObjects, read_log
from pr_sessions.git.remotes import Forge
from pr_sessions.importers.merge_message import Announcement, announcement
from pr_sessions.importers.merged_lines import first_parents, merged_lines, unrelated
from pr_sessions.importers.numbering import Named, others

# What git itself shows for a date that it cannot read.
_EPOCH = datetime.fromtimestamp(0, UTC)
# Who commits what is merged on GitHub's pages or by its API; on a server of one's own by the name.
_GITHUB_EMAIL = "noreply@github.com"
_GITHUB_NAMES = ("GitHub", "GitHub Enterprise")


class _Naming(Struct, frozen=True):
    """A commit that names a pull request.

    Attributes:
        line: its branch's own commits, the tip first.
        rebased: all commits that came in by themselves, the newest, which is `commit`, last; empty otherwise.
    """

    commit: Commit
    announced: Announcement
    line: tuple[str, ...]
    rebased: tuple[Commit, ...] = ()

    @property
    def when(self) -> datetime:
        return _when(self.commit)

    @property
    def is_merge(self) -> bool:
        return len(self.commit.parents) > 1


def read_history(root: Path, revisions: str | None = None, limit: int | None = None) -> Iterator[HistoricPullRequest]:
    """Yield the pull requests of `read_whole_history`, oldest first."""
    yield from read_whole_history(root, revisions, limit).pull_requests


def read_whole_history(
    root: Path,
    revisions: str | None = None,
    limit: int | None = None,
    *,
    is_named_bare: bool = False,
    forge: Forge | Literal["unknown"] | None = None,
) -> History:
    """Return the pull requests that a repository's history names, oldest first, each number once.

    A number that several commits name belongs to the merge, else to the earliest. Nothing is written and no
    network is used. In a shallow clone, or with a limit, a branch's oldest commits may be missing. Where a shallow
    clone ends, and in a clone without trees, what a commit changed is unknown.

    Args:
        root: any folder in the working tree.
        revisions: one revision or range, as `git log` takes it; the checked-out commit by default.
        limit: look only at so many commits, the newest.
        is_named_bare: `root` is a bare repository that the user named.
        forge: where the remote leads, which says what `(#12)` means; `None` where there is no remote.

    Raises:
        NotARepository: git is missing, or does not take the folder for a repository.
        InvalidValue: git does not know the revisions.
        UnreadableFile: git cannot read its own history.
    """
    read = partial(_read, root, revisions, limit, is_named_bare)
    try:
        commits, named = read(with_files=True)
    except MissingObjects:
        commits, named = read(with_files=False)
    return _history(commits, named, forge)


def _read(
    root: Path, revisions: str | None, limit: int | None, is_named_bare: bool, *, with_files: bool
) -> tuple[dict[str, Commit], list[tuple[Commit, Announcement]]]:
    """Return the commits by their ids, newest first, and those that name pull requests."""
    commits: dict[str, Commit] = {}
    named: list[tuple[Commit, Announcement]] = []
    for commit in read_log(root, revisions, limit, is_named_bare=is_named_bare, with_files=with_files):
        # Of commits that name nothing the files are not needed.
        commits[commit.sha] = replace(commit, message=commit.message.strip(), files={})
        if announced := announcement(commit.message, len(commit.parents) > 1):
            named += [(commit, each) for each in (announced, *announced.others)]
    return commits, named


def _history(
    commits: Mapping[str, Commit],
    named: Sequence[tuple[Commit, Announcement]],
    forge: Forge | Literal["unknown"] | None,
) -> History:
    parents = {sha: commit.parents for sha, commit in commits.items()}
    lines = merged_lines(parents)
    namings = [_Naming(commit, announced, _own_line(commit, announced, lines)) for commit, announced in reversed(named)]
    namings.sort(key=lambda naming: naming.when)
    why_not = others(_numbers(namings, parents, commits), forge, len(commits))
    prs = _with_shared([_pull_request(naming, commits) for naming in _chosen(namings, why_not)])
    main = first_parents(parents)
    naming_merges = {naming.commit.sha for naming in namings}
    return History(
        pull_requests=tuple(sorted(prs, key=lambda pr: (pr.when, pr.sha))),
        commits=len(commits),
        tip=next(iter(main), ""),
        tip_at=_when(commits[main[0]]) if main else None,
        has_files=all(commit.has_files or commit.is_cut for commit in commits.values()),
        others=Counter(why_not.values()),
        unnamed_merges=sum(len(parents[sha]) > 1 and sha not in naming_merges for sha in main),
    )


def _own_line(commit: Commit, announced: Announcement, lines: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Return the commits of a merge's branches, or of the one branch that is the pull request's own."""
    line = lines.get(commit.sha, ())
    if announced.parent is None:
        return line
    tips = commit.parents[1:]
    if not 0 <= announced.parent < len(tips) or tips[announced.parent] not in line:
        return ()
    start = line.index(tips[announced.parent])
    ends = [at for tip in tips if tip in line and (at := line.index(tip)) > start]
    return line[start : min(ends, default=len(line))]


def _numbers(
    namings: Sequence[_Naming], parents: Mapping[str, tuple[str, ...]], commits: Mapping[str, Commit]
) -> list[Named]:
    origins = unrelated(parents, {sha for sha, commit in commits.items() if commit.is_cut})
    in_branches = {sha for naming in namings for sha in naming.line}
    return [
        Named(
            int(naming.announced.number),
            naming.when,
            naming.announced.form,
            naming.announced.form != "bracket" or _is_by_github(naming.commit),
            naming.announced.repository,
            origins.get(naming.commit.sha),
            naming.commit.sha in in_branches,
        )
        for naming in namings
    ]


def _chosen(namings: Sequence[_Naming], left_out: Mapping[int, object]) -> Iterable[_Naming]:
    """Return one naming for each number: the merge, else the earliest; a list of several says least."""
    by_number: dict[str, list[_Naming]] = {}
    kept = (naming for place, naming in enumerate(namings) if place not in left_out)
    for naming in sorted(kept, key=lambda naming: (naming.announced.is_listed, not naming.is_merge)):
        by_number.setdefault(naming.announced.number, []).append(naming)
    return [_joined(*same) for same in by_number.values()]


def _joined(first: _Naming, *others: _Naming) -> _Naming:
    """Return a naming with those right around it: commits of a merge request that were rebased name it each."""
    if first.is_merge or first.announced.form not in ("gitlab", "gitea"):
        return first
    same = {each.commit.sha: each.commit for each in (first, *others) if len(each.commit.parents) == 1}
    above = {commit.parents[0]: commit for commit in same.values()}
    lowest = first.commit
    while lowest.parents and lowest.parents[0] in same:
        lowest = same[lowest.parents[0]]
    chain = [lowest]
    while chain[-1].sha in above:
        chain.append(above[chain[-1].sha])
    if len(chain) == 1:
        return first
    line = tuple(commit.sha for commit in reversed(chain))
    return replace(first, commit=chain[-1], line=line, rebased=tuple(chain))


def _pull_request(naming: _Naming, commits: Mapping[str, Commit]) -> HistoricPullRequest:
    commit, announced = naming.commit, naming.announced
    branch_commits = [commits[sha] for sha in naming.line]
    tips = [commits[commit.parents[1]]] if naming.is_merge and commit.parents[1] in commits else [commit]
    # Of a merge that is cut off from its branch, or of several branches, only the one who merged is known.
    is_unknown = bool(commit.is_cut and announced.branch) or (announced.parent is not None and not branch_commits)
    branch = [] if is_unknown else branch_commits or tips
    parts = naming.rebased or (commit,)
    has_files = announced.parent is None and all(part.has_files for part in parts)
    changed = _changed(parts) if has_files else {}
    files = tuple(changed)
    pull_request = PullRequest(
        number=announced.number,
        title=announced.title,
        body=announced.body,
        author=branch[0].author if branch else "",
        author_is_name=True,
        commits=naming.line,
        # A squash has one message, and that is the title and the body already.
        commit_messages=tuple(each.message for each in reversed(branch)) if naming.is_merge or naming.rebased else (),
        # Only a forge knows logins: what git has in the place of an address counts only if it is one.
        commit_authors=tuple(each.email if "@" in each.email else "" for each in reversed(branch)),
        files_changed=len(files) if has_files else None,
        test_files_added=sum(is_new and is_test(path) for path, is_new in changed.items()) if has_files else None,
        docs_updated=any(map(is_document, files)) if has_files else None,
        state=State.MERGED,
        branch=announced.branch,
        base=announced.base,
        created=min((each.authored for each in branch if each.authored), default=None),
        closed=naming.when,
        merged=naming.when,
    )
    shas = set(naming.line)
    forks = tuple(dict.fromkeys(parent for each in branch_commits for parent in each.parents if parent not in shas))
    kind: Kind = "merge" if naming.is_merge else "rebase" if naming.rebased else "squash"
    return HistoricPullRequest(pull_request, commit.sha, naming.when, files, parts[0].parents, kind, naming.line, forks)


def _changed(parts: Iterable[Commit]) -> dict[str, bool]:
    """Return the paths that these commits change, and whether one of them added it."""
    changed: dict[str, bool] = {}
    for part in parts:
        for path, is_new in part.files.items():
            changed[path] = is_new or changed.get(path, False)
    return changed


def _with_shared(prs: Sequence[HistoricPullRequest]) -> Iterator[HistoricPullRequest]:
    """Add the commits of other pull requests on which a branch began: on a forge they are commits of both."""
    branch_commits = {sha for pr in prs for sha in pr.commits}
    for pr in prs:
        shared = tuple(sha for sha in pr.forks if sha in branch_commits)
        commits = (*pr.commits, *shared)
        yield replace(pr, pull_request=replace(pr.pull_request, commits=commits)) if shared else pr


def _when(commit: Commit) -> datetime:
    return commit.committed or commit.authored or _EPOCH


def _is_by_github(commit: Commit) -> bool:
    return commit.committer_email == _GITHUB_EMAIL or commit.committer in _GITHUB_NAMES
