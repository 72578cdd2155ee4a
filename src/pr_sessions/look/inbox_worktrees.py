"""The working trees of the clone, for its inbox."""

from pathlib import Path

from msgspec.structs import replace

from pr_sessions.core.inbox import Inbox
from pr_sessions.git.commands import GitFailed, ask_git
from pr_sessions.git.start import find_start
from pr_sessions.git.worktrees import find_shared_lines, read_worktrees
from pr_sessions.tracker import Tracker
from pr_sessions.tracker.tree_activity import tree_activities


def with_worktrees(inbox: Inbox, tracker: Tracker, repository: str, here: Path) -> Inbox:
    """Return the inbox with the working trees of the clone, and what two of them change both.

    Args:
        inbox: of the clone's repository, and of any others.
        tracker: of one of its working trees.
        repository: `owner/name` of the clone's.
        here: the folder that paths are seen from.
    """
    clone = tracker.repository
    if clone.git_dir is None:
        return inbox
    prs = [pr for pr in inbox.pull_requests if pr.repository.lower() == repository.lower() and pr.head_sha]
    try:
        revision = find_start(clone, None).revision or "HEAD"
        base = ask_git(clone.root, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
        trees = read_worktrees(clone, base, tree_activities(tracker), [pr.head_sha for pr in prs], here)
        heads = {pr.number: (pr.branch, pr.head_sha) for pr in prs}
        return replace(inbox, worktrees=trees, shared_lines=find_shared_lines(clone, trees, base, heads))
    except (GitFailed, OSError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        return replace(inbox, unknowns=(*inbox.unknowns, f"the working trees of this clone: {why}"))
