"""What git does to a working tree, with real git: nothing is lost, and reading dirties nothing."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pr_sessions.errors import NotARepository, UnreadableFile
from pr_sessions.maintenance.backup import back_up, list_backups
from pr_sessions.tracker import Tracker
from scene import Clock, auto, committed, git, look, overview, tracker_at

FILE = "docs/metrics/auto_pr_sessions.json"
ONE = {"ada-20251122-1000": (("1",), "")}
BOTH = {**ONE, "bob-20251122-1001": (("2",), "")}


@pytest.fixture
def tracker(clone: Path, clock: Clock) -> Tracker:
    """One recorded pull request, and its session file committed on `main`."""
    (clone / ".gitignore").write_text(".cursor/\n")
    tracker = tracker_at(clone, clock)
    tracker.record(auto(1))
    commit(clone)
    clock.set(1)
    return tracker


def commit(root: Path) -> None:
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "sessions")


def in_file(root: Path) -> list[str]:
    """Which of the two sessions the working tree's file names."""
    path = root / FILE
    return [i for i in BOTH if path.exists() and i in path.read_text()]


def read_everything(tracker: Tracker) -> None:
    overview(tracker)
    tracker.current()
    tracker.everywhere()
    tracker.check(auto(9))
    tracker.find(1)
    tracker.session("ada-20251122-1000")
    list_backups(tracker)


class TestSwitchingBranches:
    def test_state_does_not_follow_the_branch(self, tracker: Tracker, clone: Path) -> None:
        git(clone, "checkout", "-q", "-b", "side", "HEAD~1")
        assert (in_file(clone), overview(tracker)) == ([], ONE)
        tracker.record(auto(2, author="bob"), session_id="bob-20251122-1001")
        assert overview(tracker) == BOTH
        commit(clone)
        git(clone, "checkout", "-q", "main")
        assert (in_file(clone), overview(tracker)) == (["ada-20251122-1000"], BOTH)
        git(clone, "checkout", "-q", "side")
        assert (in_file(clone), overview(tracker)) == (list(BOTH), BOTH)

    def test_the_next_write_brings_the_file_up_to_date(self, tracker: Tracker, clone: Path) -> None:
        git(clone, "checkout", "-q", "-b", "side", "HEAD~1")
        tracker.keep()
        assert in_file(clone) == ["ada-20251122-1000"]

    def test_a_detached_head_is_no_obstacle(self, tracker: Tracker, clone: Path) -> None:
        git(clone, "checkout", "-q", "--detach", "HEAD~1")
        tracker.record(auto(2, author="bob"), session_id="bob-20251122-1001")
        assert overview(tracker) == BOTH


@pytest.mark.parametrize(
    "steps",
    [
        [("stash",)],
        [("stash",), ("stash", "pop")],
        [("stash", "-u"), ("stash", "drop")],
        [("reset", "-q", "--hard")],
        [("reset", "-q", "--hard", "HEAD~1")],
        [("clean", "-q", "-fdx")],
        [("rm", "-q", "-f", FILE)],
        [("rm", "-q", "-rf", "."), ("clean", "-q", "-fdx")],
        [("checkout", "-q", "--orphan", "empty"), ("rm", "-q", "-rf", ".")],
        [("gc", "-q", "--prune=now"), ("reset", "-q", "--hard", "HEAD~1")],
    ],
    ids=lambda steps: " + ".join(" ".join(step) for step in steps),
)
def test_nothing_is_lost_by(tracker: Tracker, clone: Path, steps: list[tuple[str, ...]]) -> None:
    tracker.record(auto(2, author="bob"), session_id="bob-20251122-1001")
    for step in steps:
        git(clone, *step)
    assert overview(tracker) == BOTH
    tracker.keep()
    assert (overview(tracker), in_file(clone)) == (BOTH, list(BOTH))


