"""Checks of git: what it tracks, ignores and merges, against how the session file should be shared."""

import os
from collections.abc import Iterator
from pathlib import Path

from pr_sessions.core.policy import Share
from pr_sessions.doctor.findings import Case, Finding, Severity
from pr_sessions.errors import InvalidValue, NotFound, UnreadableFile
from pr_sessions.git.commands import GitFailed, is_ignored, is_tracked
from pr_sessions.git.shared_branch import find_branch
from pr_sessions.io.files import exists, is_file, read_bytes
from pr_sessions.io.places import Place, followed
from pr_sessions.maintenance.repair import repair_command, trees_to_repair
from pr_sessions.setup.merge_driver import (
    Program,
    is_in_attributes,
    is_of_another_version,
    program_in,
    registered,
    this_program,
)
from pr_sessions.storage.files.collection import FileSessions
from pr_sessions.storage.files.merge import merge_apart, merge_collections, news
from pr_sessions.storage.files.repair import unmerged
from pr_sessions.storage.files.session_file import parse
from pr_sessions.tracker import zone_of


def session_file(case: Case) -> Iterator[Finding]:
    """Report a shared session file or archive that git ignores, or a local one that it tracks."""
    root = case.repository.root
    archives = (path for path in case.contents if path.parent == case.repository.archive)
    for path in (case.repository.session_file, *archives):
        tracked = is_tracked(root, path.below)
        ignored = not tracked and is_ignored(root, path.below)
        yield from _sharing(path, case.policy.share, tracked=tracked, ignored=ignored)


def files_of_one_tree(case: Case) -> Iterator[Finding]:
    """Report a marker or an index in git: they belong to one working tree."""
    root = case.repository.root
    for path in (case.repository.marker, case.repository.pr_index):
        name = path.below
        if is_tracked(root, name):
            hint = f"git rm --cached {name}, then pr-sessions init"
            yield Finding(Severity.WARNING, "git tracks it, and it belongs to one working tree", str(path), hint)
        elif exists(path) and not is_ignored(root, name):
            yield Finding(Severity.WARNING, "git does not ignore it", str(path), "pr-sessions init")


def unfinished_merge(case: Case) -> Iterator[Finding]:
    """Report both sides of a merge in git's index; a file with conflict markers is reported as unreadable."""
    months = {path.name for path in case.contents if path not in case.repository.documents}
    for path in (case.repository.session_file, *(case.repository.archive / name for name in sorted(months))):
        stages = unmerged(case.repository.root, path.below)
        if stages and (path in case.files or path not in case.contents):
            problem = f"git has not finished merging it: {len(stages)} versions wait in the index"
            yield Finding(Severity.ERROR, problem, str(path), "pr-sessions doctor --repair")


def other_trees(case: Case) -> Iterator[Finding]:
    """Report broken session files of other working trees; a repair covers one tree."""
    for root, reason in trees_to_repair(case.repository).items():
        yield Finding(Severity.WARNING, reason, str(root), repair_command(root))


def merge_driver(case: Case) -> Iterator[Finding]:
    """Report a clone in which git would merge the session file line by line."""
    root = case.repository.root
    line = registered(root)
    shared = case.policy.share is Share.COMMIT and is_tracked(root, case.repository.session_file.below)
    problem = _why_no_driver(root, line) if shared else None
    if line and is_of_another_version(line):
        # Even without sharing: the attributes of the repository decide for which files git runs the driver.
        problem = "the registered merge driver is that of another version"
    if problem:
        yield Finding(Severity.WARNING, problem, str(case.repository.common_dir), "pr-sessions init")


def unsynced(case: Case) -> Iterator[Finding]:
    """Report sessions that the last known state of their branch does not have; no remote is contacted."""
    if case.policy.share is not Share.BRANCH or case.repository.clone_sessions not in case.files:
        return
    place = str(case.repository.clone_sessions)
    try:
        branch = find_branch(case.repository.root, case.policy.sync_branch)
        commit = branch.known()
        shared = parse(branch.read(commit), branch.name) if commit else None
        theirs = FileSessions(shared, zone_of(case.policy))
        # What only the working tree has is not counted.
        state = case.repository.state
        files = (file for path, file in case.files.items() if state and path.is_inside(state))
        ours = merge_apart([FileSessions(file, zone_of(case.policy)) for file in files])
        ahead = len(news(merge_collections(theirs, ours), theirs))
    except (NotFound, InvalidValue, UnreadableFile, GitFailed) as error:
        yield Finding(Severity.NOTE, f"not compared with its branch: {error}", place, error.hint or "pr-sessions sync")
        return
    if ahead:
        problem = f"{ahead} session{'s have' if ahead > 1 else ' has'} news that {branch.name} had not when last seen"
        yield Finding(Severity.NOTE, problem, place, "pr-sessions sync")


def _why_no_driver(root: Path, line: str | None) -> str | None:
    if not is_in_attributes(root):
        return "git's attributes do not ask for our merge driver: merges of the session file can conflict"
    if line is None:
        return "our merge driver is not registered in this clone: merges of the session file can conflict"
    program = program_in(line)
    if program is None:
        return "the registered merge driver is not the one that init registers"
    if _is_alive(program):
        return None
    return f"the registered merge driver is dead: {program.python} has no pr-sessions"


def _is_alive(program: Program) -> bool:
    """Tell whether the program can merge, without running it: a clone's configuration names the interpreter.

    Only a virtual environment shows what it holds; any other interpreter passes.
    """
    if program == this_program():
        return True
    if not (is_file(followed(program.python)) and os.access(program.python, os.X_OK)):
        return False
    prefix = Path(program.python).parent.parent
    settings = (read_bytes(followed(prefix / "pyvenv.cfg")) or b"").decode(errors="replace").lower()
    if not settings or "include-system-site-packages = true" in settings:
        return True
    libraries = ("lib/python3*/site-packages", "lib/site-packages")
    return any(True for library in libraries for _ in prefix.glob(f"{library}/*pr_sessions*"))


def _sharing(path: Place, share: Share, *, tracked: bool, ignored: bool) -> Iterator[Finding]:
    name, place = path.below, str(path)
    if share is not Share.COMMIT:
        wanted = "stay local" if share is Share.LOCAL else "travel by a branch of its own"
        if tracked:
            hint = f"git rm --cached {name}, or share it: pr-sessions init --share commit"
            yield Finding(Severity.WARNING, f"git tracks it, though it should {wanted}", place, hint)
        elif exists(path) and not ignored:
            problem = f"git does not ignore it, though it should {wanted}"
            yield Finding(Severity.WARNING, problem, place, "pr-sessions init")
    elif ignored:
        hint = "take that line out of the ignore file: git check-ignore -v shows it; or pr-sessions init --share local"
        yield Finding(Severity.WARNING, "git ignores it, though it should be shared", place, hint)
    elif exists(path) and not tracked:
        yield Finding(Severity.NOTE, "git does not track it yet", place, f"git add {name}, and commit it")


CHECKS = (session_file, files_of_one_tree, unfinished_merge, other_trees, merge_driver, unsynced)
