"""Bad input, end to end: a clear error or the right result, and nothing lost."""

import json
import subprocess
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pr_sessions.core.agents import Agent
from pr_sessions.core.models import Basis, PullRequest
from pr_sessions.errors import CannotWrite, InvalidConfiguration, InvalidValue, NewerVersion, UnreadableFile
from pr_sessions.io.folder import Folder
from pr_sessions.storage.files import backups, marker
from pr_sessions.tracker import Tracker
from scene import Clock, auto, ids, look, minute, on_disk, overview, tracker_at

HOSTILE_IDS = [
    "",
    "../../etc/passwd",
    "a/../b",
    "a/b",
    "a\\b",
    "..",
    ".hidden",
    "-rf",
    "a|b",
    "<script>alert(1)</script>",
    "a b",
    "a\nb",
    "a\n",
    "a\x00b",
    "a;rm -rf ~",
    "$(reboot)",
    "é",
    "a" * 5000,
]


@pytest.fixture
def tracker(clone: Path, clock: Clock) -> Tracker:
    return tracker_at(clone, clock)


def put(root: Path, *, zone: str | None = None, **parts: Any) -> Path:
    """A session file with these parts, read in the zone."""
    path = root / "docs/metrics/auto_pr_sessions.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"version": "1.0", "active_sessions": {}, "completed_sessions": [], **parts}))
    if zone:
        configure(root, f"time_zone: {zone}\n")
    return path


def configure(root: Path, text: str) -> None:
    config = root / ".cursor/config/session_config.yaml"
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text(text)


def active(**fields: Any) -> dict[str, Any]:
    return {"active_sessions": {"a": {"session_id": "a", **fields}}}


def completed(**fields: Any) -> dict[str, Any]:
    return {"completed_sessions": [{"session_id": "a", "completed": "2025-11-22T09:00:00Z", **fields}]}


class TestIds:
    @pytest.mark.parametrize("name", HOSTILE_IDS, ids=lambda name: repr(name[:20]))
    def test_one_that_is_not_safe_is_refused_everywhere(self, tracker: Tracker, name: str) -> None:
        for attempt in (
            lambda: tracker.session(name),
            lambda: tracker.complete(name),
            *([lambda: tracker.record(auto(1), session_id=name)] if name else []),
        ):
            with pytest.raises(InvalidValue, match="not a session id") as caught:
                attempt()
            assert len(str(caught.value)) < 200
        assert overview(tracker) == {}

    @pytest.mark.parametrize("form", ["[cursor-session: {}]", "<!-- 🤖 Auto-PR: Session {} -->", "Session-ID: {}"])
    @pytest.mark.parametrize("name", [*HOSTILE_IDS, "a..b"], ids=lambda name: repr(name[:20]))
    def test_one_that_is_not_safe_is_no_mark_in_a_body(self, tracker: Tracker, form: str, name: str) -> None:
        tracker.record(auto(1, body=form.format(name)))
        # What follows the end of a line is no part of a mark.
        assert set(overview(tracker)) <= {"ada-20251122-1000", "a"}

    def test_one_of_an_old_file_is_kept_as_data(self, clone: Path, clock: Clock) -> None:
        name = "Ada Lovelace|<b>-20251120-0617"
        put(clone, active_sessions={name: {"session_id": name, "prs": [], "started": "2025-11-22T09:50:00Z"}})
        tracker = tracker_at(clone, clock)
        tracker.record(auto(1))
        assert overview(tracker) == {name: ((), ""), "ada-20251122-1000": (("1",), "")}


@pytest.mark.parametrize(
    ("author", "session_id"),
    [
        ("mary-jane", "mary-jane-20251122-1000"),
        ("john.doe", "john.doe-20251122-1000"),
        ("dependabot[bot]", "dependabot-bot-20251122-1000"),
        ("Émile Zola", "Emile-Zola-20251122-1000"),
        ("../../etc", "etc-20251122-1000"),
        ("a|b<c>", "a-b-c-20251122-1000"),
        ("李雷", "LiLei-20251122-1000"),
        ("🤖", "unknown-20251122-1000"),
        ("a" * 1000, "a" * 100 + "-20251122-1000"),
    ],
)
class TestAuthors:
    def test_is_kept_and_made_safe_for_the_id_by_start(self, tracker: Tracker, author: str, session_id: str) -> None:
        session = tracker.start(author).session
        assert (session.author, session.id, tracker.session(session_id).author) == (author, session_id, author)

    def test_is_kept_and_made_safe_for_the_id_by_recording(
        self, tracker: Tracker, author: str, session_id: str
    ) -> None:
        tracker.record(auto(1, author=author))
        tracker.record(auto(2, author=author))
        assert overview(tracker) == {session_id: (("1", "2"), "")}
        assert tracker.find(1).author == author


