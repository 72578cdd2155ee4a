"""What the fake GitHub holds, as objects of GraphQL: values by the names of fields, functions of their arguments."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from fake_github.repository import Repository

_CHANGES = {"removed": "DELETED", "unchanged": "CHANGED"}
Arguments = Mapping[str, Any]


class Rows(NamedTuple):
    """A long list whose items are made for the page that is wanted."""

    rows: Sequence[dict[str, Any]]
    make: Callable[[dict[str, Any]], dict[str, Any]]


def repository_object(repository: Repository) -> dict[str, Any]:
    """A `Repository`."""

    def pull_requests(asked: Arguments) -> Rows:
        states = asked.get("states") or ("OPEN", "CLOSED", "MERGED")
        order = asked.get("orderBy") or {"field": "CREATED_AT", "direction": "ASC"}
        rows = [row for row in repository.pulls.values() if _state(row) in states]
        rows.sort(key=lambda row: (row[order["field"].lower()], row["number"]), reverse=order["direction"] == "DESC")
        return Rows(rows, lambda row: pull_request_object(repository, row))

    def collaborators(asked: Arguments) -> list[dict[str, Any]]:
        wanted = asked.get("login")
        return [
            {"__typename": "User", "login": login, "edge": {"permission": granted.upper()}}
            for login, granted in repository.permissions.items()
            if granted != "none" and (wanted is None or login.lower() == wanted.lower())
        ]

    return {
        "__typename": "Repository",
        "nameWithOwner": repository.repository,
        "isArchived": repository.is_archived,
        "pullRequests": pull_requests,
        "collaborators": collaborators,
    }


def node_id(repository: Repository, number: int) -> str:
    """The name of a pull request on the whole server."""
    return f"PR_{repository.id}_{number}"


def pull_request_object(repository: Repository, row: dict[str, Any]) -> dict[str, Any]:
    """A `PullRequest`, from what REST says of it, and `details`."""
    number = row["number"]
    files = repository.files.get(number, [])
    head, base = row["head"], row["base"]
    head_name = head["repo"]["full_name"] if head["repo"] else None
    requested = [*map(actor, row["requested_reviewers"]), *map(_team, row["requested_teams"])]
    return {
        "__typename": "PullRequest",
        "id": node_id(repository, number),
        "number": number,
        "state": _state(row),
        "title": row["title"],
        "body": row["body"] or "",
        "url": f"https://github.com/{repository.repository}/pull/{number}",
        "author": actor(row["user"]),
        "authorAssociation": row["author_association"],
        "createdAt": row["created_at"],
        "updatedAt": row["updated_at"],
        "isDraft": row["draft"],
        "headRefName": head["ref"],
        "headRefOid": head["sha"],
        "baseRefName": base["ref"],
        "baseRefOid": base["sha"],
        "isCrossRepository": head_name != repository.repository,
        "headRepository": {"__typename": "Repository", "nameWithOwner": head_name} if head_name else None,
        "additions": sum(file["additions"] for file in files),
        "deletions": sum(file["deletions"] for file in files),
        "changedFiles": len(files),
        "files": [{"path": file["filename"], "changeType": _change(file["status"])} for file in files],
        "labels": [{"name": label["name"]} for label in row["labels"]],
        "assignees": list(map(actor, row["assignees"])),
        "reviewRequests": [{"requestedReviewer": each} for each in requested],
        "latestOpinionatedReviews": lambda asked: _opinions(repository, number, writers_only=asked["writersOnly"]),
        "commits": lambda _asked: _commits(repository, row),
        "closingIssuesReferences": [],
        "mergeable": "MERGEABLE",
        "mergeStateStatus": "BLOCKED",
        "autoMergeRequest": {"enabledAt": row["updated_at"]} if row["auto_merge"] else None,
        "isInMergeQueue": False,
        **repository.details.get(number, {}),
    }


def issue(number: int, repository: str) -> dict[str, Any]:
    """An `Issue` that a pull request closes."""
    return {"number": number, "repository": {"nameWithOwner": repository}}


def actor(user: dict[str, Any] | None) -> dict[str, Any] | None:
    """An `Actor`. The login of an App has no `[bot]` here."""
    if user is None:
        return None
    kind = "Bot" if user["type"] == "Bot" else "User"
    return {"__typename": kind, "login": user["login"].removesuffix("[bot]"), "databaseId": user["id"]}


def _team(team: dict[str, Any]) -> dict[str, Any]:
    return {"__typename": "Team", "slug": team["slug"]}


def _state(row: dict[str, Any]) -> str:
    return "MERGED" if row["merged_at"] else str(row["state"]).upper()


def _change(status: str) -> str:
    return _CHANGES.get(status, status.upper())


def _opinions(repository: Repository, number: int, *, writers_only: bool) -> list[dict[str, Any]]:
    """The last opinion of each reviewer, oldest first."""
    latest: dict[str, dict[str, Any]] = {}
    for review in repository.reviews.get(number, []):
        login = review["user"]["login"]
        may_write = repository.permissions.get(login) in ("admin", "write") or review["user"]["type"] == "Bot"
        if review["state"] in ("APPROVED", "CHANGES_REQUESTED", "DISMISSED") and (may_write or not writers_only):
            latest.pop(login, None)
            latest[login] = review
    return [
        {
            "state": review["state"],
            "author": actor(review["user"]),
            "commit": {"oid": review["commit_id"]},
            "submittedAt": review["submitted_at"],
        }
        for review in latest.values()
    ]


def _commits(repository: Repository, row: dict[str, Any]) -> list[dict[str, Any]]:
    """Its commits, or one with its title where the test says nothing of any."""
    # The official example's head is the same everywhere, and branches with a commit in common are of one session.
    number, sha = row["number"], f"{row['number']:08x}" * 5
    person = {"email": "ada@example.com", "date": row["created_at"]}
    only = {"sha": sha, "commit": {"message": row["title"], "author": person, "committer": person}}
    commits = repository.commits.get(number) or [only]
    rollup = repository.rollups.get(number)
    return [
        {
            "commit": {
                "oid": each["sha"],
                "message": each["commit"]["message"],
                "committedDate": each["commit"]["committer"]["date"],
                "author": {"email": each["commit"]["author"]["email"]},
                "statusCheckRollup": {"state": rollup} if rollup and each is commits[-1] else None,
            }
        }
        for each in commits
    ]
