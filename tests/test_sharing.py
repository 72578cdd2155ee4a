"""Sharing by a branch of its own, with real clones of a real bare repository."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pr_sessions.core.paths import SESSION_FILE
from pr_sessions.errors import InvalidValue, NewerVersion, NotARepository, NotFound, Paused, UnreadableFile
from pr_sessions.git.commands import GitFailed
from pr_sessions.tracker import sync as sharing
from pr_sessions.tracker.sync import sync
from scene import Clock, auto, committed, git, overview, python_environment, tracker_at

DOCUMENT = ".git/pr-sessions/sessions.json"
CONFIG = ".cursor/config/session_config.yaml"
CLONES = 8


@pytest.fixture
def hub(tmp_path: Path) -> Path:
    """A bare repository with `main`."""
    git(committed(tmp_path / "first"), "clone", "-q", "--bare", ".", str(tmp_path / "hub.git"))
    return tmp_path / "hub.git"


@pytest.fixture
def new_clone(hub: Path, tmp_path: Path) -> Callable[[str], Path]:
    """Clones the hub under a name."""

    def make(name: str) -> Path:
        git(tmp_path, "clone", "-q", str(hub), name)
        return tmp_path / name

    return make


def files(clone: Path) -> list[bytes]:
    """What the clone knows, in both places."""
    return [(clone / SESSION_FILE).read_bytes(), (clone / DOCUMENT).read_bytes()]


def shared(hub: Path, branch: str = "pr-sessions") -> bytes:
    done = subprocess.run(["git", "show", f"{branch}:{SESSION_FILE}"], cwd=hub, check=True, capture_output=True)
    return done.stdout


def commits(hub: Path) -> int:
    return int(git(hub, "rev-list", "--count", "pr-sessions"))


def publish(clone: Path, data: bytes) -> None:
    """Puts something onto the branch as somebody by hand would."""
    git(clone, "fetch", "-q", "origin", "+refs/heads/pr-sessions:refs/heads/mend")
    git(clone, "worktree", "add", "-q", "--force", f"{clone}-mend", "mend")
    (Path(f"{clone}-mend") / SESSION_FILE).write_bytes(data)
    git(Path(f"{clone}-mend"), "commit", "-q", "-a", "-m", "by hand")
    git(clone, "push", "-q", "origin", "mend:pr-sessions")


def no_pause(_tries: int) -> None:
    pass


def never(tries: int) -> None:
    raise AssertionError(f"tried {tries} times")


def test_clones_that_never_shared_anything_converge_to_the_same_bytes(
    hub: Path, new_clone: Callable[[str], Path], clock: Clock
) -> None:
    clones = [new_clone(name) for name in ("a", "b")]
    for number, clone in enumerate(clones, 1):
        tracker_at(clone, clock).record(auto(number, clone.name, created=clock.now))
        clock.set(5)
    for clone in clones * 2:
        sync(tracker_at(clone, clock), pause=never)
        clock.set(clock.now.minute + 1)
    assert {*files(clones[0]), *files(clones[1])} == {shared(hub)}
    assert overview(tracker_at(clones[0], clock)) == {"a-20251122-1000": (("1",), ""), "b-20251122-1005": (("2",), "")}
    assert commits(hub) == 2


def test_both_sides_of_the_same_session_are_kept(hub: Path, new_clone: Callable[[str], Path], clock: Clock) -> None:
    one, other = new_clone("a"), new_clone("b")
    tracker_at(one, clock).record(auto(1))
    sync(tracker_at(one, clock))
    sync(tracker_at(other, clock))
    clock.set(5)
    tracker_at(one, clock).record(auto(2))
    tracker_at(other, clock).record(auto(3))
    for clone in (one, other, one):
        sync(tracker_at(clone, clock), pause=never)
    assert overview(tracker_at(one, clock)) == {"ada-20251122-1000": (("1", "2", "3"), "")}
    assert {*files(one), *files(other)} == {shared(hub)}


def test_it_tells_what_travelled(new_clone: Callable[[str], Path], clock: Clock) -> None:
    one, other = new_clone("a"), new_clone("b")
    tracker_at(one, clock).start("a")
    told = sync(tracker_at(one, clock))
    assert (told.received, told.sent, told.pushed, told.tries) == ((), ("a-20251122-1000",), True, 1)
    tracker_at(other, clock).start("b")
    told = sync(tracker_at(other, clock))
    assert (told.received, told.sent, told.pushed) == (("a-20251122-1000",), ("b-20251122-1000",), True)
    told = sync(tracker_at(one, clock))
    assert (told.received, told.sent, told.pushed) == (("b-20251122-1000",), (), False)


def test_nothing_to_do_makes_no_commit_and_changes_no_file(
    hub: Path, new_clone: Callable[[str], Path], clock: Clock
) -> None:
    clone = new_clone("a")
    tracker_at(clone, clock).start("a")
    first = sync(tracker_at(clone, clock))
    before = [(clone / name).stat().st_mtime_ns for name in (SESSION_FILE, DOCUMENT)]
    clock.set(9)
    again = sync(tracker_at(clone, clock))
    assert (again.commit, again.pushed, commits(hub)) == (first.commit, False, 1)
    assert [(clone / name).stat().st_mtime_ns for name in (SESSION_FILE, DOCUMENT)] == before


def test_where_nobody_knows_anything_no_branch_is_made(
    hub: Path, new_clone: Callable[[str], Path], clock: Clock
) -> None:
    told = sync(tracker_at(new_clone("a"), clock))
    assert (told.commit, told.pushed) == (None, False)
    assert git(hub, "for-each-ref", "--format=%(refname)") == "refs/heads/main"


def test_work_in_the_marker_travels_too(hub: Path, new_clone: Callable[[str], Path], clock: Clock) -> None:
    tracker = tracker_at(new_clone("a"), clock)
    tracker.start("a")
    clock.set(20)
    tracker.touch()
    sync(tracker)
    assert json.loads(shared(hub))["active_sessions"]["a-20251122-1000"]["last_activity"] == "2025-11-22T10:20:00Z"


def test_the_configured_branch_and_the_named_one(hub: Path, new_clone: Callable[[str], Path], clock: Clock) -> None:
    clone = new_clone("a")
    (clone / CONFIG).parent.mkdir(parents=True)
    (clone / CONFIG).write_text("share: branch\nsync_branch: data/sessions\n")
    tracker_at(clone, clock).start("a")
    assert sync(tracker_at(clone, clock)).branch == "data/sessions"
    assert sync(tracker_at(clone, clock), branch="second").branch == "second"
    assert shared(hub, "data/sessions") == shared(hub, "second")


class TestSomebodyIsFirst:
    """The remote's own end is made to move the branch between our fetch and our push."""

    @staticmethod
    def rival(clone: Path, hub: Path, commit: str, times: int = 1) -> None:
        """Before so many pushes of the clone, the branch becomes another commit, or another child of it."""
        script = clone.parent / "receive"
        script.write_text(
            "#!/bin/sh\n"
            f"cd '{hub}'; n=$(cat count 2>/dev/null || echo 0); echo $((n + 1)) > count\n"
            f'if [ "$n" -lt {times} ]; then\n'
            f"  c={commit}\n"
            '  [ "$n" -gt 0 ] && c=$(git commit-tree -p pr-sessions -m "$n" "$c^{tree}")\n'
            '  git update-ref refs/heads/pr-sessions "$c"\n'
            "fi\n"
            'cd "$OLDPWD"; exec git-receive-pack "$@"\n'
        )
        script.chmod(0o755)
        git(clone, "config", "remote.origin.receivepack", str(script))

    @staticmethod
    def their_commit(clone: Path, clock: Clock) -> str:
        tracker_at(clone, clock).start("rival")
        commit = sync(tracker_at(clone, clock), branch="waiting").commit
        assert commit is not None
        return commit

    @pytest.mark.skipif(os.name == "nt", reason="a shell script plays the rival")
    @pytest.mark.parametrize("times", [1, 3])
    def test_it_joins_theirs_and_tries_again(
        self, hub: Path, new_clone: Callable[[str], Path], clock: Clock, times: int
    ) -> None:
        clone = new_clone("a")
        self.rival(clone, hub, self.their_commit(new_clone("b"), clock), times)
        tracker_at(clone, clock).start("ours")
        paused: list[int] = []
        told = sync(tracker_at(clone, clock), pause=paused.append)
        assert (told.tries, paused) == (times + 1, list(range(1, times + 1)))
        assert (told.received, told.sent) == (("rival-20251122-1000",), ("ours-20251122-1000",))
        assert {*files(clone)} == {shared(hub)}
        assert commits(hub) == times + 1

    @pytest.mark.skipif(os.name == "nt", reason="a shell script plays the rival")
    def test_not_for_ever(
        self, hub: Path, new_clone: Callable[[str], Path], clock: Clock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sharing, "TRIES", 2)
        clone = new_clone("a")
        self.rival(clone, hub, self.their_commit(new_clone("b"), clock), 99)
        tracker_at(clone, clock).start("ours")
        with pytest.raises(GitFailed, match=r"could not be pushed in 2 tries: \[rejected\]"):
            sync(tracker_at(clone, clock), pause=no_pause)

    @pytest.mark.skipif(os.name == "nt", reason="a shell script plays the rival")
    def test_what_is_recorded_while_it_pushes_is_kept_and_travels_the_next_time(
        self, hub: Path, new_clone: Callable[[str], Path], clock: Clock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        clone = new_clone("a")
        tracker_at(clone, clock).start("ours")
        script = clone.parent / "receive"
        add = f"'{sys.executable}' -m pr_sessions add 7 --title 'auto-pr: x' --author late --at 2025-11-22T10:00:00Z"
        script.write_text(f'#!/bin/sh\n(cd "{clone}" && {add}) >&2 || exit 9\nexec git-receive-pack "$@"\n')
        script.chmod(0o755)
        git(clone, "config", "remote.origin.receivepack", str(script))
        monkeypatch.setenv("PYTHONPATH", python_environment()["PYTHONPATH"])
        sync(tracker_at(clone, clock), pause=never)
        assert b"late-" in files(clone)[1]
        assert b"late-" not in shared(hub)
        git(clone, "config", "--unset", "remote.origin.receivepack")
        sync(tracker_at(clone, clock), pause=never)
        assert b"late-" in shared(hub)


def test_clones_that_push_at_the_same_time_all_get_through_and_lose_nothing(
    hub: Path, new_clone: Callable[[str], Path], clock: Clock
) -> None:
    clones = [new_clone(f"c{n}") for n in range(CLONES)]
    for number, clone in enumerate(clones, 1):
        tracker_at(clone, clock).record(auto(number, clone.name, created=clock.now))
    command = [sys.executable, "-m", "pr_sessions", "sync", "--json"]
    running = [
        subprocess.Popen(command, cwd=clone, env=python_environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for clone in clones
    ]
    told = [(*process.communicate(), process.returncode) for process in running]
    assert [(err, code) for _, err, code in told] == [(b"", 0)] * CLONES
    document = json.loads(shared(hub))
    everything = (*document["active_sessions"].values(), *document["completed_sessions"])
    assert sorted((s["author"], s["prs"]) for s in everything) == [(f"c{n}", [str(n + 1)]) for n in range(CLONES)]
    assert commits(hub) == CLONES


class TestTheBranchCannotBeUsed:
    @pytest.mark.parametrize(
        ("data", "error", "hint"),
        [
            (b"<<<<<<< ours\n{}\n", UnreadableFile, "nothing was changed. Repair it on its branch: "),
            (b'{"version": "2.0"}', NewerVersion, "upgrade pr-sessions"),
        ],
    )
    def test_it_is_refused_with_the_way_out_and_nothing_is_overwritten(
        self,
        hub: Path,
        new_clone: Callable[[str], Path],
        clock: Clock,
        data: bytes,
        error: type[UnreadableFile],
        hint: str,
    ) -> None:
        clone = new_clone("a")
        tracker_at(clone, clock).start("a")
        sync(tracker_at(clone, clock))
        publish(new_clone("b"), data)
        before = files(clone)
        with pytest.raises(error, match=f"origin/pr-sessions:{SESSION_FILE}") as raised:
            sync(tracker_at(clone, clock), pause=never)
        assert raised.value.hint.startswith(hint)
        assert (files(clone), shared(hub)) == (before, data)

    def test_mending_it_as_the_hint_says_helps(self, hub: Path, new_clone: Callable[[str], Path], clock: Clock) -> None:
        clone = new_clone("a")
        tracker_at(clone, clock).start("a")
        sync(tracker_at(clone, clock))
        publish(new_clone("b"), b"nonsense")
        with pytest.raises(UnreadableFile) as raised:
            sync(tracker_at(clone, clock))
        assert "git worktree add --detach ../sessions refs/remotes/origin/pr-sessions" in raised.value.hint
        git(clone, "worktree", "add", "-q", "--detach", "../sessions", "refs/remotes/origin/pr-sessions")
        git(clone.parent / "sessions", "revert", "--no-edit", "HEAD")
        git(clone.parent / "sessions", "push", "-q", "origin", "HEAD:pr-sessions")
        told = sync(tracker_at(clone, clock), pause=never)
        assert (told.pushed, shared(hub)) == (False, files(clone)[0])

    def test_a_branch_of_code_is_left_alone(self, hub: Path, new_clone: Callable[[str], Path], clock: Clock) -> None:
        clone = new_clone("a")
        tracker_at(clone, clock).start("a")
        before = git(hub, "rev-parse", "main")
        with pytest.raises(InvalidValue, match="origin/main is not a branch of sessions"):
            sync(tracker_at(clone, clock), branch="main")
        assert git(hub, "rev-parse", "main") == before


@pytest.mark.skipif(os.name == "nt", reason="hooks are shell scripts")
def test_a_refusal_is_no_reason_to_try_again(hub: Path, new_clone: Callable[[str], Path], clock: Clock) -> None:
    (hub / "hooks/pre-receive").write_text("#!/bin/sh\necho 'GH006: Protected branch update failed' >&2\nexit 1\n")
    (hub / "hooks/pre-receive").chmod(0o755)
    clone = new_clone("a")
    tracker_at(clone, clock).start("a")
    before = files(clone)
    with pytest.raises(GitFailed, match=r"origin/pr-sessions was not pushed: .*GH006") as raised:
        sync(tracker_at(clone, clock), pause=never)
    assert raised.value.hint.startswith("exempt pr-sessions from that rule")
    assert files(clone) == before


class TestWhereThereIsNobodyToShareWith:
    def test_outside_git(self, tmp_path: Path, clock: Clock) -> None:
        (tmp_path / CONFIG).parent.mkdir(parents=True)
        (tmp_path / CONFIG).touch()
        with pytest.raises(NotARepository):
            sync(tracker_at(tmp_path, clock))

    def test_without_a_remote(self, clone: Path, clock: Clock) -> None:
        with pytest.raises(NotFound, match="no remote to sync with"):
            sync(tracker_at(clone, clock))

    def test_local_sessions_stay(self, new_clone: Callable[[str], Path], clock: Clock) -> None:
        clone = new_clone("a")
        (clone / CONFIG).parent.mkdir(parents=True)
        (clone / CONFIG).write_text("share: local\n")
        with pytest.raises(InvalidValue, match="share: local"):
            sync(tracker_at(clone, clock))

    def test_while_tracking_is_off(self, new_clone: Callable[[str], Path], clock: Clock) -> None:
        with pytest.raises(Paused):
            sync(tracker_at(new_clone("a"), clock, PR_SESSIONS="0"))
