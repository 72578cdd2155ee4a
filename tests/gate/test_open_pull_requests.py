"""What is open in repositories, with the sessions that it belongs to: what the inbox is made of."""

from collections import Counter
from typing import Any

import pytest
from msgspec.structs import replace

from asking import Ask
from fake_github import FakeGitHub
from fake_github.repository import Repository
from pr_sessions.core.agents import Agent, Confidence, Evidence, Role, Run
from pr_sessions.core.models import Attribution, Basis, PullRequestRecord, Session, Stack, State
from pr_sessions.core.open_pull_requests import OpenPullRequest, ReviewState, Work
from pr_sessions.core.overlay import InMemorySessions
from pr_sessions.core.paths import SESSION_FILE
from pr_sessions.core.policy import GateMode, Policy
from pr_sessions.core.times import write_time
from pr_sessions.errors import ForgeFailed
from pr_sessions.forges.github.transport import RetryPolicy
from pr_sessions.gate.open_pull_requests import (
    FetchedInbox,
    WaitingSession,
    fetch_open_pull_requests,
    from_collection,
    with_sessions_of_clone,
)
from pr_sessions.gate.repositories import FetchedRepositories, fetch_repositories
from pr_sessions.git.repository import CONFIG
from pr_sessions.storage.files.codec import encode_session
from pr_sessions.storage.files.session_file import Entry, format_document
from rules import all_signatures
from scene import minute

POLICY = Policy()
CURSOR = {"login": "cursor[bot]", "id": 206951365, "type": "Bot"}


def nothing(_done: int, _of: int) -> None:
    pass


def opened(repository: Repository, number: int, minutes: float = 0, author: str = "ada", **row: Any) -> dict[str, Any]:
    """A pull request of somebody who may write, with a file of its own."""
    repository.permissions.setdefault(author, "write")
    repository.add_pull(number, row.pop("title", f"Change {number}"), write_time(minute(minutes)), author, **row)
    repository.files[number] = [repository.file(f"{number}.py")]
    repository.pulls[number]["user"]["type"] = "User"
    return repository.pulls[number]


AGENT = Agent("cursor", Role.OPENED, Confidence.CERTAIN, (Evidence("author", "cursor/author"),))


def record(minutes: float = 0, state: str | None = State.OPEN, basis: Basis = Basis.HOOK, **more: Any) -> Any:
    return PullRequestRecord(
        author="ada",
        state=state,
        created=minute(minutes),
        attribution=Attribution(basis, minute(minutes)),
        agents=(AGENT,),
        **more,
    )


@pytest.fixture
def fetch(inboxes: Ask) -> Any:
    """Fetches one repository: what is open in it an hour after the start, by number."""

    def call(minutes: float = 60, *, elsewhere: bool = False, **settings: Any) -> FetchedInbox:
        rules = all_signatures(replace(POLICY, **settings))
        fetched: FetchedInbox = inboxes(
            lambda forge: fetch_open_pull_requests(forge, rules, minute(minutes), elsewhere=elsewhere)
        )
        return fetched

    return call


def by_number(fetched: FetchedInbox) -> dict[str, OpenPullRequest]:
    return {pr.number: pr for pr in fetched.pull_requests}


def test_a_repository_without_pull_requests_is_empty(fake: FakeGitHub, fetch: Any) -> None:
    fetched = fetch()

    assert (fetched.repository, fetched.pull_requests, fetched.unknowns, fetched.viewer) == ("ada/shop", (), (), "ada")


def test_agents_are_found_in_texts_and_commits(fake: FakeGitHub, fetch: Any) -> None:
    opened(fake, 1)["user"] |= CURSOR
    opened(fake, 2)
    commit = fake.description.example("commit-items")[0]
    fake.commits[2] = [commit | {"sha": "b" * 40}]
    fake.commits[2][0]["commit"] |= {"message": "Fix\n\nCo-Authored-By: Claude <noreply@anthropic.com>"}
    opened(fake, 3)

    prs = by_number(fetch())

    assert {number: (pr.agent, pr.involvement.value) for number, pr in prs.items()} == {
        "1": ("cursor", "opened"),
        "2": ("claude-code", "assisted"),
        "3": ("", "no_sign"),
    }


def test_who_may_write_is_asked_of_all_authors_at_once(fake: FakeGitHub, fetch: Any) -> None:
    opened(fake, 1)
    opened(fake, 2, author="eve")["head"]["repo"]["full_name"] = "eve/shop"
    fake.permissions["eve"] = "read"
    opened(fake, 3)["user"] |= CURSOR
    opened(fake, 4)["user"] = None

    prs = by_number(fetch())

    assert {number: pr.is_trusted for number, pr in prs.items()} == {"1": True, "2": False, "3": True, "4": None}
    assert Counter(fake.asked)["POST /graphql"] == 3


