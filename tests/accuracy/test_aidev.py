from datetime import UTC, datetime
from pathlib import Path

import pytest
from benchmarks.accuracy.aidev import Commit, Record, read_archive

from archives import pull_request, write_archive
from pr_sessions.core.models import PullRequest, State
from pr_sessions.errors import NotFound, PrSessionsError, UnreadableFile


def test_a_folder_gives_each_agents_pull_requests_with_their_commits(tmp_path: Path) -> None:
    merged = {"state": "closed", "closed_at": "2025-03-10T04:06:11Z", "merged_at": "2025-03-10T04:06:11Z"}
    row = pull_request(3327, id="99", title="feat: x", body="Line\n\nother", **merged)
    write_archive(
        tmp_path,
        "Devin",
        [row],
        [{"pr_id": "99", "sha": "c0ffee", "author": "a", "committer": "web-flow", "message": "m\n\nSigned"}],
    )
    write_archive(tmp_path, "Codex", [pull_request(1, user="ann", user_id="")])

    archive = read_archive(tmp_path)

    when = datetime(2025, 3, 10, 4, 6, 11, tzinfo=UTC)
    assert archive.broken == ()
    assert archive.agents == {
        "Codex": (
            Record(
                agent="Codex",
                repository="o/r",
                pull_request=PullRequest(
                    number="o/r#1",
                    title="Fix",
                    author="ann",
                    state=State.OPEN,
                    created=datetime(2025, 3, 9, 20, 47, 6, tzinfo=UTC),
                ),
            ),
        ),
        "Devin": (
            Record(
                agent="Devin",
                repository="o/r",
                pull_request=PullRequest(
                    number="o/r#3327",
                    title="feat: x",
                    body="Line\n\nother",
                    author="devin-ai-integration[bot]",
                    author_id=158243242,
                    commits=("c0ffee",),
                    commit_messages=("m\n\nSigned",),
                    commit_authors=("a",),
                    state=State.MERGED,
                    created=datetime(2025, 3, 9, 20, 47, 6, tzinfo=UTC),
                    closed=when,
                    merged=when,
                ),
                commits=(Commit("c0ffee", "a", "web-flow", "m\n\nSigned"),),
            ),
        ),
    }


def test_the_digest_is_of_names_and_bytes(tmp_path: Path) -> None:
    one = write_archive(tmp_path / "one", "Devin", [pull_request(1)])
    same = write_archive(tmp_path / "same", "Devin", [pull_request(1)])
    renamed = write_archive(tmp_path / "renamed", "Cursor", [pull_request(1)])
    other = write_archive(tmp_path / "other", "Devin", [pull_request(2)])

    digests = [read_archive(folder).digest for folder in (one, same, renamed, other)]

    assert digests[0] == digests[1]
    assert len(set(digests)) == 3


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"number": "x"}, "not a pull request number: 'o/r#x'"),
        ({"created_at": ""}, "not a date and time: ''"),
        ({"merged_at": "soon"}, "not a date and time: 'soon'"),
        ({"repo_url": "https://api.github.com/repos/../.."}, "not a pull request number: '../..#7'"),
        ({"body": "x" * 140_000}, "field larger than field limit (131072)"),
    ],
)
def test_a_row_that_cannot_be_used_is_named_and_left_out(tmp_path: Path, said: dict[str, str], reason: str) -> None:
    write_archive(tmp_path, "Devin", [pull_request(1), pull_request(7, **said), pull_request(2)])

    archive = read_archive(tmp_path)

    assert archive.broken == (f"Devin/prs.csv, line 3: {reason}",)
    assert [r.pull_request.number for r in archive.agents["Devin"]] == ["o/r#1", "o/r#2"]


def test_a_pull_request_counts_once(tmp_path: Path) -> None:
    write_archive(tmp_path, "Devin", [pull_request(1), pull_request(1, title="Other")])

    archive = read_archive(tmp_path)

    assert archive.broken == ("Devin/prs.csv, line 3: o/r#1 stands there twice",)
    assert [r.pull_request.title for r in archive.agents["Devin"]] == ["Fix"]


def test_bytes_that_are_no_text_and_lines_of_other_width_harm_no_others(tmp_path: Path) -> None:
    path = write_archive(tmp_path, "Devin", [pull_request(1)]) / "Devin/prs.csv"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes() + b"\xff\x00,2\n\n" + b'{"json": 1}\n')

    archive = read_archive(tmp_path)

    widths = (2, 0, 1)
    assert archive.broken == tuple(
        f"Devin/prs.csv, line {line}: {width} columns instead of 12" for line, width in enumerate(widths, start=3)
    )
    assert len(archive.agents["Devin"]) == 1


def test_a_file_cut_in_the_middle_of_a_row_keeps_the_rows_before(tmp_path: Path) -> None:
    path = write_archive(tmp_path, "Devin", [pull_request(1), pull_request(2, body="a\nb")]) / "Devin/prs.csv"
    path.write_bytes(path.read_bytes()[:-4])

    archive = read_archive(tmp_path)

    assert archive.broken == ("Devin/prs.csv, line 3: unexpected end of data",)
    assert [r.pull_request.number for r in archive.agents["Devin"]] == ["o/r#1"]


def test_commits_may_be_missing(tmp_path: Path) -> None:
    (write_archive(tmp_path, "Devin", [pull_request(1)]) / "Devin/pr_commits.csv").unlink()

    assert read_archive(tmp_path).agents["Devin"][0].commits == ()


def test_the_wrong_place_is_told_with_what_is_wanted(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    wrong = tmp_path / "wrong/Devin"
    wrong.mkdir(parents=True)
    (wrong / "prs.csv").write_text("id,title\n1,x\n")
    told = [_refusal(tmp_path / name) for name in ("missing", "empty", "wrong")]

    assert [(type(error), str(error)) for error in told] == [
        (NotFound, f"no such folder: {tmp_path / 'missing'}"),
        (NotFound, f"no pull requests in {tmp_path / 'empty'}"),
        (
            UnreadableFile,
            "Devin/prs.csv lacks the columns number, user, user_id, created_at, closed_at, merged_at, repo_url, body",
        ),
    ]
    assert all("prs.csv" in error.hint for error in told)


def _refusal(folder: Path) -> PrSessionsError:
    with pytest.raises(PrSessionsError) as refusal:
        read_archive(folder)
    return refusal.value