class TestReading:
    @pytest.mark.parametrize("committed_file", [True, False])
    def test_never_dirties_the_tree(self, tracker: Tracker, clone: Path, clock: Clock, committed_file: bool) -> None:
        if not committed_file:
            git(clone, "checkout", "-q", "-b", "side", "HEAD~1")
        before = git(clone, "status", "--porcelain", "--ignored"), look(clone / ".git/pr-sessions")
        read_everything(tracker)
        clock.set(600)
        read_everything(tracker)
        assert (git(clone, "status", "--porcelain", "--ignored"), look(clone / ".git/pr-sessions")) == before

    def test_in_a_fresh_repository_creates_nothing(self, clone: Path, clock: Clock) -> None:
        before = look(clone)
        overview(tracker_at(clone, clock))
        assert look(clone) == before

    def test_writing_nothing_new_leaves_the_tree_clean(self, tracker: Tracker, clone: Path) -> None:
        tracker.cleanup()
        tracker.record_all([])
        tracker.record(auto(2, title="by hand"))
        assert git(clone, "status", "--porcelain") == ""


class TestWorktrees:
    def test_what_was_recorded_in_a_removed_one_stays(self, tracker: Tracker, clone: Path, clock: Clock) -> None:
        git(clone, "worktree", "add", "-q", "../other", "-b", "other")
        there = tracker_at(clone.parent / "other", clock)
        there.start("bob")
        there.record(auto(2, author="bob"))
        git(clone, "worktree", "remove", "--force", "../other")
        assert overview(tracker) == BOTH
        tracker.keep()
        assert in_file(clone) == list(BOTH)

    def test_a_folder_that_somebody_deleted_is_no_obstacle(self, tracker: Tracker, clone: Path, clock: Clock) -> None:
        git(clone, "worktree", "add", "-q", "../other", "-b", "other")
        tracker_at(clone.parent / "other", clock).start("bob")
        (clone.parent / "other").rename(clone.parent / "gone")
        tracker.keep()
        assert {current.session.id for current in tracker.everywhere()} == {"ada-20251122-1000"}


class TestClones:
    @pytest.mark.usefixtures("tracker")
    def test_a_fresh_one_knows_what_is_committed(self, clone: Path, clock: Clock) -> None:
        git(clone.parent, "clone", "-q", "clone", "second")
        second = tracker_at(clone.parent / "second", clock)
        assert (overview(second), second.current()) == (ONE, None)

    def test_sessions_of_the_same_minute_are_joined_by_a_pull(
        self, tracker: Tracker, clone: Path, clock: Clock
    ) -> None:
        git(clone.parent, "clone", "-q", "clone", "second")
        second = tracker_at(clone.parent / "second", clock)
        tracker.start("cid")
        tracker.record(auto(3, author="cid"))
        commit(clone)
        second.start("cid")
        second.record(auto(4, author="cid"))
        commit(clone.parent / "second")
        git(clone.parent / "second", "pull", "-q", "--no-rebase", check=False)
        git(clone.parent / "second", "checkout", "--theirs", FILE)
        git(clone.parent / "second", "add", FILE)
        expected = {"ada-20251122-1000": (("1",), "restart_cleanup"), "cid-20251122-1001": (("3", "4"), "")}
        assert overview(second) == expected
        second.keep()
        commit(clone.parent / "second")
        git(clone, "pull", "-q", "../second", "main")
        assert overview(tracker) == expected


class TestMerge:
    @pytest.fixture
    def torn(self, tracker: Tracker, clone: Path) -> Tracker:
        """Two branches touched the session file, and git left conflict markers in it."""
        git(clone, "checkout", "-q", "-b", "side", "HEAD~1")
        tracker.record(auto(2, author="bob"), session_id="bob-20251122-1001")
        commit(clone)
        git(clone, "checkout", "-q", "main")
        git(clone, "merge", "-q", "side", check=False)
        assert "<<<<<<< " in (clone / FILE).read_text()
        return tracker

    @pytest.mark.parametrize(
        "attempt",
        [
            overview,
            Tracker.current,
            Tracker.everywhere,
            Tracker.start,
            Tracker.touch,
            Tracker.cleanup,
            Tracker.complete,
            back_up,
            lambda tracker: tracker.check(auto(3)),
            lambda tracker: tracker.record(auto(3)),
            lambda tracker: tracker.record_all([auto(3)]),
            lambda tracker: tracker.find(1),
            lambda tracker: tracker.session("ada-20251122-1000"),
        ],
    )
    def test_with_conflict_markers_is_refused_with_the_way_out_and_stays(
        self, torn: Tracker, attempt: Callable[[Tracker], object]
    ) -> None:
        before = look(torn.repository.root)
        with pytest.raises(UnreadableFile, match=r"line \d+ holds a conflict marker of git") as caught:
            attempt(torn)
        assert str(torn.repository.session_file) in str(caught.value)
        assert caught.value.hint
        assert look(torn.repository.root) == before

    @pytest.mark.parametrize("way_out", [("checkout", "--ours", FILE), ("checkout", "--theirs", FILE), ("rm", FILE)])
    def test_resolved_by_any_means_the_next_write_brings_everything_back(
        self, torn: Tracker, clone: Path, way_out: tuple[str, ...]
    ) -> None:
        git(clone, *way_out)
        git(clone, "add", "-A")
        torn.keep()
        assert (overview(torn), in_file(clone)) == (BOTH, list(BOTH))
        commit(clone)
        assert git(clone, "status", "--porcelain") == ""


