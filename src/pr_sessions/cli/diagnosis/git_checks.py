"""What git tracks and ignores, against how the session file should be shared."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from subprocess import DEVNULL, TimeoutExpired, run

from pr_sessions.cli.diagnosis.finding import Finding, Severity
from pr_sessions.cli.diagnosis.gather import REPAIR, Case
from pr_sessions.cli.diagnosis.sharing_checks import SHARING_CHECKS
from pr_sessions.cli.repair.other_trees import in_need, way_out
from pr_sessions.cli.setup.merge_driver import interpreter_in, is_asked_for, registered
from pr_sessions.sessions.policy import Share
from pr_sessions.stores.conflicts import unmerged
from pr_sessions.stores.git import is_ignored, is_tracked


def session_file(case: Case) -> Iterator[Finding]:
    """A shared file that git leaves out, or a local one that it takes: the session file, archives."""
    root = case.repository.root
    archives = (path for path in case.contents if path.parent == case.repository.archive)
    for path in (case.repository.session_file, *archives):
        name = path.relative_to(root).as_posix()
        tracked = is_tracked(root, path)
        ignored = not tracked and is_ignored(root, path)
        told = _told(name, case.policy.share, tracked=tracked, ignored=ignored, there=os.path.lexists(path))
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


def unfinished_merge(case: Case) -> Iterator[Finding]:
    """Both sides of a merge wait in git's index; with conflict markers in it, the file says so itself."""
    months = {path.name for path in case.contents if path not in case.repository.documents}
    for path in (case.repository.session_file, *(case.repository.archive / name for name in sorted(months))):
        stages = unmerged(case.repository.root, path)
        if stages and (path in case.documents or path not in case.contents):
            problem = f"git has not finished merging it: {len(stages)} versions wait in the index"
            yield Finding(Severity.ERROR, problem, str(path), REPAIR)


def other_trees(case: Case) -> Iterator[Finding]:
    """Session files of other working trees that nothing can be written to; a repair mends its own tree only."""
    for root, reason in in_need(case.repository).items():
        yield Finding(Severity.WARNING, reason, str(root), way_out(root))


def merge_driver(case: Case) -> Iterator[Finding]:
    """A clone in which git would merge the lines of the session file instead of joining it."""
    root = case.repository.root
    if case.policy.share is not Share.COMMIT or not is_tracked(root, case.repository.session_file):
        return
    problem = _why_no_driver(root)
    if problem:
        yield Finding(Severity.WARNING, problem, str(case.repository.common_dir), "pr-sessions init")


def _why_no_driver(root: Path) -> str | None:
    if not is_asked_for(root):
        return "git's attributes do not ask for our merge driver: merges of the session file can conflict"
    line = registered(root)
    if line is None:
        return "our merge driver is not registered in this clone: merges of the session file can conflict"
    interpreter = interpreter_in(line)
    if interpreter is None:
        return "the registered merge driver is not the one that init registers"
    return None if _is_alive(interpreter) else f"the registered merge driver is dead: {interpreter} has no pr-sessions"


def _is_alive(interpreter: str) -> bool:
    """Whether the interpreter has our package; the running one has."""
    if interpreter == sys.executable:
        return True
    try:
        asked = [interpreter, "-P", "-c", "import pr_sessions.cli.main"]
        return run(asked, check=False, stdin=DEVNULL, capture_output=True, timeout=10).returncode == 0
    except (OSError, TimeoutExpired):
        return False


def _told(name: str, share: Share, *, tracked: bool, ignored: bool, there: bool) -> tuple[Severity, str, str] | None:
    if share is not Share.COMMIT:
        wanted = "stay local" if share is Share.LOCAL else "travel by a branch of its own"
        if tracked:
            way_out = f"git rm --cached {name}, or share it: pr-sessions init --share commit"
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
        return Severity.NOTE, "git does not track it yet", f"git add {name}, and commit it"
    return None


GIT_CHECKS = (session_file, files_of_one_tree, unfinished_merge, other_trees, merge_driver, *SHARING_CHECKS)