def test_of_a_fork_only_what_somebody_with_write_access_says_counts(fake: FakeGitHub, fetch: Any) -> None:
    footer = "🤖 Generated with [Claude Code](https://claude.com/claude-code)"
    for number, author in ((1, "eve"), (2, "ada")):
        opened(fake, number, author=author, body=footer)["head"]["repo"]["full_name"] = f"{author}/shop"
    opened(fake, 3, body=footer)["head"]["repo"]["full_name"] = "eve/shop"
    fake.pulls[3]["user"] |= {"login": "other[bot]", "id": 9, "type": "Bot"}
    fake.permissions["eve"] = "read"

    assert {number: pr.agent for number, pr in by_number(fetch()).items()} == {"1": "", "2": "claude-code", "3": ""}


def test_what_is_built_on_another_one_names_it(fake: FakeGitHub, fetch: Any) -> None:
    opened(fake, 1)
    opened(fake, 2)["base"]["ref"] = "work-1"
    opened(fake, 3)

    assert {number: pr.built_on for number, pr in by_number(fetch()).items()} == {"1": "", "2": "1", "3": ""}


def test_a_stack_of_the_forge_is_known(fake: FakeGitHub, fetch: Any) -> None:
    opened(fake, 1)
    opened(fake, 2)["base"]["ref"] = "work-1"
    fake.stacks = {50: [1, 2]}

    assert {number: pr.stack for number, pr in by_number(fetch()).items()} == {
        "1": Stack(50, 1, 2, "main"),
        "2": Stack(50, 2, 2, "main"),
    }


def test_a_synced_session_with_hooks_says_that_its_agent_is_at_work(fake: FakeGitHub, fetch: Any) -> None:
    run = Run("claude-code", "0123456789abcdef0123", minute(0), minute(55))
    session = Session(
        id="ada-1",
        author="ada",
        started=minute(0),
        last_activity=minute(55),
        title="Billing",
        runs=(run,),
        pull_requests={"1": record()},
    )
    entry = Entry("ada-1", encode_session(session), completed=False)
    fake.contents["main", SESSION_FILE] = format_document([entry], {})
    opened(fake, 1)

    pr = by_number(fetch())["1"]

    assert (pr.session_id, pr.session_title, pr.work) == ("ada-1", "Billing", Work.AT_WORK)


def test_a_session_by_author_and_time_alone_is_none(fake: FakeGitHub, fetch: Any) -> None:
    opened(fake, 1, title="auto-pr: one")
    opened(fake, 2, 5, title="auto-pr: two")

    assert {pr.session_id for pr in fetch().pull_requests} == {None}


def test_a_commit_in_common_makes_a_session(fake: FakeGitHub, fetch: Any) -> None:
    commit = fake.description.example("commit-items")[0] | {"sha": "c" * 40}
    for number in (1, 2):
        opened(fake, number)["user"] |= CURSOR
        fake.commits[number] = [commit]

    sessions = {pr.session_id for pr in fetch().pull_requests}

    assert (len(sessions), None in sessions) == (1, False)


def test_one_with_more_files_than_a_page_is_read_by_itself(fake: FakeGitHub, fetch: Any) -> None:
    opened(fake, 1)
    opened(fake, 2)
    fake.files[2] = [fake.file(f"{number}.py") for number in range(150)]

    fetched = fetch()

    assert [len(pr.files or ()) for pr in fetched.pull_requests] == [150, 1]
    assert fetched.unknowns == ()


def test_of_5_000_files_only_the_number_is_known(fake: FakeGitHub, fetch: Any) -> None:
    opened(fake, 1)
    fake.files[1] = [fake.file(f"{number}.py") for number in range(5_000)]

    fetched = fetch()

    assert [(pr.files, pr.file_count) for pr in fetched.pull_requests] == [(None, 5_000)]
    assert fetched.unknowns == ("the files of 1 pull request were not read: it shares none with others here",)
    assert not [asked for asked in fake.asked if "/files" in asked]


def test_a_thousand_take_few_requests(fake: FakeGitHub, fetch: Any) -> None:
    for number in range(1, 1001):
        opened(fake, number, 7 * number, author=f"dev{number % 700}")
        if number % 3 == 0:
            fake.pulls[number]["user"] |= CURSOR
        fake.details[number] = {"mergeable": "UNKNOWN"}

    fetched = fetch(7 * 1000 + 5)

    assert (len(fetched.pull_requests), fetched.requests) == (1000, len(fake.asked))
    assert fetched.requests <= 15 + 2 * 20


