"""What commits are made of, on the fake GitHub: a branch with changed files, and the pull request that proposes it."""

from base64 import b64decode
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from descriptions import Description
from fake_github.replies import SHA, Reply


class Contents:
    """Trees, commits and branches of one repository; what was proposed is kept by its branch."""

    description: Description
    repository: str

    def __init__(self) -> None:
        self.blobs: dict[str, bytes] = {}
        self.trees: dict[str, dict[str, bytes | None]] = {}
        self.commits_made: dict[str, str] = {}
        # By branch: the files that it changes, `None` for one that it removes.
        self.proposed: dict[str, dict[str, bytes | None]] = {}

    def get(self, _names: dict[str, str], _asked: dict[str, str], _told: Any) -> Reply:
        row = self.description.example("full-repository-default-response")
        # The official example lacks what the description requires.
        row["source"]["language"] = None
        return Reply(200, row | {"full_name": self.repository, "default_branch": "main", "language": None})

    def get_branch(self, _names: dict[str, str], _asked: dict[str, str], _told: Any) -> Reply:
        row = self.description.example("branch-get")
        row["commit"]["sha"] = SHA
        return Reply(200, row | {"name": "main"})

    def create_blob(self, _names: dict[str, str], _asked: dict[str, str], told: Any) -> Reply:
        data = b64decode(told["content"])
        sha = sha256(data).hexdigest()[:40]
        self.blobs[sha] = data
        return Reply(201, {"url": f"https://api.github.com/x/{sha}", "sha": sha})

    def create_tree(self, _names: dict[str, str], _asked: dict[str, str], told: Any) -> Reply:
        files = {each["path"]: self.blobs[each["sha"]] if each["sha"] else None for each in told["tree"]}
        sha = sha256(repr(sorted(files.items())).encode()).hexdigest()[:40]
        self.trees[sha] = files
        return Reply(201, self.description.example("git-tree") | {"sha": sha})

    def create_commit(self, _names: dict[str, str], _asked: dict[str, str], told: Any) -> Reply:
        sha = sha256(f"{told['tree']} {told['message']}".encode()).hexdigest()[:40]
        self.commits_made[sha] = told["tree"]
        return Reply(201, self.description.example("git-commit") | {"sha": sha})

    def create_ref(self, _names: dict[str, str], _asked: dict[str, str], told: Any) -> Reply:
        branch = told["ref"].removeprefix("refs/heads/")
        self.proposed[branch] = self.trees[self.commits_made[told["sha"]]]
        return Reply(201, self.description.example("git-ref") | {"ref": told["ref"]})


ANSWERS: Mapping[str, str] = {
    "repos/get": "get",
    "repos/get-branch": "get_branch",
    "repos/list-for-org": "list_repositories",
    "git/create-blob": "create_blob",
    "git/create-tree": "create_tree",
    "git/create-commit": "create_commit",
    "git/create-ref": "create_ref",
    "pulls/create": "create_pull",
}
