import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ground import CONFIG, DOCUMENT, SESSION_FILE, AsNobody, Cli, Git, write

from pr_sessions.io import hook_log
from scene import place

MARKER = ".cursor/.session_id"
INDEX = ".cursor/data/session_state.json"
START, END = "2025-11-01T10:00:00Z", "2025-11-01T11:00:00Z"
WRITE_IT = "write it into the session file and the clone's document, if you know it"
CORRECT = "correct it in the session file and the clone's document; until then its duration is unknown"
LONG_AGO = 1_700_000_000


class TestHooks:
    @pytest.mark.parametrize(
        ("size", "problem"),
        [
            (1 << 20, None),
            (3 << 20, "3 MiB of agents' events wait to be taken in"),
            (33 << 20, "33 MiB of agents' events wait to be taken in; mere activity is not noted any more"),
        ],
    )
    def test_events_that_nobody_takes_in(self, cli: Cli, repo: Path, size: int, problem: str | None) -> None:
        cli("init")
        pending = repo / ".git/pr-sessions/pending"
        write(pending / "events.jsonl", " " * (size - 1) + "\n")
        found = [f for f in cli("doctor", "--json").json["findings"] if f["place"] == str(pending)]
        log = repo / ".git/pr-sessions/hook.log"
        way_out = f"pr-sessions cleanup takes them in; {log} may say why nobody did"
        told = {"severity": "warning", "problem": problem, "place": str(pending), "hint": way_out}
        assert found == ([told] if problem else [])
        cli("cleanup")
        assert str(pending) not in cli("doctor", "--json").out

    def test_what_hooks_could_not_do_of_late(self, cli: Cli, repo: Path) -> None:
        cli("init")
        log = repo / ".git/pr-sessions/hook.log"
        log.write_text("2020-01-01T10:00:00Z drain: Busy: long ago\n")
        assert str(log) not in cli("doctor", "--json").out
        hook_log.write(place(log), "drain: Busy: x")
        hook_log.write(place(log), "drain: Busy: y")
        assert [f for f in cli("doctor", "--json").json["findings"] if f["place"] == str(log)] == [
            {
                "severity": "note",
                "problem": "hooks failed 2 times in the last day; the last one said: drain: Busy: y",
                "place": str(log),
                "hint": "see whether hooks work now: pr-sessions hook selftest",
            }
        ]


def raw(session_id: str = "s-20251101-1000", **fields: Any) -> dict[str, Any]:
    whole = {
        "session_id": session_id,
        "author": "a",
        "started": START,
        "last_activity": END,
        "completed": END,
        "completion_trigger": "manual",
        **fields,
    }
    return {key: value for key, value in whole.items() if value is not None}


def active(session_id: str = "s-20251101-1000", **fields: Any) -> dict[str, Any]:
    return raw(session_id, **{"completed": None, "completion_trigger": None, **fields})


def save(path: Path, *records: dict[str, Any]) -> None:
    document = {
        "version": "1.0",
        "active_sessions": {
            r["session_id"]: r for r in records if ("completed" not in r and "started" in r) or r.get("x")
        },
        "completed_sessions": [r for r in records if "completed" in r or ("started" not in r and not r.get("x"))],
    }
    write(path, json.dumps(document))


def marker(path: Path, session_id: str = "s-20251101-1000", at: str = END) -> None:
    write(path / MARKER, json.dumps({"session_id": session_id, "author": "a", "created": at, "last_updated": at}))


def findings(cli: Cli) -> list[tuple[str, str, str, str]]:
    result = cli("doctor", "--json")
    assert (result.code, result.err) == (0, "")
    return [(f["severity"], f["problem"], f["place"], f["hint"]) for f in result.json["findings"]]


@pytest.fixture
def ready(cli: Cli, repo: Path, git: Git) -> Path:
    """A repository that is set up and in order."""
    cli("init")
    git(repo, "add", "-A")
    git(repo, "commit", "-q", "-m", "init")
    return repo


def test_a_repository_in_order_has_no_findings(cli: Cli, ready: Path) -> None:
    cli("start")
    cli("add", "1", "--title", "auto-pr: x", "--author", "bot")
    assert cli("doctor").out == "Everything is in order.\n"
    assert cli("doctor", "--exit-code", "--json").json == {"findings": [], "healthy": True}