def test_what_outsiders_opened_elsewhere_is_asked_on_request(fake: FakeGitHub, fetch: Any) -> None:
    opened(fake, 1)
    opened(fake, 2, author="eve")
    fake.permissions["eve"] = "read"
    fake.elsewhere = {"eve": 41, "ada": 7}

    without, with_it = fetch(), fetch(elsewhere=True)

    assert {number: pr.elsewhere for number, pr in by_number(without).items()} == {"1": None, "2": None}
    assert {number: pr.elsewhere for number, pr in by_number(with_it).items()} == {"1": None, "2": 41}


def test_without_a_token_the_files_of_a_few_are_read(fake: FakeGitHub, inboxes: Ask) -> None:
    fake.is_public = True
    for number in range(1, 41):
        opened(fake, number)

    fetched = inboxes(
        lambda forge: fetch_open_pull_requests(forge, all_signatures(POLICY), minute(60)), environ={"GH_TOKEN": ""}
    )

    assert Counter(pr.files is None for pr in fetched.pull_requests) == {False: 30, True: 10}
    assert {pr.review.state for pr in fetched.pull_requests} == {ReviewState.UNKNOWN}
    assert fetched.unknowns == (
        "reviews, checks, conflicts and who may write: GitHub says that only with a token",
        "who may write: GitHub tells that only with a token",
        "the files of 10 pull requests were not read: they share none with others here",
    )


def test_without_the_right_to_know_who_may_write_nobody_is_judged(fake: FakeGitHub, fetch: Any) -> None:
    fake.forbidden_fields = {"Repository.collaborators"}
    fake.forbidden = {"repos/get-collaborator-permission-level"}
    opened(fake, 1)

    fetched = fetch()

    assert [pr.is_trusted for pr in fetched.pull_requests] == [None]
    assert fetched.unknowns == ("whether 1 of 1 people may write: the token has no right to know",)


def test_at_the_limit_of_rest_what_graphql_says_is_kept(fake: FakeGitHub, fetch: Any) -> None:
    fake.rest_left = 0
    opened(fake, 1)

    fetched = fetch()

    assert [pr.review.state for pr in fetched.pull_requests] == [ReviewState.NONE]
    # Both are asked at once.
    assert sorted(words.partition(":")[0] for words in fetched.unknowns) == [
        "the list of pull requests",
        "the synced sessions",
    ]
    assert all("2030-03-17 17:46:41 UTC" in words for words in fetched.unknowns)


@pytest.fixture
def several(inboxes: Ask) -> Any:
    def call(*names: str, **how: Any) -> FetchedRepositories:
        fetched: FetchedRepositories = inboxes(
            lambda *forges: fetch_repositories(forges, minute(60), nothing), *names, **how
        )
        return fetched

    return call


def test_several_repositories_are_read_by_the_configuration_of_each(fake: FakeGitHub, several: Any) -> None:
    tools = fake.add_repository("ada/tools")
    opened(fake, 1)
    opened(tools, 1)
    tools.contents["main", CONFIG] = b"gate.open_budget: 3\n"

    fetched = several("ada/shop", "ada/tools")

    assert [(inbox.repository, inbox.policy.open_budget, len(inbox.pull_requests)) for inbox in fetched.inboxes] == [
        ("ada/shop", None, 1),
        ("ada/tools", 3, 1),
    ]
    assert [pr.key for inbox in fetched.inboxes for pr in inbox.pull_requests] == [
        ("ada/shop", "1"),
        ("ada/tools", "1"),
    ]


def test_one_that_cannot_be_read_is_named_and_the_others_are_shown(fake: FakeGitHub, several: Any) -> None:
    fetched = several("ada/gone", "ada/shop")

    assert [inbox.repository for inbox in fetched.inboxes] == ["ada/shop"]
    assert [words.partition(":")[0] for words in fetched.unknowns] == ["ada/gone"]


def test_where_none_can_be_read_it_is_a_failure(fake: FakeGitHub, several: Any) -> None:
    with pytest.raises(ForgeFailed, match="GitHub does not find this"):
        several("ada/gone", "ada/lost")


def test_a_forge_that_is_down_is_a_failure(fake: FakeGitHub, several: Any) -> None:
    fake.closing.set()
    address = {"GITHUB_API_URL": "http://127.0.0.1:9"}

    with pytest.raises(ForgeFailed, match="GitHub cannot be reached") as raised:
        several("ada/shop", environ=address, retry=RetryPolicy(tries=1))

    assert raised.value.status is None


