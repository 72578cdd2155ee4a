"""One repository of the fake GitHub: what it holds, and how it answers by REST."""

from typing import Any

import msgspec

from descriptions import RAW, Description
from fake_github.contents import Contents
from fake_github.issues import Issues
from fake_github.replies import SHA, Reply, forbidden, missing

# The suite of the check runs that are made by the interface; the others are jobs of a workflow.
_OF_THE_INTERFACE = 1


class Repository(Issues, Contents):
    """Pull requests, their people and what is written about them."""

    def __init__(self, description: Description, name: str) -> None:
        Issues.__init__(self)
        Contents.__init__(self)
        self.description, self.repository = description, name
        self.id = 1
        self.page_size = 100
        self.is_archived = False
        # Whether it is private and the token has no right to it, which looks as if it did not exist.
        self.is_hidden = False
        self.pulls: dict[int, dict[str, Any]] = {}
        self.files: dict[int, list[dict[str, Any]]] = {}
        self.commits: dict[int, list[dict[str, Any]]] = {}
        self.reviews: dict[int, list[dict[str, Any]]] = {}
        # What only GraphQL says of a pull request: values of its own type, by the names of its fields.
        self.details: dict[int, dict[str, Any]] = {}
        # The result of all checks of the last commit; a pull request that is missing has none.
        self.rollups: dict[int, str] = {}
        # By number, the pull requests of each from the lowest up. `None` is a repository that has no stacks at all.
        self.stacks: dict[int, list[int]] | None = None
        self.stack_base = "main"
        # An older server says nothing of stacks in its pull requests.
        self.lists_say_stacks = True
        self.comments: dict[int, dict[str, Any]] = {}
        self.checks: dict[int, dict[str, Any]] = {}
        self.permissions: dict[str, str] = {}
        self.contents: dict[tuple[str, str], bytes] = {}
        self.me, self.app = "github-actions[bot]", "github-actions"
        self.now = "2026-01-01T00:00:00Z"
        self.dispatched: list[tuple[str, Any]] = []
        # Those that are there, and whether anything may start them.
        self.workflows: dict[str, bool] = {"pr-sessions-sweep.yml": True}

    def add_pull(self, number: int, title: str, created: str, author: str | None = "bot", **told: Any) -> None:
        """A pull request as the official example has them, with that about it which matters here."""
        row = self.description.example("pull-request-simple-items")[0]
        user = dict(row["user"], login=author, id=1000 + len(author)) if author else None
        row |= {"number": number, "title": title, "user": user, "created_at": created, "updated_at": created}
        row |= {"state": "open", "closed_at": None, "merged_at": None, "body": None, "labels": []}
        # The official example is older than the description of a team.
        row |= {"requested_teams": [], **told}
        for side in ("head", "base"):
            row[side]["repo"]["full_name"] = self.repository
        row["head"]["ref"] = f"work-{number}"
        self.pulls[number] = row
        self.files.setdefault(number, [self.file("src/shop.py")])

    def add_comment(self, number: int, body: str, author: str, created: str, kind: str = "User") -> dict[str, Any]:
        """A comment below a pull request."""
        comment = self.description.example("issue-comment-items")[0]
        comment |= {"id": 1 + max(self.comments, default=0), "body": body, "created_at": created, "updated_at": created}
        comment["user"] |= {"login": author, "type": kind}
        comment["issue_url"] = f"https://api.github.com/repos/{self.repository}/issues/{number}"
        comment["html_url"] = f"https://github.com/{self.repository}/pull/{number}#issuecomment-{comment['id']}"
        self.comments[comment["id"]] = comment
        return comment

    def add_run(self, sha: str, name: str, conclusion: str | None, *, suite: int, app: str = "") -> dict[str, Any]:
        """A check run on a commit; those of one run of a workflow have the same suite. None of them is ours."""
        check = self.description.example("check-run-example-of-in-progress-conclusion")
        check |= {"id": len(self.checks) + 1, "name": name, "head_sha": sha, "external_id": f"job-{suite}"}
        check |= {"started_at": self.now, "check_suite": {"id": suite}, "output": check["output"] | {"title": name}}
        check["app"]["slug"] = app or self.app
        self.checks[check["id"]] = self._ended(check, conclusion) if conclusion else check
        return check

    def _ended(self, check: dict[str, Any], conclusion: str) -> dict[str, Any]:
        check |= {"status": "completed", "conclusion": conclusion, "completed_at": self.now}
        return check

    def file(self, filename: str, status: str = "modified") -> dict[str, Any]:
        """A changed file."""
        return self.description.example("diff-entry-items")[0] | {"filename": filename, "status": status}

    def listed(self, asked: dict[str, str], items: list[Any], key: str = "") -> Reply:
        """One page of a list, with links to the others."""
        size, page = min(self.page_size, int(asked.get("per_page", 30))), int(asked.get("page", 1))
        last = max(1, -(-len(items) // size))
        links = {"next": page + 1, "last": last} if page < last else {}
        shown = items[(page - 1) * size : page * size]
        value = {"total_count": len(items), key: shown} if key else shown
        return Reply(200, value, {"x-links": msgspec.json.encode(links).decode()})

    def list_pulls(self, _names: dict[str, str], asked: dict[str, str], _told: Any) -> Reply:
        wanted = asked.get("state", "open")
        rows = [row for row in self.pulls.values() if wanted in ("all", row["state"])]
        rows = [row | self._place(row["number"]) if self.lists_say_stacks else row for row in rows]
        field = f"{asked.get('sort', 'created')}_at"
        default = "desc" if field == "created_at" else "asc"
        rows.sort(key=lambda row: (row[field], row["number"]), reverse=asked.get("direction", default) == "desc")
        return self.listed(asked, rows)

    def get_pull(self, names: dict[str, str], _asked: dict[str, str], _told: Any) -> Reply:
        row = self.pulls.get(int(names["pull_number"]))
        if row is None:
            return missing()
        full = self.description.example("pull-request")
        files = self.files[row["number"]]
        full["head"], full["base"] = row["head"], row["base"]
        full |= row | self._place(row["number"])
        return Reply(200, full | {"merged": row["merged_at"] is not None, "changed_files": len(files)})

    def create_pull(self, _names: dict[str, str], _asked: dict[str, str], told: Any) -> Reply:
        number = 1 + max([*self.pulls, *self.issues], default=0)
        self.add_pull(number, told["title"], self.now, "ada", body=told["body"])
        self.pulls[number]["head"]["ref"] = told["head"]
        reply = self.get_pull({"pull_number": str(number)}, {}, None)
        return Reply(201, reply.value)

    def _place(self, number: int) -> dict[str, Any]:
        """What a pull request says of its stack: nothing where the repository has none."""
        if self.stacks is None:
            return {}
        for stack, members in self.stacks.items():
            if number in members:
                base = {"ref": self.stack_base, "sha": SHA}
                position = members.index(number) + 1
                return {
                    "stack": {"id": 9000 + stack, "number": stack, "size": len(members), "position": position}
                    | {"base": base}
                }
        return {"stack": None}

    def list_stacks(self, _names: dict[str, str], asked: dict[str, str], _told: Any) -> Reply:
        if self.stacks is None:
            return missing()
        number = int(asked.get("pull_request", 0))
        found = [self._stack(stack) for stack, members in self.stacks.items() if number in (0, *members)]
        return self.listed(asked, found)

    def _stack(self, stack: int) -> dict[str, Any]:
        rows = [self.pulls[number] for number in (self.stacks or {})[stack]]
        return {
            "id": 9000 + stack,
            "number": stack,
            "node_id": f"S_{stack}",
            "url": f"https://api.github.com/repos/{self.repository}/stacks/{stack}",
            "base": {"ref": self.stack_base},
            "pull_requests": [
                {key: row[key] for key in ("number", "state", "merged_at")}
                | {"draft": False, "head": {key: row["head"][key] for key in ("ref", "sha")}}
                for row in rows
            ],
            "open": any(row["state"] == "open" for row in rows),
            "created_at": self.now,
        }

    def list_files(self, names: dict[str, str], asked: dict[str, str], _told: Any) -> Reply:
        return self.listed(asked, self.files[int(names["pull_number"])])

    def list_commits(self, names: dict[str, str], asked: dict[str, str], _told: Any) -> Reply:
        return self.listed(asked, self.commits.get(int(names["pull_number"]), []))

    def list_reviews(self, names: dict[str, str], asked: dict[str, str], _told: Any) -> Reply:
        return self.listed(asked, self.reviews.get(int(names["pull_number"]), []))

    def list_comments(self, names: dict[str, str], asked: dict[str, str], _told: Any) -> Reply:
        below = f"/issues/{names['issue_number']}"
        return self.listed(asked, [c for c in self.comments.values() if c["issue_url"].endswith(below)])

    def create_comment(self, names: dict[str, str], _asked: dict[str, str], told: Any) -> Reply:
        number = int(names["issue_number"])
        if number not in self.pulls:
            return missing()
        return Reply(201, self.add_comment(number, told["body"], self.me, self.now, kind="Bot"))

    def update_comment(self, names: dict[str, str], _asked: dict[str, str], told: Any) -> Reply:
        self.comments[int(names["comment_id"])] |= {"body": told["body"], "updated_at": self.now}
        return Reply(200, self.comments[int(names["comment_id"])])

    def delete_comment(self, names: dict[str, str], _asked: dict[str, str], _told: Any) -> Reply:
        return Reply(204) if self.comments.pop(int(names["comment_id"]), None) else missing()

    def list_all_comments(self, _names: dict[str, str], asked: dict[str, str], _told: Any) -> Reply:
        since = asked.get("since", "")
        found = [c for c in self.comments.values() if c["updated_at"] >= since]
        found.sort(key=lambda c: (c[f"{asked.get('sort', 'created')}_at"], c["id"]))
        return self.listed(asked, found[::-1] if asked.get("direction") == "desc" else found)

    def content(self, names: dict[str, str], asked: dict[str, str], _told: Any) -> Reply:
        data = self.contents.get((asked.get("ref", "main"), names["path"]))
        return missing() if data is None else Reply(200, data, {"content-type": f"{RAW}; charset=utf-8"})

    def list_checks(self, names: dict[str, str], asked: dict[str, str], _told: Any) -> Reply:
        found = [check for check in self.checks.values() if check["head_sha"] == names["ref"]]
        found = [check for check in found if check["name"] == asked.get("check_name", check["name"])]
        if asked.get("filter", "latest") == "latest":
            found = list({(c["name"], c["app"]["slug"], c["check_suite"]["id"]): c for c in found}.values())
        return self.listed(asked, found, "check_runs")

    def create_check(self, _names: dict[str, str], _asked: dict[str, str], told: Any) -> Reply:
        check = self.add_run(told["head_sha"], told["name"], None, suite=_OF_THE_INTERFACE)
        return Reply(201, self._change(check, {"status": "queued", "external_id": ""} | told))

    def update_check(self, names: dict[str, str], _asked: dict[str, str], told: Any) -> Reply:
        check = self.checks[int(names["check_run_id"])]
        if check["app"]["slug"] != self.app or check["check_suite"]["id"] != _OF_THE_INTERFACE:
            return forbidden("check run can only be modified by the GitHub App that created it")
        return Reply(200, self._change(check, told))

    def _change(self, check: dict[str, Any], told: dict[str, Any]) -> dict[str, Any]:
        check |= told | {"output": check["output"] | told.get("output", {})}
        return self._ended(check, told["conclusion"]) if "conclusion" in told else check

    def dispatch(self, names: dict[str, str], _asked: dict[str, str], told: Any) -> Reply:
        self.dispatched.append((names["workflow_id"], told))
        return Reply(204)

    def switch_on(self, names: dict[str, str], _asked: dict[str, str], _told: Any) -> Reply:
        return self._switch(names["workflow_id"], on=True)

    def switch_off(self, names: dict[str, str], _asked: dict[str, str], _told: Any) -> Reply:
        return self._switch(names["workflow_id"], on=False)

    def _switch(self, workflow: str, *, on: bool) -> Reply:
        if workflow not in self.workflows:
            return missing()
        self.workflows[workflow] = on
        return Reply(204)

    def permission(self, names: dict[str, str], _asked: dict[str, str], _told: Any) -> Reply:
        known = {login.lower(): granted for login, granted in self.permissions.items()}
        granted = known.get(names["username"].lower())  # As on GitHub, upper and lower case are one.
        if granted is None:
            return missing()
        example = self.description.example("repository-collaborator-permission-response-if-user-has-admin-permissions")
        # As a team above: the description asks for more than its example has.
        user = self.description.example("pull-request")["user"] | {"role_name": granted}
        return Reply(200, example | {"permission": granted, "role_name": granted, "user": user})