def test_a_repository_that_is_not_set_up_is_told_how(cli: Cli, repo: Path) -> None:
    assert findings(cli) == [("note", "nothing is set up here", str(repo), "pr-sessions init")]


def test_a_finding_for_people_has_its_place_and_its_way_out(cli: Cli, repo: Path) -> None:
    assert cli("doctor").out == (f"note: nothing is set up here\n  place    {repo}\n  hint     pr-sessions init\n")


@pytest.mark.parametrize(
    ("text", "code", "healthy"), [("{}", 0, True), ("{", 1, False)], ids=["notes only", "with an error"]
)
def test_the_exit_code_tells_errors_and_warnings(cli: Cli, repo: Path, text: str, code: int, healthy: bool) -> None:
    write(repo / SESSION_FILE, text)
    assert cli("doctor").code == 0
    result = cli("doctor", "--exit-code", "--json")
    assert (result.code, result.json["healthy"]) == (code, healthy)


class TestUnreadable:
    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            (b"", "it is empty"),
            (b"\xff\xfe{\x00}\x00", "it is not UTF-8 text (UTF-16 perhaps)"),
            (b"<<<<<<< HEAD\n{}\n", "line 1 holds a conflict marker of git"),
            (b"[]", "it holds no object"),
            (b'{"active_sessions": []}', "active_sessions is no object"),
            (b'{"a": 1, "a": 2}', "the key 'a' stands twice in one object"),
        ],
    )
    def test_a_session_file_is_an_error_with_its_way_out(
        self, cli: Cli, ready: Path, content: bytes, reason: str
    ) -> None:
        (ready / SESSION_FILE).write_bytes(content)
        severity, problem, place, way_out = findings(cli)[0]
        assert (severity, problem, place) == (
            "error",
            f"cannot read {ready / SESSION_FILE}: {reason}",
            str(ready / SESSION_FILE),
        )
        assert "`pr-sessions doctor --repair`" in way_out

    def test_a_session_file_that_cannot_be_read_is_not_called_different(self, cli: Cli, ready: Path) -> None:
        cli("start", "--author", "ada")
        write(ready / SESSION_FILE, "{")
        assert [finding[0] for finding in findings(cli)] == ["error"]

    def test_a_newer_version_wants_an_upgrade(self, cli: Cli, ready: Path) -> None:
        write(ready / SESSION_FILE, '{"version": "2.0"}')
        assert findings(cli)[0][3] == "upgrade pr-sessions, from where it was installed"

    def test_the_clone_s_document_comes_back_from_a_backup(self, cli: Cli, ready: Path) -> None:
        cli("start", "--author", "ada", "--at", "2025-11-22T10:00:00Z")
        cli("backup")
        own = ready / DOCUMENT
        own.write_text("{")
        severity, _, place, way_out = findings(cli)[0]
        assert (severity, place) == ("error", str(own))
        assert "`pr-sessions doctor --repair`" in way_out
        assert cli("doctor", "--repair").code == 0
        assert not [finding for finding in findings(cli) if finding[0] == "error"]

    def test_each_record_that_is_not_understood_is_a_warning(self, cli: Cli, ready: Path) -> None:
        record = {"1": {"files_changed": "many", "agents": [7]}, "2": 5}
        path = ready / SESSION_FILE
        save(
            path,
            raw("bad-1", started="soon"),
            raw("bad-2", metadata={"pull_requests": record}, prs=["1", None]),
            raw("good"),
        )
        whole = json.loads(path.read_text())
        whole["active_sessions"]["x"] = 5
        whole["completed_sessions"].append({"author": "nobody"})
        whole["unattributed"] = {"9": [1]}
        path.write_text(json.dumps(whole))
        shown = [(severity, problem, place) for severity, problem, place, _ in findings(cli)]
        prefix = "this version does not understand"
        inner = (
            '`pull_requests` {"2":5}, `prs` [null], pull request 1: `files_changed` "many", '
            "pull request 1: `agents` [7]"
        )
        assert shown == [
            ("warning", f'{prefix} `started` "soon"', f"{path}: bad-1"),
            ("warning", f"{prefix} {inner}", f"{path}: bad-2"),
            (
                "warning",
                f'{prefix} `active_sessions.x` 5, `completed_sessions[0]` {{"author":"nobody"}}, `unattributed.9` [1]',
                str(path),
            ),
        ]

    def test_words_of_a_newer_version_are_a_note(self, cli: Cli, ready: Path) -> None:
        agent = {"name": "codex", "role": "piloted", "confidence": "proven"}
        record = {"state": "queued", "placement": {"rung": "orbit", "at": START, "detail": ""}, "agents": [agent]}
        save(ready / SESSION_FILE, raw("s", metadata={"pull_requests": {"1": record}}, prs=["1"]))
        problem = (
            'this version does not know the state "queued", the reason "orbit", the role "piloted", '
            'the confidence "proven"'
        )
        hint = "upgrade pr-sessions, if a newer version wrote it"
        assert findings(cli) == [("note", problem, f"{ready / SESSION_FILE}: s", hint)]

    def test_a_marker_can_be_removed(self, cli: Cli, ready: Path) -> None:
        write(ready / MARKER, '{"session_id": "../x"}')
        path = ready / MARKER
        way_out = f"remove {path}; it names the current session only"
        assert findings(cli) == [("error", f"cannot read {path}: it names no session", str(path), way_out)]

    def test_a_backup_is_a_warning(self, cli: Cli, ready: Path) -> None:
        path = ready / "docs/metrics/auto_pr_sessions.backup.20251122.json"
        write(path, " ")
        way_out = "remove it; `pr-sessions backup` takes a new one"
        assert findings(cli) == [("warning", f"cannot read {path}: it is empty", str(path), way_out)]

    @pytest.mark.parametrize("place", [SESSION_FILE, DOCUMENT, MARKER, CONFIG, INDEX, ".git/pr-sessions/backups"])
    def test_something_else_in_the_place_of_a_file_crashes_nothing(self, cli: Cli, ready: Path, place: str) -> None:
        path = ready / place
        if path.exists():
            path.unlink()
        if place.endswith("backups"):
            path.touch()
        else:
            path.mkdir(parents=True)
        assert cli("doctor").code == 0

    def test_the_configuration_s_mistakes_have_their_lines(self, cli: Cli, ready: Path) -> None:
        write(ready / CONFIG, "time_zone: Mars/Olympus\ntimeout_minutes: 30\ntimezone: UTC\n")
        assert findings(cli) == [
            (
                "error",
                "time_zone: no time zone is named 'Mars/Olympus'",
                f"{ready / CONFIG}:1",
                "names look like Europe/Berlin or UTC; if this one is right, install the package tzdata",
            ),
            (
                "warning",
                "unknown setting 'timezone': it changes nothing",
                f"{ready / CONFIG}:3",
                "did you mean time_zone?",
            ),
        ]

    def test_what_may_not_be_read_or_written_is_told(self, open_repo: Path, as_nobody: AsNobody) -> None:
        for name in (SESSION_FILE, CONFIG, MARKER):
            write(open_repo / name, "{}")
            (open_repo / name).chmod(0)
        (open_repo / ".git/pr-sessions").mkdir()
        for folder in (open_repo, open_repo / "docs/metrics", open_repo / ".git/pr-sessions", open_repo / ".cursor"):
            folder.chmod(0o555)
        code, out, err = as_nobody(open_repo, "doctor", "--json")
        assert (code, err) == (0, "")
        errors = [f["problem"] for f in json.loads(out)["findings"] if f["severity"] == "error"]
        refused = [f"cannot read {open_repo / name}: permission denied" for name in (CONFIG, SESSION_FILE, MARKER)]
        places = [f["place"] for f in json.loads(out)["findings"] if f["problem"] == "nothing can be written there"]
        assert errors[:3] == refused
        assert {str(open_repo / "docs/metrics"), str(open_repo / ".git/pr-sessions")} <= set(places)

    def test_a_folder_that_nobody_may_look_into_crashes_nothing(self, open_repo: Path, as_nobody: AsNobody) -> None:
        (open_repo / ".git/pr-sessions/backups").mkdir(parents=True)
        (open_repo / ".git/pr-sessions").chmod(0)
        code, out, _ = as_nobody(open_repo, "doctor", "--json")
        (open_repo / ".git/pr-sessions").chmod(0o755)
        assert (code, json.loads(out)["healthy"]) == (0, False)


