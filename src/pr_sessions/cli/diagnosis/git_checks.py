"""What git tracks and ignores, against how the session file should be shared."""

import os
from collections.abc import Iterator

from pr_sessions.cli.diagnosis.finding import Finding, Severity
from pr_sessions.cli.diagnosis.gather import Case
from pr_sessions.cli.diagnosis.sharing_checks import SHARING_CHECKS
from pr_sessions.sessions.policy import Share
from pr_sessions.stores.git import is_ignored, is_tracked
from pr_sessions.stores.repository import SESSION_FILE


def session_file(case: Case) -> Iterator[Finding]:
    """A shared file that git leaves out, or a local one that it takes."""
    root, path = case.repository.root, case.repository.session_file
    tracked = is_tracked(root, path)
    ignored = not tracked and is_ignored(root, path)
    told = _told(case.policy.share, tracked=tracked, ignored=ignored, there=os.path.lexists(path))
    if told:
        severity, problem, way_out = told
        yield Finding(severity, problem, str(path), way_out)


def files_of_one_tree(case: Case) -> Iterator[Finding]:
    """The marker and the index belong to one working tree; git must leave them out."""
    root = case.repository.root
    for path in (case.repository.marker, case.repository.pr_index):
        name = path.relative_to(root).as_posix()
        if is_tracked(root, path):
            way_out = f"git rm --cached {name}, then pr-sessions init"
            yield Finding(Severity.WARNING, "git tracks it, and it belongs to one working tree", str(path), way_out)
        elif os.path.lexists(path) and not is_ignored(root, path):
            yield Finding(Severity.WARNING, "git does not ignore it", str(path), "pr-sessions init")


def _told(share: Share, *, tracked: bool, ignored: bool, there: bool) -> tuple[Severity, str, str] | None:
    if share is not Share.COMMIT:
        wanted = "stay local" if share is Share.LOCAL else "travel by a branch of its own"
        if tracked:
            way_out = f"git rm --cached {SESSION_FILE}, or share it: pr-sessions init --share commit"
            return Severity.WARNING, f"git tracks it, though it should {wanted}", way_out
        if there and not ignored:
            return Severity.WARNING, f"git does not ignore it, though it should {wanted}", "pr-sessions init"
        return None
    if ignored:
        way_out = (
            "take that line out of the ignore file: git check-ignore -v shows it; or pr-sessions init --share local"
        )
        return Severity.WARNING, "git ignores it, though it should be shared", way_out
    if there and not tracked:
        return Severity.NOTE, "git does not track it yet", f"git add {SESSION_FILE}, and commit it"
    return None


GIT_CHECKS = (session_file, files_of_one_tree, *SHARING_CHECKS)