class TestPullRequests:
    def test_without_an_author_is_kept_unattributed(self, tracker: Tracker) -> None:
        tracker.record(auto(1, author=" \n"))
        assert (overview(tracker), list(tracker.sessions().all_unattributed())) == ({}, ["1"])

    def test_unattributed_it_finds_its_session_later(self, tracker: Tracker) -> None:
        tracker.record(auto(1, author=""))
        tracker.record(auto(1, author="ada"))
        assert (overview(tracker), dict(tracker.sessions().all_unattributed())) == (
            {"ada-20251122-1000": (("1",), "")},
            {},
        )

    def test_half_characters_and_line_breaks_are_stored_as_blanks(self, tracker: Tracker) -> None:
        tracker.record(auto(1, author="a\udcff\nb", branch="x\x1b[31my\udcff", base="m\n", agents=(Agent("c\n"),)))
        record = tracker.find(1).pull_requests["1"]
        assert (record.author, record.branch, record.base, record.agents) == ("a  b", "x [31my", "m", (Agent("c"),))

    @pytest.mark.parametrize("text", ["auto-pr: \udcff", "auto-pr: " + "x" * 1_000_000, "auto-pr:\x00"])
    def test_any_title_can_be_looked_at(self, tracker: Tracker, text: str) -> None:
        assert tracker.record(auto(1, title=text, commit_messages=(text,))).recorded.verdict.is_auto

    @pytest.mark.parametrize("number", ["", "x", "-1", "1.5", "../1", "1|2", "<b>1", "1\n2", "९", "9" * 19])
    def test_without_a_number_is_refused(self, tracker: Tracker, number: str) -> None:
        for attempt in (tracker.record, tracker.check):
            with pytest.raises(InvalidValue, match="not a pull request number"):
                attempt(auto(number))
        assert overview(tracker) == {}

    @pytest.mark.parametrize(
        "filling",
        ["a", "\n", "> ", "`", "```\n", "<!--", "-->", "[cursor-session: ", "Session-ID: a\n\n", "---\n", " ", "\r\n"],
        ids=repr,
    )
    def test_a_body_of_whatever_takes_linear_time(self, tracker: Tracker, filling: str) -> None:
        body = filling * (500_000 // len(filling))
        recorded = tracker.record(auto(1, body=body)).recorded
        assert recorded.verdict.is_auto
        assert on_disk(tracker.repository.session_file).stat().st_size < 5000

    def test_a_mark_at_the_end_of_10_mb_is_found(self, tracker: Tracker) -> None:
        body = "word " * 2_000_000 + "\n\n[cursor-session: bob-20251122-0900]\n"
        recorded = tracker.record(auto(1, body=body)).recorded
        assert recorded.result.attribution is not None
        assert (recorded.result.session_id, recorded.result.attribution.basis) == ("bob-20251122-0900", Basis.MARKER)


class TestTimes:
    @pytest.mark.parametrize(
        ("text", "zone", "instant"),
        [
            ("2025-11-22T09:30:00Z", "America/New_York", datetime(2025, 11, 22, 9, 30, tzinfo=UTC)),
            ("2025-11-22T09:30:00.123456Z", "UTC", datetime(2025, 11, 22, 9, 30, 0, 123456, tzinfo=UTC)),
            ("2025-11-22T18:30:00+09:00", "UTC", datetime(2025, 11, 22, 9, 30, tzinfo=UTC)),
            ("2025-11-22T04:30:00", "America/New_York", datetime(2025, 11, 22, 9, 30, tzinfo=UTC)),
            ("2025-03-30T02:30:00", "Europe/Berlin", datetime(2025, 3, 30, 1, 30, tzinfo=UTC)),
            ("2025-10-26T02:30:00", "Europe/Berlin", datetime(2025, 10, 26, 0, 30, tzinfo=UTC)),
        ],
    )
    def test_in_a_file_are_read_in_every_spelling_and_stay_as_they_are(
        self, clone: Path, clock: Clock, text: str, zone: str, instant: datetime
    ) -> None:
        path = put(clone, zone=zone, **completed(started=text, prs=["1"]))
        tracker = tracker_at(clone, clock)
        assert tracker.session("a").started == instant
        tracker.record(auto(2))
        assert f'"started": "{text}"' in path.read_text()

    def test_of_an_impossible_order_give_no_duration(self, clone: Path, clock: Clock) -> None:
        put(clone, **completed(started="2025-11-22T10:00:00Z"))
        assert tracker_at(clone, clock).session("a").duration is None

    def test_ahead_of_us_in_a_file_are_no_negative_idleness(self, clone: Path, clock: Clock) -> None:
        put(clone, **active(started="2025-11-23T00:00:00Z", author="ada"))
        tracker = tracker_at(clone, clock)
        assert tracker.cleanup() == ()
        clock.set(24 * 60)
        assert ids(*tracker.cleanup()) == ["a"]


def stands_in(part: object, whole: object) -> bool:
    """Whether everything that a value says still stands in another one."""
    if isinstance(part, dict) and isinstance(whole, dict):
        return all(key in whole and stands_in(value, whole[key]) for key, value in part.items())
    if isinstance(part, list) and isinstance(whole, list):
        return all(any(stands_in(one, other) for other in whole) for one in part)
    return part == whole


class TestSessionFiles:
    @pytest.mark.parametrize("prs", [["42", 42], [42, 42], ["42", "42"]])
    def test_a_number_twice_as_text_and_as_number_is_one(self, clone: Path, clock: Clock, prs: list[object]) -> None:
        put(clone, **active(prs=prs, started="2025-11-22T09:50:00Z", author="ada"))
        tracker = tracker_at(clone, clock)
        tracker.record(auto(42))
        assert overview(tracker) == {"a": (("42",), "")}

    @pytest.mark.parametrize(
        ("parts", "reason"),
        [
            ({"active_sessions": []}, "active_sessions is no object"),
            ({"completed_sessions": {}}, "completed_sessions is no list"),
            ({"unattributed": []}, "unattributed is no object"),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    def test_parts_of_the_wrong_kind_are_named_and_never_overwritten(
        self, clone: Path, clock: Clock, parts: dict[str, Any], reason: str
    ) -> None:
        path = put(clone, **parts)
        before = look(clone / "docs")
        tracker = tracker_at(clone, clock)
        for attempt in (overview, lambda tracker: tracker.record(auto(1)), Tracker.cleanup):
            with pytest.raises(UnreadableFile) as caught:
                attempt(tracker)
            assert reason in str(caught.value)
            assert str(path) in str(caught.value)
            assert caught.value.hint
        assert look(clone / "docs") == before

    @pytest.mark.parametrize(
        "parts",
        [
            {"active_sessions": {"a": 1}},
            {"completed_sessions": [{}]},
            {"unattributed": {"5": 3}},
            active(started=5),
            active(started="soon"),
            active(started="9999-12-31T23:59:59Z"),
            active(started="0001-01-01T00:00:00Z"),
            active(author=[]),
            active(prs="1, 2"),
            active(total_files_changed="3"),
            active(metadata=[]),
            active(metadata={"aliases": [[1]]}),
            active(metadata={"pull_requests": []}),
            active(metadata={"pull_requests": {"1": []}}),
            active(metadata={"pull_requests": {"1": {"state": "odd"}}}),
            active(metadata={"pull_requests": {"1": {"seen": 5}}}),
            active(metadata={"pull_requests": {"1": {"placement": {"rung": "luck"}}}}),
        ],
        ids=str,
    )
    def test_what_one_record_holds_stops_nothing_and_stays(
        self, clone: Path, clock: Clock, parts: dict[str, Any]
    ) -> None:
        path = put(clone, **parts)
        tracker = tracker_at(clone, clock)
        assert tracker.record(auto(7)).recorded.session is not None
        tracker.cleanup()
        written = json.loads(path.read_text())
        for key, part in parts.items():
            assert stands_in(part, written[key])

    def test_a_newer_version_is_refused(self, clone: Path, clock: Clock) -> None:
        path = put(clone, version="2.0")
        with pytest.raises(NewerVersion, match=r"version 2\.0") as caught:
            tracker_at(clone, clock).start("ada")
        assert ("upgrade" in caught.value.hint, '"2.0"' in path.read_text()) == (True, True)

    def test_a_number_of_5000_digits_is_a_text_like_any(self, clone: Path, clock: Clock) -> None:
        put(clone, **completed(prs=["9" * 5000, "1"]))
        assert tracker_at(clone, clock).session("a").prs == ("1", "9" * 5000)

    def test_deep_nesting_is_an_error(self, clone: Path, clock: Clock) -> None:
        path = put(clone)
        path.write_text('{"x": ' + "[" * 100_000 + "]" * 100_000 + "}")
        with pytest.raises(UnreadableFile, match="nested too deeply"):
            overview(tracker_at(clone, clock))


class TestConfiguration:
    @pytest.mark.parametrize("pattern", ["(a+)+$", "(a|aa)+$", "(.*a){20}"])
    def test_a_catastrophic_pattern_takes_linear_time(self, clone: Path, clock: Clock, pattern: str) -> None:
        configure(clone, f"auto_pr_patterns: ['{pattern}']\n")
        tracker = tracker_at(clone, clock)
        hostile = PullRequest(number="1", title="a" * 19 + "b" * 5000 + "!", author="ada")
        assert not tracker.check(hostile).verdict.is_auto

    @pytest.mark.parametrize("pattern", ["(?=a)", r"(a)\1", "[", "", "(a{1000}){1000}"])
    def test_a_pattern_that_is_refused_is_named_with_its_line(self, clone: Path, clock: Clock, pattern: str) -> None:
        configure(clone, f"timeout_minutes: 30\nauto_pr_patterns: ['{pattern}']\n")
        with pytest.raises(InvalidConfiguration, match=r"session_config\.yaml:2: auto_pr_patterns"):
            tracker_at(clone, clock)


class TestWriting:
    def test_where_nothing_can_be_stored_start_fails_and_leaves_nothing(self, clone: Path, clock: Clock) -> None:
        (clone / ".git/pr-sessions").write_text("in the way")
        before = look(clone)
        with pytest.raises(CannotWrite) as caught:
            tracker_at(clone, clock).start("ada")
        assert caught.value.hint
        assert look(clone) == before

    def test_a_full_disk_loses_nothing(self, tracker: Tracker, child: Callable[..., subprocess.Popen[str]]) -> None:
        for number in range(1, 11):
            tracker.record(auto(number))
        before = overview(tracker), on_disk(tracker.repository.session_file).read_bytes()
        code = """
import resource, sys
from datetime import UTC, datetime
from pathlib import Path
from pr_sessions.errors import CannotWrite
from pr_sessions.core.agents import Agent
from pr_sessions.core.models import PullRequest
from pr_sessions.tracker import open_tracker
tracker = open_tracker(Path(sys.argv[1]), environ={}, clock=lambda: datetime(2025, 11, 22, 10, 1, tzinfo=UTC))
tracker.sessions()
import getpass, tempfile
resource.setrlimit(resource.RLIMIT_FSIZE, (600, 600))
try:
    tracker.record(PullRequest(number="99", title="auto-pr: x", author="ada"))
except CannotWrite as error:
    print(bool(error.hint))
"""
        process = child(code, str(tracker.repository.root))
        assert process.communicate()[0] == "True\n"
        assert (overview(tracker), on_disk(tracker.repository.session_file).read_bytes()) == before


class Interruption:
    """Ctrl-C before the n-th step of writing to the disk."""

    STEPS = (
        *((Folder, name) for name in ("existing_bits", "write_new", "rename", "sync", "_create")),
        *((module, "remove_file") for module in (marker, backups)),
    )

    def __init__(self, at: int, patch: pytest.MonkeyPatch) -> None:
        self.left = at
        self.happened = False
        for module, name in self.STEPS:
            patch.setattr(module, name, self._interrupting(getattr(module, name)))

    def _interrupting(self, step: Callable[..., Any]) -> Callable[..., Any]:
        def run(*arguments: Any, **options: Any) -> Any:
            self.left -= 1
            if self.left == 0:
                self.happened = True
                raise KeyboardInterrupt
            return step(*arguments, **options)

        return run


OPERATIONS: dict[str, Callable[[Tracker], object]] = {
    "start": lambda tracker: tracker.start("bob"),
    "record": lambda tracker: tracker.record(auto(2, files_changed=3)),
    "record_all": lambda tracker: tracker.record_all([auto(3, created=minute(-60)), auto(4, created=minute(-300))]),
    "complete": lambda tracker: tracker.complete("ada-20251122-1000"),
    "cleanup": lambda tracker: tracker.cleanup(),
}


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_interrupted_at_any_step_all_is_old_or_new_and_the_next_command_mends_it(
    make_repo: Callable[[str], Path], clock: Clock, operation: Callable[[Tracker], object]
) -> None:
    def prepared(name: str) -> Tracker:
        root = make_repo(name)
        configure(root, "minimal_metadata: true\n")
        clock.set(0)
        tracker = tracker_at(root, clock)
        tracker.record(auto(1))
        # The session is alive still, or has just run out.
        clock.set(31 if operation is OPERATIONS["cleanup"] else 5)
        return tracker

    whole = prepared("whole")
    old = overview(whole)
    operation(whole)
    new = overview(whole)
    assert new != old
    steps = 0
    while True:
        steps += 1
        tracker = prepared(f"r{steps}")
        with pytest.MonkeyPatch.context() as patch:
            trap = Interruption(steps, patch)
            with suppress(KeyboardInterrupt):
                operation(tracker)
        if not trap.happened:
            break
        found = overview(tracker)
        assert found in (old, new)
        left = [path.name for path in tracker.repository.root.rglob("*.tmp")]
        assert left == []
        if found == old:
            operation(tracker)
        else:
            tracker.keep()
        assert overview(tracker) == new
        repository = tracker.repository
        assert repository.clone_sessions is not None
        assert on_disk(repository.clone_sessions).read_bytes() == on_disk(repository.session_file).read_bytes()
        homes = {number: session.id for session in tracker.sessions() for number in session.prs}
        assert json.loads(on_disk(repository.pr_index).read_bytes())["pr_to_session"] == homes
    assert steps > 10
