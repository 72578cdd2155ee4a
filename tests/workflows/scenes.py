"""What happens on the fake GitHub, and the events that GitHub would tell it by."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from granted import GrantingGitHub
from repositories import guide_blocks
from runner import Event

CONFIG = ".cursor/config/session_config.yaml"
# As the guide says it.
ENFORCE = guide_blocks()[CONFIG]
LIMITS = guide_blocks()["settings"]
# An account is known by its id: whoever gets a name that was given up is somebody else.
ACCOUNTS = {"cursor[bot]": 206951365, "dependabot[bot]": 49699333}
CI = ".github/workflows/ci.yml"
AROUND, SWEEP = ".github/workflows/pr-sessions.yml", ".github/workflows/pr-sessions-sweep.yml"


def minutes_ago(minutes: float) -> str:
    """A time as GitHub writes it; a job looks at the real clock."""
    return f"{datetime.now(UTC) - timedelta(minutes=minutes):%Y-%m-%dT%H:%M:%SZ}"


def configure(github: GrantingGitHub, text: str) -> None:
    """The team's settings, on the default branch."""
    github.contents[("main", CONFIG)] = text.encode()


def agent_opens(
    github: GrantingGitHub,
    number: int,
    minutes: float = 1,
    *,
    title: str = "auto-pr: billing",
    account: str = "cursor[bot]",
    fork: bool = False,
) -> None:
    """A pull request of an agent's own account."""
    github.add_pull(number, title, minutes_ago(minutes), account)
    row = github.pulls[number]
    row["user"] |= {"type": "Bot", "id": ACCOUNTS[account]}
    row["head"]["sha"] = sha_of(number)
    row["base"]["repo"]["id"] = 1
    row["head"]["repo"] |= {"id": 2, "full_name": "mallory/shop", "fork": True} if fork else {"id": 1}


def sha_of(number: int) -> str:
    """The last commit of a pull request."""
    return f"{number:040x}"


def pull_request(github: GrantingGitHub, number: int, action: str = "opened") -> Event:
    """Something happened to a pull request."""
    row = github.pulls[number]
    payload = _payload(github, action=action, number=number, pull_request=row, sender=row["user"])
    fork = row["head"]["repo"]["id"] != 1
    # The runner works on a merge of the branch into its base, which has a commit of its own.
    return Event(name="pull_request", payload=payload, sha="f" * 40, ref=f"refs/pull/{number}/merge", reads_only=fork)


def comment(
    github: GrantingGitHub, number: int, body: str, author: str = "ann", *, association: str = "MEMBER"
) -> Event:
    """Somebody wrote something below a pull request; GitHub says who that is to the repository."""
    told = github.add_comment(number, body, author, minutes_ago(0.1))
    told["author_association"] = association
    issue = {
        "number": number,
        "pull_request": {"url": f"{github.url}/pulls/{number}"},
        "user": github.pulls[number]["user"],
    }
    return Event(
        name="issue_comment", payload=_payload(github, action="created", issue=issue, comment=told), sha="e" * 40
    )


def review(
    github: GrantingGitHub, number: int, author: str = "ann", *, association: str = "MEMBER", kind: str = "User"
) -> Event:
    """Somebody approved the last commit of a pull request."""
    row = github.description.example("pull-request-review-items")[0]
    row |= {"state": "APPROVED", "commit_id": github.pulls[number]["head"]["sha"], "submitted_at": minutes_ago(0.1)}
    row |= {"author_association": association, "user": row["user"] | {"login": author, "type": kind}}
    github.reviews[number] = [row]
    pull = github.pulls[number]
    payload = _payload(github, action="submitted", review=row, pull_request=pull)
    fork = pull["head"]["repo"]["id"] != 1
    return Event(
        name="pull_request_review", payload=payload, sha="f" * 40, ref=f"refs/pull/{number}/merge", reads_only=fork
    )


def dispatch(github: GrantingGitHub, number: int) -> Event:
    """Our own start of the team's workflow on the branch of a pull request."""
    branch = github.pulls[number]["head"]["ref"]
    payload = _payload(github, ref=f"refs/heads/{branch}", inputs=None, workflow=CI)
    return Event(name="workflow_dispatch", payload=payload, sha=sha_of(number), ref=f"refs/heads/{branch}")


def merge_group(github: GrantingGitHub) -> Event:
    """A merge queue wants to know whether a group may go in."""
    group = {
        "head_sha": "d" * 40,
        "head_ref": "refs/heads/gh-readonly-queue/main/pr-1-aaaa",
        "base_ref": "refs/heads/main",
    }
    payload = _payload(github, action="checks_requested", merge_group=group)
    return Event(name="merge_group", payload=payload, sha="d" * 40, ref=group["head_ref"])


def schedule() -> Event:
    """Ten minutes have gone by. GitHub tells of no repository then."""
    return Event(name="schedule", payload={"schedule": "4-59/10 * * * *"}, sha="c" * 40)


def _payload(github: GrantingGitHub, **told: Any) -> Mapping[str, Any]:
    repository = {"id": 1, "full_name": github.repository, "default_branch": "main", "private": True}
    return {"repository": repository, "sender": {"login": "cursor[bot]", "id": 1, "type": "Bot"}, **told}