SESSIONS: list[tuple[str, tuple[dict[str, Any], ...], tuple[str, str, str, str]]] = [
    (
        "an id twice",
        (raw(), raw(author="a")),
        (
            "warning",
            "session s-20251101-1000 stands there 2 times",
            "",
            "pr-sessions cleanup: whatever writes joins them",
        ),
    ),
    (
        "an unsafe id",
        (raw("../<b>\n|"),),
        (
            "warning",
            "../<b>?| is no safe session id",
            "",
            "rename it in every session file: letters, digits, '_', '.', '-', at most 200",
        ),
    ),
    (
        "a pull request twice",
        (raw("a", prs=["7"]), raw("b", prs=["7", "8"])),
        (
            "warning",
            "pull request 7 stands in 2 sessions: a, b",
            "",
            "say where it belongs: pr-sessions add 7 --session ID",
        ),
    ),
    (
        "an end before the beginning",
        (raw(completed="2025-11-01T09:00:00Z"),),
        (
            "warning",
            "`completed` lies before `started`",
            ": s-20251101-1000",
            CORRECT,
        ),
    ),
    (
        "activity before the beginning",
        (raw(last_activity="2025-11-01T09:00:00Z"),),
        (
            "warning",
            "`last_activity` lies before `started`",
            ": s-20251101-1000",
            CORRECT,
        ),
    ),
    (
        "a merge before the pull request",
        (raw(metadata={"pull_requests": {"7": {"created": END, "merged": START, "state": "merged"}}}),),
        (
            "warning",
            "pull request 7: `merged` lies before `created`",
            ": s-20251101-1000",
            CORRECT,
        ),
    ),
    (
        "a time in the future",
        (raw(completed="2999-01-01T00:00:00Z"),),
        (
            "warning",
            "its time lies in the future",
            ": s-20251101-1000",
            CORRECT,
        ),
    ),
    (
        "no beginning",
        (raw(started=None),),
        (
            "note",
            "it is completed and has no `started`: that is unknown",
            ": s-20251101-1000",
            WRITE_IT,
        ),
    ),
    (
        "nothing but an id",
        ({"session_id": "s"},),
        (
            "note",
            "it is completed and has no `author`, `started`, `completed`, `completion_trigger`: that is unknown",
            ": s",
            WRITE_IT,
        ),
    ),
    (
        "active and without any time",
        (active("s", started=None, last_activity=None, x=1),),
        ("warning", "it is active, has no time and never ends", ": s", "pr-sessions complete s"),
    ),
    (
        "orphans",
        tuple(active(name) for name in "abcdefg"),
        (
            "warning",
            "7 active, and idle for more than twice the timeout: a, b, c, d, e and 2 more",
            "",
            "pr-sessions cleanup",
        ),
    ),
]