def test_the_last_known_state_is_what_was_recorded_as_open() -> None:
    session = Session(
        id="ada-1",
        author="ada",
        started=minute(0),
        last_activity=minute(50),
        title="Billing",
        pull_requests={
            "2": record(files_changed=4, branch="two", base="main"),
            "3": record(1, branch="three", base="two"),
            "4": record(state=State.MERGED),
            "5": record(state=None),
            "bob/tools#6": record(branch="six", base="two"),
        },
    )
    plain = OpenPullRequest(
        repository="ada/shop",
        number="2",
        author="ada",
        opened=minute(0),
        branch="two",
        base="main",
        session_id="ada-1",
        session_title="Billing",
        work=Work.AT_WORK,
        agents=(AGENT,),
        file_count=4,
    )

    assert from_collection(InMemorySessions().put(session), POLICY, minute(60), "ada/shop") == (
        plain,
        replace(plain, number="3", opened=minute(1), branch="three", base="two", built_on="2", file_count=None),
        replace(plain, repository="bob/tools", number="6", branch="six", base="two", file_count=None),
    )


def test_an_inferred_session_and_none_are_the_same_to_the_last_known_state() -> None:
    inferred = Session(
        id="ada-2",
        author="ada",
        started=minute(0),
        inferred=True,
        pull_requests={"1": record(basis=Basis.TIME)},
    )
    sessions = InMemorySessions().put(inferred).put_unattributed("7", record())

    kept = from_collection(sessions, POLICY, minute(5), "")

    assert [(pr.number, pr.session_id, pr.work) for pr in kept] == [
        ("1", None, Work.UNKNOWN),
        ("7", None, Work.UNKNOWN),
    ]


def test_sessions_whose_checks_wait_are_named_also_inferred_ones(fake: FakeGitHub, fetch: Any) -> None:
    for number, minutes in ((1, 40), (2, 45), (3, 50), (4, 55)):
        opened(fake, number, minutes, title=f"auto-pr: {number}", author="cursor[bot]" if number < 4 else "bot")
        fake.pulls[number]["user"] |= CURSOR if number < 4 else {}
    fake.rollups[3] = "SUCCESS"
    opened(fake, 5, 55)
    enforce = {"gate": GateMode.ENFORCE, "gate_checks": ("test",), "gate_workflow": "ci.yml"}
    assert (fetch().waiting, fetch(**enforce).waiting) == (
        (),
        (WaitingSession(("1", "2", "3"), ("1", "2")), WaitingSession(("4",), ("4",))),
    )


def test_what_was_not_read_of_others_leaves_a_session_waiting(fake: FakeGitHub, fetch: Any) -> None:
    opened(fake, 1, 40, title="auto-pr: 1")
    fake.forbidden_fields.add("repository.collaborators")
    fetched = fetch(gate=GateMode.ENFORCE, gate_checks=("test",), gate_workflow="ci.yml")
    assert fetched.waiting == (WaitingSession(("1",), ("1",)),)


def session_of_clone(basis: Basis, session_id: str = "ada-1", **more: Any) -> Session:
    known = {"started": minute(0), "last_activity": minute(1), "inferred": basis is not Basis.HOOK} | more
    return Session(id=session_id, pull_requests={"1": record(basis=basis)}, **known)


@pytest.mark.parametrize(
    ("basis", "on_forge", "expected"),
    [
        (Basis.HOOK, None, ("ada-1", Work.AT_WORK)),
        (Basis.HOOK, "cursor-0", ("ada-1", Work.AT_WORK)),
        (Basis.WORKSPACE, None, ("ada-1", Work.UNKNOWN)),
        (Basis.WORKSPACE, "cursor-0", ("cursor-0", Work.UNKNOWN)),
        (Basis.TIME, None, (None, Work.UNKNOWN)),
    ],
)
def test_what_hooks_reported_to_the_clone_counts_before_what_the_forge_shows(
    basis: Basis, on_forge: str | None, expected: tuple[str | None, Work]
) -> None:
    sessions = InMemorySessions().put(session_of_clone(basis))
    shown = OpenPullRequest(repository="ada/shop", number="1", session_id=on_forge)

    (pr,) = with_sessions_of_clone([shown], sessions, POLICY, minute(2), "ada/shop")

    assert (pr.session_id, pr.work, pr.agents) == (*expected, (AGENT,))


def test_a_clone_says_nothing_of_other_repositories_and_of_what_it_did_not_record() -> None:
    sessions = InMemorySessions().put(session_of_clone(Basis.HOOK))
    apart = [OpenPullRequest(repository="ada/app", number="1"), OpenPullRequest(repository="ada/shop", number="2")]

    assert with_sessions_of_clone(apart, sessions, POLICY, minute(2), "ada/shop") == tuple(apart)
