"""Logs of agents. Every line here is synthetic: written for these tests in the documented shape, by no agent."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from pr_sessions.core.models import PullRequestRecord, Session
from pr_sessions.core.overlay import InMemorySessions
from pr_sessions.core.urls import PullRequestAddress
from pr_sessions.importers import transcripts
from pr_sessions.importers.logs import with_assistance
from pr_sessions.importers.transcripts import Link, Links, Work, find_links, read_cloud_ids, read_transcripts
from pr_sessions.io.places import Place

LOCAL = "0b1f3c5e-1111-4222-8333-abcdefabcdef"
CLOUD = "session_01SyntheticSynthetic"
URL = "https://github.com/acme/shop/pull/"
REMOTE = "https://github.com/acme/shop.git"
Log = Callable[..., Path]


def at(clock: str) -> datetime:
    return datetime.fromisoformat(f"2026-03-01T{clock}:00+00:00").astimezone(UTC)


def stamp(clock: str) -> str:
    return f"2026-03-01T{clock}:00.000Z"


def message(clock: str, branch: str = "feature", session: str = LOCAL) -> dict[str, Any]:
    text = {"role": "user", "content": "words of a conversation"}
    return {"type": "user", "sessionId": session, "timestamp": stamp(clock), "gitBranch": branch, "message": text}


def link(number: int, clock: str, session: str = LOCAL, url: str = URL) -> dict[str, Any]:
    address = {"prNumber": number, "prUrl": f"{url}{number}", "prRepository": "acme/shop"}
    return {"type": "pr-link", "sessionId": session, "timestamp": stamp(clock), **address}


def bridge(cloud: str, session: str = LOCAL) -> dict[str, Any]:
    return {"type": "bridge-session", "sessionId": session, "bridgeSessionId": cloud}


def meta(run: str, branch: str, **more: Any) -> dict[str, Any]:
    git = {"commit_hash": "0" * 40, "branch": branch, "repository_url": REMOTE}
    return {"type": "session_meta", "timestamp": stamp("10:00"), "payload": {"id": run, "git": git, **more}}


@pytest.fixture
def log(tmp_path: Path) -> Log:
    """Writes a log below the folder that is read."""

    def write(name: str, *lines: Any) -> Path:
        path = tmp_path / "logs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"".join((x if isinstance(x, bytes) else json.dumps(x).encode()) + b"\n" for x in lines))
        return path

    return write


@pytest.fixture
def works(tmp_path: Path) -> Callable[[], tuple[Work, ...]]:
    return lambda: read_transcripts([Place(tmp_path, "logs")])


Works = Callable[[], tuple[Work, ...]]


def of_clone(works: tuple[Work, ...], **records: PullRequestRecord) -> Links:
    def recorded(address: PullRequestAddress) -> str:
        return address.recorded(is_own=address.repository.path == "acme/shop")

    return find_links(works, {number[1:]: record for number, record in records.items()}, recorded, REMOTE.__eq__)


def test_a_link_counts_once(log: Log, works: Works) -> None:
    log(f"p/{LOCAL}.jsonl", message("10:00"), link(7, "10:20"), link(7, "10:05"), message("11:00", "other"))
    expected = Work(
        "claude-code",
        LOCAL,
        links={f"{URL}7"},
        branches={"feature", "other"},
        began=at("10:00"),
        last=at("11:00"),
    )
    assert works() == (expected,)


def test_what_a_sub_agent_links_belongs_to_the_session(log: Log, works: Works) -> None:
    log(f"p/{LOCAL}.jsonl", link(7, "10:20"))
    log(f"p/{LOCAL}/subagents/agent-1.jsonl", link(8, "10:30"))
    assert [(work.run, sorted(work.links)) for work in works()] == [(LOCAL, [f"{URL}7", f"{URL}8"])]


@pytest.mark.parametrize("spelled", [CLOUD, CLOUD.replace("session_", "cse_")])
def test_local_ids_of_one_session_in_the_cloud_are_one_run(log: Log, works: Works, spelled: str) -> None:
    log("p/a.jsonl", link(7, "10:20"), bridge(spelled))
    log("p/b.jsonl", link(7, "10:10", "other-run"), link(8, "10:15", "other-run"), bridge(spelled, "other-run"))
    log("p/c.jsonl", link(9, "10:15", "alone"), bridge("", "alone"))
    expected = [("alone", set(), {f"{URL}9"}), (CLOUD, {LOCAL, "other-run"}, {f"{URL}7", f"{URL}8"})]
    assert [(work.run, work.also, work.links) for work in works()] == expected


def test_the_ids_in_the_cloud_are_read_from_the_logs_of_these_runs_alone(log: Log, tmp_path: Path) -> None:
    log(f"one/{LOCAL}.jsonl", message("10:00"), bridge("cse_01SyntheticSynthetic"), bridge("another", "other-run"))
    log("two/other-run.jsonl", bridge("unread", "other-run"))
    log("two/alone.jsonl", message("10:00", session="alone"))
    folder = Place(tmp_path, "logs")
    assert read_cloud_ids(folder, [LOCAL, "alone", "missing", "../two/other-run"]) == {LOCAL: CLOUD}
    assert read_cloud_ids(folder / "missing", [LOCAL]) == {}


def test_a_conversation_of_codex_has_a_branch_and_no_link(log: Log, works: Works) -> None:
    log("2026/03/01/rollout-1.jsonl", meta("one", "feature"), {"type": "event_msg", "timestamp": stamp("10:30")})
    log("2026/03/01/rollout-2.jsonl", meta("child", "feature", parent_thread_id="one"))
    times = {"began": at("10:00"), "last": at("10:30")}
    assert works() == (Work("codex", "one", branches={"feature"}, repository=REMOTE, **times),)


def test_other_repositories_are_counted_and_not_taken(log: Log, works: Works) -> None:
    elsewhere = "https://github.com/acme/other/pull/"
    log("p/a.jsonl", link(7, "10:00"), link(1, "10:00", url=elsewhere), link(2, "10:00", url=elsewhere))
    found = of_clone(works(), n7=PullRequestRecord())
    assert found == Links((Link("7", assisted=True, agent="claude-code", run=LOCAL),), unknown=0, elsewhere=2)


def test_what_is_not_known_here_is_counted(log: Log, works: Works) -> None:
    log("p/a.jsonl", link(7, "10:00"), link(8, "10:00"))
    log("p/b.jsonl", link(7, "10:00", "other-run"))
    assert of_clone(works()) == Links((), unknown=2)


@pytest.mark.parametrize(
    ("record", "assisted"),
    [
        (PullRequestRecord(), True),
        (PullRequestRecord(created=at("10:30")), True),
        (PullRequestRecord(branch="feature"), True),
        (PullRequestRecord(branch="else", created=at("10:30")), True),
        (PullRequestRecord(branch="feature", base="feature", created=at("10:30")), True),
        (PullRequestRecord(branch="feature", created=at("09:30")), True),
        (PullRequestRecord(branch="feature", created=at("11:30")), True),
        (PullRequestRecord(branch="feature", created=at("10:30")), False),
        (PullRequestRecord(branch="feature", created=at("11:04")), False),
    ],
)
def test_a_run_opened_what_was_opened_from_its_branch_while_it_worked(
    log: Log, works: Works, record: PullRequestRecord, assisted: bool
) -> None:
    log("p/a.jsonl", message("10:00"), link(7, "10:31"), message("11:00"))
    found = of_clone(works(), n7=record)
    assert [each.assisted for each in found.links] == [assisted]


def test_codex_is_linked_by_the_head_branch(log: Log, works: Works) -> None:
    log("rollout-1.jsonl", meta("one", "feature"), {"type": "event_msg", "timestamp": stamp("10:30")})
    log("rollout-2.jsonl", meta("two", "feature"), {"type": "event_msg", "timestamp": stamp("10:01")})
    record = PullRequestRecord(branch="feature", base="main", created=at("10:20"))
    found = of_clone(works(), n7=record, n8=PullRequestRecord(branch="main", base="main", created=at("10:20")))
    assert [(each.number, each.run, each.assisted) for each in found.links] == [("7", "one", False), ("7", "two", True)]


def test_assistance_adds_the_agent_and_moves_nothing() -> None:
    record, unattributed = PullRequestRecord(author="bob"), PullRequestRecord(author="eve")
    before = InMemorySessions(Session(id="bob-1", pull_requests={"7": record}), unattributed={"8": unattributed})
    links = [Link(number, assisted=True, agent="codex", run="one") for number in ("7", "8", "9")]
    after = with_assistance(before, links)
    agents = (links[0].as_agent,)
    assert {s.id: s.pull_requests for s in after} == {"bob-1": {"7": replace(record, agents=agents)}}
    assert after.all_unattributed() == {"8": replace(unattributed, agents=agents)}
    assert with_assistance(after, links) is after


def test_what_is_no_line_of_a_log_is_passed_over(
    log: Log, works: Works, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transcripts, "LONGEST_LINE", 400)
    long = link(1, "10:00") | {"words": "x" * 1000}
    wrong: list[Any] = [b"", b"no JSON", b"[" * 300, b"\xff", [], {"sessionId": 1}, long, b'{"type": "pr-link"']
    strange = [link(2, "10:00", "../x"), link(4, "10:00", url="file:///")]
    log("p/a.jsonl", *wrong, *strange, link(7, "10:00"))
    log("p/a.txt", link(5, "10:00"))
    log("rollout-1.jsonl", {"type": "session_meta", "payload": 1}, {"type": "session_meta", "payload": {"id": ""}})
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "b.jsonl").write_text(json.dumps(link(6, "10:00")))
    (tmp_path / "logs/link").symlink_to(outside)
    (tmp_path / "logs/link.jsonl").symlink_to(outside / "b.jsonl")
    assert [sorted(work.links) for work in works()] == [[f"{URL}7"]]


def test_where_no_agent_works_there_is_nothing(works: Works) -> None:
    assert works() == ()