@pytest.mark.parametrize(("records", "told"), [case[1:] for case in SESSIONS], ids=[case[0] for case in SESSIONS])
def test_sessions_that_cannot_be_right(
    cli: Cli, ready: Path, records: tuple[dict[str, Any], ...], told: tuple[str, str, str, str]
) -> None:
    save(ready / SESSION_FILE, *records)
    severity, problem, place, way_out = told
    assert findings(cli) == [(severity, problem, f"{ready / SESSION_FILE}{place}", way_out)]


@pytest.mark.parametrize(
    ("records", "commands"),
    [
        ((raw(), raw(author="a")), [("cleanup",)]),
        (tuple(active(name) for name in "abcdefg"), [("cleanup",)]),
        ((active("s", started=None, last_activity=None, x=1),), [("complete", "s")]),
        ((raw("a", prs=["7"]), raw("b", prs=["7"])), [("add", "7", "--session", "a")]),
        ((raw("a", prs=["7"]), raw("b", prs=["7"])), [("add", "7", "--session", "b")]),
    ],
    ids=["an id twice", "orphans", "without any time", "into the first", "into the second"],
)
def test_the_way_out_leads_out(
    cli: Cli, ready: Path, records: tuple[dict[str, Any], ...], commands: list[tuple[str, ...]]
) -> None:
    save(ready / SESSION_FILE, *records)
    assert findings(cli)
    for command in commands:
        assert cli(*command).code == 0
    assert [finding for finding in findings(cli) if finding[0] != "note"] == []


def test_sessions_without_automatic_ends_are_completed_one_by_one(cli: Cli, ready: Path) -> None:
    write(ready / CONFIG, "time_zone: UTC\nenable_timeout_completion: false\n")
    save(ready / SESSION_FILE, active())
    assert [finding[3] for finding in findings(cli)] == ["pr-sessions complete ID"]


