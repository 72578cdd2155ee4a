"""The issues of the fake GitHub."""

from typing import Any

from descriptions import Description
from fake_github.replies import Reply, missing


class Issues:
    """What a repository holds of issues that are no pull requests."""

    description: Description
    repository: str
    pulls: dict[int, dict[str, Any]]
    me: str
    now: str

    def __init__(self) -> None:
        self.issues: dict[int, dict[str, Any]] = {}
        self.has_issues = True

    def listed(self, asked: dict[str, str], items: list[Any], key: str = "") -> Reply:
        """One page of a list."""
        raise NotImplementedError

    def add_issue(self, number: int, body: str, author: str = "", kind: str = "Bot", **told: Any) -> dict[str, Any]:
        """An issue of an account, ours if none is named."""
        row = self.description.example("issue")
        row |= {"number": number, "title": "An issue", "body": body, "state": "open", "labels": [], "closed_at": None}
        row["user"] = row["user"] | {"login": author or self.me, "type": kind}
        row |= {"created_at": self.now, "updated_at": self.now}
        row["html_url"] = f"https://github.com/{self.repository}/issues/{number}"
        del row["pull_request"]
        self.issues[number] = row | told
        return self.issues[number]

    def label(self, name: str) -> dict[str, Any]:
        """A label, which is created where there was none."""
        return {"id": 1, "node_id": "x", "url": "https://api.github.com/x", "name": name} | {
            "color": "ededed",
            "default": False,
            "description": None,
        }

    def list_issues(self, _names: dict[str, str], asked: dict[str, str], _told: Any) -> Reply:
        rows = [row for row in self.issues.values() if asked.get("state", "open") in ("all", row["state"])]
        rows = [row for row in rows if row["user"]["login"] == asked.get("creator", row["user"]["login"])]
        names = {name for name in asked.get("labels", "").split(",") if name}
        rows = [row for row in rows if names <= {label["name"] for label in row["labels"]}]
        rows.sort(key=lambda row: (row[f"{asked.get('sort', 'created')}_at"], row["number"]))
        return self.listed(asked, rows[::-1] if asked.get("direction", "desc") == "desc" else rows)

    def create_issue(self, _names: dict[str, str], _asked: dict[str, str], told: Any) -> Reply:
        if not self.has_issues:
            return Reply(410, {"message": "Issues are disabled for this repo"})
        number = 1 + max([*self.pulls, *self.issues], default=0)
        labels = [self.label(name) for name in told.get("labels", ())]
        return Reply(201, self.add_issue(number, told["body"], title=told["title"], labels=labels))

    def update_issue(self, names: dict[str, str], _asked: dict[str, str], told: Any) -> Reply:
        number = int(names["issue_number"])
        if number not in self.issues:
            return missing()
        changes = {key: told[key] for key in ("title", "body", "state") if key in told} | {"updated_at": self.now}
        if "labels" in told:
            changes["labels"] = [self.label(name) for name in told["labels"]]
        self.issues[number] |= changes
        return Reply(200, self.issues[number])
