"""A session leaves the inbox with its last open pull request, whatever was recorded of it before."""

from asking import Ask
from fake_github import FakeGitHub
from pr_sessions.core.agents import Run
from pr_sessions.core.inbox import build_rows
from pr_sessions.core.models import Attribution, Basis, PullRequestRecord, Session, State
from pr_sessions.core.paths import SESSION_FILE
from pr_sessions.core.policy import Policy
from pr_sessions.core.times import write_time
from pr_sessions.gate.open_pull_requests import fetch_open_pull_requests
from pr_sessions.storage.files.codec import encode_session
from pr_sessions.storage.files.session_file import Entry, format_document
from rules import all_signatures
from scene import minute


def test_a_session_leaves_when_its_last_pull_request_is_settled(fake: FakeGitHub, inboxes: Ask) -> None:
    record = PullRequestRecord(
        author="ada", state=State.OPEN, created=minute(0), attribution=Attribution(Basis.HOOK, minute(0))
    )
    session = Session(
        id="ada-1",
        author="ada",
        started=minute(0),
        last_activity=minute(20),
        runs=(Run("claude-code", "0123456789abcdef0123", minute(0), minute(20)),),
        pull_requests={"1": record, "2": record},
    )
    entry = Entry("ada-1", encode_session(session), completed=False)
    fake.contents["main", SESSION_FILE] = format_document([entry], {})
    fake.permissions["ada"] = "write"
    for number in (1, 2, 3):
        fake.add_pull(number, f"Change {number}", write_time(minute(0)), "ada" if number < 3 else "eve")

    def rows() -> dict[str, tuple[str, ...]]:
        rules = all_signatures(Policy())
        fetched = inboxes(lambda forge: fetch_open_pull_requests(forge, rules, minute(25)))
        return {row.id: row.numbers for row in build_rows(fetched.pull_requests)}

    before = rows()
    fake.pulls[1] |= {"state": "closed", "closed_at": write_time(minute(21)), "merged_at": write_time(minute(21))}
    between = rows()
    fake.pulls[2] |= {"state": "closed", "closed_at": write_time(minute(22))}

    assert (before, between, rows()) == (
        {"ada-1": ("1", "2"), "#3": ("3",)},
        {"ada-1": ("2",), "#3": ("3",)},
        {"#3": ("3",)},
    )