class TestMarkers:
    CASES: tuple[tuple[str, Callable[[Path], None], tuple[str, str, str]], ...] = (
        (
            "unknown",
            lambda root: marker(root, "other", at=now()),
            ("note", "no file knows session other", "pr-sessions touch: whatever writes adds it"),
        ),
        (
            "completed",
            lambda root: (save(root / SESSION_FILE, raw()), marker(root, at=now()))[1],
            ("warning", "session s-20251101-1000 is completed", "pr-sessions cleanup: whatever writes removes it"),
        ),
        (
            "in the future",
            lambda root: marker(root, "other", at="2999-01-01T00:00:00Z"),
            ("warning", "its time lies in the future, so it would not expire", "remove it, then pr-sessions start"),
        ),
    )

    @pytest.mark.parametrize(("prepare", "told"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
    def test_that_name_no_live_session(
        self, cli: Cli, ready: Path, prepare: Callable[[Path], None], told: tuple[str, str, str]
    ) -> None:
        prepare(ready)
        severity, problem, way_out = told
        assert (severity, problem, str(ready / MARKER), way_out) in findings(cli)

    def test_that_have_run_out_in_another_working_tree(self, cli: Cli, ready: Path, git: Git) -> None:
        git(ready, "worktree", "add", "-q", "-b", "side", "../side")
        side = ready.parent / "side"
        save(ready / SESSION_FILE, active())
        marker(side)
        told = (
            "warning",
            "session s-20251101-1000 has run out",
            str(side / MARKER),
            "pr-sessions cleanup: whatever writes removes it",
        )
        assert told in findings(cli)
        cli("cleanup")
        assert findings(cli) == []


def now() -> str:
    from datetime import UTC, datetime

    return datetime.now(UTC).isoformat()


class TestFiles:
    def test_two_files_that_differ_are_a_note(self, cli: Cli, ready: Path) -> None:
        save(ready / DOCUMENT, raw("a"))
        told = f"it differs from the clone's document {ready / DOCUMENT}"
        way_out = "nothing: reading joins them, and the next command that writes brings both up to date"
        assert findings(cli) == [("note", told, str(ready / SESSION_FILE), way_out)]
        cli("cleanup")
        assert findings(cli) == []

    def test_a_working_tree_without_a_session_file_is_a_note(self, cli: Cli, ready: Path) -> None:
        cli("start")
        (ready / SESSION_FILE).unlink()
        assert [f[:3] for f in findings(cli)] == [
            ("note", "this working tree has no session file", str(ready / SESSION_FILE))
        ]

    def test_a_large_session_file_is_a_note(self, cli: Cli, ready: Path) -> None:
        save(ready / SESSION_FILE, raw(note="x" * 1_500_000))
        assert [f[:2] for f in findings(cli)] == [("note", "it has 1.5 MB, more than 1 MB")]

    def test_what_a_killed_writer_left_is_a_warning(self, cli: Cli, ready: Path) -> None:
        left = ready / ".git/pr-sessions/.sessions.json.4711-0123456789abcdef.tmp"
        young = ready / ".git/pr-sessions/.sessions.json.4712-0123456789abcdef.tmp"
        other = ready / ".git/pr-sessions/.mine.tmp"
        for path in (left, young, other):
            path.touch()
        for path in (left, other):
            os.utime(path, (LONG_AGO, LONG_AGO))
        told = ("warning", "a writer that was killed left it behind", str(left), "remove it")
        assert findings(cli) == [told]

    def test_an_index_that_disagrees_is_a_warning(self, cli: Cli, ready: Path) -> None:
        write(ready / CONFIG, "time_zone: UTC\nminimal_metadata: true\n")
        place, way_out = str(ready / INDEX), "pr-sessions cleanup makes it anew"
        assert findings(cli) == [("warning", "the index of pull requests is missing", place, way_out)]
        cli("start")
        cli("add", "1", "--title", "auto-pr: x", "--author", "bot")
        assert findings(cli) == []
        write(ready / INDEX, '{"pr_to_session": {"1": "other"}}')
        assert findings(cli) == [("warning", "it disagrees with the sessions", place, way_out)]
        write(ready / INDEX, "{")
        assert [f[2:] for f in findings(cli)] == [(place, f"remove it; {way_out}")]
        (ready / INDEX).unlink()
        cli("cleanup")
        assert findings(cli) == []

    def test_an_index_that_nothing_reads_is_a_note(self, cli: Cli, ready: Path) -> None:
        write(ready / INDEX, "{}")
        told = ("note", "nothing reads it while minimal_metadata is off", str(ready / INDEX), "remove it")
        assert findings(cli) == [told]

    def test_an_index_that_knows_more_than_the_sessions_is_not_to_be_removed(self, cli: Cli, ready: Path) -> None:
        write(ready / INDEX, '{"pr_to_session": {"326": "ada-20251120-0617", "327": "ada-20251120-0617"}}')
        problem = "it lists pull requests that no session holds: 326, 327"
        way_out = "pr-sessions add NUMBER --session ID keeps one"
        assert findings(cli) == [("warning", problem, str(ready / INDEX), way_out)]


class TestSettings:
    def test_naive_times_want_a_recorded_zone(self, cli: Cli, ready: Path) -> None:
        write(ready / CONFIG, "share: commit\n")
        save(ready / SESSION_FILE, raw(started="2025-11-01T10:00:00"))
        told = (
            "warning",
            "it holds times without a zone, and the configuration has no time_zone: they are read in UTC",
            str(ready / SESSION_FILE),
            "pr-sessions init --time-zone ZONE",
        )
        assert findings(cli) == [told]
        cli("init", "--time-zone", "UTC")
        assert findings(cli) == []

    def test_a_marker_word_that_does_not_count_is_a_note(self, cli: Cli, ready: Path) -> None:
        write(ready / CONFIG, "time_zone: UTC\ncompletion_markers: [finished]\n")
        assert [f[:1] + f[2:3] for f in findings(cli)] == [("note", f"{ready / CONFIG}:2")]

    def test_a_pause_is_a_note(self, cli: Cli, ready: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        cli("pause")
        place = str(ready / ".git/pr-sessions/paused")
        told = ("note", "tracking is off: `pr-sessions pause` was called here", place, "pr-sessions pause --off")
        assert findings(cli) == [told]
        monkeypatch.setenv("PR_SESSIONS", "0")
        told = ("note", "tracking is off: PR_SESSIONS=0 is set", "PR_SESSIONS", "unset PR_SESSIONS")
        assert findings(cli) == [told]


class TestGit:
    def test_a_shared_file_that_is_ignored_is_a_warning(self, cli: Cli, repo: Path) -> None:
        (repo / ".gitignore").write_text("docs/metrics/\n")
        cli("init")
        assert [f[:3] for f in findings(cli)] == [
            ("warning", "git ignores it, though it should be shared", str(repo / SESSION_FILE))
        ]

    def test_a_shared_file_that_is_not_tracked_is_a_note(self, cli: Cli, repo: Path) -> None:
        cli("init")
        assert findings(cli) == [
            ("note", "git does not track it yet", str(repo / SESSION_FILE), f"git add {SESSION_FILE}, and commit it")
        ]

    def test_a_local_file_that_is_tracked_is_a_warning(self, cli: Cli, ready: Path) -> None:
        write(ready / CONFIG, "time_zone: UTC\nshare: local\n")
        assert [f[:2] for f in findings(cli)] == [("warning", "git tracks it, though it should stay local")]

    def test_a_local_file_that_is_not_ignored_is_a_warning(self, cli: Cli, repo: Path) -> None:
        write(repo / CONFIG, "time_zone: UTC\nshare: local\n")
        save(repo / SESSION_FILE)
        told = "git does not ignore it, though it should stay local"
        assert findings(cli) == [("warning", told, str(repo / SESSION_FILE), "pr-sessions init")]
        cli("init")
        assert findings(cli) == []

    def test_a_tracked_marker_is_a_warning(self, cli: Cli, ready: Path, git: Git) -> None:
        cli("start")
        git(ready, "add", "-f", MARKER)
        way_out = f"git rm --cached {MARKER}, then pr-sessions init"
        told = ("warning", "git tracks it, and it belongs to one working tree", str(ready / MARKER), way_out)
        assert findings(cli) == [told]

    def test_a_marker_that_is_not_ignored_is_a_warning(self, cli: Cli, repo: Path) -> None:
        cli("start")
        told = ("warning", "git does not ignore it", str(repo / MARKER), "pr-sessions init")
        assert told in findings(cli)
        cli("init")
        assert told not in findings(cli)

    def test_a_missing_git_is_a_warning(self, cli: Cli, ready: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", str(ready / "deep"))
        told = ("warning", "git cannot be started", str(ready), "install git, or put its folder on PATH")
        assert findings(cli) == [told]
