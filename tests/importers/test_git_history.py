import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from git_past import Past

from pr_sessions.config.cache import package_signatures
from pr_sessions.core.history import HistoricPullRequest
from pr_sessions.core.models import PullRequest, State
from pr_sessions.core.signatures import find_agents
from pr_sessions.errors import InvalidValue, NotARepository, UnreadableFile
from pr_sessions.git.log import read_log
from pr_sessions.importers.git_history import read_history, read_whole_history


def minute(at: int) -> datetime:
    return datetime(2025, 11, 22, 10 + at // 60, at % 60, tzinfo=UTC)


def numbers(past: Past, revisions: str | None = None, limit: int | None = None) -> list[str]:
    return [one.pull_request.number for one in read_history(past.root, revisions, limit)]


def only(past: Past) -> HistoricPullRequest:
    (found,) = read_history(past.root)
    return found


def test_a_merge_commit_gives_the_whole_pull_request(past: Past) -> None:
    root = past.commit("Begin", {"a.py": "1"}, at=0)
    past.branch("fix/login")
    first = past.commit("Step 1\n\nWords.\n\nSession-ID: s-1\n", {"tests/test_a.py": "2"}, at=5, author="Émile Zola")
    second = past.commit("Step 2", {"README.md": "3", "a.py": "4"}, at=7, author="Émile Zola")
    past.switch("main")
    merge = past.merge(
        "Merge pull request #12 from zola/fix/login\n\nFix login\n\nCo-authored-by: B <b@x>", "fix/login", at=9
    )

    expected = HistoricPullRequest(
        pull_request=PullRequest(
            number="12",
            title="Fix login",
            body="Co-authored-by: B <b@x>",
            author="Émile Zola",
            author_is_name=True,
            commit_authors=("a@example.org", "a@example.org"),
            commit_messages=("Step 1\n\nWords.\n\nSession-ID: s-1", "Step 2"),
            commits=(second, first),
            files_changed=3,
            test_files_added=1,
            docs_updated=True,
            state=State.MERGED,
            branch="fix/login",
            created=minute(5),
            closed=minute(9),
            merged=minute(9),
        ),
        sha=merge,
        when=minute(9),
        files=("README.md", "a.py", "tests/test_a.py"),
        parents=(root, second),
        kind="merge",
        commits=(second, first),
        forks=(root,),
    )
    assert only(past) == expected


def test_a_squash_commit_gives_the_whole_pull_request(past: Past) -> None:
    root = past.commit("Begin", {"a.py": "1"}, at=0)
    message = "Fix login (#12)\n\n* one\n\nSession-ID: s-1"
    squash = past.commit(message, {"a.py": "2"}, at=4, author="zola")

    expected = HistoricPullRequest(
        pull_request=PullRequest(
            number="12",
            title="Fix login",
            body="* one\n\nSession-ID: s-1",
            author="zola",
            author_is_name=True,
            commit_authors=("a@example.org",),
            files_changed=1,
            test_files_added=0,
            docs_updated=False,
            state=State.MERGED,
            created=minute(4),
            closed=minute(4),
            merged=minute(4),
        ),
        sha=squash,
        when=minute(4),
        files=("a.py",),
        parents=(root,),
        kind="squash",
    )
    assert only(past) == expected


def test_a_pull_request_in_the_very_first_commit_has_its_files(past: Past) -> None:
    past.git("config", "log.showRoot", "false")
    past.commit("Begin (#1)", {"a.py": "1"}, at=0)

    assert only(past).files == ("a.py",)


def test_they_come_oldest_first(past: Past) -> None:
    for at in range(3):
        past.commit(f"Step (#{9 - at})", at=at)

    assert numbers(past) == ["9", "8", "7"]


def test_a_number_that_two_commits_name_belongs_to_the_merge(past: Past) -> None:
    past.commit("Begin", at=0)
    past.branch("fix")
    past.commit("Step (#1)", {"a": "1"}, at=1)
    past.switch("main")
    merge = past.merge("Merge pull request #1 from o/fix\n\nFix", "fix", at=2)

    assert only(past).sha == merge


def test_a_number_that_two_squashes_name_belongs_to_the_earlier(past: Past) -> None:
    first = past.commit("Step (#1)", {"a": "1"}, at=0)
    past.commit("Again: Step (#1)", {"a": "2"}, at=1)

    assert only(past).sha == first


def test_a_moved_file_counts_once_by_its_new_name(past: Past) -> None:
    past.commit("Begin", {"tests/test_old.py": "content"}, at=0)
    past.git("mv", "tests/test_old.py", "tests/test_new.py")
    past.commit("Move (#1)", at=1)

    found = only(past)

    assert (found.files, found.pull_request.test_files_added) == (("tests/test_new.py",), 0)


def test_a_deleted_test_is_not_an_added_one(past: Past) -> None:
    past.commit("Begin", {"tests/test_a.py": "content"}, at=0)
    (past.root / "tests/test_a.py").unlink()
    past.commit("Drop (#1)", at=1)

    assert only(past).pull_request.test_files_added == 0


@pytest.mark.skipif(os.name == "nt", reason="Windows allows no such names")
@pytest.mark.parametrize("name", ["ü.md", 'quo"te', ":100644 A", "new\nline", "tab\t"])
def test_a_file_of_any_name_is_read(past: Past, name: str) -> None:
    past.commit("Step (#1)", {name: "1"}, at=0)

    assert only(past).files == (name,)


@pytest.mark.parametrize(
    "body",
    [
        b"as in #12 and (#13)\nMerge pull request #14 from a/b",
        b"\x1b[2J\x1b]0;owned\x07",
        b"\xff\xfe invalid",
        b":100644 100644 a b A\n\n:000000",
        b"0123456789012345678901234567890123456789\n" * 3,
        b"\x01\x02\x1e\x1f",
    ],
)
def test_a_hostile_message_is_only_text(past: Past, body: bytes) -> None:
    past.commit("Begin", at=0)
    past.commit(b"Step (#1)\n\n" + body, {"a": "1"}, at=1)
    past.commit("Next (#2)", {"b": "1"}, at=2)

    assert [(one.pull_request.number, one.files) for one in read_history(past.root)] == [("1", ("a",)), ("2", ("b",))]


def test_a_message_in_another_encoding_is_read(past: Past) -> None:
    past.git("config", "i18n.commitEncoding", "latin1")
    past.git("config", "i18n.logOutputEncoding", "latin1")
    past.commit("Prüfung (#1)".encode("latin1"), at=0)

    assert only(past).pull_request.title == "Prüfung"


def test_an_empty_message_breaks_nothing(past: Past) -> None:
    past.commit("", at=0)
    past.commit("Step (#1)", at=1)

    assert numbers(past) == ["1"]


@pytest.mark.parametrize(
    ("date", "created"), [("99999999999999 +0000", None), ("60 +0000", datetime(1970, 1, 1, 0, 1, tzinfo=UTC))]
)
def test_a_date_that_cannot_be_read_is_unknown(past: Past, date: str, created: datetime | None) -> None:
    message = "Step (#1)"
    stream = (
        f"commit refs/heads/main\nauthor A <a@b> {date}\ncommitter A <a@b> 1763805600 +0000\n"
        f"data {len(message)}\n{message}\n"
    )
    past.git("fast-import", "--quiet", "--date-format=raw-permissive", stdin=stream.encode())

    found = only(past)

    assert (found.pull_request.created, found.when) == (created, minute(0))


def test_a_range_gives_only_its_own(past: Past) -> None:
    past.commit("One (#1)", at=0)
    past.git("tag", "v1")
    past.commit("Two (#2)", at=1)

    assert (numbers(past, "v1..HEAD"), numbers(past, "v1"), numbers(past, "HEAD..v1")) == (["2"], ["1"], [])


def test_a_limit_takes_the_newest_commits(past: Past) -> None:
    for at in range(4):
        past.commit(f"Step (#{at + 1})", at=at)

    assert numbers(past, limit=2) == ["3", "4"]


def test_a_branch_that_begins_on_another_one_shares_that_commit_and_not_the_common_past(past: Past) -> None:
    past.commit("Begin", at=0)
    past.branch("one")
    below = past.commit("Below", {"a": "1"}, at=1)
    past.branch("two", start="one")
    above = past.commit("Above", {"b": "1"}, at=2)
    past.switch("main")
    past.merge("Merge pull request #1 from o/one", "one", at=3)
    past.merge("Merge pull request #2 from o/two", "two", at=4)

    told = {one.pull_request.number: one.pull_request.commits for one in read_history(past.root)}

    assert told == {"1": (below,), "2": (above, below)}


def test_a_repository_without_commits_has_no_pull_requests(past: Past) -> None:
    assert numbers(past) == []


def test_a_shallow_clone_gives_what_it_has(past: Past, tmp_path: Path) -> None:
    past.commit("Begin", at=0)
    past.branch("fix")
    past.commit("Step 1", {"a": "1"}, at=1, author="zola")
    past.commit("Step 2", {"a": "2"}, at=2, author="zola")
    past.switch("main")
    past.merge("Merge pull request #1 from o/fix\n\nFix", "fix", at=3)
    shallow = tmp_path / "shallow"
    past.git("clone", "--quiet", "--depth=2", f"file://{past.root}", str(shallow))

    (found,) = read_history(shallow)

    expected = PullRequest(
        number="1",
        title="Fix",
        author="zola",
        author_is_name=True,
        commit_authors=("a@example.org",),
        commit_messages=("Step 2",),
        commits=found.commits,
        files_changed=1,
        test_files_added=0,
        docs_updated=False,
        state=State.MERGED,
        branch="fix",
        created=minute(2),
        closed=minute(3),
        merged=minute(3),
    )
    assert found.pull_request == expected


@pytest.mark.parametrize(("message", "author"), [("Fix (#1)", "zola"), ("Merge pull request #1 from o/fix\n\nFix", "")])
def test_where_a_shallow_clone_ends_the_change_is_unknown(
    past: Past, tmp_path: Path, message: str, author: str
) -> None:
    past.commit("Begin", {"tests/test_a.py": "1"}, at=0)
    past.commit(message, {"a": "1"}, at=1, author="zola")
    shallow = tmp_path / "shallow"
    past.git("clone", "--quiet", "--depth=1", f"file://{past.root}", str(shallow))

    (found,) = read_history(shallow)
    told = found.pull_request

    assert (told.title, told.author, found.files) == ("Fix", author, ())
    assert (told.files_changed, told.test_files_added, told.docs_updated) == (None, None, None)


def test_inside_a_hook_the_named_repository_is_read(past: Past, monkeypatch: pytest.MonkeyPatch) -> None:
    past.commit("Step (#1)", at=0)
    monkeypatch.setenv("GIT_DIR", "/nowhere")

    assert numbers(past) == ["1"]


def test_a_partial_clone_is_read_without_the_network(past: Past, tmp_path: Path) -> None:
    past.git("config", "uploadpack.allowFilter", "true")
    past.commit("Begin", {"a": "1\n" * 50}, at=0)
    past.git("mv", "a", "b")
    past.commit("Step (#1)", {"b": "1\n" * 50 + "2"}, at=1)
    partial = tmp_path / "partial"
    past.git("clone", "--quiet", "--bare", "--filter=blob:none", f"file://{past.root}", str(partial))
    past.root.rename(tmp_path / "gone")

    (found,) = read_whole_history(partial, is_named_bare=True).pull_requests

    assert found.files == ("a", "b")


def test_a_clone_without_trees_is_not_filled_by_reading(past: Past, tmp_path: Path) -> None:
    past.git("config", "uploadpack.allowFilter", "true")
    past.commit("Step (#1)", {"a": "1"}, at=0)
    treeless = tmp_path / "treeless"
    past.git("clone", "--quiet", "--bare", "--filter=tree:0", f"file://{past.root}", str(treeless))
    before = sorted(treeless.rglob("*"))

    history = read_whole_history(treeless, is_named_bare=True)
    (found,) = history.pull_requests

    assert (found.number, found.files, found.pull_request.files_changed, history.has_files) == ("1", (), None, False)
    assert sorted(treeless.rglob("*")) == before


def test_the_program_that_checks_signatures_is_not_run(past: Past) -> None:
    ran = past.root / "ran"
    program = past.root / "check"
    program.write_text(f"#!/bin/sh\ntouch '{ran}'\n", encoding="utf-8")
    program.chmod(0o755)
    past.git("config", "log.showSignature", "true")
    past.git("config", "gpg.program", str(program))
    tree = past.git("write-tree")
    signed = (
        f"tree {tree}\nauthor A <a@b> 1763805600 +0000\ncommitter A <a@b> 1763805600 +0000\n"
        "gpgsig -----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----\n\nStep (#1)\n"
    )
    sha = past.git("hash-object", "-t", "commit", "-w", "--stdin", stdin=signed.encode())
    past.git("update-ref", "HEAD", sha)

    assert (numbers(past), ran.exists()) == (["1"], False)


@pytest.mark.parametrize("revisions", ["nope", "", "-n1", "--output=written", "--all", "a..b", "x\0y", "\x1b[2J"])
def test_revisions_that_git_does_not_know_are_an_error(past: Past, revisions: str) -> None:
    past.commit("Step (#1)", at=0)

    with pytest.raises(InvalidValue) as caught:
        list(read_history(past.root, revisions))

    assert (str(caught.value).isprintable(), bool(caught.value.hint)) == (True, True)
    assert not (past.root / "written").exists()


@pytest.mark.parametrize("name", ["", "missing"])
def test_a_folder_outside_git_is_no_repository(past: Past, tmp_path: Path, name: str) -> None:
    with pytest.raises(NotARepository):
        list(read_history(tmp_path / name))


def test_a_missing_git_is_said(past: Past, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", os.devnull)

    with pytest.raises(NotARepository, match="git cannot be started"):
        list(read_history(past.root))


def test_a_damaged_history_is_an_error_and_no_short_answer(past: Past) -> None:
    sha = past.commit("Step (#1)", at=0)
    past.commit("Next (#2)", at=1)
    damaged = past.root / ".git/objects" / sha[:2] / sha[2:]
    damaged.chmod(0o644)
    damaged.write_bytes(b"")

    with pytest.raises(UnreadableFile):
        list(read_history(past.root))


def test_reading_writes_nothing(past: Past) -> None:
    past.commit("Step (#1)", {"a": "1"}, at=0)
    before = {path: path.stat().st_mtime_ns for path in past.root.rglob("*")}

    list(read_history(past.root))

    assert {path: path.stat().st_mtime_ns for path in past.root.rglob("*")} == before


def test_a_reader_that_stops_early_ends_git(past: Past) -> None:
    past.commit("Large " + "x" * 1_000_000, at=0)
    past.commit("Last", at=1)

    assert next(read_log(past.root)).message == "Last"


COPILOT = "198982749+Copilot@users.noreply.github.com"


def agents(past: Past) -> list[tuple[str, str]]:
    found = find_agents(only(past).pull_request, package_signatures())
    return [(agent.name, agent.role.value) for agent in found]


@pytest.mark.parametrize(
    ("authors", "found"),
    [
        ([COPILOT, "a@example.org"], [("copilot", "opened")]),
        (["a@example.org", COPILOT], [("copilot", "assisted")]),
        (["Copilot", "a@example.org"], []),
    ],
    ids=["begun", "helped", "no address"],
)
def test_the_addresses_of_commits_tell_agents_and_names_do_not(
    past: Past, authors: list[str], found: list[tuple[str, str]]
) -> None:
    past.commit("Begin", at=0)
    past.branch("fix")
    for at, email in enumerate(authors, start=1):
        past.commit(f"Step {at}", {"a.py": str(at)}, at=at, author="Copilot", email=email)
    past.switch("main")
    past.merge("Merge pull request #12 from o/fix\n\nFix", "fix", at=9)
    assert agents(past) == found


def test_trailers_of_a_branchs_commits_tell_agents_that_helped(past: Past) -> None:
    past.commit("Begin", at=0)
    past.branch("fix")
    past.commit("Step\n\nWords.\n\nCo-Authored-By: Claude <noreply@anthropic.com>\n", {"a.py": "1"}, at=1)
    past.switch("main")
    past.merge("Merge pull request #12 from o/fix\n\nFix", "fix", at=9)
    assert agents(past) == [("claude-code", "assisted")]


def test_the_head_branch_of_a_merge_hints_at_an_agent_and_the_forks_owner_does_not(past: Past) -> None:
    past.commit("Begin", at=0)
    past.branch("x")
    past.commit("Step", {"a.py": "1"}, at=1)
    past.switch("main")
    past.merge("Merge pull request #12 from claude/codex/x\n\nFix", "x", at=9)
    assert agents(past) == [("codex", "assisted")]


def test_a_squash_is_its_authors_and_keeps_the_trailers_of_its_commits(past: Past) -> None:
    message = "Fix (#12)\n\n* Step\n\nMade-with: Cursor\n\nCo-authored-by: Claude <noreply@anthropic.com>\n"
    past.commit(message, {"a.py": "1"}, at=1, author="Copilot", email=COPILOT)
    assert agents(past) == [("claude-code", "assisted"), ("copilot", "opened"), ("cursor", "assisted")]
