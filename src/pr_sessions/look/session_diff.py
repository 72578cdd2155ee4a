"""The open pull requests of a session merged in the order of review, as far as the clone has their commits."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from pr_sessions.core.models import PullRequestRecord
from pr_sessions.core.open_heads import common_base, meant_elsewhere, open_in_review_order
from pr_sessions.errors import NotFound
from pr_sessions.git.merged_diff import Head, MergedDiff, merge_in_order
from pr_sessions.git.pull_request_refs import (
    NamedCommit,
    fetch_command,
    find_base,
    find_heads,
    here_only,
    main_remote,
)
from pr_sessions.git.remotes import Remote, forge_of_clone, read_remotes
from pr_sessions.git.repository import Repository
from pr_sessions.git.start import find_start


class SessionDiff(Struct, frozen=True, kw_only=True):
    """The open pull requests of a session, and what they change together.

    Attributes:
        order: the numbers of all that are open, in the order of review.
        heads: by number, the last commits that the clone holds.
        base: what they were merged onto.
        diff: of those that could be merged.
        fetch: the command that brings the heads that are missing; empty for none.
        elsewhere: by number, the branch that a pull request is meant for where it is another one.
    """

    session_id: str
    order: tuple[str, ...]
    heads: Mapping[str, NamedCommit]
    base: NamedCommit
    diff: MergedDiff
    fetch: str = ""
    elsewhere: Mapping[str, str] = {}

    @property
    def missing(self) -> tuple[str, ...]:
        """Return those whose commits the clone lacks."""
        return tuple(n for n in self.order if n not in self.heads and n not in self.elsewhere)

    @property
    def not_merged(self) -> tuple[str, ...]:
        """Return those at which merging stopped, and all after them."""
        apart = {*self.diff.merged, *self.missing, *self.elsewhere}
        return tuple(number for number in self.order if number not in apart)


def merged_in_order(
    repository: Repository,
    name: str,
    records: Mapping[str, PullRequestRecord],
    *,
    github: str = "",
    shas: Mapping[str, str] | None = None,
) -> SessionDiff:
    """Merge the open pull requests of a session on top of their base; write nothing.

    Args:
        repository: the clone.
        name: of the session, or of a row of the inbox.
        records: its pull requests by number.
        github: the host of a GitHub Enterprise Server, which no name gives away; empty for none.
        shas: the last commits by number, as the forge names them; the clone's references say it where it is `None`.

    Raises:
        NotFound: none is open, or the clone lacks their commits or the base.
        GitFailed: git is missing or failed.
    """
    if repository.git_dir is None:
        raise NotFound(f"{repository.root} is not a git repository", "a diff needs the commits of pull requests")
    order = open_in_review_order(records)
    if not order:
        raise NotFound(f"no pull request of {name} is open", f"see them: pr-sessions show {name}")
    remotes = read_remotes(repository.root)
    elsewhere = meant_elsewhere(records, order)
    wanted = [number for number in order if number not in elsewhere]
    base, base_branch = _base(repository, common_base(records, order), remotes)
    # A fork's branch may be named as the base is.
    branches = {number: branch if (branch := records[number].branch) != base_branch else None for number in wanted}
    if shas is None:
        heads = find_heads(repository, branches)
    else:
        heads = here_only(repository, {number: shas[number] for number in wanted if number in shas})
    missing = [number for number in wanted if number not in heads]
    fetch = fetch_command(missing, main_remote(remotes), forge_of_clone(remotes, github)) if missing else ""
    if not heads:
        raise NotFound(f"this clone lacks the commits of {', '.join(f'#{n}' for n in missing)}", f"fetch them: {fetch}")
    commits = [Head(number, heads[number].sha) for number in wanted if number in heads]
    diff = merge_in_order(repository.git_dir, base.sha, commits)
    return SessionDiff(
        session_id=name, order=order, heads=heads, base=base, diff=diff, fetch=fetch, elsewhere=elsewhere
    )


def _base(repository: Repository, branch: str | None, remotes: Sequence[Remote]) -> tuple[NamedCommit, str]:
    """Return the tip of the branch that they are meant for, and its name; that of the main branch if none is known."""
    branch = branch or find_start(repository, None).name.removeprefix("origin/")
    names = dict.fromkeys((main_remote(remotes), "origin", *(remote.name for remote in remotes)))
    base = find_base(repository, branch, names)
    if base is None:
        raise NotFound(f"this clone has no branch {branch}", f"fetch it: git fetch {main_remote(remotes)} {branch}")
    return base, branch