class TestPlaces:
    def test_a_submodule_has_sessions_of_its_own(self, tracker: Tracker, clone: Path, clock: Clock) -> None:
        committed(clone.parent / "part")
        git(clone, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(clone.parent / "part"), "part")
        part = tracker_at(clone / "part", clock)
        assert overview(part) == {}
        part.record(auto(2, author="bob"))
        assert (overview(tracker), list(overview(part))) == (ONE, ["bob-20251122-1001"])
        assert git(clone / "part", "status", "--porcelain", "-uall").split() == [
            "??",
            ".cursor/.session_id",
            "??",
            FILE,
        ]

    @pytest.mark.parametrize("folder", [".", "deep", "deep/er"])
    def test_a_subfolder_is_the_same_world(self, tracker: Tracker, clone: Path, clock: Clock, folder: str) -> None:
        there = tracker_at(clone / folder, clock)
        there.record(auto(2, author="bob"), session_id="bob-20251122-1001")
        assert (overview(tracker), there.repository) == (BOTH, tracker.repository)

    def test_a_symbolic_link_to_it_is_the_same_world(self, tracker: Tracker, clone: Path, clock: Clock) -> None:
        (clone.parent / "link").symlink_to(clone)
        assert tracker_at(clone.parent / "link/deep", clock).repository == tracker.repository

    def test_a_session_file_that_is_a_link_stops_everything(self, tracker: Tracker, clone: Path) -> None:
        real = clone.parent / "kept.json"
        (clone / FILE).rename(real)
        (clone / FILE).symlink_to(real)
        before = look(clone.parent)
        with pytest.raises(UnreadableFile) as caught:
            tracker.record(auto(2, author="bob"), session_id="bob-20251122-1001")
        assert str(caught.value).endswith(f"{clone / FILE}: it is a symbolic link")
        assert caught.value.hint == (
            f"pr-sessions follows no links in a repository: put a real file or folder in the place of {clone / FILE}"
        )
        assert (look(clone.parent), (clone / FILE).readlink()) == (before, real)

    @pytest.mark.parametrize("folder", [".", "deep/er"])
    def test_within_a_hook_it_is_the_same_world(self, tracker: Tracker, clone: Path, clock: Clock, folder: str) -> None:
        hook = {"GIT_DIR": str(clone / ".git"), "GIT_INDEX_FILE": str(clone / ".git/index"), "GIT_PREFIX": ""}
        assert tracker_at(clone / folder, clock, **hook).repository == tracker.repository

    def test_within_a_real_hook_the_author_is_the_repository_s(
        self, clone: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        git(clone, "config", "user.name", "Grace")
        committed(clone.parent / "elsewhere")
        monkeypatch.setenv("GIT_DIR", str(clone.parent / "elsewhere/.git"))
        assert tracker_at(clone, clock).author() == "Grace"

    def test_a_bare_repository_has_no_place(self, tmp_path: Path, clock: Clock) -> None:
        git(tmp_path, "init", "-q", "--bare", "bare.git")
        with pytest.raises(NotARepository, match="bare") as caught:
            tracker_at(tmp_path / "bare.git", clock)
        assert caught.value.hint

    def test_no_repository_is_no_place(self, tmp_path: Path, clock: Clock) -> None:
        with pytest.raises(NotARepository, match="not in a git repository") as caught:
            tracker_at(tmp_path, clock)
        assert caught.value.hint
